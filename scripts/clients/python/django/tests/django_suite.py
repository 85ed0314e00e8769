"""Django's own tests of session engines and of SessionMiddleware, as they are in its sources."""

import project  # noqa: F401  configures Django first

from django.core.management import call_command
from django.test import SimpleTestCase, TestCase
from sessions_tests import tests

from memcachedsoap_django.options import store
from memcachedsoap_django.session import SessionStore


def setUpModule():
    call_command("migrate", run_syncdb=True, verbosity=0)


class EngineTests(tests.SessionTestsMixin, SimpleTestCase):
    backend = SessionStore


class _Found:
    def __init__(self, data):
        self._data = data

    def get_decoded(self):
        return self._data


class _Sessions:
    """Stands for the database model that two tests ask for the stored session."""

    class objects:
        @staticmethod
        def get(session_key):
            return _Found(store().read(session_key).data)


class MiddlewareTests(tests.SessionMiddlewareTests, TestCase):
    def setUp(self):
        for name, stand_in in (("DatabaseSession", SessionStore), ("Session", _Sessions)):
            before = getattr(tests, name)
            self.addCleanup(setattr, tests, name, before)
            setattr(tests, name, stand_in)
