package changes

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// stalling stalls what is written for a time, and then goes on.
type stalling struct {
	http.ResponseWriter

	until *atomic.Int64 // in nanoseconds of Unix time
}

func (s stalling) Write(p []byte) (int, error) {
	time.Sleep(time.Until(time.Unix(0, s.until.Load())))
	return s.ResponseWriter.Write(p)
}

func (s stalling) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// history is when each value of a key was acknowledged: the values are 0, 1, 2 and so
// on.
type history struct {
	mu    sync.Mutex
	acked []time.Time
}

// acknowledge notes that the next value was acknowledged now.
func (h *history) acknowledge() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acked = append(h.acked, time.Now())
}

// outdated returns for how long a value had been replaced at a moment.
func (h *history) outdated(value int, at time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if value+1 >= len(h.acked) {
		return 0
	}
	return at.Sub(h.acked[value+1])
}

// While relays die, hang for a while and lose connections, no instance shows what was
// replaced longer ago than the rule of the near cache allows. The entries live longer
// than the test.
func TestNeverStaleInChaos(t *testing.T) {
	t.Parallel()
	const keys, instances, longest = 8, 10, 500 * time.Millisecond
	servers := []*memcachedtest.Server{memcachedtest.Start(t), memcachedtest.Start(t)}
	addresses := []string{servers[0].Addr, servers[1].Addr}
	nodes := make([]*node, instances)
	stalls := make([]atomic.Int64, instances)
	for i := range nodes {
		nodes[i] = start(t, addresses, relays(4), func(s *settings) {
			s.ttl = time.Hour
			s.wrap = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(stalling{w, &stalls[i]}, r) })
			}
		})
	}
	for _, n := range nodes {
		n.connected(t)
	}
	var done atomic.Bool
	var histories [keys]history
	var all sync.WaitGroup
	writer := nodes[0].origin.Pool // a writer of its own, whose writes are those of another instance
	for k := range keys {
		all.Go(func() {
			name := "k" + strconv.Itoa(k)
			item := backend.Item{Image: []byte("0"), ExpiresIn: time.Hour}
			assert.NoError(t, writer.Add(t.Context(), name, item))
			histories[k].acknowledge()
			for value := 1; !done.Load(); value++ {
				present, err := writer.Get(t.Context(), name)
				if !assert.NoError(t, err) {
					return
				}
				present.Image = []byte(strconv.Itoa(value))
				assert.NoError(t, writer.CompareAndSwap(t.Context(), name, present))
				histories[k].acknowledge()
				time.Sleep(rand.N(50 * time.Millisecond)) //nolint:gosec // no secret
			}
		})
	}
	for _, n := range nodes {
		all.Go(func() {
			for !done.Load() {
				k := rand.N(keys) //nolint:gosec // no secret
				began := time.Now()
				item, err := n.Read(t.Context(), "k"+strconv.Itoa(k))
				if _, down := errors.AsType[*backend.UnavailableError](err); down || errors.Is(err, backend.ErrNotFound) {
					time.Sleep(time.Millisecond) // it is dead, or the key is not there yet
					continue
				}
				value, err := strconv.Atoi(string(item.Image))
				assert.NoError(t, err)
				assert.Less(t, histories[k].outdated(value, began), longest)
				time.Sleep(rand.N(2 * time.Millisecond)) //nolint:gosec // no secret
			}
		})
	}
	hits := func() (sum float64) {
		for _, n := range nodes {
			sum += n.metric("near_hits_total")
		}
		return sum
	}
	// On a busy machine it takes longer until the near caches were used enough.
	for began := time.Now(); time.Since(began) < 5*time.Second || hits() <= 1000 && time.Since(began) < time.Minute; time.Sleep(200 * time.Millisecond) {
		i := 1 + rand.N(instances-1) //nolint:gosec // no secret
		switch rand.N(4) {           //nolint:gosec // no secret
		case 0, 1:
			stalls[i].Store(time.Now().Add(rand.N(1500 * time.Millisecond)).UnixNano()) //nolint:gosec // no secret
		case 2:
			nodes[i].server.CloseClientConnections()
		case 3:
			if dead := relaysOf(nodes[1:]); len(dead) > 2 {
				all.Go(dead[0].die)
			}
		}
	}
	time.Sleep(time.Second) // what stalled last goes on
	done.Store(true)
	all.Wait()
	require.Greater(t, hits(), 1000.0, "the near caches were used")
}

// With one of two servers down, the sessions on the other one are followed, and both
// when it is back.
func TestOneServerIsDown(t *testing.T) {
	t.Parallel()
	up, down := memcachedtest.Start(t), memcachedtest.Start(t)
	servers := []string{up.Addr, down.Addr}
	relay, reader := pair(t, servers)
	down.Kill()
	state := func(n *node, server int) bool {
		lag, connected := n.peer.State(n.peer.samples[server])
		return connected && lag < 250*time.Millisecond
	}
	for _, n := range []*node{relay, reader} {
		require.Eventually(t, func() bool { return state(n, 0) && !state(n, 1) }, ample, 10*time.Millisecond)
	}
	reader.catchUp(t)
	require.Error(t, reader.peer.Barrier(t.Context(), 1))
	time.Sleep(2 * renewEvery)
	assert.True(t, relay.watches.Load())
	require.Eventually(t, func() bool { return state(reader, 0) }, ample, 10*time.Millisecond)
	resyncs := reader.resyncs.Load()
	down.Restart()
	for _, n := range []*node{relay, reader} {
		require.Eventually(t, func() bool { return state(n, 0) && state(n, 1) }, ample, 10*time.Millisecond)
	}
	assert.Greater(t, reader.resyncs.Load(), resyncs)
}
