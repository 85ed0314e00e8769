package standby

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// Of a pair of servers of which only one keeps exact versions, two versions that may be
// the same do not tell which item is later: the tombstone wins, then the digest.
func TestVersionsOfTwoGrains(t *testing.T) {
	t.Parallel()
	now := backend.VersionAt(time.Now())
	exact := func(v backend.Version) backend.Item { return backend.Item{Version: v, CAS: uint64(v), Flags: 1} }
	rounded := func(v backend.Version) backend.Item { return backend.Item{Version: v, CAS: 7, Flags: 1} }
	tombstone := exact(now)
	tombstone.Deleted = true
	b := new(Backend)
	require.False(t, b.standbyIsLater("k", tombstone, rounded(now+backend.VersionGrain-1)), "it may be the same")
	require.True(t, b.standbyIsLater("k", tombstone, rounded(now+backend.VersionGrain)))
	require.False(t, b.standbyIsLater("k", tombstone, rounded(now-1)), "it is not rounded down")
	require.True(t, b.standbyIsLater("k", rounded(now+backend.VersionGrain-1), tombstone))
	require.True(t, b.standbyIsLater("k", tombstone, exact(now+1)), "both are exact")
}
