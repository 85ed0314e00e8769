package guard_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// A session of a type that another program stores again after its deletion is deleted
// again.
func TestTypedTombstoneIsPutBack(t *testing.T) {
	t.Parallel()
	i := startInstance(t, startServers(t, 2)...)
	for _, kind := range []string{"saml", "persistent"} {
		ref, err := i.store.CreateTyped(t.Context(), kind, hash(map[string]string{"uid": "dwho"}), time.Hour)
		require.NoError(t, err)
		i.settle()
		require.NoError(t, i.store.Delete(t.Context(), ref.ID))
		i.plainSet(ref.ID, hash(map[string]string{"uid": "dwho"}))
		i.requireTombstone(ref.ID)
	}
}

// login returns a change that stores a login of a moment.
func login(at time.Time) func(*perldata.Hash) (sessionstore.Rewritten, error) {
	return func(*perldata.Hash) (sessionstore.Rewritten, error) {
		attributes := hash(map[string]string{"uid": "dwho", "_utime": strconv.FormatInt(at.Unix(), 10)})
		return sessionstore.Rewritten{Attributes: attributes, ExpiresIn: time.Hour}, nil
	}
}

// A newer login takes the place of a deleted session, whether its tombstone is there or
// was evicted, and the guard of another instance leaves it. An older one does not.
func TestNewerLogin(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 2)
	i, other := startInstance(t, servers...), startInstance(t, servers...)
	for name, lose := range map[string]func(id sessionstore.ID){
		"tombstone": func(sessionstore.ID) {},
		"evicted":   func(id sessionstore.ID) { i.command(id, "delete "+string(id), "DELETED") },
		"of a release without versions": func(id sessionstore.ID) {
			i.command(id, fmt.Sprintf("set %s 1 3600 0\r\n", id), "STORED")
		},
	} {
		for _, kind := range []string{"", "saml"} {
			ref, err := i.store.CreateTyped(t.Context(), kind, hash(map[string]string{"uid": "dwho"}), time.Hour)
			require.NoError(t, err)
			require.NoError(t, i.store.Delete(t.Context(), ref.ID))
			deleted := time.Now()
			lose(ref.ID)
			for _, before := range []time.Duration{0, time.Minute} {
				_, _, err = i.store.Rewrite(t.Context(), ref.ID, login(deleted.Add(-before)))
				require.ErrorIs(t, err, sessionstore.ErrDeleted, name)
			}
			_, _, err = i.store.Rewrite(t.Context(), ref.ID, login(deleted.Add(time.Hour)))
			require.ErrorIs(t, err, sessionstore.ErrDeleted, "%s: a login in the future", name)
			_, created, err := i.store.Rewrite(t.Context(), ref.ID, login(deleted.Add(5*time.Second)))
			require.NoError(t, err, name)
			assert.True(t, created)
			other.requireAlive(ref.ID)
			i.requireAlive(ref.ID)
		}
	}
}

// A store tells of every deletion: also of the one that the guard makes again.
func TestDeletedIsTold(t *testing.T) {
	t.Parallel()
	told := make(chan sessionstore.ID, 100)
	i := startWith(t, sessionstore.Options{
		Principals: []string{"uid"}, MaxSessionsPerPrincipal: 1,
		Deleted: func(_ context.Context, id sessionstore.ID) { told <- id },
	}, startServers(t, 1)...)
	next := func() sessionstore.ID {
		select {
		case id := <-told:
			return id
		case <-time.After(ample):
			return ""
		}
	}
	one := i.login(map[string]string{"uid": "dwho"})
	two := i.login(map[string]string{"uid": "dwho"})
	require.Equal(t, one, next(), "the oldest was ended")
	_, err := i.store.DeleteAll(t.Context(), "", "dwho")
	require.NoError(t, err)
	require.Equal(t, two, next(), "the sessions of a principal were deleted")
	three := i.login(map[string]string{"uid": "rtyler"})
	i.settle()
	require.NoError(t, i.store.Delete(t.Context(), three))
	require.Equal(t, three, next())
	i.plainSet(three, hash(map[string]string{"uid": "rtyler"}))
	require.Equal(t, three, next(), "the guard has deleted it again")
	require.ErrorIs(t, i.store.Delete(t.Context(), three), backend.ErrNotFound)
	i.settle()
	assert.Empty(t, told)
}

// No key that instances keep for themselves looks like that of a session of a type.
func TestOwnKeysAreReserved(t *testing.T) {
	t.Parallel()
	servers := startServers(t, 1)
	i := startInstance(t, servers...)
	shareInstance(t, servers...)
	i.deletedSession()
	i.login(map[string]string{"uid": "rtyler"})
	own := func() (kinds map[string]bool) {
		kinds = map[string]bool{}
		assert.NoError(t, i.pool.ScanHeads(t.Context(), 0, func(head backend.Head) error {
			if name, ok := strings.CutPrefix(head.Key, backend.ReservedKeys); ok {
				assert.True(t, backend.IsReserved(head.Key), head.Key)
				kind, _, _ := strings.Cut(name, ":")
				kinds[kind] = true
			}
			return nil
		}))
		return kinds
	}
	require.Eventually(t, func() bool {
		kinds := own()
		return kinds["deleted"] && kinds["index"] && kinds["guard"]
	}, ample, 100*time.Millisecond)
}
