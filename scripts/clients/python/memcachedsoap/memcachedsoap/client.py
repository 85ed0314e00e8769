"""The operations of the session service that a session adapter needs."""

import xml.etree.ElementTree as ElementTree

from .connection import Connections
from .errors import FAULTS, Fault, Rejected, Unavailable
from .values import NAMESPACE, TAG, name, text

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
HEAD = '<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
TAIL = "</Body></Envelope>"


class Client:
    """Calls the service. Each method raises the errors of the module errors."""

    def __init__(self, options):
        self._connections = Connections(options)

    def get(self, session, ttl=0):
        """Returns the element of a session. ttl, in seconds, extends it; 0 does not."""
        return self._call("getSession", _element("id", session) + _number("ttl", _seconds(ttl)) + "<typed>true</typed>", True)

    def create(self, session, entries, ttl, lifetime=0):
        """Stores a session under an id that no session has, and returns its version."""
        result = self._call("setSession", f"{_element('id', session)}<attributes>{entries}</attributes><ttl>{_seconds(ttl)}</ttl>"
                            f"<updateOnly>false</updateOnly>{_number('lifetime', lifetime)}<onlyNew>true</onlyNew>")
        return result.findtext(TAG + "version")

    def update(self, session, entries, removed, ttl, version=None, lifetime=0):
        """Changes attributes, with a version only if the session has it. Returns the new version."""
        keys = "".join(f"<key>{name(key)}</key>" for key in removed)
        condition = "" if version is None else _element("ifVersion", version)
        result = self._call("updateSession", f"{_element('id', session)}<set>{entries}</set><remove>{keys}</remove>"
                            f"<ttl>{_seconds(ttl)}</ttl>{condition}{_number('lifetime', lifetime)}")
        return result.findtext(TAG + "version")

    def touch(self, session, ttl):
        """Gives a session a new ttl."""
        self._call("touchSession", _element("id", session) + f"<ttl>{_seconds(ttl)}</ttl>", True)

    def rename(self, session, new):
        """Gives a session another id, and returns its version."""
        result = self._call("renameSession", _element("id", session) + _element("newId", new))
        return result.findtext(TAG + "version")

    def delete(self, session):
        """Deletes a session; there need not be one."""
        self._call("deleteSession", _element("id", session), True)

    def delete_all(self, principal):
        """Deletes all sessions of a user and returns how many."""
        return len(self._call("deleteSessions", _element("principal", principal), True))

    def close(self):
        """Closes the connections that are not in use."""
        self._connections.close()

    def _call(self, operation, content, repeatable=False):
        message = f'{HEAD}<{operation} xmlns="{NAMESPACE}">{content}</{operation}>{TAIL}'
        status, answer = self._connections.post(message.encode(), f"{NAMESPACE}#{operation}", repeatable)
        body = _body(status, answer)
        fault = body.find(SOAP + "Fault")
        if fault is not None:
            raise _fault(fault)
        result = body.find(f"{TAG}{operation}Response/{TAG}{operation}Result")
        if result is None:
            raise Unavailable(f"The session service sent no result of {operation}")
        return result


class _NoDoctype(ElementTree.TreeBuilder):
    """A tree without DOCTYPE, and so without entities that grow."""

    def doctype(self, *_):
        raise ElementTree.ParseError("a DOCTYPE is refused")


def _body(status, answer):
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())
        parser.feed(answer)
        body = parser.close().find(SOAP + "Body")
    except ElementTree.ParseError as error:
        raise Unavailable(f"The answer of the session service is no SOAP message; its HTTP status is {status}") from error
    if body is None:
        raise Unavailable(f"The answer of the session service has no Body; its HTTP status is {status}")
    return body


def _fault(fault):
    sentence = fault.findtext("faultstring") or ""
    detail = fault.find("detail")
    typed = detail[0] if detail is not None and len(detail) else None
    if typed is not None and typed.tag.startswith(TAG):
        kind = typed.tag[len(TAG):]
        fields = {child.tag[len(TAG):]: child.text or "" for child in typed if child.tag != TAG + "id"}
        if kind in FAULTS:
            return FAULTS[kind](sentence, fields)
        if kind != "StoreUnavailableFault":
            return Fault(sentence, fields)
        return Unavailable(sentence)
    code = (fault.findtext("faultcode") or "").rpartition(":")[2]
    if code == "Client" and not sentence.startswith("Access denied"):
        return Rejected(sentence)
    # A server without a typed fault, a caller that may not call: no page can go on.
    return Unavailable(sentence)


def _seconds(ttl):
    """The contract has 32 bits for a ttl, more than the longest one that a service allows."""
    return min(ttl, (1 << 31) - 1)


def _element(tag, value):
    return f"<{tag}>{text(value)}</{tag}>"


def _number(tag, value):
    return f"<{tag}>{value}</{tag}>" if value else ""
