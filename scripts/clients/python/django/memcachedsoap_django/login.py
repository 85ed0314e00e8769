"""The login that all applications of the estate share."""

import time

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from .options import option, store


class SharedUser:
    """A user of the shared login who is in no database.

    It has no permissions of Django: use groups, the names of the user's groups.
    """

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __init__(self, session):
        groups = session.get("groups")
        self.username = self.pk = self.id = session["uid"]
        self.email = _text(session.get("mail"))
        self.full_name = _text(session.get("cn"))
        self.groups = [group for group in groups if isinstance(group, str)] if isinstance(groups, list) else []

    def __str__(self):
        return self.username

    def __eq__(self, other):
        return isinstance(other, SharedUser) and self.username == other.username

    def __hash__(self):
        return hash(self.username)

    def get_username(self):
        return self.username

    def get_full_name(self):
        return self.full_name

    def has_perm(self, perm, obj=None):
        return False

    def has_perms(self, perms, obj=None):
        return False

    def has_module_perms(self, module):
        return False


class Nobody:
    """Stands for a visitor where django.contrib.auth is not installed."""

    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_staff = False
    is_superuser = False
    username = ""
    pk = id = None
    groups = ()

    def __str__(self):
        return "AnonymousUser"

    def get_username(self):
        return self.username


def user(request, local=None):
    """Returns the user of a request: local if that is logged in, else that of the shared login."""
    if local is not None and local.is_authenticated:
        return local
    uid = request.session.get("uid")
    found = _user(request.session) if isinstance(uid, str) and uid else None
    if found is not None:
        return found
    return Nobody() if local is None else local


def _user(session):
    users = option("USERS")
    if users == "session":
        return SharedUser(session)
    if users not in ("known", "create"):
        raise ImproperlyConfigured("MEMCACHEDSOAP: USERS must be session, known or create")
    if not apps.is_installed("django.contrib.auth"):
        raise ImproperlyConfigured("MEMCACHEDSOAP: USERS known and create need django.contrib.auth")
    from django.contrib.auth import get_user_model
    model = get_user_model()
    if users == "create":
        found, _ = model._default_manager.get_or_create(**{model.USERNAME_FIELD: session["uid"]})
    else:
        found = model._default_manager.filter(**{model.USERNAME_FIELD: session["uid"]}).first()
    return found if found is not None and found.is_active else None


def login(request, uid, **attributes):
    """Makes the session that of a user, with a new key; call it after the user has proved who it is.

    attributes are cn, mail, groups (a list), authenticationLevel and other shared ones.
    _utime, the time of the login, is set. What the session held stays, unless it was of
    another user.
    """
    session = request.session
    if session.get("uid") not in (None, uid):
        session.flush()
    session.cycle_key()
    session.update({"_utime": int(time.time()), **attributes, "uid": uid})


def logout(request):
    """Deletes the session, in all applications. django.contrib.auth.logout does the same."""
    request.session.flush()


def logout_everywhere(uid):
    """Deletes all sessions of a user, as after a change of the password. Returns how many.

    The service needs --principal uid for it.
    """
    return store().delete_all(uid)


def _text(value):
    return value if isinstance(value, str) else ""
