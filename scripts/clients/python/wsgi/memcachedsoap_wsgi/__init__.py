"""Sessions in memcachedsoap for WSGI applications; the module flask is for Flask."""

from .cookie import Cookie
from .middleware import SessionMiddleware

__all__ = ["Cookie", "SessionMiddleware"]
