// Package storetest is the conformance suite for session stores: what
// [sessionstore.Backend] and [sessionstore.Store] promise, sentence by
// sentence. Every backend passes all of it.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
)

// Run tests the backends that newBackend makes, which is called once for each
// test. They may share servers: every test uses keys of its own. Run closes
// them.
//
// A backend under test takes items of 100 kB and refuses those of 16 MiB, and
// is given the time it needs: the suite asks what happens, not how fast.
func Run(t *testing.T, newBackend func(t *testing.T) sessionstore.Backend) {
	t.Helper()
	open := func(t *testing.T) sessionstore.Backend {
		t.Helper()
		b := newBackend(t)
		t.Cleanup(func() { assert.NoError(t, b.Close()) })
		return b
	}
	t.Run("Backend", func(t *testing.T) {
		for name, test := range backendTests() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	})
	t.Run("Store", func(t *testing.T) {
		for name, test := range storeTests() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	})
	t.Run("Change", func(t *testing.T) {
		for name, test := range changeTests() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	})
	t.Run("Index", func(t *testing.T) {
		for name, test := range indexTests() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	})
	t.Run("Principal", func(t *testing.T) {
		for name, test := range principalTests() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	})
}

const (
	tooLarge  = 16 << 20 // bytes
	writers   = 32
	patience  = time.Minute // until a test gives up to wait for something
	pollEvery = 20 * time.Millisecond
)

// newKey returns a key that no other test uses.
func newKey() string { return string(sessionstore.NewID()) }

// unavailable requires err to be an [*sessionstore.UnavailableError].
func unavailable(t *testing.T, err error) {
	t.Helper()
	var down *sessionstore.UnavailableError
	require.ErrorAs(t, err, &down)
	assert.Positive(t, down.RetryAfter)
	assert.NotEmpty(t, down.Reason)
}

// assertTimeLeft checks a time left that was just set to ttl. What the test
// itself took is no error, and memcached's clock ticks in seconds.
func assertTimeLeft(t *testing.T, ttl, left time.Duration) {
	t.Helper()
	assert.Zero(t, left%time.Second, "whole seconds")
	assert.LessOrEqual(t, left, ttl+2*time.Second)
	assert.Greater(t, left, ttl-patience)
}

// eventuallyGone waits until the backend no longer has the key.
func eventuallyGone(t *testing.T, b sessionstore.Backend, key string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := b.Get(context.Background(), key)
		if err != nil {
			assert.ErrorIs(t, err, sessionstore.ErrNotFound)
		}
		return err != nil
	}, patience, pollEvery)
}

func mustGet(t *testing.T, b sessionstore.Backend, key string) sessionstore.Item {
	t.Helper()
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	return item
}
