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
	moveKeys         = backend.ReservedKeys + "pool:move:" // of instances with a previous pool
	fingerprintSlots = 16
	fingerprintLife  = 10 * time.Second
	// A fingerprint that differs counts when it was renewed, since an instance that
	// has ended leaves its own behind; one whose difference may pass, when it was
	// renewed passingRenewals times.
	passingRenewals = 4
	// formerTokens is how many tokens of each server are remembered after they were
	// replaced.
	formerTokens = 16
)

// census compares the fingerprints of all instances.
type census struct {
	pool    *Backend
	move    *move     // nil unless sessions are moved from a previous pool
	servers []counted // those of the pool, then those of the previous pool
	every   time.Duration
	life    time.Duration // of a fingerprint
	ended   sync.WaitGroup
	rounds  atomic.Int64 // that have ended

	// of the goroutine alone
	seen   []map[string]*sighting // by server and fingerprint
	tokens [][]string             // by server: the tokens that it had, the last one at the end
	logged string

	mu        sync.Mutex
	conflicts []string // by server: how another instance differs, or ""
}

// counted is a server of the census.
type counted struct {
	*server

	pool  *Backend
	share string
}

// countedOf returns the servers of a pool.
func countedOf(b *Backend) []counted {
	servers := make([]counted, len(b.servers))
	for i, share := range sharesOf(b.selector) {
		servers[i] = counted{b.servers[i], b, share}
	}
	return servers
}

// sighting is a fingerprint of another instance on a server.
type sighting struct {
	cas      uint64
	renewals int // how often it was seen renewed
	renewed  time.Time
}

// ComparePlacement tells the other instances on the servers where this one places
// keys, and looks whether they do so alike, until the Backend is closed. The log,
// the metrics and the statistics say when they do not.
func (b *Backend) ComparePlacement() { b.startCensus(censusEvery, nil) }

func (b *Backend) startCensus(every time.Duration, m *move) {
	b.following.Lock()
	defer b.following.Unlock()
	if b.closed || b.census.Load() != nil {
		return
	}
	c := &census{pool: b, move: m, servers: countedOf(b), every: every, life: fingerprintLife}
	if m != nil {
		c.servers = append(c.servers, countedOf(m.previous)...)
	}
	c.seen, c.tokens = make([]map[string]*sighting, len(c.servers)), make([][]string, len(c.servers))
	c.conflicts = make([]string, len(c.servers))
	for i := range c.seen {
		c.seen[i] = make(map[string]*sighting)
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
	own := c.announce(ctx)
	found := c.exchange(ctx, own)
	if ctx.Err() == nil {
		c.see(found)
		if c.move != nil {
			c.advance(ctx, own, found)
		}
		c.compare(own, found)
	}
	c.rounds.Add(1)
}

// announce returns the announcement of this instance. Servers without a token get one.
func (c *census) announce(ctx context.Context) announcement {
	places := make([]place, len(c.servers))
	each(len(c.servers), func(i int) {
		s := c.servers[i]
		places[i] = place{s.pool.token(ctx, s.server), s.share}
	})
	c.remember(places)
	of := len(c.pool.servers)
	own := announcement{fingerprint: fingerprint{onDeadServer(c.pool), places[:of]}}
	if c.move != nil {
		own.phase = c.move.phase()
		own.previous = &fingerprint{onDeadServer(c.move.previous), places[of:]}
	}
	return own
}

func onDeadServer(b *Backend) OnDeadServer {
	if b.placement.moves() {
		return Rehash
	}
	return Fail
}

// exchange stores the own announcement on each server, and returns those that were
// found, with their CAS numbers: nil if the server does not answer.
func (c *census) exchange(ctx context.Context, own announcement) []map[string]uint64 {
	found := make([]map[string]uint64, len(c.servers))
	text, places := own.String(), own.all()
	each(len(c.servers), func(i int) {
		if s := c.servers[i]; places[i].token != "" {
			found[i] = s.pool.exchangeFingerprints(ctx, s.server, text)
		}
	})
	return found
}

// remember notes the tokens.
func (c *census) remember(places []place) {
	for i, p := range places {
		if p.token != "" && !slices.Contains(c.tokens[i], p.token) {
			c.tokens[i] = append(c.tokens[i], p.token)
			c.tokens[i] = c.tokens[i][max(len(c.tokens[i])-formerTokens, 0):]
		}
	}
}

// isFormer says whether a server that gets a share had the token before.
func (c *census) isFormer(p place) bool {
	for i, s := range c.servers {
		if s.share == p.share && slices.Contains(c.tokens[i], p.token) {
			return true
		}
	}
	return false
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
	var keys []string
	for _, name := range []string{fingerprintKeys, moveKeys} {
		for i := range fingerprintSlots {
			keys = append(keys, b.prefix+name+strconv.Itoa(i))
		}
	}
	hash := fnv.New32a()
	hash.Write([]byte(own))
	key := keys[hash.Sum32()%fingerprintSlots]
	if strings.HasPrefix(own, announcedMove) {
		key = keys[fingerprintSlots+hash.Sum32()%fingerprintSlots]
	}
	m := &batch{items: map[string]backend.Item{}, maxBytes: math.MaxInt64}
	life := strconv.Itoa(int(fingerprintLife / time.Second))
	err := s.do(ctx, opAnnounce, func(c *conn, _ bool) error { // twice does no harm
		if err := c.getMany(keys, m.put); err != nil {
			return err
		}
		return c.set(key, own, life)
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

// compare looks at what was found on each server.
func (c *census) compare(own announcement, found []map[string]uint64) {
	conflicts := make([]string, len(found))
	var names []string
	for i := range found {
		for _, text := range slices.Sorted(maps.Keys(c.seen[i])) {
			if reason := c.conflictOf(own, text, c.seen[i][text].renewals); reason != "" {
				conflicts[i] = reason
			}
		}
		if conflicts[i] != "" {
			names = append(names, c.servers[i].name)
		}
	}
	c.mu.Lock()
	c.conflicts = conflicts
	c.mu.Unlock()
	reasons := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(conflicts))), func(s string) bool { return s == "" })
	text := strings.Join(reasons, "; ")
	switch text {
	case c.logged:
	case "":
		c.pool.logger.Info("all instances place sessions alike")
	default:
		c.pool.logger.Warn("another instance places sessions on other servers: both need the same --servers, --hash and related settings",
			"difference", text, "servers", names)
	}
	c.logged = text
}

// see takes down what was found on each server, and forgets what was not renewed for as
// long as it would have lived.
func (c *census) see(found []map[string]uint64) {
	now := time.Now()
	for i, announcements := range found {
		seen := c.seen[i]
		for text, cas := range announcements {
			switch s := seen[text]; {
			case s == nil:
				seen[text] = &sighting{cas: cas, renewed: now}
			case s.cas != cas:
				*s = sighting{cas: cas, renewals: s.renewals + 1, renewed: now}
			}
		}
		maps.DeleteFunc(seen, func(_ string, s *sighting) bool { return now.Sub(s.renewed) > c.life })
	}
}

// conflictOf says how another instance differs whose fingerprint was renewed, or "".
func (c *census) conflictOf(own announcement, text string, renewals int) string {
	reason, passing := c.difference(own, text)
	if renewals == 0 || passing && renewals < passingRenewals {
		return ""
	}
	return reason
}

// difference says how the instance with an announcement differs, or "".
func (c *census) difference(own announcement, text string) (reason string, passing bool) {
	other, ok := parseAnnouncement(text)
	if !ok {
		return "", false
	}
	for i, p := range other.all() {
		if p.token != "" && !slices.Contains(own.all(), p) && c.isFormer(p) {
			other.forget(i) // it will learn the new one
		}
	}
	return own.difference(other)
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
