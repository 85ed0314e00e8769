"""Flask's session: the cases of Flask's own tests, and what the adapter promises beyond them."""

import datetime
import os
import unittest

import flask

from memcachedsoap import Options, Session, Store, new_id
from memcachedsoap_wsgi.flask import SoapSessionInterface

URL = os.environ["SOAP_URL"]
DOWN = "http://127.0.0.1:1/soap"


def application(**options):
    app = flask.Flask(__name__)
    app.testing = True
    app.session_interface = SoapSessionInterface(**{"url": URL, "timeout": 30, **options})
    app.config.update(SESSION_COOKIE_SAMESITE="Lax")
    return app


class Case(unittest.TestCase):
    def setUp(self):
        self.store = Store(Options(url=URL, app="flask", timeout=30))
        self.addCleanup(self.store.client.close)
        self.make()

    def make(self, **options):
        app = application(**options)
        self.app, self.browser = app, app.test_client()
        self.addCleanup(app.session_interface.store.client.close)

        @app.get("/get")
        def get():
            return flask.session.get("value", "None")

        @app.post("/set")
        def put():
            flask.session["value"] = flask.request.form["value"]
            return "value set"

        @app.get("/plain")
        def plain():
            return "plain"

    def content(self, key):
        return dict(Session(self.store, key))

    def id(self):
        cookie = self.browser.get_cookie("session")
        return None if cookie is None else cookie.value


class Flasks(Case):
    """The cases of tests/test_basic.py of Flask."""

    def test_session(self):
        self.assertEqual(b"value set", self.browser.post("/set", data={"value": "42"}).data)
        self.assertEqual(b"42", self.browser.get("/get").data)

    def test_session_accessed_and_vary(self):
        self.assertEqual("Cookie", self.browser.get("/get").headers["Vary"])
        self.assertNotIn("Vary", self.browser.get("/plain").headers)

    def test_session_path_domain_and_attributes(self):
        self.app.config.update(SESSION_COOKIE_DOMAIN=".example.com", SESSION_COOKIE_PATH="/", SESSION_COOKIE_HTTPONLY=False,
                               SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Strict", SESSION_COOKIE_NAME="other")
        response = self.browser.post("/set", data={"value": "42"}, base_url="https://www.example.com/")
        self.assertRegex(response.headers["Set-Cookie"], r"^other=[0-9a-f]{32}; Domain=\.?example.com; Secure; Path=/; SameSite=Strict$")

    def test_session_expiration(self):
        @self.app.post("/permanent")
        def permanent():
            flask.session["test"], flask.session.permanent = 42, flask.request.args["p"] == "1"
            return ""

        @self.app.get("/test")
        def test():
            return str(flask.session.permanent)
        self.assertNotIn("expires", self.browser.post("/permanent?p=0").headers["Set-Cookie"].lower())
        self.browser = self.app.test_client()
        self.assertIn("expires", self.browser.post("/permanent?p=1").headers["Set-Cookie"].lower())
        response = self.browser.get("/test")
        self.assertEqual(b"True", response.data)
        self.assertIn("expires", response.headers["Set-Cookie"].lower())
        self.app.config["SESSION_REFRESH_EACH_REQUEST"] = False
        self.assertNotIn("Set-Cookie", self.browser.get("/test").headers)

    def test_session_that_is_cleared(self):
        @self.app.post("/clear")
        def clear():
            flask.session.clear()
            return ""

        @self.app.post("/login")
        def login():
            flask.session.login("zoë")
            return ""
        self.browser.post("/login")
        key = self.id()
        response = self.browser.post("/clear")
        self.assertIn("Max-Age=0", response.headers["Set-Cookie"])
        self.assertIsNone(self.id())
        self.assertEqual({}, self.content(key))

    def test_session_transactions(self):
        with self.browser.session_transaction() as session:
            self.assertTrue(session.new)
            session["value"] = "of a test"
        self.assertEqual(b"of a test", self.browser.get("/get").data)

    def test_flashes(self):
        @self.app.get("/flash")
        def flash():
            flask.flash("Hello", "info")
            return ""

        @self.app.get("/flashed")
        def flashed():
            return str(flask.get_flashed_messages(with_categories=True))
        self.browser.get("/flash")
        self.assertEqual(b"[['info', 'Hello']]", self.browser.get("/flashed").data)
        self.assertEqual(b"[]", self.browser.get("/flashed").data)

    def test_values_of_each_kind(self):
        values = {"t": (1, 2), "b": b"\xff", "f": 1.5, "i": 1, "n": None, "l": [True, {"x": "y"}]}

        @self.app.get("/values")
        def values_():
            flask.session.update(values)
            return ""
        self.browser.get("/values")
        self.assertEqual({**values, "t": [1, 2]}, self.content(self.id()))


class Shared(Case):
    def test_a_session_is_not_stored_without_need(self):
        self.browser.get("/get")
        self.browser.get("/plain")
        self.assertIsNone(self.id())

    def test_a_page_without_a_session_asks_nobody(self):
        self.make(url=DOWN)
        self.browser.set_cookie("session", new_id())
        self.assertEqual(200, self.browser.get("/plain").status_code)

    def test_the_idle_timeout(self):
        self.app.permanent_session_lifetime = datetime.timedelta(seconds=100)
        self.browser.post("/set", data={"value": "42"})
        left = self.store.client.get(self.id()).findtext("{*}expiresIn")
        self.assertAlmostEqual(100, int(left), delta=20)

    def test_clearing_an_anonymous_session_keeps_what_others_store(self):
        @self.app.post("/clear")
        def clear():
            flask.session.clear()
            return ""
        self.browser.post("/set", data={"value": "42"})
        self.store.client.update(self.id(), "<entry><key>php/cart</key><value>full</value></entry>", (), 0)
        self.browser.post("/clear")
        self.assertEqual(["php/cart"], [entry[0].text for entry in self.store.client.get(self.id()).find("{*}attributes")])

    def test_the_service_is_down(self):
        self.make(url=DOWN)
        self.browser.set_cookie("session", "ab" * 16)
        with self.assertLogs("memcachedsoap", "ERROR") as logged:
            for response in (self.browser.get("/get"), self.browser.post("/set", data={"value": "42"})):
                self.assertEqual(503, response.status_code)
        self.assertNotIn("abab", "".join(logged.output))
        self.assertEqual("ab" * 16, self.id(), "the browser keeps its cookie")
        self.browser = self.app.test_client()
        response = self.browser.post("/set", data={"value": "42"})
        self.assertEqual((503, None), (response.status_code, self.id()), "a new session")

    def test_a_public_page(self):
        self.make(url=DOWN, public=["/get"])
        self.browser.set_cookie("session", new_id())
        self.assertEqual((200, b"None"), (self.browser.get("/get").status_code, self.browser.get("/get").data))

    def test_a_value_that_is_refused(self):
        @self.app.get("/object")
        def refused():
            flask.session["the.key"] = object()
            return ""
        response = self.browser.get("/object")
        self.assertEqual(500, response.status_code)
        self.assertIn(b"the.key", response.data)
        self.assertIsNone(self.id())

    def test_logout_everywhere(self):
        @self.app.get("/login")
        def login():
            flask.session.login("flask-everywhere")
            return ""
        self.browser.get("/login")
        self.assertEqual(1, self.app.session_interface.logout_everywhere("flask-everywhere"))
        self.assertEqual({}, self.content(self.id()))
