"""Usage: main.py WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
          main.py WSDL_URL fault KIND ID

CREDENTIALS selects which credentials the program sends: the name and the password in
SOAP_LOGIN, the key in SOAP_KEY, or the certificate in CERTIFICATE and CERTIFICATE_KEY."""

import os
import sys

import contract
from sessions import SessionFault, Sessions, entries, python
from walk import walk

sys.path.append(os.path.join(os.path.dirname(__file__), '..', 'zeep'))
import credentials  # noqa: E402
from values import FIXTURES, rendered  # noqa: E402


def fault(sessions, kind, session_id):
    """Make a call that fails, and print the name and a field of its fault."""
    def store(text, version=None):
        sessions.call(contract.SetSession(
            id=session_id, attributes=entries({'a': text}), ttl=None, if_version=version, update_only=None))

    try:
        if kind == 'conflict':
            store('1', 'AAAA')
        elif kind == 'deleted':
            store('1')
        elif kind == 'toolarge':
            store('x' * 1200000)
        else:
            sessions.call(contract.GetSession(id=session_id))
    except SessionFault as error:
        fields = vars(error.detail)
        print(type(error.detail).__name__, next(fields[f] for f in ('id', 'limit', 'reason') if f in fields), sep='\t')


def main(wsdl, command, *arguments):
    sessions = Sessions(wsdl.removesuffix('?wsdl'), credentials.session())
    if command == 'walk':
        walk(sessions, *arguments)
    elif command == 'fault':
        fault(sessions, *arguments)
    elif command == 'read':
        session = sessions.call(contract.GetSession(id=arguments[0]))
        for entry in sorted(session.attributes.entry, key=lambda entry: entry.key.encode()):
            if not entry.key.startswith('_'):
                print(entry.key.encode().hex(), rendered(python(entry)), sep='\t')
    else:
        attributes = entries(FIXTURES[command])
        sessions.call(contract.SetSession(id=arguments[0], attributes=attributes, ttl=3600, update_only=None))


main(*sys.argv[1:])
