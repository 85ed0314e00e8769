"""Values of Python as XML of the contract, and back."""

import base64
import binascii
import math
import re
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

from .errors import RefusedValue, Unavailable

NAMESPACE = "urn:memcached-soap:session:v1"
TAG = "{" + NAMESPACE + "}"
DEPTH = 100  # levels of nested values

# XML cannot represent these characters.
UNREPRESENTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# No UTF-8 text begins with the first byte, so no text is taken for an object.
OBJECT = b"\xffobject:"


def text(value):
    """Escapes a text. A carriage return would arrive as a line feed."""
    return escape(value, {"\r": "&#13;"})


def name(value):
    """Writes the name of an attribute or of an entry of a hash."""
    if UNREPRESENTABLE.search(value) or value.startswith("base64:"):
        return "base64:" + base64.b64encode(value.encode()).decode()
    return text(value)


def read_name(value):
    """Reads what name has written."""
    if not value.startswith("base64:"):
        return value
    try:
        return base64.b64decode(value[7:], validate=True).decode()
    except ValueError as error:
        raise Unavailable("The session service sent a name that is not readable") from error


class Codec:
    """Translates values. objects maps a class to (name, to_bytes, from_bytes)."""

    def __init__(self, objects=None):
        self._objects = objects or {}
        self._readers = {kind: read for kind, _, read in self._objects.values()}

    def encode(self, key, value, private=True):
        """Returns the XML of a value of the attribute key.

        Raises RefusedValue for a value that a session cannot hold. private says
        whether no other application reads it: only then it may be an object.
        """
        return self._encode(key, value, private, 0)

    def entries(self, key, mapping, private, depth=0):
        """Returns the entries of a hash."""
        parts = []
        names = set()
        for inner, value in mapping.items():
            if isinstance(inner, int) and not isinstance(inner, bool):
                inner = str(inner)  # as the JSON of other session engines does
            if not isinstance(inner, str):
                raise RefusedValue(key, f"a dict in it has a key of the type {type(inner).__name__}; keys are text")
            if inner in names:
                raise RefusedValue(key, "a dict in it has a key twice, as a number and as text")
            names.add(inner)
            self._check_text(key, inner)
            parts.append(f"<entry><key>{name(inner)}</key>{self._encode(key, value, private, depth)}</entry>")
        return "".join(parts)

    def _encode(self, key, value, private, depth):
        if depth > DEPTH:
            raise RefusedValue(key, f"it is nested more than {DEPTH} levels deep, or contains itself")
        if value is None:
            return "<undef>true</undef>"
        known = self._objects.get(type(value))
        if known is not None:
            return self._object(key, value, private, known)
        if isinstance(value, str):
            self._check_text(key, value)
            if UNREPRESENTABLE.search(value):
                return self._binary(value.encode())
            return f"<value>{text(value)}</value>"
        if isinstance(value, bool):
            return f"<value>{'true' if value else 'false'}</value><type>boolean</type>"
        if isinstance(value, int):
            if not -(1 << 63) <= value < 1 << 63:
                raise RefusedValue(key, "it has a whole number of more than 64 bits")
            return f"<value>{int(value)}</value><type>int</type>"
        if isinstance(value, float):
            if not math.isfinite(value):
                raise RefusedValue(key, "it has a number that is not finite")
            return f"<value>{float(value)!r}</value><type>double</type>"
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._binary(bytes(value))
        if isinstance(value, dict):
            return f"<hash>{self.entries(key, value, private, depth + 1)}</hash>"
        if isinstance(value, (list, tuple)):
            items = "".join(f"<item>{self._encode(key, item, private, depth + 1)}</item>" for item in value)
            return f"<list>{items}</list>"
        raise RefusedValue(key, f"values of the type {type(value).__name__} are refused; store text, numbers, booleans, "
                                "None, bytes, lists and dicts")

    def _object(self, key, value, private, known):
        if not private:
            raise RefusedValue(key, f"an attribute that is shared cannot be an object ({type(value).__name__})")
        kind, write, _ = known
        return self._binary(OBJECT + kind.encode() + b":" + write(value))

    @staticmethod
    def _binary(value):
        return f"<binary>{base64.b64encode(value).decode()}</binary>"

    @staticmethod
    def _check_text(key, value):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RefusedValue(key, "it has a text with a lone surrogate, which is no Unicode text") from error

    def decode(self, element):
        """Returns the value of an entry or item."""
        kind, content = None, None
        for child in element:
            tag = child.tag[len(TAG):]
            if tag == "type":
                kind = child.text
            elif tag in ("value", "binary", "hash", "list"):
                content = child
        if content is None:
            return None
        tag = content.tag[len(TAG):]
        try:
            if tag == "value":
                return _scalar(content.text or "", kind)
            if tag == "binary":
                return self._bytes(base64.b64decode(content.text or "", validate=True))
        except (ValueError, binascii.Error) as error:
            raise Unavailable("The session service sent a value that is not readable") from error
        if tag == "list":
            return [self.decode(item) for item in content]
        return {read_name(entry.findtext(TAG + "key") or ""): self.decode(entry) for entry in content}

    def decode_text(self, encoded):
        """Returns the value that encode has written."""
        return self.decode(ElementTree.fromstring(f'<item xmlns="{NAMESPACE}">{encoded}</item>'))

    def _bytes(self, value):
        if value.startswith(OBJECT):
            kind, _, content = value[len(OBJECT):].partition(b":")
            read = self._readers.get(kind.decode(errors="replace"))
            return value if read is None else read(content)
        try:
            # The service sends as bytes what is no text, and text with characters that
            # XML cannot represent.
            return value.decode()
        except UnicodeDecodeError:
            return value


def _scalar(value, kind):
    if kind == "int":
        return int(value)
    if kind == "double":
        return float(value)
    if kind == "boolean":
        return value in ("true", "1")
    return value
