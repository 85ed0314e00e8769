"""The session of WSGI applications."""

import io
import os
import unittest
from wsgiref.validate import validator

from memcachedsoap import Options, Session, Store, new_id
from memcachedsoap_wsgi import Cookie, SessionMiddleware

URL = os.environ["SOAP_URL"]
DOWN = "http://127.0.0.1:1/soap"


class Answer:
    def __init__(self):
        self.status, self.headers, self.body, self.begun = None, [], b"", 0

    def start_response(self, status, headers, exc_info=None):
        self.begun += 1
        self.status, self.headers = status, headers
        return lambda part: setattr(self, "body", self.body + part)

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    @property
    def cookie(self):
        return "".join(self.all("Set-Cookie")).partition(";")[0].partition("=")[2] or None


def call(app, cookie=None, path="/", **options):
    """Sends a request through the middleware."""
    middleware = SessionMiddleware(app, **{"url": URL, "app": "test", "timeout": 30, **options})
    answer = Answer()
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
               "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
               "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False}
    if cookie is not None:
        environ["HTTP_COOKIE"] = f"sessionid={cookie}"
    parts = validator(middleware)(environ, answer.start_response)
    try:
        for part in parts:
            answer.body += part
    finally:
        parts.close()
        middleware.store.client.close()
    return answer


def page(use=lambda session: "page"):
    """An application that does something with the session and answers with the result."""
    def app(environ, start_response):
        text = str(use(environ["memcachedsoap.session"])).encode()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text]
    return app


def content(key):
    store = Store(Options(url=URL, app="test", timeout=30))
    try:
        return dict(Session(store, key))
    finally:
        store.client.close()


class Pages(unittest.TestCase):
    def test_a_page_without_a_session_asks_nobody(self):
        answer = call(page(), new_id(), url=DOWN)
        self.assertEqual(("200 OK", b"page", [("Content-Type", "text/plain")]), (answer.status, answer.body, answer.headers))

    def test_a_page_that_only_reads_stores_nothing(self):
        answer = call(page(lambda session: session.get("a")))
        self.assertEqual([], answer.all("Set-Cookie"))
        self.assertEqual(["Cookie"], answer.all("Vary"))

    def test_a_session_lives_from_page_to_page(self):
        first = call(page(lambda session: session.update(a=[1])))
        self.assertRegex(first.all("Set-Cookie")[0], "^sessionid=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax$")
        second = call(page(lambda session: session["a"].append(2)), first.cookie)
        self.assertEqual([], second.all("Set-Cookie"), "the browser has the cookie")
        self.assertEqual({"a": [1, 2]}, content(first.cookie))

    def test_login_and_logout(self):
        before = call(page(lambda session: session.update(cart=1))).cookie
        after = call(page(lambda session: session.login("zoë")), before).cookie
        self.assertNotEqual(before, after)
        self.assertEqual(b"zo\xc3\xab 1", call(page(lambda session: f"{session['uid']} {session['cart']}"), after).body)
        gone = call(page(lambda session: session.logout()), after)
        self.assertIn("Max-Age=0", gone.all("Set-Cookie")[0])
        self.assertEqual({}, content(after))

    def test_malformed_and_forged_cookies(self):
        for cookie in ("x", "A" * 32, "a" * 31, "0123456789abcdef" * 2):
            answer = call(page(lambda session: session.update(a=1)), cookie)
            self.assertRegex(answer.cookie, "^[0-9a-f]{32}$")
            self.assertNotEqual(cookie, answer.cookie)


class Kinds(unittest.TestCase):
    """Applications of every form that WSGI allows."""

    def test_a_generator(self):
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            environ["memcachedsoap.session"]["a"] = 1
            yield b"one"
            environ["memcachedsoap.session"]["b"] = 2
            yield b"two"
        answer = call(app)
        self.assertEqual(b"onetwo", answer.body)
        self.assertEqual({"a": 1, "b": 2}, content(answer.cookie))

    def test_the_function_write(self):
        def app(environ, start_response):
            environ["memcachedsoap.session"]["a"] = 1
            start_response("200 OK", [("Content-Type", "text/plain")])(b"one")
            return [b"two"]
        answer = call(app)
        self.assertEqual((b"onetwo", {"a": 1}), (answer.body, content(answer.cookie)))

    def test_an_empty_answer(self):
        def app(environ, start_response):
            environ["memcachedsoap.session"]["a"] = 1
            start_response("200 OK", [("Content-Type", "text/plain")])
            return []
        self.assertEqual({"a": 1}, content(call(app).cookie))

    def test_a_second_start_response(self):
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            start_response("500 Oops", [("Content-Type", "text/plain")], (ValueError, ValueError("x"), None))
            return [b"x"]
        self.assertEqual("500 Oops", call(app).status)

    def test_a_second_start_response_that_is_late(self):
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            yield b"x"
            start_response("500 Oops", [("Content-Type", "text/plain")], (ValueError, ValueError("late"), None))
        with self.assertRaisesRegex(ValueError, "late"):
            call(app)

    def test_an_error_of_the_application(self):
        closed = []

        class Body:
            def __iter__(self):
                return self

            def __next__(self):
                raise KeyError("of the application")

            def close(self):
                closed.append(True)

        def app(environ, start_response):
            environ["memcachedsoap.session"]["a"] = 1
            start_response("200 OK", [("Content-Type", "text/plain")])
            return Body()
        with self.assertRaises(KeyError):
            call(app)
        self.assertEqual([True], closed)

    def test_no_start_response(self):
        with self.assertRaises(RuntimeError):
            SessionMiddleware(lambda environ, start: [b"x"], url=DOWN)({}, Answer().start_response)


class Errors(unittest.TestCase):
    def test_the_service_is_down(self):
        for use, cookie in ((lambda session: session.get("a"), new_id()), (lambda session: session.update(a=1), None)):
            answer = call(page(use), cookie, url=DOWN)
            self.assertEqual("503 Service Unavailable", answer.status)
            self.assertEqual([], answer.all("Set-Cookie"))

    def test_a_public_page(self):
        answer = call(page(lambda session: session.get("a", "nobody")), new_id(), "/public/x", url=DOWN, public=["/public/"])
        self.assertEqual(("200 OK", b"nobody", []), (answer.status, answer.body, answer.all("Set-Cookie")))
        answer = call(page(lambda session: session.update(a=1)), None, "/public/x", url=DOWN, public=["/public/"])
        self.assertEqual(("200 OK", []), (answer.status, answer.all("Set-Cookie")))
        self.assertEqual("503 Service Unavailable", call(page(len), new_id(), "/other", url=DOWN, public=["/public/"]).status)

    def test_a_value_that_is_refused(self):
        answer = call(page(lambda session: session.update({"the.key": object()})))
        self.assertEqual("500 Internal Server Error", answer.status)
        self.assertIn(b"the.key", answer.body)
        self.assertEqual([], answer.all("Set-Cookie"))

    def test_a_late_writer(self):
        key = call(page(lambda session: session.update(a=1))).cookie

        def use(session):
            session["a"] = 2
            call(page(lambda session: session.logout()), key)
        answer = call(page(use), key)
        self.assertEqual(("200 OK", []), (answer.status, answer.all("Set-Cookie")))
        self.assertEqual({}, content(key))

    def test_wrong_options(self):
        for options in ({"public": "/x"}, {"url": None}, {"nonsense": 1}, {"ttl": 0}, {"shared": "x"}):
            with self.subTest(options), self.assertRaises((TypeError, ValueError)):
                SessionMiddleware(page(), **{"url": URL, **options})

    def test_another_cookie(self):
        answer = call(page(lambda session: session.update(a=1)), cookie=None)
        self.assertIn("sessionid=", answer.all("Set-Cookie")[0])
        middleware = SessionMiddleware(page(lambda session: session.update(a=1)), Cookie("other", secure=True), url=URL)
        answer = Answer()
        list(middleware({}, answer.start_response))
        self.assertRegex(answer.all("Set-Cookie")[0], "^other=[0-9a-f]{32};.*Secure")
        middleware.store.client.close()
