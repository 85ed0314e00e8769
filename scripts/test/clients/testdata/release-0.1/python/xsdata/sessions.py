"""Calls the operations with the dataclasses that xsdata generates from the WSDL, and
converts values: a text is in the field value, bytes are in binary, and lists and
hashes hold further values."""

import contract
from xsdata.formats.dataclass.client import Client
from xsdata.formats.dataclass.transports import DefaultTransport


class SessionFault(Exception):
    """A fault of the service. detail is the dataclass of a typed fault, or None."""

    def __init__(self, fault):
        super().__init__(f'{fault.faultcode}: {fault.faultstring}')
        found = vars(fault.detail).values() if fault.detail else ()
        self.detail = next((field for field in found if field is not None), None)


class Sessions:
    def __init__(self, endpoint, session=None):
        """session is a requests.Session, which can have credentials."""
        self.endpoint = endpoint
        self.transport = DefaultTransport(session=session) if session else DefaultTransport()

    def call(self, request):
        """Send a request, such as a contract.GetSession, and return the result."""
        operation = type(request).__name__
        name = type(request).Meta.name
        service = getattr(contract, 'SessionPortType' + operation)
        field = ''.join('_' + c.lower() if c.isupper() else c for c in name)
        client = Client.from_service(service, location=self.endpoint)
        client.transport = self.transport
        body = client.send(service.input(body=service.input.Body(**{field: request}))).body
        if body.fault is not None:
            raise SessionFault(body.fault)
        return getattr(getattr(body, field + '_response'), field + '_result')


def members(v):
    """Return the fields of an entry or an item for a Python value."""
    if v is None:
        return {'undef': True}
    if isinstance(v, str):
        return {'value': v}
    if isinstance(v, bytes):
        return {'binary': v}
    if isinstance(v, list):
        return {'list_value': contract.ItemList(item=[contract.Item(**members(item)) for item in v])}
    return {'hash': entries(v)}


def entries(mapping):
    return contract.EntryList(entry=[contract.Entry(key=key, **members(v)) for key, v in mapping.items()])


def python(v):
    """Return the Python value of an entry or an item."""
    if v.value is not None:
        return v.value
    if v.binary is not None:
        return v.binary
    if v.list_value is not None:
        return [python(item) for item in v.list_value.item]
    if v.hash is not None:
        return {entry.key: python(entry) for entry in v.hash.entry}
    return None
