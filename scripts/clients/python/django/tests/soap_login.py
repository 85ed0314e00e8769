"""Users of the shared login in Django's database, and Django's own login."""

import project

from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model, login as django_login, logout as django_logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory, TestCase, override_settings

from memcachedsoap_django.login import login, logout_everywhere
from memcachedsoap_django.middleware import SessionMiddleware, SharedLoginMiddleware
from memcachedsoap_django.session import SessionStore


def setUpModule():
    call_command("migrate", run_syncdb=True, verbosity=0)


def page(view, key=None):
    request = RequestFactory().get("/")
    if key is not None:
        request.COOKIES["sessionid"] = key
    chain = SharedLoginMiddleware(lambda request: HttpResponse(view(request)))
    return SessionMiddleware(AuthenticationMiddleware(chain))(request)


def log_in(uid):
    return page(lambda request: login(request, uid)).cookies["sessionid"].value


class Users(TestCase):
    def users(self, kind):
        return override_settings(MEMCACHEDSOAP={**project.SERVICE, "USERS": kind})

    def who(self, key):
        return page(lambda request: f"{request.user.__class__.__name__} {request.user.get_username()}", key).content.decode()

    def test_of_the_session(self):
        self.assertEqual("SharedUser zoë", self.who(log_in("zoë")))
        self.assertEqual("AnonymousUser ", self.who(None))

    def test_known_to_the_database(self):
        get_user_model().objects.create_user("known")
        with self.users("known"):
            self.assertEqual("User known", self.who(log_in("known")))
            self.assertEqual("AnonymousUser ", self.who(log_in("unknown")))

    def test_created_in_the_database(self):
        with self.users("create"):
            self.assertEqual("User fresh", self.who(log_in("fresh")))
        self.assertFalse(get_user_model().objects.get(username="fresh").is_staff)

    def test_locked_in_the_database(self):
        get_user_model().objects.create_user("locked", is_active=False)
        with self.users("create"):
            self.assertEqual("AnonymousUser ", self.who(log_in("locked")))

    def test_wrong_option(self):
        key = log_in("zoë")
        with self.users("all"), self.assertRaises(ImproperlyConfigured):
            self.who(key)

    def test_asynchronously(self):
        request = RequestFactory().get("/")
        request.session = SessionStore(log_in("zoë"))
        SharedLoginMiddleware(lambda request: HttpResponse()).process_request(request)
        self.assertEqual("zoë", async_to_sync(request.auser)().username)

    def test_login_of_django(self):
        user = get_user_model().objects.create_user("local")
        before = page(lambda request: request.session.update({"cart": 1})).cookies["sessionid"].value
        view = lambda request: django_login(request, user, "django.contrib.auth.backends.ModelBackend")  # noqa: E731
        after = page(view, before).cookies["sessionid"].value
        self.assertNotEqual(before, after)
        self.assertEqual("User local", self.who(after))
        self.assertEqual(1, SessionStore(after)["cart"])
        self.assertFalse(SessionStore().exists(before))

    def test_logout_of_django(self):
        key = log_in("zoë")
        response = page(django_logout, key)
        self.assertEqual("", response.cookies["sessionid"].value)
        self.assertFalse(SessionStore().exists(key))

    def test_logout_everywhere(self):
        keys = [log_in("everywhere") for _ in range(3)]
        self.assertEqual(3, logout_everywhere("everywhere"))
        self.assertFalse(any(SessionStore().exists(key) for key in keys))
