package memcached

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// GetMany returns the items under keys, by key. All keys of one server are
// asked for in one exchange, all servers at the same time. With Rehash each key
// is asked for by itself.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	wires := make([][]string, len(b.servers)) // by server, each key once
	seen := make(map[string]string, len(keys))
	for _, key := range keys {
		wire, err := b.wire(key)
		if err != nil {
			return nil, err
		}
		if _, known := seen[wire]; !known {
			seen[wire] = key
			home := b.selector.Pick(key)
			wires[home] = append(wires[home], wire)
		}
	}
	m := &batch{items: make(map[string]backend.Item, len(seen)), maxBytes: maxBytes}
	failures := make([]error, len(b.servers))
	b.each(func(i int, s *server) {
		switch {
		case len(wires[i]) == 0:
		case b.chain != nil:
			failures[i] = b.getEach(ctx, wires[i], seen, m)
		default:
			failures[i] = s.getMany(ctx, wires[i], m)
		}
	})
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	if total := m.bytes.Load(); total > maxBytes {
		return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
	}
	items := make(map[string]backend.Item, len(m.items))
	for wire, item := range m.items {
		items[seen[wire]] = item
	}
	return items, nil
}

// batch collects items of several servers.
type batch struct {
	maxBytes int64
	bytes    atomic.Int64 // of all images, those left out for being too many included

	mu    sync.Mutex
	items map[string]backend.Item // by key on the wire
}

func (m *batch) put(wire string, item backend.Item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, again := m.items[wire]; again { // after a lost connection
		return
	}
	if m.bytes.Add(int64(len(item.Image))) <= m.maxBytes {
		m.items[wire] = item
	}
}

func (b *Backend) getEach(ctx context.Context, wires []string, keys map[string]string, m *batch) error {
	for _, wire := range wires {
		item, err := b.walk(keys[wire], wire).get(ctx)
		switch {
		case errors.Is(err, backend.ErrNotFound):
		case err != nil:
			return err
		default:
			m.put(wire, item)
		}
	}
	return nil
}

// window is how many keys are asked for before their answers are read: few
// enough for the commands to fit into the buffers between us and a server that
// waits for us to read.
const window = 100

// getMany asks for the items under keys, a window at a time.
func (s *server) getMany(ctx context.Context, wires []string, m *batch) error {
	for len(wires) > 0 {
		part := wires[:min(window, len(wires))]
		wires = wires[len(part):]
		err := s.do(ctx, reading, func(c *conn, _ bool) error { return c.getMany(part, m.put) })
		if err != nil {
			return err
		}
		if m.bytes.Load() > m.maxBytes {
			return nil
		}
	}
	return nil
}

// getMany sends quiet meta gets and a no-op, and reads what is there until the
// answer to that.
func (c *conn) getMany(wires []string, found func(wire string, item backend.Item)) error {
	parts := make([]string, 0, 3*len(wires)+1)
	for _, wire := range wires {
		parts = append(parts, "mg ", wire, " v f c t k q"+protocol.LineEnd)
	}
	err := c.send(append(parts, "mn")...)
	for err == nil {
		var wire string
		var item backend.Item
		if wire, item, err = readKeyedItem(c.reader); wire == "" {
			break
		}
		found(wire, item)
	}
	if err != nil {
		c.broken = true
	}
	return err
}
