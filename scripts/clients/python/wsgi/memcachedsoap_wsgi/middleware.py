"""A session for every WSGI application: environ["memcachedsoap.session"]."""

import logging

from memcachedsoap import Options, Session, SessionError, Store, Unavailable

from .cookie import Cookie

log = logging.getLogger("memcachedsoap")


class SessionMiddleware:
    """Gives an application the session of the request, and stores its changes.

    options are those of memcachedsoap.Options, such as url and shared; the default of
    app is wsgi. public is a list of prefixes of paths that also work without a session,
    while the service is down. cookie is a Cookie.

    environ["REMOTE_USER"] is not changed. environ["memcachedsoap.session"] is a
    memcachedsoap.Session, a mapping with login, renew and logout. It is stored when the
    first byte of the answer is due; what is set later is stored at the end, too, but a
    session that begins then is not, because its cookie cannot be sent any more.
    """

    def __init__(self, application, /, cookie=None, public=(), **options):
        if isinstance(public, str):
            raise TypeError("public must be a list of prefixes of paths")
        self._application = application
        self._cookie = cookie or Cookie()
        self._public = tuple(public)
        self.store = Store(Options(**{"app": "wsgi", **options}))

    def __call__(self, environ, start_response):
        sent = self._cookie.read(environ.get("HTTP_COOKIE"))
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        session = Session(self.store, sent, public=path.startswith(self._public) if self._public else False)
        environ["memcachedsoap.session"] = session
        return _Answer(self._application, environ, start_response, session, self._cookie)

    def logout_everywhere(self, uid):
        """Deletes all sessions of a user, as after a change of the password. Returns how many.

        The service needs --principal uid for it.
        """
        return self.store.delete_all(uid)


class _Answer:
    """The answer of one request: it begins when the session is stored."""

    def __init__(self, app, environ, start_response, session, cookie):
        self._start_response = start_response
        self._session, self._cookie = session, cookie
        self._pending = None  # what the application has given to start_response
        self._write = None  # the function of the server, once the headers are sent
        self._failed = False  # the answer is an error of the session
        self._body = ()
        self._parts = self._run(app, environ)
        try:
            self._first = [part for part in (next(self._parts, None),) if part is not None]
        except BaseException:
            self.close()  # the server gets no answer that it could close
            raise

    def _run(self, app, environ):
        try:
            self._body = app(environ, self._start)
            for part in self._body:
                if part:
                    self._begin()
                    yield part
            self._begin()
        except SessionError as error:
            if self._write is not None:
                raise
            self._failed = True
            yield self._error(error)

    def _start(self, status, headers, exc_info=None):
        if exc_info is not None and self._write is not None:
            try:
                raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        self._pending = (status, list(headers))
        return self._write_part

    def _write_part(self, part):
        self._begin()
        self._write(part)

    def _begin(self):
        """Stores the session and sends the headers."""
        if self._write is None:
            if self._pending is None:
                raise RuntimeError("the application has not called start_response")
            self._session.save()
            status, headers = self._pending
            self._write = self._start_response(status, headers + self._cookies())

    def _cookies(self):
        session = self._session
        headers = [("Vary", "Cookie")] if session.used else []
        if session.id is not None and session.id != session.sent:
            headers.append(("Set-Cookie", self._cookie.write(session.id)))
        elif session.ended and session.sent is not None:
            headers.append(("Set-Cookie", self._cookie.remove()))
        return headers

    def _error(self, error):
        status, text = describe(error)
        body = text.encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        self._write = self._start_response(status, headers)
        return body

    def __iter__(self):
        yield from self._first
        yield from self._parts

    def close(self):
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            if self._write is not None and not self._failed and self._session.id is not None:
                try:
                    self._session.save()  # what was set after the first byte
                except SessionError as error:
                    log.error("A change after the begin of the answer was not stored: %s", error)


def describe(error):
    """Logs an error of a session, and returns the status and the text of the answer to the browser."""
    log.error("The session could not be used: %s", error)
    if isinstance(error, Unavailable):
        return "503 Service Unavailable", "The session service is not available. Try again later.\n"
    return "500 Internal Server Error", f"{error}\n"
