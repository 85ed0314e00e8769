package events

import (
	"sort"
	"sync"
	"time"
)

const (
	// remembered is how long unlog messages are kept for new subscribers: longer than
	// LemonLDAP::NG's caches live (600 s in files, 15 s in memory).
	remembered = 11 * time.Minute
	maxUnlogs  = 32_768
	// Of what the hub keeps for its subscribers, messages and their bytes.
	maxKept      = 32_768
	maxKeptBytes = 16 << 20
)

// hub keeps the last messages, once for all subscribers. Its methods may be called from
// any goroutine.
type hub struct {
	mu     sync.Mutex
	kept   []message     // for those who are connected
	bytes  int           // of them
	unlogs []message     // for those who come
	last   int64         // position of the last message; the first one has 1
	moved  chan struct{} // closed at the next message; nil unless somebody waits
}

func (h *hub) add(m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	m.position = h.last
	h.kept = append(h.kept, m)
	h.bytes += len(m.body)
	for len(h.kept) > maxKept || h.bytes > maxKeptBytes {
		h.bytes -= len(h.kept[0].body)
		h.kept = withoutFirst(h.kept)
	}
	if m.unlog != "" {
		h.unlogs = append(h.unlogs, m)
	}
	for len(h.unlogs) > maxUnlogs || len(h.unlogs) > 0 && m.at.Sub(h.unlogs[0].at) > remembered {
		h.unlogs = withoutFirst(h.unlogs)
	}
	if h.moved != nil {
		close(h.moved)
		h.moved = nil
	}
}

// withoutFirst returns a list without its first message, whose memory is free then.
func withoutFirst(list []message) []message {
	list[0] = message{}
	return list[1:]
}

// position returns the position of the last message.
func (h *hub) position() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// after appends the messages behind a position to a buffer, as many as it has room for.
// They may be gone: then ok is false.
func (h *hub) after(position int64, buffer []message) (messages []message, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	gone := h.last - int64(len(h.kept))
	if position < gone {
		return nil, false
	}
	return appendSome(buffer, h.kept[position-gone:]), true
}

// unlogsAfter appends the unlog messages behind a position that are not too old to a
// buffer, as many as it has room for.
func (h *hub) unlogsAfter(position int64, buffer []message) []message {
	h.mu.Lock()
	defer h.mu.Unlock()
	oldest := time.Now().Add(-remembered)
	from := sort.Search(len(h.unlogs), func(i int) bool { return h.unlogs[i].position > position && h.unlogs[i].at.After(oldest) })
	return appendSome(buffer, h.unlogs[from:])
}

// appendSome appends as many messages as a buffer has room for.
func appendSome(buffer, messages []message) []message {
	return append(buffer, messages[:min(len(messages), cap(buffer)-len(buffer))]...)
}

// next returns a channel that is closed when there is a message behind a position.
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
