package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
)

// imageSize is the size of a session as it is stored: that of a common one.
const imageSize = 1500

// open opens the pool of one memcached.
func open(p *load.Process) (*memcached.Backend, error) {
	return memcached.New(memcached.Options{Servers: []string{p.Address}, Timeout: patience})
}

// keysOf returns the ids of n sessions.
func keysOf(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%032x", i+1)
	}
	return keys
}

// writer makes and changes sessions as the service does: with versions.
type writer struct {
	pool  *memcached.Backend
	clock *backend.Clock
}

func newWriter(p *load.Process) (*writer, error) {
	pool, err := open(p)
	return &writer{pool, backend.NewClock()}, err
}

// session makes a session that differs from all others.
func (w *writer) session() backend.Item {
	image := make([]byte, imageSize)
	copy(image, rand.Text())
	return backend.Item{Image: image, Flags: 1, ExpiresIn: time.Hour, Version: w.clock.After(0)}
}

// fill stores sessions.
func (w *writer) fill(ctx context.Context, keys []string) error {
	for part := range slices.Chunk(keys, 1000) {
		if err := w.store(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// store stores sessions, or changes those that are there.
func (w *writer) store(ctx context.Context, keys []string) error {
	writes, err := w.prepare(ctx, keys)
	if err != nil {
		return err
	}
	return w.put(ctx, writes)
}

// prepare reads what is necessary to change sessions.
func (w *writer) prepare(ctx context.Context, keys []string) ([]backend.Write, error) {
	writes := make([]backend.Write, len(keys))
	at := make(map[string]int, len(keys))
	for i, key := range keys {
		writes[i] = backend.Write{Key: key, Item: w.session()}
		at[key] = i
	}
	err := w.pool.FetchHeads(ctx, 0, keys, func(head backend.Head) {
		item := &writes[at[head.Key]].Item
		item.CAS, item.Version = head.CAS, w.clock.After(head.Version)
	})
	return writes, err
}

func (w *writer) put(ctx context.Context, writes []backend.Write) error {
	return errors.Join(w.pool.Put(ctx, 0, writes)...)
}

// mustBeEqual returns an error unless two pools have the same sessions.
func mustBeEqual(ctx context.Context, one, other *load.Process, keys []string) error {
	var images [2]map[string]string
	for i, p := range []*load.Process{one, other} {
		pool, err := open(p)
		if err != nil {
			return err
		}
		images[i] = make(map[string]string, len(keys))
		err = pool.Fetch(ctx, 0, keys, func(key string, item backend.Item) { images[i][key] = string(item.Image) })
		if err := errors.Join(err, pool.Close()); err != nil {
			return err
		}
	}
	different, missing := 0, 0
	for _, key := range keys {
		image, found := images[0][key]
		copied, there := images[1][key]
		if !found || !there {
			missing++
		}
		if !found || !there || copied != image {
			different++
		}
	}
	if different > 0 {
		return fmt.Errorf("%d of %d sessions differ: %d are in the first pool, %d in the second, %d not in both",
			different, len(keys), len(images[0]), len(images[1]), missing)
	}
	return nil
}
