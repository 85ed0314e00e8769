"""An example application: one session with the applications of other languages.

The paths are those that all example applications have; scripts/test/adapters uses them.
It is served by gunicorn, see run.
"""

import base64
import json
import os
import time

from django.conf import settings

settings.configure(
    SECRET_KEY="of the example, which signs nothing",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        __name__ + ".ExplainingSessionMiddleware",
        "memcachedsoap_django.middleware.SharedLoginMiddleware",
    ],
    SESSION_ENGINE="memcachedsoap_django.session",
    SESSION_COOKIE_AGE=3600,
    MEMCACHEDSOAP={
        "URL": os.environ["SOAP_URL"],
        "TIMEOUT": 4.0,  # the machine of the tests has much to do
        "KEY": os.environ.get("SOAP_KEY") or None,
        "SHARED": [name for name in os.environ.get("SHARED", "").split(",") if name],
        "APP": os.environ.get("APP") or "django",
    },
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    LOGGING_CONFIG=None,
)

import django  # noqa: E402  Django reads the settings when it is imported
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_GET, require_POST  # noqa: E402

from memcachedsoap import SessionError  # noqa: E402
from memcachedsoap_django.login import login, logout  # noqa: E402
from memcachedsoap_django.middleware import SessionMiddleware  # noqa: E402

django.setup()


def value_of(body):
    """Reads a JSON value; {"base64": …} stands for bytes."""
    return json.loads(body, object_hook=lambda o: base64.b64decode(o["base64"]) if list(o) == ["base64"] else o)


def shown(value):
    """Makes a value one that JSON has."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return value


@require_GET
def whoami(request):
    if not request.user.is_authenticated:
        return JsonResponse({"uid": None, "groups": []})
    return JsonResponse({"uid": request.user.username, "groups": request.user.groups})


@require_POST
def log_in(request):
    uid = request.GET["uid"]  # a real application checks a password first
    login(request, uid, cn=f"Name of {uid}", mail=f"{uid}@example.com", groups=["users", "staff"], authenticationLevel=2)
    return JsonResponse({"uid": uid})


@require_POST
def log_out(request):
    logout(request)
    return JsonResponse({})


@require_GET
def get(request):
    key = request.GET["key"]
    return JsonResponse({"present": key in request.session, "value": shown(request.session.get(key))})


@require_POST
def set_value(request):
    request.session[request.GET["key"]] = value_of(request.body)
    return JsonResponse({})


@require_POST
def remove(request):
    request.session.pop(request.GET["key"], None)
    return JsonResponse({})


@require_POST
def slow(request):
    len(request.session.keys())
    time.sleep(int(request.GET["ms"]) / 1000)
    return set_value(request)


@require_POST
def many(request):
    request.session.update(value_of(request.body))
    return JsonResponse({})


@require_GET
def plain(request):
    return JsonResponse({})


class ExplainingSessionMiddleware(SessionMiddleware):
    """Says in the answer why a session could not be stored; a real application logs it."""

    def process_response(self, request, response):
        try:
            return super().process_response(request, response)
        except SessionError as error:
            return HttpResponse(str(error), status=500, content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("whoami", whoami), path("login", log_in), path("logout", log_out), path("get", get), path("set", set_value),
    path("remove", remove), path("slow", slow), path("many", many), path("plain", plain),
]

application = get_wsgi_application()
