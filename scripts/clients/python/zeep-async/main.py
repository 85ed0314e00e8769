"""Usage: main.py WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
          main.py WSDL_URL fault KIND ID

CREDENTIALS selects which credentials the program sends: the name and the password in
SOAP_LOGIN, the key in SOAP_KEY, or the certificate in CERTIFICATE and CERTIFICATE_KEY."""

import asyncio
import os
import ssl
import sys

import httpx
import zeep
import zeep.exceptions
import zeep.transports

sys.path.append(os.path.join(os.path.dirname(__file__), '..', 'zeep'))
from values import FIXTURES, entries, python, rendered  # noqa: E402
from walk import detail, walk  # noqa: E402 the file beside this one


async def fault(client, kind, session_id):
    """Make a call that fails, and print the name and a field of its fault."""
    async def store(text, version=None):
        attributes = {'entry': [{'key': 'a', 'value': text}]}
        await client.service.setSession(id=session_id, ifVersion=version, attributes=attributes)

    try:
        if kind == 'conflict':
            await store('1', 'AAAA')
        elif kind == 'deleted':
            await store('1')
        elif kind == 'toolarge':
            await store('x' * 1200000)
        else:
            await client.service.getSession(id=session_id)
    except zeep.exceptions.Fault as error:
        name, fields = detail(client, error)
        print(name, next(getattr(fields, field) for field in ('id', 'limit', 'reason') if hasattr(fields, field)), sep='\t')


def transport():
    """Return a transport that sends the credentials in the environment."""
    form = os.environ.get('CREDENTIALS')
    options = {}
    if form == 'basic':
        options['auth'] = tuple(os.environ['SOAP_LOGIN'].split(':', 1))
    elif form == 'certificate':
        options['verify'] = ssl.create_default_context(cafile=os.environ['AUTHORITY'])
        options['verify'].load_cert_chain(os.environ['CERTIFICATE'], os.environ['CERTIFICATE_KEY'])
    # The WSDL is read before the first call, by a client that is not asynchronous.
    made = zeep.transports.AsyncTransport(client=httpx.AsyncClient(**options), wsdl_client=httpx.Client(**options))
    if form == 'bearer':  # after zeep has replaced the headers of the client
        made.client.headers['Authorization'] = 'Bearer ' + os.environ['SOAP_KEY']
    return made


async def main(wsdl, command, *arguments):
    async with zeep.AsyncClient(wsdl, transport=transport()) as client:
        if command == 'walk':
            await walk(client, *arguments)
        elif command == 'fault':
            await fault(client, *arguments)
        elif command == 'read':
            session = await client.service.getSession(id=arguments[0], typed=True)
            for entry in sorted(session.attributes.entry, key=lambda entry: entry.key.encode()):
                if not entry.key.startswith('_'):
                    print(entry.key.encode().hex(), rendered(python(entry)), sep='\t')
        else:
            attributes = {'entry': entries(FIXTURES[command])}
            await client.service.setSession(id=arguments[0], ttl=3600, attributes=attributes)


asyncio.run(main(*sys.argv[1:]))
