"""Which attribute of a stored session a key of the framework's session is."""

from .errors import RefusedValue
from .options import LOGIN, RESERVED


class Names:
    """Names of shared attributes stay; all other keys get a prefix."""

    def __init__(self, app, shared):
        self._prefix = app + "/"
        self._shared = frozenset(LOGIN) | frozenset(shared)

    def private(self, key):
        """Whether only this application uses the key."""
        return key not in self._shared

    def stored(self, key):
        """Returns the name of the attribute. Raises RefusedValue if it cannot have one."""
        if not isinstance(key, str):
            raise RefusedValue(str(key), f"a key of the type {type(key).__name__} is no text")
        try:
            key.encode()
        except UnicodeEncodeError as error:
            raise RefusedValue(key, "the key has a lone surrogate, which is no Unicode text") from error
        if RESERVED.fullmatch(key):
            raise RefusedValue(key, "the name is reserved by the service")
        return key if key in self._shared else self._prefix + key

    def key(self, stored):
        """Returns the key of an attribute, or None if this application does not see it."""
        if stored in self._shared:
            return stored
        if not stored.startswith(self._prefix):
            return None
        key = stored[len(self._prefix):]
        # A shared name with the prefix is a leftover of the time before it was shared.
        return None if key in self._shared or RESERVED.fullmatch(key) else key
