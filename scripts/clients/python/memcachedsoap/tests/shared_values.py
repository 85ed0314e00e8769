"""Values and names that sessions hold, and those that they refuse."""

import datetime
import decimal
import enum
import os
import unittest

from memcachedsoap import Options, RefusedValue, Rejected, Store, TooLarge
from memcachedsoap.names import Names

URL = os.environ["SOAP_URL"]


class Color(enum.IntEnum):
    RED = 1


class Held(unittest.TestCase):
    def setUp(self):
        self.sessions = Store(Options(url=URL, app="test", shared=["color"], timeout=30))
        self.addCleanup(self.sessions.client.close)

    def back(self, value):
        """Returns a value as the service gives it back."""
        return self.sessions.read(self.sessions.create({"key": value}).id).data["key"]

    def test_kinds(self):
        deep = "deepest"
        for _ in range(90):
            deep = [deep]
        for value in ("", "zoë 🦊 <&> ]]> '\"", "a\r\nb\rc\n\t ", "a\0b\x1f\ufffe\uffff", "0042", "true", "<undef>", 0, -1, (1 << 63) - 1,
                      -(1 << 63), 0.0, -0.0, 1.5, 1e308, 5e-324, 1e16, True, False, None, [], {}, [None, [], {}], b"\xff", b"\0\xff" * 100,
                      {"": 1, "a/b.c#t": [], "__class__": 2, "base64:": 3, "nul\0": 4, "🦊": 5}, deep):
            back = self.back(value)
            self.assertEqual((value, repr(value), type(value)), (back, repr(back), type(back)))

    def test_kinds_that_change(self):
        for value, want in ((b"text", "text"), (b"", ""), ((1, 2), [1, 2]), (bytearray(b"\xff"), b"\xff"), ({1: "x"}, {"1": "x"}), (Color.RED, 1)):
            back = self.back(value)
            self.assertEqual((want, type(want)), (back, type(back)))

    def test_refused(self):
        endless = []
        endless.append(endless)
        for value in (object(), object, len, {1}, 1j, decimal.Decimal(1), datetime.date.today(), 1 << 63, -(1 << 63) - 1,
                      float("inf"), float("nan"), "\udc00", {"\ud800": 1}, {None: 1}, {True: 1}, {1: 1, "1": 2}, endless, iter([])):
            for wrapped in (value, [value], {"inner": value}):
                with self.subTest(type(value).__name__), self.assertRaisesRegex(RefusedValue, "'the.key'") as raised:
                    self.sessions.create({"the.key": wrapped})
                self.assertEqual("the.key", raised.exception.key)

    def test_objects_of_the_allow_list(self):
        day = datetime.date(2026, 11, 29)
        objects = {datetime.date: ("date", lambda date: date.isoformat().encode(), lambda text: datetime.date.fromisoformat(text.decode()))}
        own = Store(Options(url=URL, app="test", objects=objects))
        session = own.create({"key": [day]}).id
        self.assertEqual([day], own.read(session).data["key"])
        others = self.sessions.read(session).data["key"][0]
        self.assertIs(bytes, type(others), "who does not allow the class gets bytes")
        with self.assertRaisesRegex(RefusedValue, "shared"):
            own.create({"uid": day})
        own.client.close()

    def test_names(self):
        data = {name: name for name in ("", "a.b", "a/b", "test/x", "../x", "zoë", "🦊", "<&>", "nul\0", "\ufffe", "base64:YQ==", " ", "k" * 65536,
                                        "color", "uid")}
        self.assertEqual(data, self.sessions.read(self.sessions.create(data).id).data)

    def test_names_that_are_refused(self):
        for name in ("_session_id", "_session_end", "_session_kind", "_lastSeen", "uid_MD5", "\n_MD5", 7, None, ("a",), "\ud800"):
            with self.subTest(name), self.assertRaises(RefusedValue):
                self.sessions.create({name: "x"})

    def test_names_of_two_applications(self):
        other = Store(Options(url=URL, app="other", shared=["color"]))
        stored = self.sessions.create({"same": "test", "color": "red"})
        read = other.read(stored.id)
        self.assertEqual({"color": "red"}, read.data)
        read.data.update(same="other", color="blue")
        other.update(read, read.data)
        self.assertEqual({"same": "test", "color": "blue"}, self.sessions.read(stored.id).data)
        other.client.close()

    def test_names_that_are_not_shown(self):
        names = Names("test", ["color"])
        for stored in ("bare", "other/x", "_session_end", "test/uid", "test/color", "test", "test/_session_id"):
            self.assertIsNone(names.key(stored), stored)

    def test_too_large(self):
        stored = self.sessions.create({"a": 1})
        for size, kind in ((1_500_000, (TooLarge,)), (8_000_000, (TooLarge, Rejected))):
            stored.data["big"] = os.urandom(size)
            with self.assertRaisesRegex(kind, "'test/big'") as raised:
                self.sessions.update(stored, stored.data)
            if isinstance(raised.exception, TooLarge):
                self.assertGreater(raised.exception.actual, raised.exception.limit)
        self.assertEqual({"a": 1}, self.sessions.read(stored.id).data)
