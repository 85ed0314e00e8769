"""Calls every operation: the life of one session."""

import zeep.exceptions


def detail(client, fault):
    """Return the name of a typed fault and its fields."""
    element = fault.detail[0]
    kind = client.wsdl.types.get_element(element.tag)
    return kind.name, kind.parse(element, client.wsdl.types)


def walk(client, session_id):
    sessions = client.service
    # Attributes are a list of entries, each with a key and one kind of value. A number
    # says that it is one. With onlyNew the service stores the session only if there is
    # none with the id. It ends after two hours in any case.
    login = {'id': session_id, 'ttl': 3600, 'lifetime': 7200, 'onlyNew': True, 'attributes': {'entry': [
        {'key': 'uid', 'value': 'dwho'},
        {'key': 'roles', 'list': {'item': [{'value': 'traveller'}, {'value': 'doctor'}]}},
        {'key': 'visits', 'value': '1', 'type': 'int'},
    ]}}
    sessions.setSession(**login)
    print('set', session_id, sep='\t')
    try:
        sessions.setSession(**login)
    except zeep.exceptions.Fault as fault:
        name, existing = detail(client, fault)
        if name == 'SessionExistsFault':
            print('exists', existing.id, sep='\t')

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

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    used = sessions.getSession(id=session_id, ttl=900, typed=True)
    for entry in used.attributes.entry:
        if entry.key == 'visits':
            print('typed', entry.type, sep='\t')
    print('ttl', used.expiresIn, sep='\t')

    found = sessions.getSessions(ids={'id': [session_id, 'f' * 32]})
    print('batch', len(found), sep='\t')

    ids = sessions.findSessions(principal='dwho')
    print('find', int(session_id in ids), sep='\t')

    report = sessions.stats()
    print('stats', int(len(report.service.stat) > 0), sep='\t')

    # A login gives the session another id, of the program or of the service.
    chosen = sessions.renameSession(id=session_id, newId=session_id + '0')
    print('rename', chosen.id, sep='\t')
    made = sessions.renameSession(id=chosen.id)
    print('renamed', made.id, sep='\t')

    # Delete it only if nobody has changed it.
    try:
        sessions.deleteSession(id=made.id, ifVersion=session.version)
    except zeep.exceptions.Fault as fault:
        _, conflict = detail(client, fault)
        print('kept', conflict.id, sep='\t')
    deleted = sessions.deleteSession(id=made.id, ifVersion=made.version)
    print('delete', str(deleted).lower(), sep='\t')
    try:
        sessions.getSession(id=session_id)
    except zeep.exceptions.Fault as fault:
        name, missing = detail(client, fault)
        if name == 'SessionNotFoundFault':
            print('notfound', missing.id, sep='\t')

    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    attributes = {'entry': [{'key': 'uid', 'value': 'dwho'}]}
    new = sessions.setSession(attributes=attributes, ttl=3600, lifetime=120)
    print('new', new.id, sep='\t')
    print('lifetime', new.expiresIn, sep='\t')
