"""Usage: main.py WSDL_URL walk|write|writetext|writebig|read ID
          main.py WSDL_URL fault KIND ID"""

import sys

import zeep
import zeep.exceptions

from values import FIXTURES, entries, python, rendered
from walk import detail, walk


def fault(client, kind, session_id):
    """Make the call that gets a fault, and print the fault's name and detail."""
    def store(text, version=None):
        client.service.setSession(id=session_id, ifVersion=version, attributes={'entry': [{'key': 'a', 'value': text}]})

    try:
        if kind == 'conflict':
            store('1', 'AAAA')
        elif kind == 'deleted':
            store('1')
        elif kind == 'toolarge':
            store('x' * 1200000)
        else:
            client.service.getSession(id=session_id)
    except zeep.exceptions.Fault as error:
        name, fields = detail(client, error)
        print(name, next(getattr(fields, field) for field in ('id', 'limit', 'reason') if hasattr(fields, field)), sep='\t')


def main(wsdl, command, *arguments):
    client = zeep.Client(wsdl)
    if command == 'walk':
        walk(client, *arguments)
    elif command == 'fault':
        fault(client, *arguments)
    elif command == 'read':
        session = client.service.getSession(id=arguments[0])
        for entry in sorted(session.attributes.entry, key=lambda entry: entry.key.encode()):
            if not entry.key.startswith('_'):
                print(entry.key.encode().hex(), rendered(python(entry)), sep='\t')
    else:
        client.service.setSession(id=arguments[0], ttl=3600, attributes={'entry': entries(FIXTURES[command])})


main(*sys.argv[1:])
