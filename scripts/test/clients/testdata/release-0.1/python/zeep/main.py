"""Usage: main.py WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
          main.py WSDL_URL fault KIND ID

With MODE=soap12 in the environment the client sends SOAP 1.2. CREDENTIALS selects which
credentials it sends: the name and the password in SOAP_LOGIN, the key in SOAP_KEY, or
the certificate in CERTIFICATE and CERTIFICATE_KEY."""

import io
import os
import sys
import urllib.request

import zeep
import zeep.exceptions
import zeep.wsse

import credentials
from values import FIXTURES, entries, python, rendered
from walk import detail, walk


def fault(client, kind, session_id):
    """Make a call that fails, and print the name and a field of its fault."""
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


def soap12(wsdl):
    """Return a copy of the WSDL with a binding for SOAP 1.2."""
    with urllib.request.urlopen(wsdl) as answer:
        return io.BytesIO(answer.read().replace(b'xmlsoap.org/wsdl/soap/', b'xmlsoap.org/wsdl/soap12/'))


def security():
    """Return the plugin that adds a Security header with a UsernameToken, or None."""
    kind = os.environ.get('CREDENTIALS')
    if kind not in ('usernametoken', 'usernametoken-digest'):
        return None
    name, password = os.environ['SOAP_LOGIN'].split(':', 1)
    return zeep.wsse.UsernameToken(name, password, use_digest=kind == 'usernametoken-digest')


def main(wsdl, command, *arguments):
    transport = zeep.Transport(session=credentials.session())
    wsdl = soap12(wsdl) if os.environ.get('MODE') == 'soap12' else wsdl
    client = zeep.Client(wsdl, wsse=security(), transport=transport)
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
