"""Calls every operation: the life of one session."""

import contract
from sessions import SessionFault, entries, python


def walk(sessions, session_id):
    # The schema requires ttl and update_only. None means that they are not given.
    attributes = entries({'uid': 'dwho', 'roles': ['traveller', 'doctor']})
    sessions.call(contract.SetSession(id=session_id, attributes=attributes, ttl=3600, update_only=None))
    print('set', session_id, sep='\t')

    session = sessions.call(contract.GetSession(id=session_id))
    for entry in session.attributes.entry:
        if entry.key == 'uid':
            print('get', python(entry), sep='\t')

    # Change one attribute only if the session has not been modified since it was read.
    change = contract.UpdateSession(
        id=session_id, set=entries({'mood': 'good'}), ttl=None, if_version=session.version)
    sessions.call(change)
    print('update', 'ok', sep='\t')
    try:
        sessions.call(change)
    except SessionFault as fault:
        if isinstance(fault.detail, contract.VersionConflictFault):
            print('conflict', fault.detail.id, sep='\t')

    touched = sessions.call(contract.TouchSession(id=session_id, ttl=600))
    print('touch', touched.expires_in, sep='\t')

    found = sessions.call(contract.GetSessions(ids=contract.IdList(id=[session_id, 'f' * 32])))
    print('batch', len(found.session), sep='\t')

    ids = sessions.call(contract.FindSessions(principal='dwho')).id
    print('find', int(session_id in ids), sep='\t')

    report = sessions.call(contract.Stats())
    print('stats', int(len(report.service.stat) > 0), sep='\t')

    print('delete', str(sessions.call(contract.DeleteSession(id=session_id))).lower(), sep='\t')
    try:
        sessions.call(contract.GetSession(id=session_id))
    except SessionFault as fault:
        if isinstance(fault.detail, contract.SessionNotFoundFault):
            print('notfound', fault.detail.id, sep='\t')

    # Without an id the service creates one.
    new = sessions.call(contract.SetSession(attributes=attributes, ttl=None, update_only=None))
    print('new', new.id, sep='\t')
