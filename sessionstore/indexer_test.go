package sessionstore_test

import (
	"context"
	"strconv"
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

// foreign is a store and a program that stores past it.
type foreign struct {
	*testing.T

	store   *sessionstore.Store
	backend *memory.Backend
}

func newForeign(t *testing.T) foreign {
	t.Helper()
	b := memory.New(memory.Options{})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Principals:  []string{"uid"},
		IndexFailed: func(_ context.Context, _ sessionstore.ID, err error) { assert.NoError(t, err) },
	})
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return foreign{t, s, b}
}

func (f foreign) put(key, uid string, expiresIn time.Duration) {
	f.Helper()
	h := perldata.NewHash(1)
	h.Set("uid", perldata.TextOf(uid))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(f, err)
	item := backend.Item{Image: image, Flags: 1, ExpiresIn: expiresIn}
	if present, err := f.backend.Get(f.Context(), key); err == nil {
		item.CAS = present.CAS
		require.NoError(f, f.backend.CompareAndSwap(f.Context(), key, item))
		return
	}
	require.NoError(f, f.backend.Add(f.Context(), key, item))
}

// sessions returns those of dwho.
func (f foreign) sessions() []string {
	f.Helper()
	ids, err := f.store.Find(f.Context(), "", "dwho")
	require.NoError(f, err)
	found := make([]string, len(ids))
	for i, id := range ids {
		found[i] = string(id)
	}
	return found
}

func (f foreign) metric(name string) int {
	f.Helper()
	for _, m := range f.store.Metrics() {
		if m.Name == name {
			return int(m.Value)
		}
	}
	require.Fail(f, "no "+name)
	return 0
}

const ample = time.Minute

func TestIndexerEntersWhatOthersStore(t *testing.T) {
	t.Parallel()
	f := newForeign(t)
	x := f.store.NewIndexer()
	defer x.Close()
	f.put("ab12", "dwho", time.Hour)
	f.put("cd34", "dwho", time.Hour)
	f.put("ef56", "other", time.Hour)
	require.Empty(t, f.sessions(), "the indexer was not notified")
	for _, key := range []string{"ab12", "cd34", "ef56", "absent", "no/id"} {
		x.Changed(key)
	}
	require.Eventually(t, func() bool { return f.metric("index_foreign_total") == 3 }, ample, time.Millisecond)
	require.Eventually(t, func() bool { return len(f.sessions()) == 2 }, ample, time.Millisecond)
	assert.ElementsMatch(t, []string{"ab12", "cd34"}, f.sessions())

	// Storing it again and again costs the list nothing, until it lives longer
	// than the entry says.
	f.put("ab12", "dwho", time.Hour+10*time.Minute)
	x.Changed("ab12")
	f.put("0a78", "dwho", time.Hour)
	x.Changed("0a78")
	require.Eventually(t, func() bool { return len(f.sessions()) == 3 }, ample, time.Millisecond)
	f.put("ab12", "dwho", 2*time.Hour)
	x.Changed("ab12")
	require.Eventually(t, func() bool { return f.metric("index_foreign_total") >= 5 }, ample, time.Millisecond)
	assert.LessOrEqual(t, f.metric("index_foreign_total"), 6)
	assert.Zero(t, f.metric("index_overflows_total"))
	assert.Equal(t, 3, f.metric("index_longest_list"))
}

func TestIndexerIsBounded(t *testing.T) {
	t.Parallel()
	f := newForeign(t)
	x := f.store.NewIndexer()
	x.Close() // it does not look at sessions any more
	for i := range 10_100 {
		x.Changed(strconv.Itoa(10_000_000 + i))
		x.Changed("abcd")
	}
	assert.Positive(t, f.metric("index_overflows_total"))
	x.Close()
}
