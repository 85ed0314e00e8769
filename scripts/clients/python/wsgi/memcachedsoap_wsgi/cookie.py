"""The cookie with the session id."""

import re
from dataclasses import dataclass

from memcachedsoap import valid_id


@dataclass(frozen=True)
class Cookie:
    """What the cookie is like. All applications of the estate need the same name and domain."""

    name: str = "sessionid"
    domain: str = None
    path: str = "/"
    secure: bool = False
    httponly: bool = True
    samesite: str = "Lax"  # Strict, Lax, None, or "" for no such attribute
    max_age: int = None  # seconds; None: until the browser is closed

    def __post_init__(self):
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", self.name):
            raise ValueError("the name of the cookie has a character that no cookie may have")
        if self.samesite not in ("Strict", "Lax", "None", ""):
            raise ValueError("samesite must be Strict, Lax, None or empty")
        if self.samesite == "None" and not self.secure:
            raise ValueError("samesite None needs secure: browsers refuse it otherwise")
        for value in (self.domain or "", self.path):
            if re.search(r"[\x00-\x20;,\x7f]", value):
                raise ValueError("domain and path of the cookie must not have blanks, commas or semicolons")

    def read(self, header):
        """Returns the session id in a Cookie header, or None if there is none that can be one."""
        for part in (header or "").split(";"):
            name, found, value = part.strip().partition("=")
            if found and name == self.name:
                return value if valid_id(value) else None
        return None

    def write(self, session):
        """Returns the Set-Cookie header for a session id."""
        age = "" if self.max_age is None else f"; Max-Age={self.max_age}"
        return f"{self.name}={session}{age}{self._attributes()}"

    def remove(self):
        """Returns the Set-Cookie header that removes the cookie."""
        return f"{self.name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0{self._attributes()}"

    def _attributes(self):
        parts = [f"Path={self.path}"]
        if self.domain:
            parts.append(f"Domain={self.domain}")
        if self.secure:
            parts.append("Secure")
        if self.httponly:
            parts.append("HttpOnly")
        if self.samesite:
            parts.append(f"SameSite={self.samesite}")
        return "".join("; " + part for part in parts)
