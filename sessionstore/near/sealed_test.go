package near_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storable"
)

// recorded is a near cache that remembers what was put into it.
type recorded struct {
	backend.Backend

	mu    sync.Mutex
	items []backend.Item
}

func (r *recorded) Add(ctx context.Context, key string, item backend.Item) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	item.Image = bytes.Clone(item.Image)
	r.items = append(r.items, item)
	return r.Backend.Add(ctx, key, item)
}

// A near cache has entries of encrypted sessions with the bytes of the origin.
func TestEntriesOfSealedSessions(t *testing.T) {
	t.Parallel()
	local, err := memcached.New(memcached.Options{Servers: []string{memcachedtest.Start(t).Addr}, Timeout: ample})
	require.NoError(t, err)
	for name, entries := range map[string]backend.Backend{"memory": memory.New(memory.Options{}), "memcached": local} {
		t.Run(name, func(t *testing.T) {
			cache := &recorded{Backend: entries}
			n := followed(t, []string{memcachedtest.Start(t).Addr}, cache)
			s := sessionstore.NewStore(n, storable.Codec{}, sessionstore.Options{Sealer: sealtest.Keyring(t)})
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			h := perldata.NewHash(1)
			h.Set("a", perldata.BytesOf("secret"))
			ref, err := s.Create(t.Context(), h, time.Hour)
			require.NoError(t, err)
			hits := metricOf(t, n, "near_hits_total")
			require.Eventually(t, func() bool { // the event of the own write may drop the entry
				session, err := s.Get(t.Context(), ref.ID)
				require.NoError(t, err)
				require.Equal(t, ref.Version, session.Version)
				return metricOf(t, n, "near_hits_total") > hits+2
			}, ample, 10*time.Millisecond)

			truth, err := n.Get(t.Context(), string(ref.ID))
			require.NoError(t, err)
			cache.mu.Lock()
			defer cache.mu.Unlock()
			require.NotEmpty(t, cache.items)
			for _, item := range cache.items {
				require.NotContains(t, string(item.Image), "secret")
				require.True(t, bytes.HasPrefix(item.Image, truth.Image))
				require.Equal(t, uint32(9), item.Flags)
			}
		})
	}
}
