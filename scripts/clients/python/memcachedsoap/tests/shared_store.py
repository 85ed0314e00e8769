"""Sessions that parallel pages change, rename and delete."""

import os
import threading
import time
import unittest
from unittest import mock

from memcachedsoap import Conflict, Deleted, Exists, Options, Session, Store, Unavailable, Unreadable, new_id, valid_id


def store(**options):
    return Store(Options(**{"url": os.environ["SOAP_URL"], "app": "test", "timeout": 30, **options}))


class Case(unittest.TestCase):
    def setUp(self):
        self.sessions = store()
        self.addCleanup(lambda: self.sessions.client.close())

    def page(self, cookie=None, **changes):
        """A page that makes changes; returns its session."""
        session = Session(self.sessions, cookie)
        len(session)
        session.update(changes)
        session.save()
        return session

    def content(self, session):
        return dict(Session(self.sessions, session))


class Parallel(Case):
    def run_all(self, write, writers=8):
        barrier, failures = threading.Barrier(writers), []

        def run(writer):
            barrier.wait()
            try:
                write(writer)
            except Exception as error:
                failures.append(repr(error))
        threads = [threading.Thread(target=run, args=(writer,)) for writer in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failures)

    def test_all_changes_are_kept(self):
        key = self.page(start=1).id
        self.run_all(lambda writer: [self.page(key, **{f"w{writer}_{i}": i}) for i in range(40)])
        found = self.content(key)
        self.assertEqual(320, sum(found.get(f"w{w}_{i}") == i for w in range(8) for i in range(40)))

    def test_a_framework_that_sets_all_keys_each_time(self):
        key = self.page(a=1, b=2).id
        first, second = Session(self.sessions, key), Session(self.sessions, key)
        for session, name in ((first, "a"), (second, "b")):
            session.update({**dict(session), name: 10})
        first.save()
        second.save()
        self.assertEqual({"a": 10, "b": 10}, self.content(key))

    def test_exact_keys_count_each_page(self):
        self.sessions.client.close()
        self.sessions = store(exact=["count"])
        key = self.page(count=0).id
        pages = [Session(self.sessions, key) for _ in range(3)]
        for session in pages:
            session["count"] += 1
        for session in pages:
            session.save()
        self.assertEqual(3, self.content(key)["count"])
        self.assertEqual(3, pages[-1]["count"], "the page sees what was stored")

    def test_exact_keys_of_a_page_that_saves_twice(self):
        self.sessions.client.close()
        self.sessions = store(exact=["count"])
        key = self.page(count=0).id
        session = Session(self.sessions, key)
        session["count"] += 1
        session.save()
        other = Session(self.sessions, key)
        other["count"] += 1
        other.save()
        session["x"] = 1
        session.save()
        session["count"] += 1
        session.save()
        self.assertEqual(3, self.content(key)["count"])

    def test_an_exact_key_that_is_no_number(self):
        self.sessions.client.close()
        self.sessions = store(exact=["list"])
        key = self.page(list=[1]).id
        first, second = Session(self.sessions, key), Session(self.sessions, key)
        first["list"].append(2)
        second["list"].append(3)
        first.save()
        with self.assertRaisesRegex(Conflict, "'list'"):
            second.save()
        self.assertEqual([1, 2], self.content(key)["list"])

    def test_an_exact_key_that_never_gets_its_turn(self):
        self.sessions.client.close()
        self.sessions = store(exact=["count"])
        session = Session(self.sessions, self.page(count=0).id)
        session["count"] += 1
        with mock.patch.object(self.sessions.client, "update", side_effect=Conflict("changed")) as update, self.assertRaises(Conflict):
            session.save()
        self.assertEqual(3, update.call_count)


class Exchanges(Case):
    def calls(self, page):
        with mock.patch.object(self.sessions.client, "_call", wraps=self.sessions.client._call) as calls:
            page()
        return [call.args[0] for call in calls.call_args_list]

    def test_of_each_page(self):
        key = self.page(a=1).id
        self.assertEqual([], self.calls(lambda: Session(self.sessions, key).save()))
        self.assertEqual([], self.calls(lambda: Session(self.sessions).get("a")))
        self.assertEqual([], self.calls(lambda: self.page()), "a new and empty session")
        self.assertEqual(["getSession"], self.calls(lambda: self.page(key)))
        self.assertEqual(["getSession"], self.calls(lambda: self.page(key, a=1)))
        self.assertEqual(["getSession", "updateSession"], self.calls(lambda: self.page(key, a=2, b=3)))
        self.assertEqual(["setSession"], self.calls(lambda: self.page(a=2)))

    def test_of_a_cookie_that_is_no_id(self):
        for cookie in ("", "x", "deadbeef", "a" * 31, "a" * 65, "A" * 32, "g" * 32, "a" * 32 + "\n", "٣" * 32, b"a" * 32, None, 7):
            self.assertFalse(valid_id(cookie))
            self.assertEqual([], self.calls(lambda cookie=cookie: Session(self.sessions, cookie).get("a")))


class NewId(Case):
    def test_login(self):
        before = self.page(cart=1).id
        session = Session(self.sessions, before)
        session.login("zoë", groups=["users"])
        session.save()
        self.assertNotEqual(before, session.id)
        self.assertEqual({}, self.content(before))
        found = self.content(session.id)
        self.assertAlmostEqual(time.time(), found.pop("_utime"), delta=60)
        self.assertEqual({"cart": 1, "uid": "zoë", "groups": ["users"]}, found)

    def test_login_of_another_user(self):
        first = Session(self.sessions)
        first.login("first")
        first["cart"] = 1
        first.save()
        second = Session(self.sessions, first.id)
        second.login("second")
        second.save()
        self.assertEqual({"uid", "_utime"}, set(self.content(second.id)))
        self.assertEqual({}, self.content(first.id))

    def test_login_while_the_session_is_logged_out(self):
        session = Session(self.sessions, self.page(cart=1).id)
        session.get("cart")
        self.sessions.delete(session.id)
        session.login("zoë")
        session.save()
        self.assertNotIn("cart", self.content(session.id))

    def test_what_others_change_meanwhile_goes_over(self):
        session = Session(self.sessions, self.page(a=1).id)
        session.get("a")
        self.page(session.id, b=2)
        session.login("zoë")
        session.save()
        self.assertEqual(2, self.content(session.id)["b"])

    def test_a_late_writer_of_the_former_id(self):
        late = Session(self.sessions, self.page(a=1).id)
        late["a"] = 2
        session = Session(self.sessions, late.id)
        session.renew()
        with self.assertLogs("memcachedsoap", "WARNING"):
            late.save()
        self.assertIsNone(late.id)
        self.assertEqual({"a": 1}, self.content(session.id))


class Logout(Case):
    def test_a_late_writer(self):
        late = Session(self.sessions, self.page(a=1).id)
        late["a"] = 2
        key = late.id
        Session(self.sessions, key).logout()
        with self.assertLogs("memcachedsoap", "WARNING") as logged:
            late.save()
        self.assertNotIn(key, "".join(logged.output))
        self.assertEqual({}, self.content(key))

    def test_everywhere(self):
        for _ in range(3):
            session = Session(self.sessions)
            session.login("everywhere")
            session.save()
        self.assertEqual(3, self.sessions.delete_all("everywhere"))
        self.assertEqual({}, self.content(session.id))

    def test_what_is_set_after_it_begins_a_new_session(self):
        session = Session(self.sessions, self.page(a=1).id)
        before = session.sent
        session.logout()
        self.assertTrue(session.ended)
        session["b"] = 2
        session.save()
        self.assertFalse(session.ended)
        self.assertNotEqual(before, session.id)
        self.assertEqual({"b": 2}, self.content(session.id))

    def test_an_id_that_is_taken_is_left_alone(self):
        taken = self.page(owner="first").id
        with self.assertRaises(Exists):
            self.sessions.create({"owner": "second"}, session=taken)
        with mock.patch("memcachedsoap.store.new_id", side_effect=[taken, new_id()]):
            self.assertNotEqual(taken, self.page(owner="second").id)
        self.assertEqual({"owner": "first"}, self.content(taken))

    def test_an_id_that_is_not_stored_is_not_adopted(self):
        forged = new_id()
        session = self.page(forged, a=1)
        self.assertNotEqual(forged, session.id)
        self.assertEqual({}, self.content(forged))


class Time(Case):
    def left(self, session):
        return int(self.sessions.client.get(session).findtext("{*}expiresIn"))

    def test_reading_extends(self):
        key = self.sessions.create({"a": 1}, 100).id
        self.sessions.read(key, 500)
        self.assertAlmostEqual(500, self.left(key), delta=20)
        self.sessions.read(key, 0)
        self.assertAlmostEqual(500, self.left(key), delta=20)

    def test_an_unchanged_session_with_another_ttl_is_touched(self):
        stored = self.sessions.create({"a": 1}, 100)
        self.sessions.update(stored, {"a": 1}, 300)
        self.assertAlmostEqual(300, self.left(stored.id), delta=20)

    def test_a_ttl_of_more_than_32_bits(self):
        self.assertEqual({"a": 1}, self.content(self.sessions.create({"a": 1}, 1 << 40).id))

    def test_the_absolute_timeout(self):
        self.sessions.client.close()
        self.sessions = store(lifetime=90)
        session = self.page(a=1)
        self.assertLessEqual(self.left(session.id), 90)
        self.sessions.read(session.id, 500)
        self.assertLessEqual(self.left(session.id), 90, "reading does not move it")
        session = Session(self.sessions, session.id)
        with mock.patch.object(self.sessions, "options", store(lifetime=500).options):
            session.login("zoë")
            session.save()
        self.assertAlmostEqual(500, self.left(session.id), delta=20, msg="a login moves it")

    def test_a_clock_that_is_wrong(self):
        with mock.patch("time.time", return_value=1.0):
            self.assertEqual({"a": 1}, self.content(self.page(a=1).id))


class Down(unittest.TestCase):
    def setUp(self):
        self.sessions = store(url="http://127.0.0.1:1/soap")

    def test_no_page_gets_an_empty_session(self):
        session = Session(self.sessions, new_id())
        for use in (lambda: session.get("a"), lambda: "a" in session, lambda: len(session), lambda: list(session),
                    lambda: session.update(a=1), session.logout, lambda: session.login("zoë")):
            with self.assertRaises(Unavailable):
                use()

    def test_a_new_session_is_not_lost_silently(self):
        session = Session(self.sessions)
        session["a"] = 1
        with self.assertRaises(Unavailable):
            session.save()

    def test_a_public_page_goes_on(self):
        for cookie in (new_id(), None):
            session = Session(self.sessions, cookie, public=True)
            session["a"] = 1
            session.save()
            self.assertIsNone(session.id)
            self.assertFalse(session.ended, "the browser keeps its cookie")


class UnreadableItem(Case):
    def test_is_a_new_session(self):
        error = Unreadable("The item is no session.", {"reason": "no image"})
        with mock.patch.object(self.sessions.client, "get", side_effect=error), self.assertLogs("memcachedsoap", "WARNING"):
            session = self.page("ab" * 16, a=1)
        self.assertNotEqual("ab" * 16, session.id)

    def test_while_writing(self):
        session = Session(self.sessions, self.page(a=1).id)
        session["a"] = 2
        with mock.patch.object(self.sessions.client, "update", side_effect=Deleted("deleted")), self.assertLogs("memcachedsoap"):
            session.save()
