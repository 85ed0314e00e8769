package chaos

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/stretchr/testify/assert"
)

// harms are what happens to a server and to an instance, both by their numbers. In each
// round all of them happen, in a random order.
func (w *world) harms() map[string]func(r *rand.Rand, server, instance int) {
	milliseconds := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	return map[string]func(r *rand.Rand, server, instance int){
		"kill": func(r *rand.Rand, server, _ int) {
			w.losingMemory(server, die, func() {
				w.servers[server].Kill()
				time.Sleep(milliseconds(r.IntN(500)))
				w.servers[server].Restart()
			})
		},
		"restart": func(_ *rand.Rand, server, _ int) {
			w.losingMemory(server, die, func() { w.servers[server].Restart() })
		},
		"freeze": func(r *rand.Rand, server, _ int) { w.freeze(server, milliseconds(r.IntN(800))) },
		"long freeze": func(r *rand.Rand, server, _ int) {
			// A deletion that times out may not be remembered.
			w.losingMemory(server, mayDie, func() { w.freeze(server, milliseconds(1000+r.IntN(1000))) })
		},
		"flush": func(_ *rand.Rand, server, _ int) {
			w.losingMemory(server, mayDie, func() {
				_, err := w.servers[server].Command(w.t.Context(), "flush_all")
				assert.NoError(w.t, err)
			})
		},
		"eviction": func(r *rand.Rand, server, _ int) {
			w.losingMemory(server, mayDie, func() { w.flood(r, server) })
		},
		"gap": func(r *rand.Rand, server, instance int) {
			// The instance does not read its change stream.
			d := milliseconds(600 + r.IntN(400))
			var frozen sync.WaitGroup
			frozen.Go(func() { w.instances[instance].freeze(d) })
			w.losingMemory(server, mayDie, func() { w.flood(r, server) })
			frozen.Wait()
		},
		"stop an instance": func(r *rand.Rand, _, instance int) {
			w.instances[instance].end(syscall.SIGTERM)
			time.Sleep(milliseconds(r.IntN(500)))
			w.instances[instance].start()
		},
		"kill an instance": func(r *rand.Rand, _, instance int) {
			w.instances[instance].end(syscall.SIGKILL)
			time.Sleep(milliseconds(r.IntN(500)))
			w.instances[instance].start()
		},
	}
}

// harm does harm until the context ends.
func (w *world) harm(ctx context.Context, r *rand.Rand) {
	harms := w.harms() //nolint:contextcheck // the servers live as long as the test
	names := slices.Sorted(maps.Keys(harms))
	for ctx.Err() == nil {
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			if ctx.Err() != nil {
				return
			}
			server, instance := r.IntN(len(w.servers)), r.IntN(len(w.instances))
			w.notef("%s: server %d, instance %d", name, server, instance)
			harms[name](r, server, instance)
			time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
		}
		w.calm(r)
	}
}

// calm is a time in which instances complete their index: then they answer from it. They
// hang for moments, so that they have to catch up with changes when they answer.
func (w *world) calm(r *rand.Rand) {
	for range 8 {
		time.Sleep(time.Duration(500+r.IntN(500)) * time.Millisecond)
		w.instances[r.IntN(finders)].freeze(time.Duration(100+r.IntN(200)) * time.Millisecond)
	}
}

// losingMemory does what takes all or some items of a server.
func (w *world) losingMemory(server int, k kind, do func()) {
	w.mu.Lock()
	w.losing[server] = true
	w.mu.Unlock()
	call := w.changes.now()
	do()
	w.changes.lose(server, k, call)
	w.mu.Lock()
	w.losing[server] = false
	w.mu.Unlock()
	w.lose(server)
}

func (w *world) freeze(server int, d time.Duration) {
	w.servers[server].Freeze()
	time.Sleep(d)
	w.servers[server].Thaw()
}

// memory is how many MiB a server has. A flood has more.
const memory = 16

// flood stores items until the server has evicted others, and removes them again, so
// that the server evicts nothing after it.
func (w *world) flood(r *rand.Rand, server int) {
	nc, err := net.Dial("tcp", w.servers[server].Addr)
	if !assert.NoError(w.t, err) {
		return
	}
	defer nc.Close()
	assert.NoError(w.t, nc.SetDeadline(time.Now().Add(ample)))
	before := w.evictions(server)
	var commands bytes.Buffer
	value := make([]byte, 8<<10)
	items := 0
	for stored := 0; stored < 2*memory<<20; items++ {
		n := int(math.Exp(r.Float64() * math.Log(float64(len(value)))))
		fmt.Fprintf(&commands, "set flood-%d 0 0 %d noreply\r\n%s\r\n", items, n, value[:n])
		stored += n
	}
	for n := range items {
		fmt.Fprintf(&commands, "delete flood-%d noreply\r\n", n)
	}
	commands.WriteString("version\r\n")
	_, err = nc.Write(commands.Bytes())
	assert.NoError(w.t, err)
	_, err = nc.Read(make([]byte, 1)) // all is done
	assert.NoError(w.t, err)
	w.evicted += w.evictions(server) - before
}

var evictions = regexp.MustCompile(`STAT evictions (\d+)`)

func (w *world) evictions(server int) int {
	answer, err := w.servers[server].Command(w.t.Context(), "stats")
	assert.NoError(w.t, err)
	found := evictions.FindSubmatch(answer)
	if !assert.NotNil(w.t, found) {
		return 0
	}
	n, err := strconv.Atoi(string(found[1]))
	assert.NoError(w.t, err)
	return n
}
