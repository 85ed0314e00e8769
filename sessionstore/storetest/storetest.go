// Package storetest is the conformance suite for session stores: what
// [backend.Backend] and [sessionstore.Store] promise, sentence by
// sentence. Every backend passes all of it.
package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// Run tests the backends that newBackend makes, which is called once for each
// test. They may share servers: every test uses keys of its own. Run closes
// them.
//
// A backend under test takes items of 100 kB and refuses those of 16 MiB, and
// is given the time it needs: the suite asks what happens, not how fast.
func Run(t *testing.T, newBackend func(t *testing.T) backend.Backend) {
	t.Helper()
	open := func(t *testing.T) backend.Backend {
		t.Helper()
		b := newBackend(t)
		t.Cleanup(func() { assert.NoError(t, b.Close()) })
		return b
	}
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
	tooLarge = 16 << 20 // bytes
	writers  = 32
	patience = time.Minute // until a test gives up to wait for something
)

// newKey returns a key that no other test uses: a session id.
func newKey() string { return string(sessionstore.NewID()) }
