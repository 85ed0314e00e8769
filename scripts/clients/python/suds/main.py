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
from values import FIXTURES, rendered  # noqa: E402


def value(v):
    """Return the members of an entry or an item. suds does not encode base64."""
    if v is None:
        return {'undef': True}
    if isinstance(v, str):
        return {'value': v}
    if isinstance(v, bytes):
        return {'binary': base64.b64encode(v).decode()}
    if isinstance(v, list):
        return {'list': {'item': [value(item) for item in v]}}
    return {'hash': {'entry': entries(v)}}


def entries(mapping):
    return [{'key': key, **value(v)} for key, v in mapping.items()]


def python(v):
    """Return the Python value of an entry or an item. suds leaves out absent
    members and returns an empty text for an empty list or hash."""
    if 'value' in v:
        return str(v.value) if v.value is not None else ''
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
    sessions.setSession(id=session_id, ttl=3600, attributes={'entry': [
        {'key': 'uid', 'value': 'dwho'},
        {'key': 'roles', 'list': {'item': [{'value': 'traveller'}, {'value': 'doctor'}]}},
    ]})
    print('set', session_id, sep='\t')
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
    print('batch', len(sessions.getSessions({'id': [session_id, 'f' * 32]}).session), sep='\t')
    print('find', int(session_id in sessions.findSessions('dwho').id), sep='\t')
    print('stats', int(len(sessions.stats().service.stat) > 0), sep='\t')
    print('delete', str(sessions.deleteSession(session_id)).lower(), sep='\t')
    try:
        sessions.getSession(session_id)
    except suds.WebFault as error:
        print('notfound', fault_of(error)[1].id, sep='\t')
    # Without an id the service creates one.
    print('new', sessions.setSession(attributes={'entry': [{'key': 'uid', 'value': 'dwho'}]}).id, sep='\t')


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
        attributes = sessions.getSession(arguments[0]).attributes
        for entry in sorted(attributes.entry, key=lambda entry: entry.key.encode()):
            if not entry.key.startswith('_'):
                print(str(entry.key).encode().hex(), rendered(python(entry)), sep='\t')
    else:
        sessions.setSession(id=arguments[0], ttl=3600, attributes={'entry': entries(FIXTURES[command])})


main(*sys.argv[1:])
