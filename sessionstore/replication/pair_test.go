package replication_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/storable"
)

const (
	from = 0
	to   = 1
	// long is more than any of these tests needs on a busy machine.
	long = time.Minute
	beat = 5 * time.Millisecond
	life = time.Hour
)

// pair are two pools and what replicates them.
type pair struct {
	t       *testing.T
	servers [2][]*memcachedtest.Server
	pools   [2]*memcached.Backend // of the test
	options replication.Options
	log     logtest.Buffer
}

// newPair starts two pools with a number of servers each.
func newPair(t *testing.T, numbers [2]int) *pair {
	t.Helper()
	p := &pair{t: t}
	start := [2]func(testing.TB, ...string) *memcachedtest.Server{memcachedtest.Start, memcachedtest.Start}
	if old := crc32.ChecksumIEEE([]byte(t.Name())) % 3; mixed && old < 2 { // else none is
		start[old] = memcachedtest.StartSystem
	}
	for side, n := range numbers {
		for range n {
			p.servers[side] = append(p.servers[side], start[side](t))
		}
	}
	p.connect()
	return p
}

// onePair starts a pair of one server each.
func onePair(t *testing.T) *pair {
	t.Helper()
	return newPair(t, [2]int{1, 1})
}

// startServer starts a server for one of the sides.
func (p *pair) startServer(args ...string) *memcachedtest.Server {
	p.t.Helper()
	return memcachedtest.Start(p.t, args...)
}

// connect connects to the servers, if both sides have some.
func (p *pair) connect() {
	p.t.Helper()
	if len(p.servers[from]) == 0 || len(p.servers[to]) == 0 {
		return
	}
	for side := range p.pools {
		p.pools[side] = p.open(side)
		p.t.Cleanup(func() { require.NoError(p.t, p.pools[side].Close()) })
	}
	p.options.Reconcile = time.Minute
	p.options.Rules = sessionstore.NewReplicaRules(storable.Codec{}, []string{"master"})
}

func (p *pair) open(side int) *memcached.Backend {
	p.t.Helper()
	var names []string
	for _, s := range p.servers[side] {
		names = append(names, s.Addr)
	}
	b, err := memcached.New(memcached.Options{Servers: names, Timeout: time.Second})
	require.NoError(p.t, err)
	return b
}

// running is a replicator that runs.
type running struct {
	*replication.Replicator
	stop func() // waits
}

// replicate starts a replicator, which ends with the test at the latest.
func (p *pair) replicate() running {
	p.t.Helper()
	o := p.options
	pools := [2]*memcached.Backend{p.open(from), p.open(to)}
	o.From, o.To = pools[0], pools[1]
	o.Logger = slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := replication.New(o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		require.NoError(p.t, <-ended)
		require.NoError(p.t, pools[0].Close())
		require.NoError(p.t, pools[1].Close())
	})
	p.t.Cleanup(stop)
	return running{r, stop}
}

// start starts a replicator and waits until the sides are equal.
func (p *pair) start() running {
	p.t.Helper()
	r := p.replicate()
	p.waitEqual(r)
	return r
}

// eventually waits for a condition.
func (p *pair) eventually(is func() bool, why ...any) {
	p.t.Helper()
	require.Eventually(p.t, is, long, beat, why...)
}

// waitEqual waits until a replicator says that all servers are equal.
func (p *pair) waitEqual(r running) {
	p.t.Helper()
	p.eventually(func() bool { return r.State().Equal && r.State().Waiting == 0 }, p.log.String)
}

// waitSame waits until both sides have the same items.
func (p *pair) waitSame() {
	p.t.Helper()
	var difference string
	p.eventually(func() bool { difference = p.difference(); return difference == "" }, "%s", lazily(func() string { return difference + "\n" + p.log.String() }))
}

// lazily is a text that is made when it is needed.
type lazily func() string

func (l lazily) String() string { return l() }

// difference says how the sides differ, or "".
func (p *pair) difference() string {
	p.t.Helper()
	items := [2]map[string]backend.Item{}
	for side := range items {
		var err error
		if items[side], err = p.items(side); err != nil {
			return err.Error()
		}
	}
	for _, key := range slices.Sorted(maps.Keys(items[0])) {
		b, ok := items[1][key]
		if !ok {
			return fmt.Sprintf("only from: %s of %d, %d", key, len(items[0]), len(items[1]))
		}
		if a := items[0][key]; !sameContent(key, a, b) || (a.ExpiresIn-b.ExpiresIn).Abs() > 5*time.Second || (a.ExpiresIn == 0) != (b.ExpiresIn == 0) {
			return fmt.Sprintf("differs: %s: %q %d %s, %q %d %s", key, a.Image, a.Flags, a.ExpiresIn, b.Image, b.Flags, b.ExpiresIn)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(items[1])) {
		if _, ok := items[0][key]; !ok {
			return fmt.Sprintf("only to: %s of %d, %d", key, len(items[1]), len(items[0]))
		}
	}
	return ""
}

// sameContent says whether two items have the same content, or are logs that find the
// same.
func sameContent(key string, a, b backend.Item) bool {
	rules := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	if rules.IsLog(key) {
		_, same, _ := rules.MergeLogs(a, b)
		return same
	}
	return backend.SameContent(a, b)
}

// items returns the items of a side, those of processes left out.
func (p *pair) items(side int) (map[string]backend.Item, error) {
	pool := p.pools[side]
	found := make(map[string]backend.Item)
	for server := range pool.Servers() {
		var keys []string
		err := pool.ScanHeads(p.t.Context(), server, func(h backend.Head) error {
			if !backend.IsReserved(h.Key) || p.isCopied(h.Key) {
				keys = append(keys, h.Key)
			}
			return nil
		})
		if err == nil {
			err = pool.Fetch(p.t.Context(), server, keys, func(key string, item backend.Item) { found[key] = item })
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// isCopied says whether an item under a reserved key is the same on both sides.
// Records of deletions have other keys if the sides have another number of servers.
func (p *pair) isCopied(key string) bool {
	rules := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	_, deletion := rules.DeletionName(key)
	return deletion && len(p.servers[from]) == len(p.servers[to]) || rules.IsLog(key)
}

// clock makes the versions of the test's writes.
var clock = backend.NewClock()

// image is a session with one attribute.
func image(t testing.TB, value string) []byte {
	t.Helper()
	attributes := perldata.NewHash(1)
	attributes.Set("uid", perldata.BytesOf(value))
	text, err := storable.Codec{}.Append(nil, attributes)
	require.NoError(t, err)
	return text
}

// versioned is a session as the service stores it.
func versioned(t testing.TB, value string) backend.Item {
	t.Helper()
	return backend.Item{Image: image(t, value), Flags: 1, ExpiresIn: life, Version: clock.After(0)}
}

// put stores an item on a side, whatever is there.
func (p *pair) put(side int, key string, item backend.Item) {
	p.t.Helper()
	p.eventually(func() bool {
		present, err := p.pools[side].Get(p.t.Context(), key)
		item.CAS = present.CAS
		if err != nil {
			err = p.pools[side].Add(p.t.Context(), key, item)
		} else {
			err = p.pools[side].CompareAndSwap(p.t.Context(), key, item)
		}
		return err == nil
	})
}

// perlf sends a command to the server of a key as a Perl program does.
func (p *pair) perlf(side int, key, format string, args ...any) {
	p.t.Helper()
	server := p.servers[side][p.pools[side].ServerOf(key)]
	_, err := server.Command(p.t.Context(), fmt.Sprintf(format, args...))
	require.NoError(p.t, err)
}

// perlSet stores a session as a Perl program does.
func (p *pair) perlSet(side int, key, value string, seconds int) {
	p.t.Helper()
	text := image(p.t, value)
	p.perlf(side, key, "set %s 1 %d %d\r\n%s", key, seconds, len(text), text)
}

// get returns the item of a side, the zero item if there is none.
func (p *pair) get(side int, key string) backend.Item {
	p.t.Helper()
	item, err := p.pools[side].Get(p.t.Context(), key)
	if err != nil {
		require.ErrorIs(p.t, err, backend.ErrNotFound)
	}
	return item
}

// has says whether a side has a session with a value.
func (p *pair) has(side int, key, value string) bool {
	p.t.Helper()
	item, err := p.pools[side].Get(p.t.Context(), key)
	return err == nil && string(item.Image) == string(image(p.t, value))
}

// newKey returns a session id.
func newKey() string { return string(sessionstore.NewID()) }

// metric returns a metric of a replicator.
func metricOf(t testing.TB, r running, name string) float64 {
	t.Helper()
	for _, m := range r.Metrics() {
		if m.Name == "replication_"+name {
			return m.Value
		}
	}
	require.Fail(t, "no such metric", name)
	return 0
}

// logged waits until a text stands in the log.
func (p *pair) logged(text string) {
	p.t.Helper()
	p.eventually(func() bool { return strings.Contains(p.log.String(), text) }, "%s", lazily(p.log.String))
}

// signedImage is a session with a signature of client_memcached.pl.
func signedImage(t testing.TB, value string) []byte {
	t.Helper()
	attributes := perldata.NewHash(2)
	attributes.Set("master", perldata.BytesOf("1795372681#1795372680"))
	attributes.Set("uid", perldata.BytesOf(value))
	text, err := storable.Codec{}.Append(nil, attributes)
	require.NoError(t, err)
	return text
}
