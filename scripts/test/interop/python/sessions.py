"""Sessions over SOAP as plain Python values.

    str    text
    bytes  bytes; bytes that are UTF-8 text come back as str
    None   undef
    list   a list
    dict   a hash or a session
"""

import zeep

NAMESPACE = '{urn:memcached-soap:session:v1}'


class Sessions:
    """A client of the service with this WSDL.

    Its methods raise zeep.exceptions.Fault; see fault().
    """

    def __init__(self, wsdl, **options):
        self.client = zeep.Client(wsdl, plugins=[_KeepEmpty()], **options)
        self.soap = self.client.service  # for operations that need no conversion

    def get(self, id):
        return _hash(self.soap.getSession(id).attributes)

    def get_many(self, ids):
        """Returns the existing sessions, by id."""
        sessions = self.soap.getSessions({'id': ids}) or []  # zeep unpacks a list and returns None for an empty one
        return {session.id: _hash(session.attributes) for session in sessions}

    def set(self, id, attributes, ttl=None, if_version=None):
        """Stores a whole session. Without an id the service creates one. With
        if_version it stores the session only if it still has that version.

        Returns the id, the version and expiresIn, the remaining seconds.
        """
        return self.soap.setSession(id=id, attributes=_entries(attributes), ttl=ttl, ifVersion=if_version)

    def update(self, id, set, remove=(), if_version=None):
        """Sets and removes attributes and keeps all others. Returns the same as set()."""
        return self.soap.updateSession(id=id, set=_entries(set), remove={'key': list(remove)}, ifVersion=if_version)

    def find(self, user):
        """Returns the ids of the sessions of a user."""
        return self.soap.findSessions(user) or []

    def logout(self, user):
        """Deletes the sessions of a user and returns their ids."""
        return self.soap.deleteSessions(user) or []

    def fault(self, raised):
        """Returns the name and the content of a fault's detail."""
        element = raised.detail[0]
        content = self.client.get_element(element.tag).parse(element, self.client.wsdl.types)
        return element.tag.split('}')[1], content


class _KeepEmpty(zeep.Plugin):
    """Makes zeep return an empty list or hash. By default zeep treats an element
    without children and without XML attributes as absent."""

    def ingress(self, envelope, http_headers, operation):
        for element in envelope.iter(NAMESPACE + 'list', NAMESPACE + 'hash'):
            if len(element) == 0:
                element.set('empty', 'true')
        return envelope, http_headers


def _entries(attributes):
    return {'entry': [{'key': key, **_element(value)} for key, value in attributes.items()]}


def _element(value):
    if value is None:
        return {'undef': True}
    if isinstance(value, dict):
        return {'hash': _entries(value)}
    if isinstance(value, list):
        return {'list': {'item': [_element(item) for item in value]}}
    if isinstance(value, bytes):
        return {'binary': value}  # zeep encodes and decodes the base64
    return {'value': value}


def _hash(entries):
    if entries is None:  # a session without attributes
        return {}
    return {entry.key: _value(entry) for entry in entries.entry}


def _value(element):
    if element.value is not None:
        return element.value
    if element.binary is not None:
        return element.binary
    if element.hash is not None:
        return _hash(element.hash)
    if element.list is not None:
        return [_value(item) for item in element.list.item]
    return None
