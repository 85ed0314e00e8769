package changes

import (
	"crypto/rand"
	"sync"
	"time"
)

// The kinds of events, as the lines begin.
const (
	changed byte = 'c' // an item, as a Backend changes it
	foreign byte = 'f' // an item, in another way
	resync  byte = 'r' // changes on a server may have been missed
)

// event is one change, or a resync of a server.
type event struct {
	kind   byte
	hash   string // of a key; "" for a resync
	server int    // of a resync
}

// hub keeps the last changes for the readers of a relay. It lives as long as the relay
// watches the servers without a pause. Its methods may be called from any goroutine.
type hub struct {
	id      string // names the stream
	started time.Time
	ended   chan struct{}
	end     sync.Once

	mu    sync.Mutex
	ring  []event
	size  int
	last  int64         // position of the last event; the first one has 1
	moved chan struct{} // closed at the next event; nil unless somebody waits
}

func newHub(size int) *hub {
	return &hub{id: rand.Text(), started: time.Now(), ended: make(chan struct{}), size: size}
}

// close ends all streams.
func (h *hub) close() { h.end.Do(func() { close(h.ended) }) }

// clock returns the time of the relay.
func (h *hub) clock() time.Duration { return time.Since(h.started) }

func (h *hub) add(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.addLocked(e)
}

func (h *hub) addLocked(e event) {
	if len(h.ring) < h.size {
		h.ring = append(h.ring, e)
	} else {
		h.ring[h.last%int64(h.size)] = e
	}
	h.last++
	if h.moved != nil {
		close(h.moved)
		h.moved = nil
	}
}

// position returns the position of the last event.
func (h *hub) position() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// after appends the events behind a position to a buffer, as many as it has room for.
// They may be gone: then ok is false.
func (h *hub) after(position int64, buffer []event) (events []event, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if position < h.last-int64(len(h.ring)) || position > h.last {
		return nil, false
	}
	for ; position < h.last && len(buffer) < cap(buffer); position++ {
		buffer = append(buffer, h.ring[position%int64(h.size)])
	}
	return buffer, true
}

// next returns a channel that is closed when there is an event behind a position.
func (h *hub) next(position int64) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last > position {
		now := make(chan struct{})
		close(now)
		return now
	}
	if h.moved == nil {
		h.moved = make(chan struct{})
	}
	return h.moved
}
