"""A project of Django for the tests, on the service at SOAP_URL."""

import os

import django
from django.conf import settings

SERVICE = {"URL": os.environ["SOAP_URL"], "SHARED": ["color"], "TIMEOUT": 30}  # the machine may have much to do

if not settings.configured:
    settings.configure(
        SECRET_KEY="of the tests",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "sessions_tests"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SESSION_ENGINE="memcachedsoap_django.session",
        MEMCACHEDSOAP=SERVICE,
        USE_TZ=False,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="project",
        LOGGING_CONFIG=None,
    )
    django.setup()

urlpatterns = []
