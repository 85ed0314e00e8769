"""Connections to the service: kept, lost, refused."""

import base64
import http.server
import os
import select
import socket
import threading
import time
import unittest

from memcachedsoap import Options, Rejected, Store, Unavailable, new_id

ANSWER = (b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><getSessionResponse xmlns="urn:memcached-soap'
          b':session:v1"><getSessionResult><id>x</id><version>1</version><attributes/></getSessionResult></getSessionResponse>'
          b"</E:Body></E:Envelope>")


class Fake:
    """A service that answers as a test says."""

    def __init__(self, answer, status=200, close=False):
        fake = self
        self.requests, self.connections = [], 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                fake.connections += 1

            def do_POST(self):
                fake.requests.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.close_connection = self.close_connection or close

            def log_message(self, *_):
                """Prints nothing."""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/soap"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def store(url, **options):
    return Store(Options(**{"url": url, "timeout": 30, **options}))


class Connections(unittest.TestCase):
    def test_one_connection_serves_many_calls(self):
        with Fake(ANSWER) as fake:
            sessions = store(fake.url)
            for _ in range(5):
                sessions.read(new_id())
            sessions.client.close()
        self.assertEqual((5, 1), (len(fake.requests), fake.connections))

    def test_a_connection_that_the_service_has_closed_is_not_used(self):
        with Fake(ANSWER.replace(b"getSession", b"updateSession"), close=True) as fake:
            sessions = store(fake.url)
            for _ in range(3):
                sessions.client.update(new_id(), "", (), 60)  # which is not sent again
                while sessions.client._connections._kept and not self.closed(sessions):
                    time.sleep(0.01)
        self.assertEqual((3, 3), (len(fake.requests), fake.connections))

    @staticmethod
    def closed(sessions):
        """Whether the end of the kept connection has arrived."""
        connection = sessions.client._connections._kept[0][0]
        return bool(select.select([connection.sock], [], [], 0)[0])

    def test_threads_have_connections_of_their_own(self):
        sessions, failures = store(os.environ["SOAP_URL"]), []

        def work():
            for _ in range(20):
                try:
                    session = sessions.create({"a": threading.get_ident()}).id
                    if sessions.read(session).data != {"a": threading.get_ident()}:
                        failures.append("the answer of another thread")
                except Exception as error:
                    failures.append(repr(error))
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sessions.client.close()
        self.assertEqual([], failures)

    def test_a_process_after_a_fork_has_connections_of_its_own(self):
        sessions = store(os.environ["SOAP_URL"])
        session = sessions.create({"a": 1}).id
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if all(sessions.read(session).data == {"a": 1} for _ in range(50)) else 1)
            finally:
                os._exit(2)
        for _ in range(50):
            self.assertEqual({"a": 1}, sessions.read(session).data)
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        sessions.client.close()

    def test_credentials(self):
        for options, want in (({"key": "secret"}, "Bearer secret"),
                              ({"user": "zoë", "password": "p:w"}, "Basic " + base64.b64encode("zoë:p:w".encode()).decode()),
                              ({}, None)):
            with Fake(ANSWER) as fake:
                sessions = store(fake.url, **options)
                sessions.read(new_id())
                sessions.client.close()
            self.assertEqual(want, fake.requests[0][0].get("Authorization"))


class NoUsableAnswer(unittest.TestCase):
    def refused(self, url, **options):
        sessions = store(url, key="very-secret", **options)
        with self.assertRaises(Unavailable) as raised:
            sessions.read("ab" * 16)
        sessions.client.close()
        self.assertNotRegex(str(raised.exception), "very-secret|abab")

    def test_nothing_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.refused(f"http://127.0.0.1:{unused.getsockname()[1]}/soap")

    def test_it_hangs(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            started = time.monotonic()
            self.refused(f"http://127.0.0.1:{server.getsockname()[1]}/soap", timeout=0.2)
            self.assertLess(time.monotonic() - started, 2)

    def test_what_is_no_soap_message(self):
        huge = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + ANSWER
        utf16 = ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "a">]>' + ANSWER.decode()).encode("utf-16")
        for answer in (b"", b"404 page not found", b"<html></html>", b"<a><b></a>", ANSWER[:-5], huge, utf16, b"\0" * 100,
                       ANSWER.replace(b"getSessionRes", b"other")):
            for status in (200, 404, 502):
                with self.subTest(answer=answer[:20], status=status), Fake(answer, status) as fake:
                    self.refused(fake.url, timeout=2)

    def test_wrong_credentials_are_no_empty_session(self):
        fault = (b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><E:Fault><faultcode>E:Client</faultcode>'
                 b"<faultstring>Access denied.</faultstring></E:Fault></E:Body></E:Envelope>")
        for status in (401, 500):
            with Fake(fault, status) as fake:
                self.refused(fake.url)

    def test_another_certificate(self):
        with self.assertRaises(FileNotFoundError):
            store("https://127.0.0.1:1/soap", ca_file="/nonexistent.pem")

    def test_a_message_that_the_service_refuses(self):
        client = store(os.environ["SOAP_URL"]).client
        with self.assertRaises(Rejected):
            client._call("nonsense", "")
        client.close()
