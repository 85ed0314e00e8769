"""Converts values: a text is in the element value, bytes are in binary, and
lists and hashes hold further values."""

ALL = bytes(range(256))


def value(v):
    """Return the members of an entry or an item for a Python value."""
    if v is None:
        return {'undef': True}
    if isinstance(v, str):
        return {'value': v}
    if isinstance(v, bytes):
        return {'binary': v}
    if isinstance(v, list):
        return {'list': {'item': [value(item) for item in v]}}
    return {'hash': {'entry': entries(v)}}


def entries(mapping):
    return [{'key': key, **value(v)} for key, v in mapping.items()]


def python(v):
    """Return the Python value of an entry or an item."""
    if v.value is not None:
        return v.value
    if v.binary is not None:
        return v.binary
    if v.list is not None:
        return [python(item) for item in v.list.item]
    if v.hash is not None:
        return {entry.key: python(entry) for entry in v.hash.entry}
    return None


FIXTURES = {
    'write': {
        'plain': 'plain',
        'special': '<&>"\']]>',
        'accents': 'é ü ß ñ – €',
        'emoji': '😀 🎉',
        'lines': 'LF\nCRLF\r\nCR\rtab\tend',
        'blanks': '  outer blanks  ',
        'empty': '',
        'undef': None,
        'bytes': ALL,
        'a key with <blanks>': 'key',
        'nested': {'list': ['a', None, b'\x00\xff', {'k': 'v'}], 'undef': None, 'bytes': b'\x00\x01'},
        'single': ['one'],
        'emptylist': [],
        'emptyhash': {},
    },
    'writecontrol': {'control': 'XML has no \x01'},
    'writetext': {'text900k': '0123456789' * 90000},
    'writebig': {'bytes900k': (ALL * 3516)[:900000]},
}


def rendered(v):
    """Return a Python value in the form that the tests compare."""
    if v is None:
        return 'u'
    if isinstance(v, str):
        return 't:' + v.encode().hex()
    if isinstance(v, bytes):
        return 'b:' + v.hex()
    if isinstance(v, list):
        return 'l(' + ','.join(map(rendered, v)) + ')'
    return 'h(' + ','.join(sorted(key.encode().hex() + '=' + rendered(item) for key, item in v.items())) + ')'
