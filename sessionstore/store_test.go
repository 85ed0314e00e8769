package sessionstore_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// intruded is a backend with another writer, who acts before a call.
type intruded struct {
	backend.Backend
	beforeAdd func(key string)
	beforeCAS func(key string)
	adds      int
	swaps     int
}

func (b *intruded) Add(ctx context.Context, key string, item backend.Item) error {
	b.adds++
	if b.beforeAdd != nil {
		b.beforeAdd(key)
	}
	return b.Backend.Add(ctx, key, item)
}

func (b *intruded) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	b.swaps++
	if b.beforeCAS != nil {
		b.beforeCAS(key)
	}
	return b.Backend.CompareAndSwap(ctx, key, item)
}

func newIntruded() (*intruded, *sessionstore.Store) {
	b := &intruded{Backend: memory.New(memory.Options{})}
	return b, sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
}

func attributes(value string) *perldata.Hash {
	h := perldata.NewHash(2)
	h.Set("a", perldata.BytesOf(value))
	return h
}

func valueOf(t *testing.T, s *sessionstore.Store, id sessionstore.ID) string {
	t.Helper()
	session, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	v, ok := session.Attributes.Get("a")
	require.True(t, ok)
	return v.Str()
}

// write stores a session past the store.
func write(t *testing.T, b backend.Backend, key, value string) {
	t.Helper()
	_ = b.Delete(t.Context(), key) // it may be absent
	image, err := storable.Codec{}.Append(nil, attributes(value))
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), key, backend.Item{Image: image, Flags: 1}))
}

func TestCreateTakesAnotherIDWhenOneIsTaken(t *testing.T) {
	t.Parallel()
	b, s := newIntruded()
	var taken []string
	b.beforeAdd = func(key string) {
		if len(taken) < 7 {
			write(t, b.Backend, key, "theirs")
			taken = append(taken, key)
		}
	}
	ref, err := s.Create(t.Context(), attributes("ours"), time.Hour)
	require.NoError(t, err)
	assert.Equal(t, 8, b.adds)
	assert.Equal(t, "ours", valueOf(t, s, ref.ID))
	session, err := s.Get(t.Context(), ref.ID)
	require.NoError(t, err)
	id, _ := session.Attributes.Get(sessionstore.IDAttribute)
	assert.Equal(t, string(ref.ID), id.Str(), "of the last id, not of one that was taken")
	for _, key := range taken {
		assert.Equal(t, "theirs", valueOf(t, s, sessionstore.ID(key)))
	}
}

func TestCreateGivesUpWhenAllIDsAreTaken(t *testing.T) {
	t.Parallel()
	b, s := newIntruded()
	b.beforeAdd = func(key string) { write(t, b.Backend, key, "theirs") }
	_, err := s.Create(t.Context(), attributes("ours"), time.Hour)
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	require.NotErrorIs(t, err, backend.ErrExists, "callers never see it")
	assert.Equal(t, time.Second, down.RetryAfter)
	assert.Equal(t, 8, b.adds)
}

func TestReplaceTriesAgainWhenOthersWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		id := sessionstore.NewID()
		write(t, b, string(id), "before")
		b.beforeCAS = func(key string) {
			if b.swaps < 64 {
				write(t, b.Backend, key, strconv.Itoa(b.swaps))
			}
		}
		started := time.Now()
		_, err := s.Replace(t.Context(), id, attributes("ours"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		assert.Equal(t, 64, b.swaps)
		assert.Equal(t, "ours", valueOf(t, s, id))
		waited := time.Since(started)
		assert.Greater(t, waited, time.Millisecond, "with pauses")
		assert.Less(t, waited, (2+4+8+60*16)*time.Millisecond)
	})
}

func TestReplaceGivesUpUnderContention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		id := sessionstore.NewID()
		write(t, b, string(id), "before")
		b.beforeCAS = func(key string) { write(t, b.Backend, key, "theirs") }
		_, err := s.Replace(t.Context(), id, attributes("ours"), time.Hour, sessionstore.If{})
		var down *backend.UnavailableError
		require.ErrorAs(t, err, &down)
		assert.Equal(t, time.Second, down.RetryAfter)
		assert.Equal(t, 64, b.swaps)
		assert.Equal(t, "theirs", valueOf(t, s, id))
	})
}

func TestReplaceWhenTheSessionAppears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		id := sessionstore.NewID()
		b.beforeAdd = func(key string) { write(t, b.Backend, key, "theirs") }
		_, err := s.Replace(t.Context(), id, attributes("ours"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		assert.Equal(t, 1, b.adds)
		assert.Equal(t, 1, b.swaps)
		assert.Equal(t, "ours", valueOf(t, s, id))
	})
}

func TestReplaceWhenTheSessionGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		id := sessionstore.NewID()
		write(t, b, string(id), "before")
		b.beforeCAS = func(key string) { require.NoError(t, b.Delete(t.Context(), key)) }
		_, err := s.Replace(t.Context(), id, attributes("ours"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		assert.Equal(t, "ours", valueOf(t, s, id))
	})
}

// An item that appears between two tries is checked like the first one.
func TestReplaceLeavesWhatBecameUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		id := sessionstore.NewID()
		write(t, b, string(id), "before")
		foreign := backend.Item{Image: []byte("theirs"), Flags: 0}
		b.beforeCAS = func(key string) {
			require.NoError(t, b.Delete(t.Context(), key))
			require.NoError(t, b.Backend.Add(t.Context(), key, foreign))
		}
		_, err := s.Replace(t.Context(), id, attributes("ours"), time.Hour, sessionstore.If{})
		var unreadable *sessionstore.UnreadableError
		require.ErrorAs(t, err, &unreadable)
		item, err := b.Get(t.Context(), string(id))
		require.NoError(t, err)
		assert.Equal(t, foreign.Image, item.Image)
	})
}

func TestReplaceEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newIntruded()
		id := sessionstore.NewID()
		write(t, b, string(id), "before")
		ctx, cancel := context.WithCancel(t.Context())
		b.beforeCAS = func(key string) {
			write(t, b.Backend, key, "theirs")
			time.AfterFunc(1, cancel) // while it waits for the next try
		}
		_, err := s.Replace(ctx, id, attributes("ours"), time.Hour, sessionstore.If{})
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 1, b.swaps)
	})
}

// broken is a codec that writes nothing and reads nothing.
type broken struct{ err error }

func (c broken) Append(dst []byte, _ *perldata.Hash) ([]byte, error) { return dst, c.err }

func (c broken) DecodeWithin([]byte, func(int64) error) (*perldata.Hash, error) { return nil, c.err }
func (c broken) CheckWithin([]byte, func(int64) error) error                    { return c.err }

func (c broken) Walk([]byte, perldata.Visitor, func(int64) error) bool { return false }

func (c broken) DecodePart([]byte, []string, func(int64) error) (perldata.Part, bool) { //nolint:ireturn // the contract
	return nil, false
}

func TestCodecErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("no image")
	b := memory.New(memory.Options{})
	s := sessionstore.NewStore(b, broken{cause}, sessionstore.Options{})
	_, err := s.Create(t.Context(), nil, 0)
	require.ErrorIs(t, err, cause)

	id := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(id), backend.Item{Flags: 1}))
	_, err = s.Get(t.Context(), id)
	require.ErrorIs(t, err, cause)
	unreadable := &sessionstore.UnreadableError{ID: id, Reason: "no image", Err: cause}
	require.Equal(t, unreadable, err)
}

// The version is the digest that the documentation names, of the image as
// stored: equal in every process and on every server.
func TestVersionIsADigestOfTheImage(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	image := []byte("\x05\x0b\x03\x00\x00\x00\x01\x0a\x011\x00\x00\x00\x01a")
	require.NoError(t, b.Add(t.Context(), "abc", backend.Item{Image: image, Flags: 1}))
	session, err := s.Get(t.Context(), "abc")
	require.NoError(t, err)
	assert.Equal(t, "d0261b9e93172f7faa12cce1cfe7a738", session.Version)
}

// A session that a Perl program has copied names the key that it was copied from.
// It is read under its own key, and a change gives it that key as its id.
func TestCopiedSession(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	first, err := s.Create(t.Context(), nil, time.Hour)
	require.NoError(t, err)
	item, err := b.Get(t.Context(), string(first.ID))
	require.NoError(t, err)
	require.NoError(t, b.Add(t.Context(), "copy", item))
	session, err := s.Get(t.Context(), "copy")
	require.NoError(t, err)
	assert.Equal(t, sessionstore.ID("copy"), session.ID)
	named, _ := session.Attributes.Get(sessionstore.IDAttribute)
	assert.Equal(t, string(first.ID), named.Str())

	_, err = s.Update(t.Context(), "copy", sessionstore.Change{}, 0)
	require.NoError(t, err)
	session, err = s.Get(t.Context(), "copy")
	require.NoError(t, err)
	named, _ = session.Attributes.Get(sessionstore.IDAttribute)
	assert.Equal(t, "copy", named.Str())
}

func BenchmarkStoreGet(b *testing.B) {
	s, id := benchmarked(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStoreReplace(b *testing.B) {
	s, id := benchmarked(b)
	h := common()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Replace(b.Context(), id, h, time.Hour, sessionstore.If{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStoreCreate(b *testing.B) {
	s, _ := benchmarked(b)
	h := common()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Create(b.Context(), h, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarked(b *testing.B) (*sessionstore.Store, sessionstore.ID) {
	b.Helper()
	s := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	ref, err := s.Create(b.Context(), common(), time.Hour)
	require.NoError(b, err)
	return s, ref.ID
}

// common is a session of the usual size: 24 attributes.
func common() *perldata.Hash {
	h := perldata.NewHash(25)
	for i := range 24 {
		h.Set("attribute"+strconv.Itoa(i), perldata.TextOf("a value of some forty characters, say "+strconv.Itoa(i)))
	}
	return h
}
