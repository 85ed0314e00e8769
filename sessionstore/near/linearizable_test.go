package near_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// state is the state of a session: its text, "" if it is absent, or gone if it
// was deleted.
type state string

const gone state = "deleted"

func (s state) exists() bool { return s != "" && s != gone }

// kind is the kind of an operation.
type kind uint8

const (
	put kind = iota
	remove
	die // the server of the session ends, and all its sessions are lost
)

// operation is one call. Each operation writes another text.
type operation struct {
	id   int
	kind kind
	cond state // the state that the operation requires; "" allows every state
	text state
}

// result is the outcome of an operation.
type result uint8

const (
	done     result = iota
	conflict        // the session had another state
	absent          // there was no session
	deleted         // the session was deleted before
	unknown         // indeterminate: done or not, now or soon
)

// possible returns the states that a session may have after an operation with
// this result; none if the operation cannot have this result.
func possible(s state, o operation, r result) []any {
	if o.kind == die {
		return []any{state("")}
	}
	after := o.text
	applies := s != gone && (o.cond == "" || s == o.cond)
	if o.kind == remove {
		after, applies = gone, s.exists()
	}
	ok := false
	switch r {
	case done:
		if applies {
			return []any{after}
		}
	case unknown:
		if applies {
			return []any{s, after}
		}
		ok = true
	case conflict:
		ok = s.exists() && s != o.cond
	case absent:
		ok = s == "" || o.kind == remove && s == gone
	case deleted:
		ok = s == gone
	}
	if ok {
		return []any{s}
	}
	return nil
}

func sessionsModel() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, ids)
			for _, o := range history {
				id := o.Input.(operation).id //nolint:forcetypeassert // the type is always this one
				parts[id] = append(parts[id], o)
			}
			return parts
		},
		Init: func() []any { return []any{state("")} },
		Step: func(s, input, output any) []any {
			return possible(s.(state), input.(operation), output.(result)) //nolint:forcetypeassert // the type is always this one
		},
	}
	return m.ToModel()
}

// The model rejects wrong histories. Otherwise the test below would find nothing.
func TestModelOfSessions(t *testing.T) {
	t.Parallel()
	at := func(call, end int64, o operation, r result) porcupine.Operation {
		return porcupine.Operation{Call: call, Return: end, Input: o, Output: r}
	}
	first := at(0, 1, operation{text: "a"}, done)
	for name, c := range map[string]struct {
		right   bool
		history []porcupine.Operation
	}{
		"sequence":       {true, []porcupine.Operation{first, at(2, 3, operation{cond: "a", text: "b"}, done)}},
		"lost update":    {false, []porcupine.Operation{first, at(2, 3, operation{cond: "a", text: "b"}, done), at(4, 5, operation{cond: "a", text: "c"}, done)}},
		"false conflict": {false, []porcupine.Operation{first, at(2, 3, operation{cond: "a", text: "b"}, conflict)}},
		"false absence":  {false, []porcupine.Operation{first, at(2, 3, operation{cond: "a", text: "b"}, absent)}},
		"server ended":   {true, []porcupine.Operation{first, at(2, 3, operation{kind: die}, done), at(4, 5, operation{cond: "a", text: "b"}, absent)}},
		"unknown, done":  {true, []porcupine.Operation{first, at(2, 9, operation{cond: "a", text: "b"}, unknown), at(4, 5, operation{cond: "b", text: "c"}, done)}},
		"unknown, not":   {true, []porcupine.Operation{first, at(2, 9, operation{cond: "a", text: "b"}, unknown), at(4, 5, operation{cond: "a", text: "c"}, done)}},
		"both":           {false, []porcupine.Operation{first, at(2, 9, operation{cond: "a", text: "b"}, unknown), at(4, 5, operation{cond: "a", text: "c"}, done), at(6, 7, operation{cond: "b", text: "d"}, done)}},
		"resurrected":    {false, []porcupine.Operation{first, at(2, 3, operation{kind: remove}, done), at(4, 5, operation{text: "b"}, done)}},
	} {
		assert.Equal(t, c.right, porcupine.CheckOperations(sessionsModel(), c.history), name)
	}
}

const (
	ids       = 24
	workers   = 4 // per instance
	instances = 3
	duration  = 60 * time.Second
	// late is how long after its timeout a write may still be carried out. A
	// server hangs for less.
	late = 2 * time.Second
)

// load is the load on three instances over three servers, with its history.
type load struct {
	t       *testing.T
	servers []*memcachedtest.Server
	homes   [ids]int // the server of each session
	keys    [ids]sessionstore.ID
	started time.Time
	texts   atomic.Int64

	mu      sync.Mutex
	history []porcupine.Operation
	acked   [ids]bool           // a write was acknowledged since the server ended last
	ended   map[string][]string // by server, the sessions that were lost with it
	written map[state]bool      // every text that was sent
}

func (l *load) now() int64 { return int64(time.Since(l.started)) }

func (l *load) record(o operation, r result, call int64) {
	end := l.now()
	if r == unknown {
		end += int64(late)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = append(l.history, porcupine.Operation{Input: o, Output: r, Call: call, Return: end})
	if r == done {
		l.acked[o.id] = o.kind == put
	}
}

// Three instances with a near cache in memory read and write sessions on three
// servers, with versions as conditions, while servers hang and end. There is an
// order of all writes in which the answer to each of them is right. No
// acknowledged write is lost, except with the server that held the session.
func TestWritesAreLinearizable(t *testing.T) {
	t.Parallel()
	l := &load{t: t, started: time.Now(), ended: make(map[string][]string), written: make(map[state]bool)}
	var names []string
	for range 3 {
		server := memcachedtest.Start(t)
		l.servers, names = append(l.servers, server), append(names, server.Addr)
	}
	l.place(names)
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var all sync.WaitGroup
	for range instances {
		origin, err := memcached.New(memcached.Options{Servers: names})
		require.NoError(t, err)
		n := near.New(origin, near.Options{Cache: memory.New(memory.Options{})})
		stream, err := origin.Follow(backend.Follower{Changed: n.Changed, ResyncRequired: func(int) { n.InvalidateAll() }})
		require.NoError(t, err)
		n.Follow(stream)
		s := sessionstore.NewStore(n, storable.Codec{}, sessionstore.Options{})
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		for range workers {
			all.Go(func() { l.work(ctx, s) })
		}
	}
	all.Go(func() { l.harm(ctx) })
	all.Wait()

	results := make(map[string]int)
	for _, o := range l.history {
		results[fmt.Sprintf("%d/%d", o.Input.(operation).kind, o.Output)]++ //nolint:forcetypeassert // the type is always this one
	}
	t.Logf("%d operations, by kind and result: %v", len(l.history), results)
	for server, sessions := range l.ended {
		t.Logf("%s ended with %d acknowledged sessions: %v", server, len(sessions), sessions)
	}
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(sessionsModel(), l.history, 2*time.Minute))
	for _, want := range []result{done, conflict} {
		assert.Positive(t, results[fmt.Sprintf("%d/%d", put, want)], "the test should see result %d", want)
	}
}

// place finds the server of each session.
func (l *load) place(names []string) {
	b, err := memcached.New(memcached.Options{Servers: names, Timeout: ample})
	require.NoError(l.t, err)
	defer func() { require.NoError(l.t, b.Close()) }()
	for id := range ids {
		l.keys[id] = sessionstore.NewID()
		key := string(l.keys[id])
		require.NoError(l.t, b.Add(l.t.Context(), key, backend.Item{}))
		for i, server := range l.servers {
			answer, err := server.Command(l.t.Context(), "mg "+key)
			require.NoError(l.t, err)
			if string(answer) == "HD\r\n" {
				l.homes[id] = i
			}
		}
		require.NoError(l.t, b.Delete(l.t.Context(), key))
	}
}

// work writes sessions whose state it has just read.
func (l *load) work(ctx context.Context, s *sessionstore.Store) {
	for ctx.Err() == nil {
		id := rand.N(ids) //nolint:gosec // no secret
		var known state
		var version string
		if session, err := s.Get(ctx, l.keys[id]); err == nil {
			text, _ := session.Attributes.Get("text")
			known, version = state(text.Str()), session.Version
			l.mu.Lock()
			assert.True(l.t, l.written[known], "no operation has written %q", known)
			l.mu.Unlock()
		}
		switch n := rand.N(4000); { //nolint:gosec // no secret
		case n == 0:
			l.remove(ctx, s, id)
		case n < 800 || version == "":
			l.put(ctx, s, id, "", "")
		default:
			l.put(ctx, s, id, known, version)
		}
		time.Sleep(rand.N(2 * time.Millisecond)) //nolint:gosec // no secret
	}
}

func (l *load) put(ctx context.Context, s *sessionstore.Store, id int, known state, version string) {
	text := state(fmt.Sprint("text ", l.texts.Add(1)))
	l.mu.Lock()
	l.written[text] = true
	l.mu.Unlock()
	h := perldata.NewHash(1)
	h.Set("text", perldata.BytesOf(string(text)))
	cond := sessionstore.If{Version: version}
	call := l.now()
	var err error
	if version != "" && rand.N(2) == 0 { //nolint:gosec // no secret
		_, err = s.Update(ctx, l.keys[id], sessionstore.Change{Set: h, If: cond}, time.Hour)
	} else {
		_, err = s.Replace(ctx, l.keys[id], h, time.Hour, cond)
	}
	l.finish(operation{id: id, kind: put, cond: known, text: text}, err, call)
}

func (l *load) remove(ctx context.Context, s *sessionstore.Store, id int) {
	call := l.now()
	err := s.Delete(ctx, l.keys[id])
	l.finish(operation{id: id, kind: remove}, err, call)
}

func (l *load) finish(o operation, err error, call int64) {
	_, other := errors.AsType[*sessionstore.VersionConflictError](err)
	down, unavailable := errors.AsType[*backend.UnavailableError](err)
	switch {
	case err == nil:
		l.record(o, done, call)
	case other:
		l.record(o, conflict, call)
	case errors.Is(err, backend.ErrNotFound):
		l.record(o, absent, call)
	case errors.Is(err, sessionstore.ErrDeleted):
		l.record(o, deleted, call)
	case unavailable && down.Unknown:
		l.record(o, unknown, call)
	default: // no request was sent
		assert.True(l.t, unavailable, "%v", err)
	}
}

// harm makes servers hang and end.
func (l *load) harm(ctx context.Context) {
	for turn := 0; ; turn++ {
		select {
		case <-time.After(300*time.Millisecond + rand.N(500*time.Millisecond)): //nolint:gosec // no secret
		case <-ctx.Done():
			return
		}
		i := rand.N(len(l.servers)) //nolint:gosec // no secret
		if turn%5 != 0 {
			l.servers[i].Freeze()
			time.Sleep(rand.N(400 * time.Millisecond)) //nolint:gosec // no secret
			l.servers[i].Thaw()
			continue
		}
		call := l.now()
		l.servers[i].Kill()
		time.Sleep(rand.N(300 * time.Millisecond)) //nolint:gosec // no secret
		l.servers[i].Restart()                     //nolint:contextcheck // the server lives as long as the test
		for id, home := range l.homes {
			if home != i {
				continue
			}
			l.mu.Lock()
			if l.acked[id] {
				l.ended[l.servers[i].Addr] = append(l.ended[l.servers[i].Addr], l.keys[id].Fingerprint())
				l.acked[id] = false
			}
			l.mu.Unlock()
			l.record(operation{id: id, kind: die}, done, call)
		}
	}
}
