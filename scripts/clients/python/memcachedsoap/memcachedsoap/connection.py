"""HTTP connections to the service, which are kept open between calls."""

import base64
import collections
import http.client
import os
import select
import ssl
import time
from urllib.parse import urlsplit

from .errors import Unavailable

KEPT = 32  # connections at most
IDLE = 30  # seconds that a connection is kept unused


class Connections:
    """Sends requests to one URL. Threads can share it; so can processes after a fork."""

    def __init__(self, options):
        url = urlsplit(options.url)
        self._host, self._port = url.hostname, url.port
        self._path = (url.path or "/") + ("?" + url.query if url.query else "")
        self._timeout = options.timeout
        self._tls = ssl.create_default_context(cafile=options.ca_file) if url.scheme == "https" else None
        self._headers = {"Content-Type": "text/xml; charset=utf-8"}
        if options.key is not None:
            self._headers["Authorization"] = "Bearer " + options.key
        elif options.user is not None:
            login = f"{options.user}:{options.password}".encode()
            self._headers["Authorization"] = "Basic " + base64.b64encode(login).decode()
        self._kept = collections.deque()

    def post(self, body, action, repeatable):
        """Returns the status and the body of the answer.

        A kept connection may be closed by the service just when it is used. Only then,
        and only if the call is repeatable, the request is sent a second time. Raises
        Unavailable if there is no answer within the timeout.
        """
        connection = self._take()
        if connection is not None:
            try:
                return self._exchange(connection, body, action)
            except ConnectionError as error:
                if not repeatable:
                    raise Unavailable("The session service closed the connection") from error
            except (OSError, http.client.HTTPException) as error:
                raise Unavailable(f"The session service does not answer: {_reason(error)}") from error
        try:
            return self._exchange(self._open(), body, action)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"The session service does not answer: {_reason(error)}") from error

    def close(self):
        """Closes the connections that are not in use."""
        while self._kept:
            self._kept.pop()[0].close()

    def _open(self):
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._tls)

    def _take(self):
        """Returns a connection that the service has not closed, or None."""
        while True:
            try:
                connection, process, since = self._kept.pop()
            except IndexError:
                return None
            if process != os.getpid():
                continue  # it belongs to the process that has forked this one
            if time.monotonic() - since < IDLE and connection.sock is not None and not _readable(connection.sock):
                return connection
            connection.close()

    def _exchange(self, connection, body, action):
        try:
            connection.request("POST", self._path, body, {**self._headers, "SOAPAction": f'"{action}"'})
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close or len(self._kept) >= KEPT:
            connection.close()
        else:
            self._kept.append((connection, os.getpid(), time.monotonic()))
        return response.status, content


def _readable(sock):
    """Whether something arrived on a connection that waits for nothing: its end."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


def _reason(error):
    return str(error) or type(error).__name__
