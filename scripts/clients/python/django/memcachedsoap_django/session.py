"""The session engine: SESSION_ENGINE = "memcachedsoap_django.session"."""

import logging

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from memcachedsoap import Deleted, Exists, GONE, Unavailable, new_id

from .options import store

log = logging.getLogger("memcachedsoap")


class SessionStore(SessionBase):
    """Reads a session when it is first used, and sends only what has changed.

    Values are those of JSON, and bytes; SESSION_SERIALIZER is not used for them.
    """

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self.public = False  # set by the middleware: the page also works without a session
        self.unavailable = False  # the service did not answer
        self._stored = None  # what the service has under the key
        self._detached = False  # an empty session that is not stored, because the service is down
        self._login = False  # the absolute timeout begins anew

    def load(self):
        """Returns the session of the key. If there is none, the key is dropped, too."""
        try:
            self._stored = store().read(self.session_key, self.get_session_cookie_age())
        except Unavailable as error:
            self.unavailable = True
            if not self.public:
                raise
            log.warning("A public page goes on without a session: %s", error)
            self._detached = True  # with the key, so that the browser keeps it
            return {}
        if self._stored is None:
            self._session_key = None
            return {}
        if self._stored.data.get("_session_expiry"):
            self._expire_as_asked()
        return {} if self._stored is None else self._stored.data

    def _expire_as_asked(self):
        """Corrects the ttl of the reading for a session with an expiry of its own."""
        age = self.get_expiry_age(expiry=self._stored.data["_session_expiry"])
        try:
            if age > 0:
                store().touch(self.session_key, age)
                self._stored.ttl = age
                return
            store().delete(self.session_key)
        except GONE:
            pass
        self._stored, self._session_key = None, None

    def exists(self, session_key):
        return store().exists(session_key)

    def create(self):
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create=False):
        """Stores what has changed. UpdateError means that the session was deleted meanwhile."""
        data = self._get_session(no_load=must_create)
        if self._detached:
            return
        if self.session_key is None:
            self.create()
            return
        age = self.get_expiry_age()
        if age <= 0:
            self.delete()
            return
        try:
            if must_create:
                self._create(data, age)
            else:
                self._update(data, age)
        except Unavailable:
            self.unavailable = True
            raise
        self._login = False

    def _create(self, data, age):
        try:
            self._stored = store().create(data, age, self.session_key)
        except (Exists, Deleted) as error:
            raise CreateError from error

    def _update(self, data, age):
        if self._stored is None or self._stored.id != self.session_key:
            # The session was emptied before it was read.
            self._stored = store().read(self.session_key, age)
            if self._stored is None:
                raise UpdateError
        try:
            store().update(self._stored, data, age, self._login)
        except GONE as error:
            raise UpdateError from error

    def delete(self, session_key=None):
        store().delete(session_key or self.session_key)
        if session_key in (None, self.session_key):
            self._stored = None

    def cycle_key(self):
        """Gives the session a new key, as a login must, and keeps what it holds."""
        data = self._session
        self._login = True
        if self._stored is not None:
            try:
                self._session_key = store().rename(self._stored)
            except GONE:
                # It was logged out meanwhile: what it held is not for the next user.
                self._session_cache, self._stored = {}, None
            except Unavailable:
                self.unavailable = True
                raise
            else:
                self._session_cache, self.modified = data, True
                return
        self.create()

    async def acycle_key(self):
        await sync_to_async(self.cycle_key)()

    def _get_new_session_key(self):
        return new_id()

    async def _aget_new_session_key(self):
        return new_id()

    @classmethod
    def clear_expired(cls):
        """Does nothing: memcached removes what has expired."""
