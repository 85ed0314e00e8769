"""Flask's sessions in memcachedsoap: app.session_interface = SoapSessionInterface(url=…)."""

import contextlib
import logging

from flask.sessions import SessionInterface, SessionMixin
from werkzeug.exceptions import ServiceUnavailable

from memcachedsoap import Options, Session, SessionError, Store, Unavailable

from .cookie import Cookie
from .middleware import describe

log = logging.getLogger("memcachedsoap")


class SessionUnavailable(ServiceUnavailable, Unavailable):
    """The service gave no usable answer; Flask answers with status 503."""

    description = "The session service is not available. Try again later."


class FlaskSession(Session, SessionMixin):
    """flask.session. It is read when it is first used, and only its changes are sent."""

    modified = False  # what has changed is found by comparing; an application need not set it

    def _read(self):
        with _answered():
            return super()._read()

    def renew(self):
        with _answered():
            super().renew()

    def logout(self):
        with _answered():
            super().logout()

    @property
    def new(self):
        """Whether the service has no such session yet."""
        self._read()
        return self.id is None


@contextlib.contextmanager
def _answered():
    """Makes an error of the service one that Flask answers with status 503."""
    try:
        yield
    except SessionUnavailable:
        raise
    except Unavailable as error:
        log.error("The session service is not available: %s", error)
        raise SessionUnavailable from error


class SoapSessionInterface(SessionInterface):
    """Keeps the session of an application in the service.

    options are those of memcachedsoap.Options, such as url and shared. The defaults of
    app and ttl are flask and PERMANENT_SESSION_LIFETIME. public is a list of prefixes
    of paths that also work without a session, while the service is down. The cookie has
    the settings SESSION_COOKIE_… of the application.
    """

    def __init__(self, public=(), **options):
        if isinstance(public, str):
            raise TypeError("public must be a list of prefixes of paths")
        self._public = tuple(public)
        self._own_ttl = options.get("ttl")
        self.store = Store(Options(**{"app": "flask", **options}))

    def open_session(self, app, request):
        public = request.path.startswith(self._public) if self._public else False
        cookie = self._cookie(app).read(request.environ.get("HTTP_COOKIE"))
        return FlaskSession(self.store, cookie, self._ttl(app), public)

    def save_session(self, app, session, response):
        if not session.used:
            return
        response.vary.add("Cookie")
        cookie = self._cookie(app)
        try:
            if session.cleared:
                session.logout()  # session.clear() is how applications of Flask log a user out
            session.save()
        except SessionError as error:
            status, text = describe(error)
            response.status = status
            response.headers.clear()
            response.set_data(text)
            response.content_type = "text/plain; charset=utf-8"
            return
        sent, permanent = session.sent, session.permanent and self.should_set_cookie(app, session)
        if session.id is not None and (session.id != sent or permanent):
            expires = self.get_expiration_time(app, session)
            response.set_cookie(cookie.name, session.id, expires=expires, httponly=cookie.httponly, domain=cookie.domain,
                                path=cookie.path, secure=cookie.secure, samesite=cookie.samesite or None)
        elif session.ended and sent is not None:
            response.headers.add("Set-Cookie", cookie.remove())

    def logout_everywhere(self, uid):
        """Deletes all sessions of a user, as after a change of the password. Returns how many.

        The service needs --principal uid for it.
        """
        return self.store.delete_all(uid)

    def _ttl(self, app):
        return self._own_ttl or int(app.permanent_session_lifetime.total_seconds())

    def _cookie(self, app):
        return Cookie(self.get_cookie_name(app), self.get_cookie_domain(app) or None, self.get_cookie_path(app),
                      self.get_cookie_secure(app), self.get_cookie_httponly(app), self.get_cookie_samesite(app) or "")
