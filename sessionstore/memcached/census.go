package memcached

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"hash/fnv"
	"maps"
	"math"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// All instances on a pool must place keys alike: what one stores, the others look
// for on the same server. Nothing else notices when they do not: a session of one is
// absent for the other, and a log-out says that there was none. Therefore each
// instance stores its fingerprint on every server, and reads those of the others.
//
// The items are few and expire: one token for each server, and fingerprints under a
// fixed number of keys. Instances that agree store the same under the same key.

const (
	censusEvery = time.Second
	// tokenKey is the key of the token of a server, behind the key prefix.
	tokenKey  = backend.ReservedKeys + "server"
	tokenLife = time.Minute
	// fingerprintKeys begin the keys of fingerprints. Their hash selects one of
	// fingerprintSlots: two that share one replace each other and are seen all the
	// same.
	fingerprintKeys  = backend.ReservedKeys + "pool:"
	fingerprintSlots = 16
	fingerprintLife  = "10" // seconds
	// A fingerprint that differs counts when it was renewed, since an instance that
	// has ended leaves its own behind; one whose difference may pass, when it was
	// renewed passingRenewals times.
	passingRenewals = 4
)

// census compares the fingerprints of all instances.
type census struct {
	pool   *Backend
	every  time.Duration
	shares []string
	ended  sync.WaitGroup
	rounds atomic.Int64 // that have ended

	// of the goroutine alone
	seen   []map[string]*sighting // by server and fingerprint
	logged string

	mu        sync.Mutex
	conflicts []string // by server: how another instance differs, or ""
}

// sighting is a fingerprint of another instance on a server.
type sighting struct {
	cas      uint64
	renewals int // how often it was seen renewed
}

// ComparePlacement tells the other instances on the servers where this one places
// keys, and looks whether they do so alike, until the Backend is closed. The log,
// the metrics and the statistics say when they do not.
func (b *Backend) ComparePlacement() { b.comparePlacement(censusEvery) }

func (b *Backend) comparePlacement(every time.Duration) {
	b.following.Lock()
	defer b.following.Unlock()
	if b.closed || b.census.Load() != nil {
		return
	}
	c := &census{
		pool: b, every: every, shares: sharesOf(b.selector),
		seen: make([]map[string]*sighting, len(b.servers)), conflicts: make([]string, len(b.servers)),
	}
	b.census.Store(c)
	c.ended.Go(func() { c.run(b.closing) })
}

func (c *census) run(ctx context.Context) {
	for ctx.Err() == nil {
		c.round(ctx)
		// Instances that were started together drift apart.
		pause := c.every*3/4 + mathrand.N(c.every/2) //nolint:gosec // jitter is no secret
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// round is one heartbeat.
func (c *census) round(ctx context.Context) {
	own := fingerprint{onDead: Fail, places: make([]place, len(c.shares))}
	if c.pool.placement.moves() {
		own.onDead = Rehash
	}
	c.pool.each(func(i int, s *server) { own.places[i] = place{c.pool.token(ctx, s), c.shares[i]} })
	found := make([]map[string]uint64, len(c.shares))
	c.pool.each(func(i int, s *server) {
		if own.places[i].token != "" {
			found[i] = c.pool.exchangeFingerprints(ctx, s, own.String())
		}
	})
	if ctx.Err() == nil {
		c.compare(own, found)
	}
	c.rounds.Add(1)
}

// token returns the token of a server, or "" if it does not answer. A server without
// one gets one.
func (b *Backend) token(ctx context.Context, s *server) string {
	item, err := s.touch(ctx, b.prefix+tokenKey, tokenLife)
	if errors.Is(err, backend.ErrNotFound) {
		item = backend.Item{Image: []byte(strings.ToLower(rand.Text()[:12])), ExpiresIn: tokenLife}
		if err = s.add(ctx, b.prefix+tokenKey, item); errors.Is(err, backend.ErrExists) {
			item, err = s.get(ctx, b.prefix+tokenKey)
		}
	}
	if err != nil || len(item.Image) == 0 {
		return ""
	}
	return string(item.Image)
}

// exchangeFingerprints returns the fingerprints on a server with their CAS numbers,
// and stores the own one. Without an answer it returns nil.
func (b *Backend) exchangeFingerprints(ctx context.Context, s *server, own string) map[string]uint64 {
	keys := make([]string, fingerprintSlots)
	for i := range keys {
		keys[i] = b.prefix + fingerprintKeys + strconv.Itoa(i)
	}
	hash := fnv.New32a()
	hash.Write([]byte(own)) //nolint:errcheck // a hash never fails
	key := keys[hash.Sum32()%fingerprintSlots]
	m := &batch{items: map[string]backend.Item{}, maxBytes: math.MaxInt64}
	err := s.do(ctx, reading, func(c *conn, _ bool) error { // twice does no harm
		if err := c.getMany(keys, m.put); err != nil {
			return err
		}
		return c.set(key, own, fingerprintLife)
	})
	if err != nil {
		return nil
	}
	found := make(map[string]uint64, len(m.items))
	for _, item := range m.items {
		found[string(item.Image)] = item.CAS
	}
	delete(found, own)
	return found
}

// set stores a text for a number of seconds, if the server has memory for it.
func (c *conn) set(key, text, life string) error {
	line, err := c.meta("ms ", key, " ", strconv.Itoa(len(text)), " T", life, protocol.LineEnd, text)
	if err == nil && string(line) != "HD" && !bytes.HasPrefix(line, []byte("SERVER_ERROR out of memory")) {
		c.broken = true
		err = protocol.Unexpected("ms", line)
	}
	return err
}

// compare looks at what was found on each server. A server that did not answer keeps
// what was seen.
func (c *census) compare(own fingerprint, found []map[string]uint64) {
	conflicts := make([]string, len(found))
	var names []string
	for i, fingerprints := range found {
		if fingerprints != nil {
			c.see(i, fingerprints)
		}
		for _, text := range slices.Sorted(maps.Keys(c.seen[i])) {
			if reason := c.seen[i][text].conflict(own, text); reason != "" {
				conflicts[i] = reason
			}
		}
		if conflicts[i] != "" {
			names = append(names, c.pool.servers[i].name)
		}
	}
	c.mu.Lock()
	c.conflicts = conflicts
	c.mu.Unlock()
	reasons := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(conflicts))), func(s string) bool { return s == "" })
	text := strings.Join(reasons, "; ")
	switch {
	case text == c.logged:
	case text == "":
		c.pool.logger.Info("all instances place sessions alike")
	default:
		c.pool.logger.Warn("another instance places sessions on other servers: both need the same --servers, --hash and related settings",
			"difference", text, "servers", names)
	}
	c.logged = text
}

// see takes down what was found on a server.
func (c *census) see(server int, found map[string]uint64) {
	before := c.seen[server]
	now := make(map[string]*sighting, len(found))
	for text, cas := range found {
		s := before[text]
		switch {
		case s == nil:
			s = &sighting{cas: cas}
		case s.cas != cas:
			s.cas = cas
			s.renewals++
		}
		now[text] = s
	}
	c.seen[server] = now
}

// conflict says how another instance differs that is alive, or "".
func (s *sighting) conflict(own fingerprint, text string) string {
	other, ok := parseFingerprint(text)
	if !ok {
		return ""
	}
	reason, passing := own.difference(other)
	if s.renewals == 0 || passing && s.renewals < passingRenewals {
		return ""
	}
	return reason
}

// conflict says how another instance differs on a server, or "no".
func (c *census) conflict(server int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conflicts[server] == "" {
		return "no"
	}
	return c.conflicts[server]
}
