"""The options of an adapter."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOGIN = ("uid", "cn", "mail", "groups", "authenticationLevel", "_utime", "ipAddr")
RESERVED = re.compile(r"_session_id|_session_end|_session_kind|_lastSeen|.*_MD5", re.DOTALL)


@dataclass(frozen=True)
class Options:
    """Checked when it is made: ValueError or TypeError says what is wrong."""

    url: str  # of the service, such as https://sessions.example.com/soap
    key: str = field(default=None, repr=False)  # sent as Authorization: Bearer
    user: str = None  # sent by HTTP Basic, with password
    password: str = field(default=None, repr=False)
    ca_file: str = None  # PEM of the authorities to trust; None: those of the system
    timeout: float = 2.0  # seconds to wait for the service
    ttl: int = 72000  # idle timeout in seconds; -1: the longest that the service allows
    lifetime: int = 0  # absolute timeout in seconds; 0: none
    app: str = "python"  # prefix of the names that are not shared
    shared: tuple = ()  # names that other applications use, too, beside those of a login
    exact: tuple = ()  # keys of numbers to which parallel pages add
    objects: dict = field(default_factory=dict)  # class: (name, to_bytes, from_bytes)

    def __post_init__(self):
        url = urlsplit(self.url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("url must be the http or https address of the session service")
        if url.username is not None or url.password is not None:
            raise ValueError("url must not contain a password: use the options user and password")
        if self.key is not None and self.user is not None:
            raise ValueError("give either key, or user and password")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        for secret in (self.key, self.user, self.password):
            if secret is not None and re.search(r"[\x00-\x1f\x7f]", secret):
                raise ValueError("key, user and password must not contain control characters")
        if self.key is not None and not self.key.isascii():
            raise ValueError("key must be ASCII")
        if not self.timeout > 0:
            raise ValueError("timeout must be positive")
        if not isinstance(self.ttl, int) or not (self.ttl > 0 or self.ttl == -1):
            raise ValueError("ttl must be a positive number of seconds, or -1")
        if not isinstance(self.lifetime, int) or self.lifetime < 0:
            raise ValueError("lifetime must be a number of seconds, or 0")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", self.app):
            raise ValueError("app must be 1 to 64 letters, digits, dots, underscores or hyphens")
        for names in ("shared", "exact"):
            if isinstance(getattr(self, names), str):
                raise TypeError(f"{names} must be a list of names")
        for key in self.shared:
            if RESERVED.fullmatch(key) or "/" in key or not key:
                raise ValueError(f"shared must not contain {key!r}: it is reserved, empty, or has a slash")
