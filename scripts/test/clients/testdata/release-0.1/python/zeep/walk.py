"""Calls every operation: the life of one session."""

import zeep.exceptions


def detail(client, fault):
    """Return the name of a typed fault and its fields."""
    element = fault.detail[0]
    kind = client.wsdl.types.get_element(element.tag)
    return kind.name, kind.parse(element, client.wsdl.types)


def walk(client, session_id):
    sessions = client.service
    # Attributes are a list of entries, each with a key and one kind of value.
    sessions.setSession(id=session_id, ttl=3600, attributes={'entry': [
        {'key': 'uid', 'value': 'dwho'},
        {'key': 'roles', 'list': {'item': [{'value': 'traveller'}, {'value': 'doctor'}]}},
    ]})
    print('set', session_id, sep='\t')

    session = sessions.getSession(id=session_id)
    for entry in session.attributes.entry:
        if entry.key == 'uid':
            print('get', entry.value, sep='\t')

    # Change one attribute only if the session has not been modified since it was read.
    change = {'id': session_id, 'ifVersion': session.version,
              'set': {'entry': [{'key': 'mood', 'value': 'good'}]}}
    sessions.updateSession(**change)
    print('update', 'ok', sep='\t')
    try:
        sessions.updateSession(**change)
    except zeep.exceptions.Fault as fault:
        _, conflict = detail(client, fault)
        print('conflict', conflict.id, sep='\t')

    touched = sessions.touchSession(id=session_id, ttl=600)
    print('touch', touched.expiresIn, sep='\t')

    found = sessions.getSessions(ids={'id': [session_id, 'f' * 32]})
    print('batch', len(found), sep='\t')

    ids = sessions.findSessions(principal='dwho')
    print('find', int(session_id in ids), sep='\t')

    report = sessions.stats()
    print('stats', int(len(report.service.stat) > 0), sep='\t')

    print('delete', str(sessions.deleteSession(id=session_id)).lower(), sep='\t')
    try:
        sessions.getSession(id=session_id)
    except zeep.exceptions.Fault as fault:
        name, missing = detail(client, fault)
        if name == 'SessionNotFoundFault':
            print('notfound', missing.id, sep='\t')

    # Without an id the service creates one.
    new = sessions.setSession(attributes={'entry': [{'key': 'uid', 'value': 'dwho'}]})
    print('new', new.id, sep='\t')
