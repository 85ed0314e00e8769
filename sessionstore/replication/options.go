package replication

import (
	"log/slog"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/span"
)

// Options say what to replicate. From, To and Rules are required.
type Options struct {
	// From is the source and To its copy. The caller closes them after
	// [Replicator.Run] has returned.
	From, To backend.Replica
	// TwoWay copies the changes on To as well: the later one of two changes wins.
	TwoWay bool
	// AllKeys copies also what is under keys of other programs.
	AllKeys bool
	// Reconcile is the time between two comparisons of all items; 0 means a minute.
	Reconcile time.Duration
	// Rules know what is under a key.
	Rules Rules
	// Logger logs; nil means not at all.
	Logger *slog.Logger
	// Tracer records a trace of each batch of changes; nil means none.
	Tracer *span.Tracer
	// MaxWaiting bounds how many changed keys wait to be looked at, and
	// MaxRemembered of how many keys it is remembered when they were equal; 0 means
	// 100,000 and 2,000,000.
	MaxWaiting, MaxRemembered int
}

const (
	defaultReconcile     = time.Minute
	defaultMaxWaiting    = 100_000
	defaultMaxRemembered = 2_000_000
)

// Rules know what items are. Methods may be called from any goroutine; they keep no
// reference to an image, and do not change it.
type Rules interface {
	// IsSession says whether a session, its tombstone or the lookup key of a
	// principal is under a key.
	IsSession(key string) bool
	// IsLookupKey says whether an item under such a key is a lookup key.
	IsLookupKey(item backend.Item) bool
	// IsVersioned says whether every server keeps the version of an item.
	IsVersioned(key string, item backend.Item) bool

	LogRules
	DeletionRules

	// Ignored says whether two sessions differ only in attributes that do not count,
	// and which of the two, 0 or 1, is the one without them: that is the right one.
	// It is -1 if both have some, or none.
	Ignored(id string, a, b backend.Item) (same bool, right int)
	// Signed says whether a session has an attribute that does not count.
	Signed(id string, session backend.Item) bool
}

// LogRules know what logs are.
type LogRules interface {
	// IsLog says whether a key is that of a log: lines to which writers append.
	IsLog(key string) bool
	// MergeLogs returns a log from which both logs can be left out: nothing is found
	// by one of them that is not found by the result. equal says that both find the
	// same. news are the sessions that the result finds and that a, or b, does not.
	MergeLogs(a, b backend.Item) (merged backend.Item, equal bool, news [2][]string)
	// LogSessions returns the sessions that a log finds.
	LogSessions(log backend.Item) []string
}

// DeletionRules know how the deletion of a session is remembered.
type DeletionRules interface {
	// DeletionOf returns the name of the record of a session's deletion. Its key is
	// [backend.KeyOn] the server that has the session, with this name.
	DeletionOf(id string) (name string)
	// DeletionName returns the name in the key of such a record, and whether it is one.
	DeletionName(key string) (name string, ok bool)
	// MergeDeletions returns the record of the later deletion.
	MergeDeletions(a, b backend.Item) backend.Item
	// Outlives says whether a session without a version is a newer login than the
	// deletion that a record remembers.
	Outlives(id string, session, record backend.Item) bool
}
