package guard_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/seal/sealtest"
)

// A deleted session stays deleted when somebody puts the encrypted item back, whether
// the instance can decrypt it or not. A newer login of a Perl program stays.
func TestSealedSessionsStayDeleted(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	writer := startSealing(t, sealtest.Keyring(t), server)
	id := writer.login(map[string]string{"uid": "dwho"})
	item, err := writer.pool.Get(t.Context(), string(id))
	require.NoError(t, err)
	require.NoError(t, writer.store.Delete(t.Context(), id))
	putBack := func() {
		writer.command(id, fmt.Sprintf("set %s %d 3600 %d\r\n%s", id, item.Flags, len(item.Image), item.Image), "STORED")
	}
	putBack()
	writer.requireTombstone(id)
	writer.close()

	other := startSealing(t, sealtest.Keyring(t), server)
	putBack()
	other.requireTombstone(id)
	other.plainSet(id, hash(map[string]string{"uid": "dwho", "_utime": strconv.FormatInt(time.Now().Add(2*time.Second).Unix(), 10)}))
	other.requireAlive(id)
}
