"""Sessions of the service as an application sees them: read, changed, renamed, deleted."""

import logging
import re
import secrets

from .client import Client
from .errors import Conflict, Exists, NotFound, Rejected, TooLarge, Unreadable, GONE
from .names import Names
from .values import Codec, TAG, name, read_name

log = logging.getLogger("memcachedsoap")

ID = re.compile("[0-9a-f]{32,64}")
ATTEMPTS = 3  # for changes of exact keys


def new_id():
    """Returns a new session id: 128 random bits."""
    return secrets.token_hex(16)


def valid_id(value):
    """Whether a text, such as that of a cookie, can be a session id. Nothing else is sent to the service."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


class Stored:
    """What the service has of a session: what the application sees of it, when it was read or last changed."""

    def __init__(self, session, version, data, base, ttl):
        self.id = session
        self.version = version
        self.data = data  # the caller may change it
        self.ttl = ttl  # seconds that the reading gave to the session; 0: it was not extended
        self._base = base  # attribute: XML of its value; or a function that returns that

    @property
    def base(self):
        if callable(self._base):
            self._base = self._base()
        return self._base

    def changed(self, entries, removed):
        """Notes that the service has made a change."""
        for stored in removed:
            self.base.pop(stored, None)
        self.base.update(entries)


class Store:
    """Threads can share it."""

    def __init__(self, options):
        self.options = options
        self.client = Client(options)
        self._codec = Codec(options.objects)
        self._names = Names(options.app, options.shared)
        self._exact = frozenset(options.exact)

    def read(self, session, ttl=None):
        """Returns the Stored of an id, or None if no session has it.

        The session lives ttl more seconds, or those of the options; with 0 as long as
        before. Raises Unavailable if the service does not say whether there is one.
        """
        if not valid_id(session):
            return None
        ttl = self.options.ttl if ttl is None else ttl
        try:
            element = self.client.get(session, ttl)
        except Unreadable as error:
            log.warning("A stored session is not readable; its user gets a new one: %s", error.detail.get("reason", error))
            return None
        except GONE:
            return None
        return self._stored(session, element, ttl)

    def _stored(self, session, element, ttl):
        visible = []
        for entry in element.find(TAG + "attributes"):
            key = self._names.key(read_name(entry.findtext(TAG + "key") or ""))
            if key is not None:
                visible.append((key, entry))

        def base():  # most pages change nothing and do not need it
            return self.encode({key: self._codec.decode(entry) for key, entry in visible})
        data = {key: self._codec.decode(entry) for key, entry in visible}
        return Stored(session, element.findtext(TAG + "version"), data, base, ttl)

    def exists(self, session):
        """Whether there is a session with the id. It is not extended."""
        return self.read(session, 0) is not None

    def encode(self, data):
        """Returns the attributes of data as XML, by their stored names."""
        encoded = {}
        for key, value in data.items():
            encoded[self._names.stored(key)] = self._codec.encode(key, value, self._names.private(key))
        return encoded

    def create(self, data, ttl=None, session=None):
        """Stores a new session and returns its Stored.

        Its id is session, or a random one. Raises Exists if there is a session with
        the id that was given.
        """
        entries = self.encode(data)
        ttl = self.options.ttl if ttl is None else ttl
        while True:
            chosen = session or new_id()
            try:
                version = self.client.create(chosen, _join(entries), ttl, self.options.lifetime)
                return Stored(chosen, version, data, entries, ttl)
            except Exists:
                if session:
                    raise
            except (TooLarge, Rejected) as error:
                raise _named(error, entries) from error

    def update(self, stored, data, ttl=None, login=False):
        """Sends what has changed since stored was read; nothing if nothing has.

        The session lives ttl more seconds, or those of the options. login says that
        the absolute timeout begins anew. Raises one of GONE if the session is no more:
        the change is dropped then. Raises Conflict if a parallel page has changed a
        key that is exact and no number.
        """
        ttl = self.options.ttl if ttl is None else ttl
        lifetime = self.options.lifetime if login else 0
        wanted = self.encode(data)
        entries = {key: value for key, value in wanted.items() if stored.base.get(key) != value}
        removed = [key for key in stored.base if key not in wanted]
        if not entries and not removed:
            if lifetime:
                self.client.update(stored.id, "", (), ttl, None, lifetime)
            elif ttl != stored.ttl:
                self.client.touch(stored.id, ttl)
            stored.ttl = ttl
            return
        exact = [key for key in self._exact if self._names.stored(key) in entries or self._names.stored(key) in removed]
        try:
            if exact:
                self._update_exact(stored, data, entries, removed, exact, ttl, lifetime)
            else:
                self.client.update(stored.id, _join(entries), removed, ttl, None, lifetime)
        except (TooLarge, Rejected) as error:
            raise _named(error, entries) from error
        stored.changed(entries, removed)
        stored.ttl = ttl

    def _update_exact(self, stored, data, entries, removed, exact, ttl, lifetime):
        """Makes a change of exact keys under the version of the session.

        If another page was faster, its number and the difference that this page has
        made are added.
        """
        version, before = stored.version, {key: self._key_of(stored, key) for key in exact}
        for attempt in range(ATTEMPTS):
            if version is None:
                version = self._again(stored, data, entries, exact, before)
            try:
                stored.version = self.client.update(stored.id, _join(entries), removed, ttl, version, lifetime)
                return
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
                version = None

    def _again(self, stored, data, entries, exact, before):
        """Reads the session again and makes the changes of exact keys anew on what it holds now."""
        current = self.read(stored.id, 0)
        if current is None:
            raise NotFound("There is no session with this id.")
        for key in exact:
            now = current.data.get(key)
            if now == before[key] and type(now) is type(before[key]):
                continue
            if not all(type(number) is int for number in (now or 0, before[key] or 0, data.get(key))):
                raise Conflict(f"Another page has changed {key!a} at the same time, and it is no whole number.")
            data[key] = (now or 0) + data[key] - (before[key] or 0)
            before[key] = now
            entries[self._names.stored(key)] = self._codec.encode(key, data[key])
        return current.version

    def _key_of(self, stored, key):
        """Returns the value that a key had when the session was read."""
        encoded = stored.base.get(self._names.stored(key))
        return None if encoded is None else self._codec.decode_text(encoded)

    def touch(self, session, ttl):
        """Gives a session a new ttl in seconds. Raises one of GONE if it is no more."""
        self.client.touch(session, ttl)

    def rename(self, stored):
        """Gives a session a new id and returns it; the former one is worth nothing from then on.

        Raises one of GONE if the session is no more.
        """
        while True:
            chosen = new_id()
            try:
                self.client.rename(stored.id, chosen)
            except Exists:
                continue
            stored.id = chosen
            stored.version = None  # what others have changed meanwhile went over: exact keys are read again
            return chosen

    def delete(self, session):
        """Deletes a session: a logout. An id that cannot be one is ignored."""
        if valid_id(session):
            self.client.delete(session)

    def delete_all(self, uid):
        """Deletes all sessions of a user, in all applications, and returns how many there were.

        The service needs --principal uid for it.
        """
        return self.client.delete_all(uid)


def _join(entries):
    return "".join(f"<entry><key>{name(key)}</key>{value}</entry>" for key, value in entries.items())


def _named(error, entries):
    """Returns the error with the name of the largest value, if a limit was exceeded."""
    if isinstance(error, Rejected) and "limit" not in str(error):
        return error
    key = max(entries, key=lambda key: len(entries[key]) + len(key), default="")
    text = f"{error} The largest value that was to be stored is {key[:200]!a}."
    return TooLarge(text, error.detail) if isinstance(error, TooLarge) else Rejected(text)
