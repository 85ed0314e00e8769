"""The setting MEMCACHEDSOAP."""

import functools

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from memcachedsoap import Options, Store

OWN = {"ANONYMOUS": (), "USERS": "session"}  # options of the middleware


@functools.lru_cache(maxsize=None)
def store():
    """Returns the store of the project. Raises ImproperlyConfigured if an option is wrong."""
    given = {key: value for key, value in _setting().items() if key not in OWN}
    wrong = [key for key in given if key != key.upper() or key.lower() not in Options.__dataclass_fields__ or key == "TTL"]
    if wrong:
        raise ImproperlyConfigured(f"MEMCACHEDSOAP has no option {wrong[0]!r}; the idle timeout is SESSION_COOKIE_AGE")
    if "URL" not in given:
        raise ImproperlyConfigured("MEMCACHEDSOAP needs the option URL")
    try:
        return Store(Options(**{"app": "django", **{key.lower(): value for key, value in given.items()}}))
    except (TypeError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"MEMCACHEDSOAP: {error}") from error


def option(key):
    """Returns an option of the middleware."""
    return _setting().get(key, OWN[key])


def _setting():
    given = getattr(settings, "MEMCACHEDSOAP", None)
    if not isinstance(given, dict):
        raise ImproperlyConfigured("The setting MEMCACHEDSOAP, a dict of options, is missing")
    return given


def _changed(setting, **_):
    if setting == "MEMCACHEDSOAP" and store.cache_info().currsize:
        store().client.close()
        store.cache_clear()


setting_changed.connect(_changed)
