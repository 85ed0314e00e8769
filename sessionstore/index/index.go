package index

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/perldata"
)

// Sessions is how an Index sees the sessions of a store.
type Sessions interface {
	// IsID says whether a text is a session id, of any type ([backend.TypeOf]).
	IsID(text string) bool
	// Look calls visit for each of the sessions under ids that exists; one that cannot
	// be read has no attributes. The error is an [*backend.UnavailableError]: sessions
	// are never left out because a server does not answer. visit may not keep the
	// attributes.
	Look(ctx context.Context, ids []string, visit func(id string, session Session)) error
	// Calls returns how many calls of programs the store has begun to serve.
	Calls() int64
}

// Session is what an Index needs of a session.
type Session struct {
	Attributes *perldata.Hash // nil if it cannot be read
	Life       time.Duration  // how long it may live while it is used; 0 means that it never expires
}

// Options adjusts an [Index].
type Options struct {
	// Attributes are the attributes by whose value sessions are found. With
	// none, the index keeps nothing.
	Attributes []string
	// NoLookupKeys says that MD5 lookup keys are neither written, read nor
	// followed, and that NAME_MD5 is an attribute like others.
	NoLookupKeys bool
	// WithoutLookupKey are those of the Attributes of which this is so in any case.
	WithoutLookupKey []string
	// Displaceable says whether a lookup key may take the place of an item that is
	// none: no program but the store has put it under the key. It may be nil.
	Displaceable func(item backend.Item) bool
	// Failed is notified of a session whose lookup key or list entry could not
	// be kept; id is "" if the list of several sessions could not be repaired.
	// The error is for the log only. It may be called from any goroutine; it may
	// be nil.
	Failed func(ctx context.Context, id string, err error)
	// Notify is notified when the index of a server becomes complete or
	// incomplete, one state at a time; may be nil.
	Notify func(state ServerState)
}

// Index finds sessions by the values of their attributes. Its methods may be
// called from any goroutine.
type Index struct {
	backend    backend.Backend
	sessions   Sessions
	attributes []string
	lookup     []string // the attributes that have MD5 lookup keys
	maxEntries int      // of a list
	displaces  func(item backend.Item) bool
	failed     func(ctx context.Context, id string, err error)
	notify     func(state ServerState)
	counts     counts

	indexer atomic.Pointer[Indexer] // nil if nobody keeps the index complete
}

// New makes an index of the sessions in a backend.
func New(b backend.Backend, sessions Sessions, o Options) *Index {
	x := &Index{
		backend: b, sessions: sessions, attributes: slices.Clone(o.Attributes), displaces: o.Displaceable,
		maxEntries: maxEntries, failed: o.Failed, notify: o.Notify,
	}
	if !o.NoLookupKeys {
		x.lookup = slices.DeleteFunc(slices.Clone(o.Attributes), func(name string) bool {
			return slices.Contains(o.WithoutLookupKey, name)
		})
	}
	return x
}

// Attribute returns the attribute that a caller means by name, where "" is the
// first one, and whether the index has it.
func (x *Index) Attribute(name string) (string, bool) {
	if name == "" && len(x.attributes) > 0 {
		name = x.attributes[0]
	}
	return name, name != "" && slices.Contains(x.attributes, name)
}

// Attributes returns the indexed attributes.
func (x *Index) Attributes() []string { return slices.Clone(x.attributes) }

// Empty says whether no attribute is indexed.
func (x *Index) Empty() bool { return len(x.attributes) == 0 }

// Terms are what a session is found by. The zero value is nothing.
type Terms struct {
	lookupKeys []string
	principals []principal
}

// principal is an attribute with its value as text, of sessions of one type.
type principal struct {
	kind, attribute, value string
}

// Names returns the names of the attributes that [Index.Terms] and [Index.Mark] look at
// or set.
func (x *Index) Names() []string {
	names := slices.Clone(x.attributes)
	for _, name := range x.lookup {
		names = append(names, name+md5Suffix)
	}
	return names
}

// Terms returns what a stored session of a type is found by. Its lookup keys are those
// of its values and those that it names: they differ after a program that does not
// know the index has changed the session.
func (x *Index) Terms(kind string, attributes *perldata.Hash) Terms {
	return Terms{lookupKeys: x.lookupKeys(kind, attributes), principals: x.principals(kind, attributes)}
}

// Mark puts the names of the lookup keys into the attributes of a session of a type
// that is to be stored, and returns what it will be found by. Only global sessions have
// lookup keys.
func (x *Index) Mark(kind string, attributes *perldata.Hash) Terms {
	return Terms{lookupKeys: x.markLookupKeys(kind, attributes), principals: x.principals(kind, attributes)}
}

// Change is what a change of a session means to the index.
type Change struct {
	Former Terms         // of the session that was there; zero if there was none
	Now    Terms         // of the session that was stored; zero if it was deleted
	Life   time.Duration // how long the stored session may live; 0 means that it never expires
	// SameLife says that the session expires when it would have expired before, or a few
	// seconds later, and never later than by the half of spare.
	SameLife bool
}

// Apply brings the index in line with a change that was made. looked is the call that
// Behind has returned, once it was made, or nil.
func (x *Index) Apply(ctx context.Context, id string, c Change, looked *backend.Second) {
	entered := false // the first principal of the session
	for _, key := range c.Now.lookupKeys {
		if looked != nil && looked.Key == key {
			entered = x.claimLookedAt(ctx, looked, id, c)
			continue
		}
		x.report(ctx, id, x.claimLookupKey(ctx, key, id, c.Life))
	}
	for _, key := range c.Former.lookupKeys {
		if !slices.Contains(c.Now.lookupKeys, key) {
			x.report(ctx, id, x.setLookupKeyLife(ctx, key, id, expireNow))
		}
	}
	if c.keepsEntries() {
		return
	}
	now := c.Now
	if entered {
		now.principals = now.principals[1:]
	}
	x.enter(ctx, id, now, c.Life)
	for _, p := range c.Former.principals {
		if !slices.Contains(c.Now.principals, p) {
			x.report(ctx, id, x.appendEntry(ctx, p, removalLine(id), removalLife))
		}
	}
}

// keepsEntries says that the entries in the lists stay as they are.
func (c Change) keepsEntries() bool {
	return c.SameLife && slices.Equal(c.Former.principals, c.Now.principals)
}

// Renew gives the lookup keys that still lead to a session, and its entries in
// the lists, a new time to live.
func (x *Index) Renew(ctx context.Context, id string, terms Terms, life time.Duration) {
	for _, key := range terms.lookupKeys {
		x.report(ctx, id, x.setLookupKeyLife(ctx, key, id, life))
	}
	x.enter(ctx, id, terms, life)
}

func (x *Index) enter(ctx context.Context, id string, terms Terms, life time.Duration) {
	for _, p := range terms.principals {
		e := entry{id: id, expiry: backend.ExpiryOf(life)}
		x.entered(ctx, id, x.appendEntry(ctx, p, e.line(), withSpare(life)))
	}
}

// entered notes what has come of entering a session in a list.
func (x *Index) entered(ctx context.Context, id string, err error) {
	x.report(ctx, id, err)
	if r := x.indexer.Load(); r != nil && err != nil {
		r.retry(id)
	}
}

// Writing notes that this process writes to a session, which the store enters
// itself: no Indexer need look at it. Call finished with the outcome of the
// write.
func (x *Index) Writing(id string) (finished func(error)) {
	if r := x.indexer.Load(); r != nil {
		return r.writing(id)
	}
	return func(error) {}
}

// principals returns the principals of a session of a type, in the order of the
// indexed attributes.
func (x *Index) principals(kind string, attributes *perldata.Hash) (all []principal) {
	if attributes == nil {
		return nil
	}
	for _, name := range x.attributes {
		v, _ := attributes.Get(name)
		if text, ok := textOf(v); ok {
			all = append(all, principal{kind, name, text})
		}
	}
	return all
}

// report notifies the operator that the index is not as it should be. The
// session itself is, so the caller of the store need not know.
func (x *Index) report(ctx context.Context, id string, err error) {
	if err == nil {
		return
	}
	x.counts.failures.Inc()
	if x.failed != nil {
		x.failed(ctx, id, err)
	}
}

// counts are the metrics of an Index.
type counts struct {
	repairs, evictions, failures, compactions, foreign, overflows metric.Counter
	rebuilds, adoptions, scans                                    metric.Counter
	longestList                                                   metric.Gauge
}

// Metrics returns the metrics of the index.
func (x *Index) Metrics() []metric.Metric {
	c := &x.counts
	metrics := []metric.Metric{
		c.repairs.Metric("index_repairs_total", "Lists of a principal's sessions that were repaired when they were read."),
		c.evictions.Metric("index_evictions_total", "Sessions left out of the list of a principal that has too many; they are found by a scan."),
		c.failures.Metric("index_failures_total", "Sessions stored whose lookup key or list entry could not be kept."),
		c.compactions.Metric("index_compactions_total", "Lists of a principal's sessions that were compacted."),
		c.foreign.Metric("index_foreign_total", "Sessions stored by other programs that were entered in the index."),
		c.overflows.Metric("index_overflows_total", "Changes by other programs that were not looked at because too many were waiting."),
		c.longestList.Metric("index_longest_list", "Most sessions that the list of a principal had when it was read."),
		c.rebuilds.Metric("index_rebuilds_total", "Rebuilds of the index from the sessions on all servers."),
		c.adoptions.Metric("index_adoptions_total", "Times that the index was trusted because another instance had proved that it is complete."),
		c.scans.Metric("index_scans_total", "Scans of all servers for findSessions and deleteSessions."),
		metric.Switch("index_scan_only", "Whether sessions are found only by scans, because the changes on the servers cannot be followed.", x.scanOnly()),
	}
	for _, s := range x.States() {
		complete := metric.Switch("index_complete", "Whether the index has every session of the server.", s.Complete)
		incomplete := time.Duration(0)
		if !s.Complete {
			incomplete = time.Since(s.Since)
		}
		since := metric.GaugeOf("index_incomplete_seconds", "How long the index has lacked sessions of the server; 0 if it is complete.", incomplete.Seconds())
		for _, m := range []metric.Metric{complete, since} {
			m.Server, m.Tier = s.Server, string(backend.Origin)
			metrics = append(metrics, m)
		}
	}
	return metrics
}
