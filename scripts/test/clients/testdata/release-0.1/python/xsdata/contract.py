from __future__ import annotations

from dataclasses import dataclass, field

__NAMESPACE__ = "urn:memcached-soap:session:v1"


@dataclass(kw_only=True)
class Entry:
    """
    One attribute of a session, or one entry of a hash.

    At most one of value, binary, hash, list and undef is present. None of
    them, or undef being true, means Perl's undef; undef being false has no
    meaning. Bytes that are valid UTF-8 text are returned as value, all
    others as binary.

    :ivar key: The name, which is unique within its list. A request with
        a duplicate is rejected. A name with a character that XML cannot
        represent, which a Perl program may have stored, is base64:
        followed by the base64 of its UTF-8, in responses and requests;
        so is a name that begins with base64: itself.
    :ivar value: Text, possibly empty. Numbers are text.
    :ivar binary: Bytes that are not text, or text with characters that
        XML cannot represent.
    :ivar hash: Named values: a reference to a hash in Perl.
    :ivar list_value: Values in order: a reference to an array in Perl.
    :ivar undef: true means Perl's undef.
    """

    key: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    value: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    binary: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "format": "base64",
        },
    )
    hash: None | EntryList = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    list_value: None | ItemList = field(
        default=None,
        metadata={
            "name": "list",
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    undef: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class IdList:
    """
    Ids of sessions.

    :ivar id: 1 to 64 hexadecimal digits. A request has at most 1000
        ids; a response has one for each session of the principal.
    """

    id: list[str] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class InvalidSessionIdFault:
    """
    The id is invalid: empty, longer than 64 characters, not hexadecimal,
    too short for a new session, or the MD5 of a value of the new session
    that was to get it.

    Nothing was written.

    :ivar id: The id in the request, cut after 64 characters.
    :ivar reason: What is wrong with the id. For people, not for
        programs.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    id: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )
    reason: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class KeyList:
    """
    Names of attributes.

    Their order has no meaning.

    :ivar key: A unique name, written as the key of an Entry. Any number
        of them within the limits of the service; a request with too
        many bytes, elements or entries gets a general fault of the
        client (Client, or Sender in SOAP 1.2).
    """

    key: list[str] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class PayloadTooLargeFault:
    """
    The session is too large for the store, and nothing was written.

    Or the sessions of a getSessions request are too large for one
    response: request fewer ids.

    :ivar limit: The limit in bytes: of this session, or of all sessions
        in one response.
    :ivar actual: The size in bytes, or a lower bound of it.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    limit: int = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )
    actual: int = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class SessionDeletedFault:
    """
    The session was deleted.

    Its id cannot be reused until the session would have expired (at least
    one minute; 30 days if never), so that a late writer does not undo a
    logout. Nothing was changed. Create a session with a new id.

    :ivar id: The id of the deleted session.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    id: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class SessionNotFoundFault:
    """
    There is no session with this id: it was never created, has expired, or
    was deleted.

    :ivar id: The id in the request.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    id: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class SessionRef:
    """
    The result of a change: the id of the session, its new version, and
    when it expires.

    :ivar id: The id in the request, or the one that the service
        created.
    :ivar version: Opaque. Equal versions mean equal content. Send it as
        ifVersion to make a change conditional.
    :ivar expires_in: Seconds that the session lives at least. Absent:
        it never expires.
    """

    id: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    version: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    expires_in: None | int = field(
        default=None,
        metadata={
            "name": "expiresIn",
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class Stat:
    """
    One statistic.
    """

    name: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    value: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class StoreUnavailableFault:
    """
    A server that stores sessions is down, too slow, or sent an invalid
    response.

    The outcome of a failed change is indeterminate: the session has the
    old or the new content. Read it before you repeat the change.

    :ivar reason: What happened. For people, not for programs.
    :ivar retry_after: Seconds to wait before a retry.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    reason: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )
    retry_after: None | int = field(
        default=None,
        metadata={
            "name": "retryAfter",
            "type": "Element",
        },
    )


@dataclass(kw_only=True)
class UnreadableSessionFault:
    """
    The item stored under this id is not a readable session.

    It was not changed; deleteSession removes it. If only an attribute is
    not readable, because it contains itself, is nested too deeply or
    exceeds a limit of one response, the reason names it, written as the
    key of an Entry: updateSession can remove it, and then the session is
    readable.

    :ivar id: The id in the request.
    :ivar reason: The cause. For people, not for programs.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    id: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )
    reason: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class VersionConflictFault:
    """
    The session does not have the version in ifVersion: another program has
    changed it since it was read.

    Nothing was changed. Read the session again and repeat the change if it
    still applies.

    :ivar id: The id of the session.
    :ivar current_version: The version that the session has. Absent:
        there is no session.
    """

    class Meta:
        namespace = "urn:memcached-soap:session:v1"

    id: str = field(
        metadata={
            "type": "Element",
            "required": True,
        }
    )
    current_version: None | str = field(
        default=None,
        metadata={
            "name": "currentVersion",
            "type": "Element",
        },
    )


@dataclass(kw_only=True)
class DeleteSession:
    """
    :ivar id: 1 to 64 hexadecimal digits.
    """

    class Meta:
        name = "deleteSession"
        namespace = "urn:memcached-soap:session:v1"

    id: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class DeleteSessionResponse:
    class Meta:
        name = "deleteSessionResponse"
        namespace = "urn:memcached-soap:session:v1"

    delete_session_result: bool = field(
        metadata={
            "name": "deleteSessionResult",
            "type": "Element",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class DeleteSessions:
    """
    :ivar principal: The principal whose sessions to delete: the value
        of the attribute, such as the name of a user. Required and not
        empty.
    :ivar attribute: The attribute that has the value: one of those that
        the operator has configured. Absent or empty: the first of them.
    """

    class Meta:
        name = "deleteSessions"
        namespace = "urn:memcached-soap:session:v1"

    principal: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    attribute: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class FindSessions:
    """
    :ivar principal: The principal whose sessions to find: the value of
        the attribute, such as the name of a user. Required and not
        empty.
    :ivar attribute: The attribute that has the value: one of those that
        the operator has configured. Absent or empty: the first of them.
    """

    class Meta:
        name = "findSessions"
        namespace = "urn:memcached-soap:session:v1"

    principal: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    attribute: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class GetSession:
    """
    :ivar id: 1 to 64 hexadecimal digits.
    """

    class Meta:
        name = "getSession"
        namespace = "urn:memcached-soap:session:v1"

    id: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class Stats:
    class Meta:
        name = "stats"
        namespace = "urn:memcached-soap:session:v1"


@dataclass(kw_only=True)
class Status:
    class Meta:
        name = "status"
        namespace = "urn:memcached-soap:session:v1"


@dataclass(kw_only=True)
class StatusResponse:
    class Meta:
        name = "statusResponse"
        namespace = "urn:memcached-soap:session:v1"

    status_result: None | str = field(
        default=None,
        metadata={
            "name": "statusResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class TouchSession:
    """
    :ivar id: 1 to 64 hexadecimal digits.
    :ivar ttl: TTL in seconds from this call. nil or 0: the default of
        the service. -1: the longest TTL that the service allows. A
        longer TTL is reduced to the longest allowed; expiresIn of the
        response is the result.
    """

    class Meta:
        name = "touchSession"
        namespace = "urn:memcached-soap:session:v1"

    id: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    ttl: None | int = field(
        metadata={
            "type": "Element",
            "nillable": True,
        }
    )


@dataclass(kw_only=True)
class EntryList:
    """
    Named values.

    Their order has no meaning, and each key is unique.

    :ivar entry: Any number of times within the limits of the service. A
        request with too many bytes, elements, nested elements or
        entries gets a general fault of the client (Client, or Sender in
        SOAP 1.2). A session too large for the store gets the fault
        PayloadTooLarge.
    """

    entry: list[Entry] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class SessionPortTypeDeleteSessionInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeDeleteSessionInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        delete_session: DeleteSession = field(
            metadata={
                "name": "deleteSession",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeDeleteSessionOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeDeleteSessionOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        delete_session_response: None | DeleteSessionResponse = field(
            default=None,
            metadata={
                "name": "deleteSessionResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeDeleteSessionOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeDeleteSessionOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                invalid_session_id_fault: None | InvalidSessionIdFault = field(
                    default=None,
                    metadata={
                        "name": "InvalidSessionIdFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class SessionPortTypeDeleteSessionsInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeDeleteSessionsInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        delete_sessions: DeleteSessions = field(
            metadata={
                "name": "deleteSessions",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeFindSessionsInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeFindSessionsInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        find_sessions: FindSessions = field(
            metadata={
                "name": "findSessions",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeGetSessionInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeGetSessionInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        get_session: GetSession = field(
            metadata={
                "name": "getSession",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeStatsInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeStatsInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        stats: Stats = field(
            metadata={
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeStatusInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeStatusInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        status: Status = field(
            metadata={
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeStatusOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeStatusOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        status_response: None | StatusResponse = field(
            default=None,
            metadata={
                "name": "statusResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeStatusOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: None | SessionPortTypeStatusOutput.Body.Fault.Detail = (
                field(
                    default=None,
                    metadata={
                        "type": "Element",
                        "namespace": "",
                    },
                )
            )

            @dataclass(kw_only=True)
            class Detail:
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class SessionPortTypeTouchSessionInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeTouchSessionInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        touch_session: TouchSession = field(
            metadata={
                "name": "touchSession",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class StatList:
    """
    Statistics in the order of their source.

    :ivar stat: One for each statistic of the source.
    """

    stat: list[Stat] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class DeleteSessionsResponse:
    class Meta:
        name = "deleteSessionsResponse"
        namespace = "urn:memcached-soap:session:v1"

    delete_sessions_result: None | IdList = field(
        default=None,
        metadata={
            "name": "deleteSessionsResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class FindSessionsResponse:
    class Meta:
        name = "findSessionsResponse"
        namespace = "urn:memcached-soap:session:v1"

    find_sessions_result: None | IdList = field(
        default=None,
        metadata={
            "name": "findSessionsResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class GetSessions:
    """
    :ivar ids: At most 1000 ids. Absent or empty: the response is empty.
        The session of an id that occurs twice is returned twice.
    """

    class Meta:
        name = "getSessions"
        namespace = "urn:memcached-soap:session:v1"

    ids: None | IdList = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class SetSessionResponse:
    class Meta:
        name = "setSessionResponse"
        namespace = "urn:memcached-soap:session:v1"

    set_session_result: None | SessionRef = field(
        default=None,
        metadata={
            "name": "setSessionResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class TouchSessionResponse:
    class Meta:
        name = "touchSessionResponse"
        namespace = "urn:memcached-soap:session:v1"

    touch_session_result: None | SessionRef = field(
        default=None,
        metadata={
            "name": "touchSessionResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class UpdateSessionResponse:
    class Meta:
        name = "updateSessionResponse"
        namespace = "urn:memcached-soap:session:v1"

    update_session_result: None | SessionRef = field(
        default=None,
        metadata={
            "name": "updateSessionResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class Item:
    """
    One element of a list: like Entry, without a key.

    :ivar value: Text, possibly empty. Numbers are text.
    :ivar binary: Bytes that are not text, or text with characters that
        XML cannot represent.
    :ivar hash: Named values: a reference to a hash in Perl.
    :ivar list_value: Values in order: a reference to an array in Perl.
    :ivar undef: true means Perl's undef.
    """

    value: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    binary: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "format": "base64",
        },
    )
    hash: None | EntryList = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    list_value: None | ItemList = field(
        default=None,
        metadata={
            "name": "list",
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    undef: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class ServerStats:
    """
    One server that stores sessions or near-cache entries.

    :ivar address: The address as configured. memory means a store
        inside the service.
    :ivar tier: The role of the server. principal: it stores the
        sessions. local: it holds the near cache.
    :ivar alive: Whether the server answered within its timeout.
    :ivar stats: The statistics of the server. Empty if it did not
        answer.
    """

    address: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    tier: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    alive: bool = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    stats: StatList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class Session:
    """
    A session as it is stored.

    :ivar id: 1 to 64 hexadecimal digits, case-sensitive. Keep it
        secret: everybody who knows the id can use the session.
    :ivar version: Opaque. Equal versions mean equal content. Send it as
        ifVersion to make a change conditional.
    :ivar expires_in: Seconds that the session lives at least. Absent:
        it never expires.
    :ivar attributes: All attributes except _session_id, which is the
        element id.
    """

    id: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    version: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    expires_in: None | int = field(
        default=None,
        metadata={
            "name": "expiresIn",
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )
    attributes: EntryList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )


class SessionPortTypeDeleteSession:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#deleteSession"
    input = SessionPortTypeDeleteSessionInput
    output = SessionPortTypeDeleteSessionOutput


@dataclass(kw_only=True)
class SessionPortTypeDeleteSessionsOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeDeleteSessionsOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        delete_sessions_response: None | DeleteSessionsResponse = field(
            default=None,
            metadata={
                "name": "deleteSessionsResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeDeleteSessionsOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeDeleteSessionsOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class SessionPortTypeFindSessionsOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeFindSessionsOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        find_sessions_response: None | FindSessionsResponse = field(
            default=None,
            metadata={
                "name": "findSessionsResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeFindSessionsOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeFindSessionsOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class SessionPortTypeGetSessionsInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeGetSessionsInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        get_sessions: GetSessions = field(
            metadata={
                "name": "getSessions",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class SessionPortTypeSetSessionOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeSetSessionOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        set_session_response: None | SetSessionResponse = field(
            default=None,
            metadata={
                "name": "setSessionResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeSetSessionOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeSetSessionOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                session_not_found_fault: None | SessionNotFoundFault = field(
                    default=None,
                    metadata={
                        "name": "SessionNotFoundFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                invalid_session_id_fault: None | InvalidSessionIdFault = field(
                    default=None,
                    metadata={
                        "name": "InvalidSessionIdFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                version_conflict_fault: None | VersionConflictFault = field(
                    default=None,
                    metadata={
                        "name": "VersionConflictFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                session_deleted_fault: None | SessionDeletedFault = field(
                    default=None,
                    metadata={
                        "name": "SessionDeletedFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                payload_too_large_fault: None | PayloadTooLargeFault = field(
                    default=None,
                    metadata={
                        "name": "PayloadTooLargeFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                unreadable_session_fault: None | UnreadableSessionFault = (
                    field(
                        default=None,
                        metadata={
                            "name": "UnreadableSessionFault",
                            "type": "Element",
                            "namespace": "urn:memcached-soap:session:v1",
                        },
                    )
                )
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


class SessionPortTypeStatus:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#status"
    input = SessionPortTypeStatusInput
    output = SessionPortTypeStatusOutput


@dataclass(kw_only=True)
class SessionPortTypeTouchSessionOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeTouchSessionOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        touch_session_response: None | TouchSessionResponse = field(
            default=None,
            metadata={
                "name": "touchSessionResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeTouchSessionOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeTouchSessionOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                session_not_found_fault: None | SessionNotFoundFault = field(
                    default=None,
                    metadata={
                        "name": "SessionNotFoundFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                invalid_session_id_fault: None | InvalidSessionIdFault = field(
                    default=None,
                    metadata={
                        "name": "InvalidSessionIdFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                session_deleted_fault: None | SessionDeletedFault = field(
                    default=None,
                    metadata={
                        "name": "SessionDeletedFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class SessionPortTypeUpdateSessionOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeUpdateSessionOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        update_session_response: None | UpdateSessionResponse = field(
            default=None,
            metadata={
                "name": "updateSessionResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeUpdateSessionOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeUpdateSessionOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                session_not_found_fault: None | SessionNotFoundFault = field(
                    default=None,
                    metadata={
                        "name": "SessionNotFoundFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                invalid_session_id_fault: None | InvalidSessionIdFault = field(
                    default=None,
                    metadata={
                        "name": "InvalidSessionIdFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                version_conflict_fault: None | VersionConflictFault = field(
                    default=None,
                    metadata={
                        "name": "VersionConflictFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                session_deleted_fault: None | SessionDeletedFault = field(
                    default=None,
                    metadata={
                        "name": "SessionDeletedFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                payload_too_large_fault: None | PayloadTooLargeFault = field(
                    default=None,
                    metadata={
                        "name": "PayloadTooLargeFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                unreadable_session_fault: None | UnreadableSessionFault = (
                    field(
                        default=None,
                        metadata={
                            "name": "UnreadableSessionFault",
                            "type": "Element",
                            "namespace": "urn:memcached-soap:session:v1",
                        },
                    )
                )
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class SetSession:
    """
    :ivar id: 1 to 64 hexadecimal digits. Absent: the service creates a
        session with a new id. The operator can set the fewest digits of
        the id of a new session; a shorter id of a session that is
        absent or deleted is an InvalidSessionId fault.
    :ivar attributes: Required, but may be empty. _session_id is
        optional; its value must be the id of the session.
    :ivar ttl: TTL in seconds from this call. nil or 0: the default of
        the service. -1: the longest TTL that the service allows. A
        longer TTL is reduced to the longest allowed; expiresIn of the
        response is the result.
    :ivar if_version: The version that the session must have. If it has
        another one, nothing is changed and the fault is
        VersionConflict. Requires an id. Absent or empty: no condition.
    :ivar update_only: true: the session must exist, otherwise the fault
        is SessionNotFound. Requires an id. nil or false: no condition.
    """

    class Meta:
        name = "setSession"
        namespace = "urn:memcached-soap:session:v1"

    id: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    attributes: None | EntryList = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    ttl: None | int = field(
        metadata={
            "type": "Element",
            "nillable": True,
        }
    )
    if_version: None | str = field(
        default=None,
        metadata={
            "name": "ifVersion",
            "type": "Element",
            "nillable": True,
        },
    )
    update_only: None | bool = field(
        metadata={
            "name": "updateOnly",
            "type": "Element",
            "nillable": True,
        }
    )


@dataclass(kw_only=True)
class UpdateSession:
    """
    :ivar id: 1 to 64 hexadecimal digits.
    :ivar set: Attributes to set. The others are kept. Either set or
        remove is required, but may be empty. _session_id is optional;
        its value must be the id of the session.
    :ivar remove: Attributes to remove. An absent attribute is ignored.
        A name must not also be in set, and must not be _session_id.
    :ivar ttl: TTL in seconds from this call. nil or 0: the session
        keeps its expiry. -1: the longest TTL that the service allows. A
        longer TTL is reduced to the longest allowed; expiresIn of the
        response is the result.
    :ivar if_version: The version that the session must have. If it has
        another one, nothing is changed and the fault is
        VersionConflict. Absent or empty: no condition.
    """

    class Meta:
        name = "updateSession"
        namespace = "urn:memcached-soap:session:v1"

    id: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    set: None | EntryList = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    remove: None | KeyList = field(
        default=None,
        metadata={
            "type": "Element",
            "nillable": True,
        },
    )
    ttl: None | int = field(
        metadata={
            "type": "Element",
            "nillable": True,
        }
    )
    if_version: None | str = field(
        default=None,
        metadata={
            "name": "ifVersion",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class ItemList:
    """
    Values.

    Their order is preserved.

    :ivar item: Any number of times within the limits of the service. A
        request with too many bytes, elements, nested elements or
        entries gets a general fault of the client (Client, or Sender in
        SOAP 1.2). A session too large for the store gets the fault
        PayloadTooLarge.
    """

    item: list[Item] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class ServerStatsList:
    """
    Servers in the order of the configuration.

    :ivar server: One for each configured server.
    """

    server: list[ServerStats] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


@dataclass(kw_only=True)
class SessionList:
    """
    Sessions in the order of the ids in the request.

    :ivar session: At most one for each id in the request, so at most
        1000. Absent sessions are omitted.
    """

    session: list[Session] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
        },
    )


class SessionPortTypeDeleteSessions:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#deleteSessions"
    input = SessionPortTypeDeleteSessionsInput
    output = SessionPortTypeDeleteSessionsOutput


class SessionPortTypeFindSessions:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#findSessions"
    input = SessionPortTypeFindSessionsInput
    output = SessionPortTypeFindSessionsOutput


@dataclass(kw_only=True)
class SessionPortTypeSetSessionInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeSetSessionInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        set_session: SetSession = field(
            metadata={
                "name": "setSession",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


class SessionPortTypeTouchSession:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#touchSession"
    input = SessionPortTypeTouchSessionInput
    output = SessionPortTypeTouchSessionOutput


@dataclass(kw_only=True)
class SessionPortTypeUpdateSessionInput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeUpdateSessionInput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        update_session: UpdateSession = field(
            metadata={
                "name": "updateSession",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            }
        )


@dataclass(kw_only=True)
class GetSessionResponse:
    class Meta:
        name = "getSessionResponse"
        namespace = "urn:memcached-soap:session:v1"

    get_session_result: None | Session = field(
        default=None,
        metadata={
            "name": "getSessionResult",
            "type": "Element",
            "nillable": True,
        },
    )


@dataclass(kw_only=True)
class SessionPortTypeGetSessionOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeGetSessionOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        get_session_response: None | GetSessionResponse = field(
            default=None,
            metadata={
                "name": "getSessionResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeGetSessionOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeGetSessionOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                session_not_found_fault: None | SessionNotFoundFault = field(
                    default=None,
                    metadata={
                        "name": "SessionNotFoundFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                invalid_session_id_fault: None | InvalidSessionIdFault = field(
                    default=None,
                    metadata={
                        "name": "InvalidSessionIdFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                unreadable_session_fault: None | UnreadableSessionFault = (
                    field(
                        default=None,
                        metadata={
                            "name": "UnreadableSessionFault",
                            "type": "Element",
                            "namespace": "urn:memcached-soap:session:v1",
                        },
                    )
                )
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


class SessionPortTypeSetSession:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#setSession"
    input = SessionPortTypeSetSessionInput
    output = SessionPortTypeSetSessionOutput


class SessionPortTypeUpdateSession:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#updateSession"
    input = SessionPortTypeUpdateSessionInput
    output = SessionPortTypeUpdateSessionOutput


@dataclass(kw_only=True)
class StatsReport:
    """
    Statistics of the service and of every server behind it.

    :ivar service: Counters since this service started.
    :ivar servers: All servers, including those that are down.
    """

    service: StatList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )
    servers: ServerStatsList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:memcached-soap:session:v1",
            "required": True,
        }
    )


@dataclass(kw_only=True)
class GetSessionsResponse:
    class Meta:
        name = "getSessionsResponse"
        namespace = "urn:memcached-soap:session:v1"

    get_sessions_result: None | SessionList = field(
        default=None,
        metadata={
            "name": "getSessionsResult",
            "type": "Element",
            "nillable": True,
        },
    )


class SessionPortTypeGetSession:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#getSession"
    input = SessionPortTypeGetSessionInput
    output = SessionPortTypeGetSessionOutput


@dataclass(kw_only=True)
class SessionPortTypeGetSessionsOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeGetSessionsOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        get_sessions_response: None | GetSessionsResponse = field(
            default=None,
            metadata={
                "name": "getSessionsResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeGetSessionsOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: (
                None | SessionPortTypeGetSessionsOutput.Body.Fault.Detail
            ) = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )

            @dataclass(kw_only=True)
            class Detail:
                invalid_session_id_fault: None | InvalidSessionIdFault = field(
                    default=None,
                    metadata={
                        "name": "InvalidSessionIdFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                payload_too_large_fault: None | PayloadTooLargeFault = field(
                    default=None,
                    metadata={
                        "name": "PayloadTooLargeFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )
                unreadable_session_fault: None | UnreadableSessionFault = (
                    field(
                        default=None,
                        metadata={
                            "name": "UnreadableSessionFault",
                            "type": "Element",
                            "namespace": "urn:memcached-soap:session:v1",
                        },
                    )
                )
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


@dataclass(kw_only=True)
class StatsResponse:
    class Meta:
        name = "statsResponse"
        namespace = "urn:memcached-soap:session:v1"

    stats_result: None | StatsReport = field(
        default=None,
        metadata={
            "name": "statsResult",
            "type": "Element",
            "nillable": True,
        },
    )


class SessionPortTypeGetSessions:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#getSessions"
    input = SessionPortTypeGetSessionsInput
    output = SessionPortTypeGetSessionsOutput


@dataclass(kw_only=True)
class SessionPortTypeStatsOutput:
    class Meta:
        name = "Envelope"
        namespace = "http://schemas.xmlsoap.org/soap/envelope/"

    body: SessionPortTypeStatsOutput.Body = field(
        metadata={
            "name": "Body",
            "type": "Element",
        }
    )

    @dataclass(kw_only=True)
    class Body:
        stats_response: None | StatsResponse = field(
            default=None,
            metadata={
                "name": "statsResponse",
                "type": "Element",
                "namespace": "urn:memcached-soap:session:v1",
            },
        )
        fault: None | SessionPortTypeStatsOutput.Body.Fault = field(
            default=None,
            metadata={
                "name": "Fault",
                "type": "Element",
            },
        )

        @dataclass(kw_only=True)
        class Fault:
            faultcode: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultstring: str = field(
                metadata={
                    "type": "Element",
                    "namespace": "",
                }
            )
            faultactor: None | str = field(
                default=None,
                metadata={
                    "type": "Element",
                    "namespace": "",
                },
            )
            detail: None | SessionPortTypeStatsOutput.Body.Fault.Detail = (
                field(
                    default=None,
                    metadata={
                        "type": "Element",
                        "namespace": "",
                    },
                )
            )

            @dataclass(kw_only=True)
            class Detail:
                store_unavailable_fault: None | StoreUnavailableFault = field(
                    default=None,
                    metadata={
                        "name": "StoreUnavailableFault",
                        "type": "Element",
                        "namespace": "urn:memcached-soap:session:v1",
                    },
                )


class SessionPortTypeStats:
    style = "document"
    location = "http://localhost:8080/soap"
    transport = "http://schemas.xmlsoap.org/soap/http"
    soap_action = "urn:memcached-soap:session:v1#stats"
    input = SessionPortTypeStatsInput
    output = SessionPortTypeStatsOutput
