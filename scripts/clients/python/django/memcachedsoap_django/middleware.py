"""Middleware that answers as a shared session needs, and takes the user of a shared login."""

import logging
from functools import partial

from asgiref.sync import sync_to_async
from django.contrib.sessions import middleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from memcachedsoap import Unavailable

from .login import user
from .options import option

log = logging.getLogger("memcachedsoap")


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's SessionMiddleware, but for two answers.

    Status 503 while the service does not answer. And if the session was logged out
    while a page was made, the page is sent and its change is dropped: Django's own
    middleware would answer 400.
    """

    def process_request(self, request):
        super().process_request(request)
        request.session.public = any(request.path.startswith(prefix) for prefix in option("ANONYMOUS"))

    def process_exception(self, request, exception):
        if isinstance(exception, Unavailable):
            log.error("The session service is not available: %s", exception)
            return unavailable()
        return None

    def process_response(self, request, response):
        session = request.session
        if response.status_code == 500 and getattr(session, "unavailable", False):
            return unavailable()  # another middleware has used the session
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            log.warning("The changes of a page were dropped: its session was logged out meanwhile")
        except Unavailable as error:
            if not session.public:
                log.error("The session service is not available: %s", error)
                return unavailable()
            log.warning("The changes of a public page were dropped: %s", error)
        return response


class SharedLoginMiddleware(MiddlewareMixin):
    """Sets request.user from the login that any application of the estate has made.

    It stands after SessionMiddleware and, if that is used, after
    AuthenticationMiddleware, whose user counts if there is one.
    """

    def process_request(self, request):
        local, local_async = getattr(request, "user", None), getattr(request, "auser", None)
        request.user = SimpleLazyObject(lambda: user(request, local))
        request.auser = partial(_auser, request, local_async)


async def _auser(request, local_async):
    local = None if local_async is None else await local_async()
    return await sync_to_async(user)(request, local)


def unavailable():
    """Returns the answer while the service is down."""
    return HttpResponse("The session service is not available. Try again later.\n", status=503,
                        content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})
