package memcached

import (
	"bufio"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// GetMany returns the items under keys, by key. It asks all servers at the same
// time, and for all keys of one server in one exchange; with [Rehash] it asks
// for each key by itself.
func (b *Backend) GetMany(ctx context.Context, keys []string, maxBytes int64) (map[string]backend.Item, error) {
	wanted := make([]prefixedKey, 0, len(keys)) // each once
	byPrefixed := make(map[string]string, len(keys))
	for _, key := range keys {
		prefixed, err := b.prefixed(key)
		if err != nil {
			return nil, err
		}
		if _, known := byPrefixed[prefixed]; !known {
			byPrefixed[prefixed] = key
			wanted = append(wanted, prefixedKey{key, prefixed})
		}
	}
	m := &batch{items: make(map[string]backend.Item, len(wanted)), maxBytes: maxBytes}
	if err := b.placement.getMany(ctx, wanted, m); err != nil {
		return nil, err
	}
	if total := m.bytes.Load(); total > maxBytes {
		return nil, &backend.TooLargeError{Limit: maxBytes, Actual: total}
	}
	items := make(map[string]backend.Item, len(m.items))
	for prefixed, item := range m.items {
		items[byPrefixed[prefixed]] = item
	}
	return items, nil
}

// batch collects items of several servers.
type batch struct {
	maxBytes int64
	bytes    atomic.Int64 // of all images, also of those beyond maxBytes

	mu    sync.Mutex
	items map[string]backend.Item // by prefixed key
}

func (m *batch) put(key string, item backend.Item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, again := m.items[key]; again { // after a lost connection
		return
	}
	if m.bytes.Add(int64(len(item.Image))) <= m.maxBytes {
		m.items[key] = item
	}
}

// window is how many keys are asked for before their answers are read. Their
// commands must fit into the buffers between us and a server that waits until
// we read.
const window = 100

// getMany asks for the items under keys, a window at a time.
func (s *server) getMany(ctx context.Context, keys []string, m *batch) error {
	for len(keys) > 0 {
		part := keys[:min(window, len(keys))]
		keys = keys[len(part):]
		err := s.do(ctx, opGetMany, func(c *conn, _ bool) error { return c.getMany(part, m.put) })
		if err != nil {
			return err
		}
		if m.bytes.Load() > m.maxBytes {
			return nil
		}
	}
	return nil
}

// getMany reads several items.
func (c *conn) getMany(keys []string, found func(key string, item backend.Item)) error {
	return askMany(c, keys, " v f c t k q", readKeyedItem, func(key string, item backend.Item) {
		found(key, c.understood(key, item))
	})
}

// askMany sends quiet meta gets and a no-op, and reads answers until that to the
// no-op, for which read returns no key.
func askMany[T any](
	c *conn, keys []string, flags string, read func(*bufio.Reader) (string, T, error), found func(key string, answer T),
) error {
	c.asked = len(keys)
	parts := make([]string, 0, 4*len(keys)+1)
	for _, key := range keys {
		parts = append(parts, "mg ", key, flags, protocol.LineEnd)
	}
	err := c.send(append(parts, "mn")...)
	for err == nil {
		var key string
		var answer T
		if key, answer, err = read(c.reader); key == "" {
			break
		}
		// Answers come in the order of their commands.
		asked := slices.Index(keys, key)
		if asked < 0 {
			return c.outOfStep([]byte("k" + key))
		}
		keys = keys[asked+1:]
		c.found++
		found(key, answer)
	}
	if err != nil {
		c.broken = true
	}
	return err
}
