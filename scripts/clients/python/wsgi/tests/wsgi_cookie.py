"""The cookie with the session id."""

import unittest

from memcachedsoap_wsgi import Cookie

ID = "0123456789abcdef" * 2


class Cookies(unittest.TestCase):
    def test_reading(self):
        for header, want in ((f"sessionid={ID}", ID), (f"a=b; sessionid={ID}; c=d", ID), (f"sessionid={ID * 2}", ID * 2),
                             (f"sessionid={ID}; sessionid={'f' * 32}", ID)):
            self.assertEqual(want, Cookie().read(header))

    def test_what_is_no_id(self):
        for header in (None, "", "=", ";;;", "sessionid", "sessionid=", "sessionid=deadbeef", f"sessionid={ID[:31]}", f"sessionid={ID * 2}0",
                       f"sessionid={ID.upper()}", f'sessionid="{ID}"', f"sessionid=s%3A{ID}", f"sessionid={ID}%00", f"sessionid= {ID}",
                       f"SESSIONID={ID}", f"xsessionid={ID}", f"sessionid={ID[:31]}é", f"sessionid={ID}=", f"sessionid={ID},b",
                       "sessionid=" + "a" * 100000):
            self.assertIsNone(Cookie().read(header), header)

    def test_writing(self):
        self.assertEqual(f"sessionid={ID}; Path=/; HttpOnly; SameSite=Lax", Cookie().write(ID))
        cookie = Cookie("sid", ".example.com", "/app", True, False, "None", 60)
        self.assertEqual(f"sid={ID}; Max-Age=60; Path=/app; Domain=.example.com; Secure; SameSite=None", cookie.write(ID))
        self.assertEqual("sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/app; Domain=.example.com; Secure; SameSite=None",
                         cookie.remove())

    def test_wrong_options(self):
        for options in ({"name": "a b"}, {"name": "a;b"}, {"name": ""}, {"samesite": "Loose"}, {"samesite": "None"},
                        {"domain": "a;b"}, {"path": "/ x"}, {"path": "/\r\n"}):
            with self.subTest(options), self.assertRaises(ValueError):
                Cookie(**options)
