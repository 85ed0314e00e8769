package memcached

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// The processes on a pool see each other: each server has one item with a line for
// each process. A process renews its line and removes those that were not renewed, so
// that no clock of another machine counts. The item expires after the last process.

const (
	registryKey   = backend.ReservedKeys + "instances"
	registryEvery = 3 * time.Second
	registryLife  = 30 * time.Second // of the item
	// missedRounds is for how many rounds a process is believed to be there after its
	// line was renewed last, because a round may fail.
	missedRounds = 5
	// Bounds of what one server keeps.
	maxRegistered   = 64
	maxRegistration = 1 << 10
	registryTries   = 4
	leaveTime       = 500 * time.Millisecond
)

// Registration is what another process on the servers says of itself.
type Registration struct {
	Text    string
	Servers []string  // where its line was renewed, as configured here
	Seen    time.Time // when a line was renewed last
}

// registry registers this process on the servers of a pool.
type registry struct {
	pool     *Backend
	describe func() string
	id       string
	every    time.Duration
	ended    sync.WaitGroup
	seen     []map[string]*neighbour // by server and id; of the goroutine alone

	mu     sync.Mutex
	others []Registration
}

// neighbour is another process, as a server knows it.
type neighbour struct {
	round, text string // of its line; the round changes when it is renewed
	at          time.Time
	renewed     bool // else a process that is gone may have left it
}

// Register tells the other processes on the servers that this one is there, until the
// Backend is closed. describe returns what it says of itself: one line of at most 1024
// bytes. It is called every 3 seconds.
func (b *Backend) Register(describe func() string) { b.register(describe, registryEvery) }

func (b *Backend) register(describe func() string, every time.Duration) {
	b.following.Lock()
	defer b.following.Unlock()
	if b.closed || b.registry.Load() != nil {
		return
	}
	r := &registry{
		pool: b, describe: describe, id: strings.ToLower(rand.Text()[:16]), every: every,
		seen: make([]map[string]*neighbour, len(b.servers)),
	}
	for i := range r.seen {
		r.seen[i] = map[string]*neighbour{}
	}
	b.registry.Store(r)
	r.ended.Go(func() { r.run(b.closing) })
}

// Registered returns the other processes that have registered on the servers of the
// pool, and renewed it.
func (b *Backend) Registered() []Registration {
	r := b.registry.Load()
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.others)
}

func (r *registry) run(ctx context.Context) {
	for round := 0; ctx.Err() == nil; round++ {
		own := strings.Join([]string{r.id, strconv.Itoa(round), lineOf(r.describe())}, " ")
		each(len(r.seen), func(i int) { r.renew(ctx, i, own) })
		r.collect()
		select {
		case <-time.After(r.every*3/4 + mathrand.N(r.every/2)): //nolint:gosec // jitter is no secret
		case <-ctx.Done():
		}
	}
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	each(len(r.seen), func(i int) { r.renew(leaving, i, "") })
}

// lineOf returns a text as one line within the bounds.
func lineOf(text string) string {
	return strings.ReplaceAll(text[:min(len(text), maxRegistration)], "\n", " ")
}

// renew renews the own line on a server, or removes it if it is "". What fails is tried
// again in the next round.
func (r *registry) renew(ctx context.Context, i int, own string) {
	s, key := r.pool.servers[i], r.pool.prefix+registryKey
	for try := range registryTries {
		if backend.Backoff(ctx, try) != nil {
			return
		}
		present, err := s.get(ctx, key)
		absent := errors.Is(err, backend.ErrNotFound)
		if err != nil && !absent {
			return
		}
		lines := r.look(i, string(present.Image))
		if own != "" && len(lines) < maxRegistered {
			lines = append(lines, own)
		}
		next := backend.Item{Image: []byte(strings.Join(lines, "\n")), ExpiresIn: registryLife}
		switch {
		case !absent:
			err = s.compareAndSwap(ctx, key, next.InPlaceOf(present))
		case own != "":
			err = s.add(ctx, key, next)
		}
		if !backend.LostRace(err) {
			return
		}
	}
}

// look takes down the lines of the other processes on a server, and returns those that
// stay.
func (r *registry) look(server int, text string) []string {
	now, seen := time.Now(), r.seen[server]
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		id, rest, _ := strings.Cut(line, " ")
		round, says, ok := strings.Cut(rest, " ")
		if !ok || id == r.id || len(line) > 2*maxRegistration || len(lines) == maxRegistered {
			continue
		}
		switch n := seen[id]; {
		case n == nil:
			seen[id] = &neighbour{round: round, text: says, at: now}
		case n.round != round:
			*n = neighbour{round: round, text: says, at: now, renewed: true}
		case now.Sub(n.at) > missedRounds*r.every:
			continue // it stays known until it is gone: its line may come back by a lost race
		}
		lines = append(lines, line)
	}
	for id, n := range seen {
		if now.Sub(n.at) > 2*missedRounds*r.every {
			delete(seen, id)
		}
	}
	return lines
}

// collect brings together what the servers know of each process.
func (r *registry) collect() {
	now := time.Now()
	byID := map[string]Registration{}
	for i, seen := range r.seen {
		for id, n := range seen {
			if !n.renewed || now.Sub(n.at) > missedRounds*r.every {
				continue
			}
			one := byID[id]
			if n.at.After(one.Seen) {
				one.Text, one.Seen = n.text, n.at
			}
			one.Servers = append(one.Servers, r.pool.servers[i].name)
			byID[id] = one
		}
	}
	others := make([]Registration, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		others = append(others, byID[id])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.others = others
}
