"""Sessions of memcachedsoap for web frameworks: what the adapters share."""

from .errors import (Conflict, Deleted, Exists, Fault, GONE, InvalidId, NotFound, RefusedValue, Rejected, SessionError,
                     TooLarge, Unavailable, Unreadable)
from .options import LOGIN, Options
from .session import Session
from .store import Store, Stored, new_id, valid_id

__version__ = "1.0.0"
__all__ = ["Conflict", "Deleted", "Exists", "Fault", "GONE", "InvalidId", "LOGIN", "NotFound", "Options", "RefusedValue",
           "Rejected", "Session", "SessionError", "Store", "Stored", "TooLarge", "Unavailable", "Unreadable", "new_id",
           "valid_id"]
