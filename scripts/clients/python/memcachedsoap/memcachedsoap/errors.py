"""What can go wrong with a session of the service.

No message contains a session id or a value.
"""


class SessionError(Exception):
    """The base of all errors of this package."""


class Unavailable(SessionError):
    """The service or its store gave no usable answer.

    A page cannot know whether the session exists: answer with status 503, never with
    an empty session. After a failed change it is unknown whether the change was made.
    """


class Rejected(SessionError):
    """The service refused the message itself, for a reason that the text names."""


class RefusedValue(SessionError, TypeError):
    """A value or a name that a session cannot hold. key is the name in the session."""

    def __init__(self, key, reason):
        super().__init__(f"The session cannot hold {key[:200]!a}: {reason}")
        self.key = key


class Fault(SessionError):
    """A typed fault of the service. detail has the fields of the fault but the id."""

    def __init__(self, text, detail=None):
        super().__init__(text)
        self.detail = detail or {}


class NotFound(Fault):
    """There is no session with the id."""


class Deleted(Fault):
    """The session was deleted: the user has logged out meanwhile."""


class Exists(Fault):
    """There is a session with the id that was to be new."""


class Conflict(Fault):
    """Another program has changed the session since it was read."""


class InvalidId(Fault):
    """The id is none that the service accepts."""


class Unreadable(Fault):
    """The item stored under the id is no readable session."""


class TooLarge(Fault):
    """The session is larger than the store accepts. limit and actual are in bytes."""

    @property
    def limit(self):
        return int(self.detail.get("limit", 0))

    @property
    def actual(self):
        return int(self.detail.get("actual", 0))


FAULTS = {
    "SessionNotFoundFault": NotFound,
    "SessionDeletedFault": Deleted,
    "SessionExistsFault": Exists,
    "VersionConflictFault": Conflict,
    "InvalidSessionIdFault": InvalidId,
    "UnreadableSessionFault": Unreadable,
    "PayloadTooLargeFault": TooLarge,
}

# The session of a page is gone: there is nothing to change, and nothing to read.
GONE = (NotFound, Deleted, InvalidId, Unreadable)
