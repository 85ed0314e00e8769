package sessionstore_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// What Perl's clients have stored is read, or refused and not changed.
func TestItemsOfPerlClients(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/cache_memcached.json")
	require.NoError(t, err)
	var recorded struct {
		Items []struct {
			Name, Value string
			Flags       uint32
			Hash        bool // Cache::Memcached reads a hash
		}
	}
	require.NoError(t, json.Unmarshal(data, &recorded))
	require.Len(t, recorded.Items, 84)
	differently := map[string]bool{
		// Perl's client ignores flags that it does not know. Items with such flags are refused.
		"flag_5": false, "flag_65537": false, "flag_max": false,
		// What follows an image would be lost.
		"storable_trailing": false,
		// JSON in the place of Storable.
		"Cache::Memcached::Fast json_hash": false,
		// Sessions as of Apache::Session::Memcached.
		"storable_flag_clear": true, "Cache::Memcached::Fast frozen_by_caller": true,
	}
	for _, recordedItem := range recorded.Items {
		t.Run(recordedItem.Name, func(t *testing.T) {
			t.Parallel()
			image, err := hex.DecodeString(recordedItem.Value)
			require.NoError(t, err)
			readable, ok := differently[recordedItem.Name]
			if !ok {
				readable = recordedItem.Hash
			}
			checkItem(t, backend.Item{Image: image, Flags: recordedItem.Flags}, readable)
		})
	}
}

func checkItem(t *testing.T, item backend.Item, readable bool) {
	t.Helper()
	b := memory.New(memory.Options{})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	id := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(id), item))
	before, err := b.Get(t.Context(), string(id))
	require.NoError(t, err)
	session, err := s.Get(t.Context(), id)
	if readable {
		require.NoError(t, err)
		ref, err := s.Replace(t.Context(), id, session.Attributes, sessionstore.DefaultTTL, sessionstore.If{})
		require.NoError(t, err)
		after, err := b.Get(t.Context(), string(id))
		require.NoError(t, err)
		assert.Equal(t, before.Flags&1, after.Flags&1, "the form is kept")
		session, err = s.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, ref, session.Ref)
		return
	}
	requireRefused(t, item.Flags, err)
	_, err = s.Replace(t.Context(), id, attributes("x"), time.Hour, sessionstore.If{})
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	after, err := b.Get(t.Context(), string(id))
	require.NoError(t, err)
	assert.Equal(t, before, after, "it is left untouched")
}

func requireRefused(t *testing.T, flags uint32, err error) {
	t.Helper()
	if flags == 0 && assert.Error(t, err) && err == backend.ErrNotFound { //nolint:errorlint // the very same
		return // a string of hexadecimal digits may be a lookup key
	}
	var unreadable *sessionstore.UnreadableError
	require.ErrorAs(t, err, &unreadable)
	assert.Equal(t, flags&1 == 0 && !unreadableGzip(unreadable), unreadable.Foreign, unreadable.Reason)
	if flags > 3 {
		assert.Contains(t, unreadable.Reason, "its flags are ")
	}
}

func unreadableGzip(err *sessionstore.UnreadableError) bool {
	return strings.Contains(err.Reason, "decompressed")
}

// Equal content has equal versions: compressed or not, in either form, and for
// every reader.
func TestVersionOfCompressedSessions(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	plain := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	compressing := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{CompressThreshold: 100})
	id := sessionstore.NewID()
	content := func() *perldata.Hash { return attributes(strings.Repeat("long ", 100)) }
	ref, err := plain.Replace(t.Context(), id, content(), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	compressed, err := compressing.Replace(t.Context(), id, content(), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.Equal(t, ref, compressed)
	item, err := b.Get(t.Context(), string(id))
	require.NoError(t, err)
	require.Equal(t, uint32(3), item.Flags)
	require.Less(t, len(item.Image), 200)
	session, err := plain.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, ref, session.Ref)
	touched, err := plain.Touch(t.Context(), id, time.Hour)
	require.NoError(t, err)
	require.Equal(t, ref, touched)
	created, err := compressing.Create(t.Context(), content(), time.Hour)
	require.NoError(t, err)
	session, err = plain.Get(t.Context(), created.ID)
	require.NoError(t, err)
	require.Equal(t, created, session.Ref)
}

// Sessions of Apache::Session::Memcached never expire, and no change by the store
// alters that unless the caller asks for it.
func TestTimeOfApacheSessionMemcached(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	image, err := storable.Codec{}.Append(nil, attributes("theirs"))
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		flags     uint32
		lifetimes sessionstore.Lifetimes
		has, ttl  time.Duration
		want      time.Duration
	}{
		"as found, no expiry":   {0, sessionstore.Lifetimes{Default: time.Hour}, 0, sessionstore.DefaultTTL, 0},
		"as found, a while":     {0, sessionstore.Lifetimes{Default: time.Hour}, 7200 * time.Second, sessionstore.DefaultTTL, 7200 * time.Second},
		"as asked for":          {0, sessionstore.Lifetimes{Default: time.Hour}, 0, 3 * time.Hour, 3 * time.Hour},
		"as long as allowed":    {0, sessionstore.Lifetimes{Default: time.Hour, Longest: 2 * time.Hour}, 0, sessionstore.DefaultTTL, 2 * time.Hour},
		"not in another form":   {1, sessionstore.Lifetimes{Default: time.Hour}, 0, sessionstore.DefaultTTL, time.Hour},
		"longest means longest": {0, sessionstore.Lifetimes{Default: time.Hour}, 5 * time.Hour, sessionstore.LongestTTL, 0},
	} {
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Lifetimes: tt.lifetimes})
		id := sessionstore.NewID()
		require.NoError(t, b.Add(t.Context(), string(id), backend.Item{Image: image, Flags: tt.flags, ExpiresIn: tt.has}))
		ref, err := s.Replace(t.Context(), id, attributes("ours"), tt.ttl, sessionstore.If{})
		require.NoError(t, err)
		assert.Equal(t, tt.want, ref.ExpiresIn, name)
		item, err := b.Get(t.Context(), string(id))
		require.NoError(t, err)
		assert.InDelta(t, tt.want.Seconds(), item.ExpiresIn.Seconds(), 600, name)
		assert.Equal(t, tt.flags, item.Flags, name)
	}
}
