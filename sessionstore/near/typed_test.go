package near_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/near"
)

// A session of a type has an entry, which a change of it removes.
func TestTypedSessionHasAnEntry(t *testing.T) {
	t.Parallel()
	n := newNode(t, near.Options{})
	id := string(sessionstore.TypedID("saml", sessionstore.NewID()))
	require.NoError(t, n.origin.Add(t.Context(), id, session("one")))
	n.requireMiss("one", id)
	n.requireHit("one", id)
	n.Changed(id, true)
	n.requireMiss("one", id)
	n.requireHit("one", id)
}
