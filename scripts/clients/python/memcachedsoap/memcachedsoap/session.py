"""A session as a mapping, for frameworks that have no session class of their own."""

import collections.abc
import logging
import time

from .errors import Unavailable, GONE
from .store import valid_id

log = logging.getLogger("memcachedsoap")


class Session(collections.abc.MutableMapping):
    """The session of one request. It is read when it is first used.

    cookie is the id that the browser has sent, or None. public says that the page also
    works without a session: while the service is down it gets an empty one, which is
    never stored.
    """

    def __init__(self, store, cookie=None, ttl=None, public=False):
        self._store = store
        self._cookie = cookie if valid_id(cookie) else None
        self._ttl = ttl
        self._public = public
        self._data = None  # None until it is read
        self._stored = None  # what the service has
        self._detached = False  # the service is down, and the page is public
        self._login = False
        self._ended = False  # logged out; what is set later begins a new session

    @property
    def id(self):
        """The id under which the session is stored, or None."""
        return None if self._stored is None else self._stored.id

    @property
    def sent(self):
        """The id that the browser has sent, or None."""
        return self._cookie

    @property
    def used(self):
        """Whether this request has used the session."""
        return self._data is not None

    @property
    def ended(self):
        """Whether this request has logged the user out: the browser must drop the cookie."""
        return self._ended and self._stored is None

    @property
    def cleared(self):
        """Whether this request has removed everything from the session of a user."""
        return self._stored is not None and not self._data and "uid" in self._stored.base

    def _read(self):
        if self._data is None:
            data = {}
            if self._cookie is not None:
                try:
                    self._stored = self._store.read(self._cookie, self._ttl)
                except Unavailable as error:
                    if not self._public:
                        raise
                    log.warning("A public page goes on without a session: %s", error)
                    self._detached = True
                else:
                    data = {} if self._stored is None else self._stored.data
            self._data = data
        return self._data

    def __getitem__(self, key):
        return self._read()[key]

    def __setitem__(self, key, value):
        self._read()[key] = value

    def __delitem__(self, key):
        del self._read()[key]

    def __iter__(self):
        return iter(self._read())

    def __len__(self):
        return len(self._read())

    def __contains__(self, key):
        return key in self._read()

    def __repr__(self):
        return f"<{type(self).__name__}>"  # neither the id nor a value

    def renew(self):
        """Gives the session a new id, as each login must, and keeps what it holds."""
        self._read()
        if self._stored is not None:
            try:
                self._store.rename(self._stored)
            except GONE:
                # It was logged out meanwhile: what it held is not for the next user.
                self._data, self._stored = {}, None
        self._login = True

    def login(self, uid, **attributes):
        """Makes this the session of a user, with a new id; call it after the user has proved who it is.

        attributes are cn, mail, groups (a list), authenticationLevel and other shared
        ones. _utime, the time of the login, is set. What the session held stays, unless
        it was of another user.
        """
        if self._read().get("uid") not in (None, uid):
            self.logout()
        self.renew()
        self._ended = False
        self._data.update({"_utime": int(time.time()), **attributes, "uid": uid})

    def logout(self):
        """Deletes the session, in all applications."""
        if self._cookie is not None:
            self._store.delete(self._cookie)
        if self._stored is not None and self._stored.id != self._cookie:
            self._store.delete(self._stored.id)
        self._data, self._stored, self._ended, self._login = {}, None, True, False

    def save(self, ttl=None):
        """Stores what has changed. Call it once, when the page is complete.

        A new and empty session is not stored. If the session was logged out meanwhile,
        the change is dropped, and a line of the log says so. Raises Unavailable,
        TooLarge, RefusedValue or Conflict if the change cannot be made.
        """
        if self._data is None or self._detached:
            return
        ttl = self._ttl if ttl is None else ttl
        try:
            if self._stored is not None:
                self._update(ttl)
            elif self._data:
                self._stored = self._store.create(self._data, ttl)
        except Unavailable as error:
            if not self._public:
                raise
            log.warning("The changes of a public page were dropped: %s", error)
            self._detached = True
        self._login = False

    def _update(self, ttl):
        try:
            self._store.update(self._stored, self._data, ttl, self._login)
        except GONE as error:
            log.warning("The changes of a page were dropped, its session was logged out meanwhile: %s", type(error).__name__)
            self._data, self._stored = {}, None
