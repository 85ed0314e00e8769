// Package backendtest is the conformance suite for backends: what
// [backend.Backend] promises, sentence by sentence. Every backend passes all of
// it. Package storetest does the same for a Store over a backend.
package backendtest

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// Run tests the backends that newBackend makes: one for each test. They may
// share servers, because every test uses keys of its own. Run closes them.
//
// A backend under test takes items of 100 kB, refuses those of 16 MiB, and has
// generous timeouts: the suite tests what happens, not how fast.
func Run(t *testing.T, newBackend func(t *testing.T) backend.Backend) {
	t.Helper()
	for name, test := range tests() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t)
			t.Cleanup(func() { assert.NoError(t, b.Close()) })
			test(t, b)
		})
	}
}

const (
	tooLarge  = 16 << 20 // bytes
	writers   = 32
	patience  = time.Minute // until a test gives up to wait for something
	pollEvery = 20 * time.Millisecond
)

// NewKey returns a key that no other test uses.
func NewKey() string { return strings.ToLower(rand.Text()) }

// RequireUnavailable requires err to be an [*backend.UnavailableError].
func RequireUnavailable(t *testing.T, err error) {
	t.Helper()
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	assert.Positive(t, down.RetryAfter)
	assert.NotEmpty(t, down.Reason)
}

// AssertTimeLeft checks a time left that was just set to ttl. What the test
// itself took is no error, and memcached's clock ticks in seconds.
func AssertTimeLeft(t *testing.T, ttl, left time.Duration) {
	t.Helper()
	assert.Zero(t, left%time.Second, "whole seconds")
	assert.LessOrEqual(t, left, ttl+2*time.Second)
	assert.Greater(t, left, ttl-patience)
}

// RequireGone waits until the backend no longer has the key.
func RequireGone(t *testing.T, b backend.Backend, key string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := b.Get(context.Background(), key)
		if err != nil {
			assert.ErrorIs(t, err, backend.ErrNotFound)
		}
		return err != nil
	}, patience, pollEvery)
}

// MustGet returns the item under key, which must be there.
func MustGet(t *testing.T, b backend.Backend, key string) backend.Item {
	t.Helper()
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	return item
}
