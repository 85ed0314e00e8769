// Package backendtest is the conformance suite for backends. It tests what the
// comments of [backend.Backend] promise, sentence by sentence, and what those of
// [backend.Reader] promise if the backend is one. Every backend passes all tests.
// Package storetest tests a Store over a backend in the same way.
package backendtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// Run tests backends. It calls newBackend once for each test and closes the
// backend. The backends may share servers, because every test has its own keys.
//
// A backend under test must accept items of 100 kB, reject items of 16 MiB, and
// have long timeouts: the suite tests results, not speed.
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
	patience  = time.Minute // how long a test waits for something
	pollEvery = 20 * time.Millisecond
)

// NewKey returns a key that no other test uses.
func NewKey() string { return strings.ToLower(rand.Text()) }

// NewTypedKey returns a key of a session of a type that no other test uses.
func NewTypedKey() string {
	digits := sha256.Sum256([]byte(NewKey()))
	return backend.TypedKey("saml", hex.EncodeToString(digits[:]))
}

// RequireUnavailable requires err to be an [*backend.UnavailableError].
func RequireUnavailable(t *testing.T, err error) {
	t.Helper()
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	assert.Positive(t, down.RetryAfter)
	assert.NotEmpty(t, down.Reason)
}

// AssertTimeLeft checks a time left that was just set to ttl. The test may have
// taken some time, and the clock of memcached counts whole seconds.
func AssertTimeLeft(t *testing.T, ttl, left time.Duration) {
	t.Helper()
	assert.Zero(t, left%time.Second, "whole seconds")
	assert.LessOrEqual(t, left, ttl+2*time.Second)
	assert.Greater(t, left, ttl-patience)
}

// RequireGone waits until the backend does not have the key.
func RequireGone(t *testing.T, b backend.Backend, key string) {
	t.Helper()
	require.True(t, waitUntilGone(t, b, key))
}

// waitUntilGone is RequireGone for any goroutine. It says whether the key is gone.
func waitUntilGone(t *testing.T, b backend.Backend, key string) bool {
	t.Helper()
	return assert.Eventually(t, func() bool {
		_, err := b.Get(context.Background(), key)
		if err != nil {
			assert.ErrorIs(t, err, backend.ErrNotFound)
		}
		return err != nil
	}, patience, pollEvery)
}

// MustGet returns the item under key, which must exist.
func MustGet(t *testing.T, b backend.Backend, key string) backend.Item {
	t.Helper()
	item, err := b.Get(t.Context(), key)
	require.NoError(t, err)
	return item
}
