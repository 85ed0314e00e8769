"""Calls every operation: the life of one session."""

import contract
from sessions import SessionFault, entries, python


def walk(sessions, session_id):
    # The schema requires ttl and update_only. None means that they are not given. With
    # only_new the service stores the session only if there is none with the id. It ends
    # after two hours in any case.
    attributes = entries({'uid': 'dwho', 'roles': ['traveller', 'doctor'], 'visits': 1})
    login = contract.SetSession(
        id=session_id, attributes=attributes, ttl=3600, lifetime=7200, update_only=None, only_new=True)
    sessions.call(login)
    print('set', session_id, sep='\t')
    try:
        sessions.call(login)
    except SessionFault as fault:
        if isinstance(fault.detail, contract.SessionExistsFault):
            print('exists', fault.detail.id, sep='\t')

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

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    used = sessions.call(contract.GetSession(id=session_id, ttl=900, typed=True))
    for entry in used.attributes.entry:
        if entry.key == 'visits':
            print('typed', entry.type_value, sep='\t')
    print('ttl', used.expires_in, sep='\t')

    found = sessions.call(contract.GetSessions(ids=contract.IdList(id=[session_id, 'f' * 32])))
    print('batch', len(found.session), sep='\t')

    ids = sessions.call(contract.FindSessions(principal='dwho')).id
    print('find', int(session_id in ids), sep='\t')

    report = sessions.call(contract.Stats())
    print('stats', int(len(report.service.stat) > 0), sep='\t')

    # A login gives the session another id, of the program or of the service.
    chosen = sessions.call(contract.RenameSession(id=session_id, new_id=session_id + '0'))
    print('rename', chosen.id, sep='\t')
    made = sessions.call(contract.RenameSession(id=chosen.id))
    print('renamed', made.id, sep='\t')

    # Delete it only if nobody has changed it.
    try:
        sessions.call(contract.DeleteSession(id=made.id, if_version=session.version))
    except SessionFault as fault:
        if isinstance(fault.detail, contract.VersionConflictFault):
            print('kept', fault.detail.id, sep='\t')
    deleted = sessions.call(contract.DeleteSession(id=made.id, if_version=made.version))
    print('delete', str(deleted).lower(), sep='\t')
    try:
        sessions.call(contract.GetSession(id=session_id))
    except SessionFault as fault:
        if isinstance(fault.detail, contract.SessionNotFoundFault):
            print('notfound', fault.detail.id, sep='\t')

    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    new = sessions.call(contract.SetSession(attributes=attributes, ttl=3600, lifetime=120, update_only=None))
    print('new', new.id, sep='\t')
    print('lifetime', new.expires_in, sep='\t')
