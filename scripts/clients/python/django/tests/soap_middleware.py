"""The answers of the middleware."""

import project  # noqa: F401  configures Django first

import socket

from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings

from memcachedsoap import LOGIN, new_id
from memcachedsoap_django.login import login
from memcachedsoap_django.middleware import SessionMiddleware, SharedLoginMiddleware
from memcachedsoap_django.options import store
from memcachedsoap_django.session import SessionStore

DOWN = {"URL": "http://127.0.0.1:1/soap", "ANONYMOUS": ["/public/"]}


def page(view, path="/", key=None, post=False):
    """Sends a request through both middlewares."""
    request = (RequestFactory().post if post else RequestFactory().get)(path)
    if key is not None:
        request.COOKIES["sessionid"] = key
    middleware = SessionMiddleware(SharedLoginMiddleware(lambda request: HttpResponse(view(request))))
    try:
        return middleware(request)
    except Exception as error:  # as Django does for an error of a view
        return middleware.process_exception(request, error)


class Answers(SimpleTestCase):
    def test_a_page_without_a_session_asks_nobody(self):
        with override_settings(MEMCACHEDSOAP=DOWN):
            response = page(lambda request: "plain", key="a" * 32)
        self.assertEqual((200, {}), (response.status_code, dict(response.cookies)))

    def test_a_page_that_reads_stores_nothing(self):
        response = page(lambda request: request.session.get("a", "nothing"))
        self.assertEqual({}, dict(response.cookies))

    def test_while_the_service_is_down(self):
        with override_settings(MEMCACHEDSOAP=DOWN):
            read = page(lambda request: request.session.get("a"), key="a" * 32)
            write = page(lambda request: request.session.update({"a": 1}))
        for response in (read, write):
            self.assertEqual(503, response.status_code)
            self.assertEqual({}, dict(response.cookies), "the browser keeps its cookie")

    def test_a_public_page_while_the_service_is_down(self):
        with override_settings(MEMCACHEDSOAP=DOWN):
            for key in ("a" * 32, None):
                def view(request):
                    request.session["b"] = 1
                    return request.session.get("a", "nobody")
                response = page(view, "/public/x", key)
                self.assertEqual((200, b"nobody"), (response.status_code, response.content))
                self.assertIn(response.cookies.get("sessionid") and response.cookies["sessionid"].value, (key, None))

    def test_an_error_page_of_another_middleware(self):
        def get_response(request):
            try:
                request.session.get("a")
            except Exception:
                return HttpResponse("Server Error", status=500)  # as Django does around each middleware
        request = RequestFactory().get("/")
        request.COOKIES["sessionid"] = "a" * 32
        with override_settings(MEMCACHEDSOAP=DOWN):
            self.assertEqual(503, SessionMiddleware(get_response)(request).status_code)

    def test_a_page_whose_session_was_logged_out_meanwhile(self):
        session = SessionStore()
        session["a"] = 1
        session.save()

        def view(request):
            request.session["a"] = 2
            SessionStore(session.session_key).delete()
            return "done"
        with self.assertLogs("memcachedsoap", "WARNING") as logged:
            response = page(view, key=session.session_key)
        self.assertEqual((200, b"done", {}), (response.status_code, response.content, dict(response.cookies)))
        self.assertFalse(session.exists(session.session_key))
        self.assertNotIn(session.session_key, "".join(logged.output))

    def test_the_service_that_comes_back_finds_the_session(self):
        session = SessionStore()
        session["a"] = 1
        session.save()
        with override_settings(MEMCACHEDSOAP=DOWN):
            self.assertEqual(503, page(lambda request: request.session.get("a"), key=session.session_key).status_code)
        self.assertEqual(b"1", page(lambda request: request.session.get("a"), key=session.session_key).content)

    def test_no_secret_is_in_the_text_of_an_error(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            setting = {"URL": f"http://127.0.0.1:{unused.getsockname()[1]}/soap", "KEY": "very-secret"}
            with override_settings(MEMCACHEDSOAP=setting), self.assertLogs("memcachedsoap") as logged:
                page(lambda request: request.session.get("a"), key="ab" * 16)
                self.assertNotIn("very-secret", repr(store().options))
        self.assertNotRegex("".join(logged.output), "very-secret|abab")


class SharedLogin(SimpleTestCase):
    def test_login_gives_a_new_key_and_keeps_the_session(self):
        before = page(lambda request: request.session.update({"cart": 1})).cookies["sessionid"].value
        response = page(lambda request: login(request, "zoë", groups=["users"]), key=before, post=True)
        after = response.cookies["sessionid"].value
        self.assertNotEqual(before, after)
        self.assertFalse(SessionStore().exists(before))
        session = SessionStore(after)
        self.assertEqual(("zoë", ["users"], 1), (session["uid"], session["groups"], session["cart"]))
        self.assertIs(int, type(session["_utime"]))

    def test_login_of_another_user_keeps_nothing(self):
        first = page(lambda request: (login(request, "first"), request.session.update({"cart": 1}))).cookies["sessionid"].value
        second = page(lambda request: login(request, "second"), key=first).cookies["sessionid"].value
        self.assertEqual({"uid", "_utime"}, set(SessionStore(second).keys()))
        self.assertFalse(SessionStore().exists(first))

    def test_the_user_of_a_login_elsewhere(self):
        client, key = store().client, new_id()
        client.create(key, "<entry><key>uid</key><value>zoë</value></entry><entry><key>groups</key><list><item><value>staff"
                           "</value></item></list></entry>", 60)
        response = page(lambda request: f"{request.user.username} {request.user.groups} {request.user.is_authenticated}", key=key)
        self.assertEqual("zoë ['staff'] True", response.content.decode())

    def test_no_user_without_a_login(self):
        for uid in (None, "", 7, ["zoë"]):
            session = SessionStore()
            session["uid"] = uid
            session.save()
            response = page(lambda request: str(request.user.is_authenticated), key=session.session_key)
            self.assertEqual(b"False", response.content)

    def test_the_names_of_a_login(self):
        self.assertEqual({"uid", "cn", "mail", "groups", "authenticationLevel", "_utime", "ipAddr"}, set(LOGIN))
