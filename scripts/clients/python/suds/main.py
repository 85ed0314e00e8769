"""Usage: main.py WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
          main.py WSDL_URL fault KIND ID

CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN or the
key in SOAP_KEY."""

import base64
import os
import sys

import suds
import suds.cache
import suds.client
import suds.transport.http

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'zeep'))
from values import FIXTURES, TYPES, rendered  # noqa: E402


def value(v):
    """Return the members of an entry or an item. suds does not encode base64."""
    if v is None:
        return {'undef': True}
    if isinstance(v, str):
        return {'value': v}
    if isinstance(v, bytes):
        return {'binary': base64.b64encode(v).decode()}
    if isinstance(v, bool):  # before int: a bool is an int
        return {'value': str(v).lower(), 'type': 'boolean'}
    if isinstance(v, int):
        return {'value': str(v), 'type': 'int'}
    if isinstance(v, float):
        return {'value': repr(v), 'type': 'double'}
    if isinstance(v, list):
        return {'list': {'item': [value(item) for item in v]}}
    return {'hash': {'entry': entries(v)}}


def entries(mapping):
    return [{'key': key, **value(v)} for key, v in mapping.items()]


def python(v):
    """Return the Python value of an entry or an item. suds leaves out absent
    members and returns an empty text for an empty list or hash."""
    if 'value' in v:
        return TYPES[getattr(v, 'type', None)](v.value) if v.value is not None else ''
    if 'binary' in v:
        return base64.b64decode(v.binary)
    if 'list' in v:
        return [python(item) for item in v.list.item] if v.list else []
    if 'hash' in v:
        return {str(entry.key): python(entry) for entry in v.hash.entry} if v.hash else {}
    return None


def fault_of(error):
    """Return the name of a typed fault and its fields."""
    for name, fields in error.fault.detail:
        return name, fields


def walk(sessions, session_id):
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
    except suds.WebFault as error:
        print('exists', fault_of(error)[1].id, sep='\t')
    session = sessions.getSession(session_id)
    for entry in session.attributes.entry:
        if entry.key == 'uid':
            print('get', entry.value, sep='\t')
    change = {'id': session_id, 'ifVersion': session.version,
              'set': {'entry': [{'key': 'mood', 'value': 'good'}]}}
    sessions.updateSession(**change)
    print('update', 'ok', sep='\t')
    try:
        sessions.updateSession(**change)
    except suds.WebFault as error:
        print('conflict', fault_of(error)[1].id, sep='\t')
    print('touch', sessions.touchSession(session_id, 600).expiresIn, sep='\t')
    # Read the session and give it 15 minutes in one call. Numbers have a type.
    used = sessions.getSession(id=session_id, ttl=900, typed=True)
    for entry in used.attributes.entry:
        if entry.key == 'visits':
            print('typed', entry.type, sep='\t')
    print('ttl', used.expiresIn, sep='\t')
    print('batch', len(sessions.getSessions({'id': [session_id, 'f' * 32]}).session), sep='\t')
    print('find', int(session_id in sessions.findSessions('dwho').id), sep='\t')
    print('stats', int(len(sessions.stats().service.stat) > 0), sep='\t')
    # A login gives the session another id, of the program or of the service.
    chosen = sessions.renameSession(id=session_id, newId=session_id + '0')
    print('rename', chosen.id, sep='\t')
    made = sessions.renameSession(id=chosen.id)
    print('renamed', made.id, sep='\t')
    # Delete it only if nobody has changed it.
    try:
        sessions.deleteSession(id=made.id, ifVersion=session.version)
    except suds.WebFault as error:
        print('kept', fault_of(error)[1].id, sep='\t')
    deleted = sessions.deleteSession(id=made.id, ifVersion=made.version)
    print('delete', str(deleted).lower(), sep='\t')
    try:
        sessions.getSession(session_id)
    except suds.WebFault as error:
        print('notfound', fault_of(error)[1].id, sep='\t')
    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    attributes = {'entry': [{'key': 'uid', 'value': 'dwho'}]}
    new = sessions.setSession(attributes=attributes, ttl=3600, lifetime=120)
    print('new', new.id, sep='\t')
    print('lifetime', new.expiresIn, sep='\t')


def fault(sessions, kind, session_id):
    def store(text, version=None):
        sessions.setSession(id=session_id, ifVersion=version, attributes={'entry': [{'key': 'a', 'value': text}]})

    try:
        if kind == 'conflict':
            store('1', 'AAAA')
        elif kind == 'deleted':
            store('1')
        elif kind == 'toolarge':
            store('x' * 1200000)
        else:
            sessions.getSession(session_id)
    except suds.WebFault as error:
        name, fields = fault_of(error)
        print(name, next(fields[field] for field in ('id', 'limit', 'reason') if field in fields), sep='\t')


def credentials():
    """Return the options with which suds sends the credentials in the environment."""
    form = os.environ.get('CREDENTIALS')
    name, _, password = os.environ.get('SOAP_LOGIN', '').partition(':')
    if form == 'basic':
        return {'transport': suds.transport.http.HttpAuthenticated(username=name, password=password)}
    if form == 'basic-challenge':  # the default transport of suds
        return {'username': name, 'password': password}
    if form == 'bearer':
        return {'headers': {'Authorization': 'Bearer ' + os.environ['SOAP_KEY']}}
    return {}


def main(wsdl, command, *arguments):
    sessions = suds.client.Client(wsdl, cache=suds.cache.NoCache(), **credentials()).service
    if command == 'walk':
        walk(sessions, *arguments)
    elif command == 'fault':
        fault(sessions, *arguments)
    elif command == 'read':
        attributes = sessions.getSession(arguments[0], typed=True).attributes
        for entry in sorted(attributes.entry, key=lambda entry: entry.key.encode()):
            if not entry.key.startswith('_'):
                print(str(entry.key).encode().hex(), rendered(python(entry)), sep='\t')
    else:
        sessions.setSession(id=arguments[0], ttl=3600, attributes={'entry': entries(FIXTURES[command])})


main(*sys.argv[1:])
