// Package storetest is the conformance suite for session stores: what
// [sessionstore.Store] promises, sentence by sentence, over any backend. Package
// backendtest tests the backend by itself.
package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/storable"
)

// Run tests Stores over the backends that newBackend makes: one for each test.
// They may share servers, because every test uses keys of its own. Run closes
// them.
//
// A backend under test takes items of 100 kB, refuses those of 16 MiB, and has
// generous timeouts: the suite tests what happens, not how fast.
func Run(t *testing.T, newBackend func(t *testing.T) backend.Backend) {
	t.Helper()
	start := func(t *testing.T) backend.Backend {
		t.Helper()
		b := newBackend(t)
		t.Cleanup(func() { assert.NoError(t, b.Close()) })
		return b
	}
	for group, tests := range map[string]map[string]func(*testing.T, backend.Backend){
		"Store": storeTests(), "Change": changeTests(), "Life": lifeTests(), "Index": indexTests(),
		"Rewrite": rewriteTests(), "Typed": typedTests(), "Principal": principalTests(), "Inspect": inspectTests(), "Rename": renameTests(),
		"Lifetime": lifetimeTests(), "Boolean": booleanTests(),
	} {
		t.Run(group, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, start(t))
				})
			}
		})
	}
}

// RunSealed is Run with Stores that encrypt their sessions with sealer.
func RunSealed(t *testing.T, sealer sessionstore.Sealer, newBackend func(t *testing.T) backend.Backend) {
	t.Helper()
	Run(t, func(t *testing.T) backend.Backend {
		t.Helper()
		return sealing{newBackend(t), sealer}
	})
}

// sealing is a backend whose Stores encrypt their sessions.
type sealing struct {
	backend.Backend

	sealer sessionstore.Sealer
}

// Unwrap returns the backend, for [backend.PoolOf].
func (s sealing) Unwrap() backend.Backend { return s.Backend } //nolint:ireturn // whatever it is

// open makes a Store over a backend under test.
func open(b backend.Backend, o sessionstore.Options) *sessionstore.Store {
	if s, ok := b.(sealing); ok {
		o.Sealer = s.sealer
	}
	return sessionstore.NewStore(b, storable.Codec{}, o)
}

// sessionFlags are the flags of the items of sessions.
func sessionFlags(b backend.Backend) uint32 {
	if _, ok := b.(sealing); ok {
		return 9
	}
	return 1
}

const (
	tooLarge  = 16 << 20 // bytes
	writers   = 32
	patience  = time.Minute // until a test gives up to wait for something
	pollEvery = 20 * time.Millisecond
)

// newKey returns a key that no other test uses: a session id.
func newKey() string { return string(sessionstore.NewID()) }
