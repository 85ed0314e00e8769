"""What the engine promises beyond Django's own tests."""

import project  # noqa: F401  configures Django first

import datetime
import socket
import threading
import time
from unittest import mock

from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings
from django.utils import timezone

from memcachedsoap import RefusedValue, TooLarge, Unavailable, new_id
from memcachedsoap_django.options import store
from memcachedsoap_django.session import SessionStore


def stored(**data):
    session = SessionStore()
    session.update(data)
    session.save()
    return session


def calls():
    """Counts the calls of the service."""
    client = store().client
    return mock.patch.object(client, "_call", wraps=client._call)


class Deltas(SimpleTestCase):
    def test_parallel_pages_keep_the_changes_of_each_other(self):
        key = stored(start=1).session_key
        barrier = threading.Barrier(8)

        def write(writer):
            barrier.wait()
            for i in range(40):
                session = SessionStore(key)
                session[f"w{writer}_{i}"] = i
                session.save()
        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = SessionStore(key)
        self.assertEqual(320, sum(found.get(f"w{w}_{i}") == i for w in range(8) for i in range(40)))

    def test_only_changes_are_sent(self):
        session = SessionStore(stored(a=[1], b="x", c={"d": 1}).session_key)
        session["a"].append(2)
        del session["b"]
        with mock.patch.object(store().client, "update", wraps=store().client.update) as update:
            session.save()
        entries, removed = update.call_args.args[1:3]
        self.assertIn("django/a", entries)
        self.assertNotIn("django/c", entries)
        self.assertEqual(["django/b"], removed)
        self.assertEqual({"a": [1, 2], "c": {"d": 1}}, SessionStore(session.session_key).load())

    def test_a_page_without_a_change_makes_one_call(self):
        session = SessionStore(stored(a=True).session_key)
        with calls() as made:
            session["a"] = True
            session.save()
        self.assertEqual(["getSession"], [call.args[0] for call in made.call_args_list])
        session["a"] = 1  # equal to True for Python, another value for the session
        with calls() as made:
            session.save()
        self.assertEqual(["updateSession"], [call.args[0] for call in made.call_args_list])

    def test_a_session_that_was_emptied_unread(self):
        key = stored(a=1, b=2).session_key
        session = SessionStore(key)
        session.clear()
        session["c"] = 3
        session.save()
        self.assertEqual({"c": 3}, SessionStore(key).load())

    def test_attributes_of_other_applications_survive(self):
        key = stored(a=1).session_key
        client = store().client
        client.update(key, "<entry><key>php/cart</key><value>full</value></entry>"
                           "<entry><key>secret</key><value>bare</value></entry>", (), 0)
        session = SessionStore(key)
        self.assertEqual({"a": 1}, session.load())
        session.clear()
        session["php/cart"] = "mine"
        session.save()
        left = {entry[0].text: entry[1].text for entry in client.get(key).find("{*}attributes")}
        self.assertEqual({"php/cart": "full", "secret": "bare", "django/php/cart": "mine"}, left)

    def test_shared_names_stay_bare(self):
        key = stored(uid="zoë", color="red", other="x").session_key
        names = [entry[0].text for entry in store().client.get(key).find("{*}attributes")]
        self.assertEqual({"uid", "color", "django/other"}, set(names) - {"uid_MD5"})


class Keys(SimpleTestCase):
    def test_new_keys_are_hex(self):
        self.assertRegex(stored().session_key, "^[0-9a-f]{32}$")

    def test_malformed_keys_are_not_sent(self):
        for key in ("", "x", "deadbeef", "a" * 31, "a" * 65, "A" * 32, "g" * 32, "a" * 31 + "\n", "a" * 32 + "\n", "٣" * 32,
                    "../" * 11, "a" * 31 + "\0", "a" * 16 + " " + "a" * 16):
            with self.subTest(key), calls() as made:
                session = SessionStore(key)
                self.assertEqual({}, session.load())
                self.assertIsNone(session.session_key)
                self.assertFalse(session.exists(key))
                session.delete(key)
                self.assertEqual(0, made.call_count)

    def test_a_forged_key_is_not_adopted(self):
        session = SessionStore("0123456789abcdef" * 2)
        session["a"] = 1
        session.save()
        self.assertNotEqual("0123456789abcdef" * 2, session.session_key)
        self.assertFalse(session.exists("0123456789abcdef" * 2))

    def test_a_key_that_was_deleted_is_not_used_again(self):
        deleted, free = stored(), new_id()
        deleted.delete()
        with mock.patch("memcachedsoap_django.session.new_id", side_effect=[deleted.session_key, free]):
            self.assertEqual(free, stored(a=1).session_key)

    def test_a_key_that_is_taken_is_left_alone(self):
        taken = stored(owner="first").session_key
        free = new_id()
        with mock.patch("memcachedsoap_django.session.new_id", side_effect=[taken, free]):
            second = stored(owner="second")
        self.assertEqual(free, second.session_key)
        self.assertEqual("first", SessionStore(taken)["owner"])


class NewKey(SimpleTestCase):
    def test_what_another_page_changed_goes_over(self):
        session = stored(a=1)
        before = session.session_key
        other = SessionStore(before)
        other["b"] = 2
        other.save()
        session.cycle_key()
        self.assertEqual({"a": 1, "b": 2}, SessionStore(session.session_key).load())
        self.assertFalse(session.exists(before))

    def test_a_late_writer_of_the_former_key_is_refused(self):
        session = stored(a=1)
        late = SessionStore(session.session_key)
        late["a"] = 2
        session.cycle_key()
        with self.assertRaises(UpdateError):
            late.save()
        self.assertEqual({"a": 1}, SessionStore(session.session_key).load())

    def test_of_a_session_that_was_logged_out_meanwhile(self):
        session = stored(uid="zoë", a=1)
        SessionStore(session.session_key).delete()
        session.cycle_key()
        self.assertEqual({}, SessionStore(session.session_key).load())
        self.assertEqual([], list(session.items()))

    def test_asynchronously(self):
        session = stored(a=1)
        before = session.session_key
        async_to_sync(session.acycle_key)()
        self.assertNotEqual(before, session.session_key)
        self.assertEqual({"a": 1}, SessionStore(session.session_key).load())


class Time(SimpleTestCase):
    def left(self, key):
        return int(store().client.get(key).findtext("{*}expiresIn"))

    def test_reading_extends(self):
        with override_settings(SESSION_COOKIE_AGE=100):
            key = stored(a=1).session_key
            self.assertAlmostEqual(100, self.left(key), delta=20)
        with override_settings(SESSION_COOKIE_AGE=500):
            SessionStore(key).load()
            self.assertAlmostEqual(500, self.left(key), delta=20)

    def test_reading_does_not_extend_beyond_an_expiry_of_its_own(self):
        for expiry in (50, datetime.timedelta(seconds=50), timezone.now() + datetime.timedelta(seconds=50)):
            with self.subTest(expiry):
                session = stored(a=1)
                session.set_expiry(expiry)
                session.save()
                self.assertAlmostEqual(50, self.left(session.session_key), delta=20)
                self.assertEqual(1, SessionStore(session.session_key)["a"])
                self.assertAlmostEqual(50, self.left(session.session_key), delta=20)

    def test_a_session_past_its_expiry_is_none(self):
        session = stored(a=1)
        session.set_expiry(60)
        session.save()
        later = SessionStore(session.session_key)
        with mock.patch.object(later, "get_expiry_age", return_value=0):
            self.assertEqual({}, later.load())
        self.assertFalse(session.exists(session.session_key))

    def test_a_clock_that_is_wrong_does_no_harm(self):
        for wrong in (-86400 * 400, 86400 * 400):
            now = time.time() + wrong
            with self.subTest(wrong), mock.patch("time.time", return_value=now):
                session = stored(a=1)
                self.assertEqual({"a": 1}, SessionStore(session.session_key).load())

    def test_the_absolute_timeout(self):
        with override_settings(MEMCACHEDSOAP={**project.SERVICE, "LIFETIME": 90}):
            session = stored(a=1)
            self.assertLessEqual(self.left(session.session_key), 90)
            SessionStore(session.session_key).load()
            self.assertLessEqual(self.left(session.session_key), 90, "reading does not move it")
        with override_settings(MEMCACHEDSOAP={**project.SERVICE, "LIFETIME": 500}):
            session.cycle_key()
            session.save()
            self.assertAlmostEqual(500, self.left(session.session_key), delta=20, msg="a login moves it")


class Values(SimpleTestCase):
    def test_values_of_each_kind(self):
        data = {"text": "zoë 🦊 <&>]]>\r\n", "": "empty", "nul\0": "a\0b", "t": True, "f": False, "i": -(1 << 63), "n": None,
                "d": 0.1, "l": [1, "1", True, None, [{}, []]], "h": {"": 1, "a.b/c": {"x": 1.5}}, "b": b"\xff\xfe\x00",
                "k" * 65536: "long", "__class__": "x", "base64:": "y"}
        found = SessionStore(stored(**data).session_key).load()
        self.assertEqual(data, found)
        self.assertEqual([type(value) for value in data.values()], [type(found[key]) for key in data])

    def test_values_that_are_refused(self):
        for value in (object(), datetime.datetime.now(), {1, 2}, print, 1 << 63, float("nan"), float("-inf"), "\ud800",
                      {"deep": [object()]}, {(1, 2): 3}):
            with self.subTest(repr(value)[:30]):
                session = stored(a=1)
                session["the.key"] = value
                with self.assertRaisesRegex(RefusedValue, "'the.key'"):
                    session.save()
                self.assertEqual({"a": 1}, SessionStore(session.session_key).load())

    def test_a_value_that_is_too_large(self):
        session = stored(a=1)
        session["big"] = b"\xff" + __import__("os").urandom(2_000_000)
        with self.assertRaisesRegex(TooLarge, "django/big"):
            session.save()
        self.assertEqual({"a": 1}, SessionStore(session.session_key).load())


class Down(SimpleTestCase):
    def test_nothing_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            with override_settings(MEMCACHEDSOAP={"URL": f"http://127.0.0.1:{unused.getsockname()[1]}/soap"}):
                session = SessionStore("a" * 32)
                with self.assertRaises(Unavailable):
                    session.get("a")
                self.assertEqual("a" * 32, session.session_key)
                with self.assertRaises(Unavailable):
                    stored(a=1)

    def test_it_hangs(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"http://127.0.0.1:{server.getsockname()[1]}/soap"
            with override_settings(MEMCACHEDSOAP={"URL": url, "TIMEOUT": 0.2}):
                started = time.monotonic()
                with self.assertRaises(Unavailable):
                    SessionStore("a" * 32).load()
                self.assertLess(time.monotonic() - started, 2)


class Settings(SimpleTestCase):
    def test_wrong_options(self):
        url = {"URL": "http://127.0.0.1/soap"}
        for wrong in (None, {}, {"URL": "localhost"}, {"URL": "http://a:b@c/"}, {**url, "TTL": 5}, {**url, "KEYS": "x"},
                      {**url, "url": "x"}, {**url, "USER": "x"}, {**url, "TIMEOUT": 0}, {**url, "APP": "a/b"},
                      {**url, "SHARED": "color"}, {**url, "SHARED": ["uid_MD5"]}, {**url, "LIFETIME": -1},
                      {**url, "KEY": "x\ny"}):
            with self.subTest(wrong), override_settings(MEMCACHEDSOAP=wrong), self.assertRaises(ImproperlyConfigured):
                store()
