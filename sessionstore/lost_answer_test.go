package sessionstore_test

import (
	"bytes"
	"context"
	"errors"
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

// lossy is a backend that loses the answer to the next write, which it makes or
// not.
type lossy struct {
	backend.Backend
	lose bool   // the answer to the next write
	made bool   // that write is made
	then func() // is called behind it
}

var errLost = errors.New("the answer was lost")

func (l *lossy) write(item backend.Item, store func(backend.Item) error) error {
	if !l.lose {
		return store(item)
	}
	l.lose = false
	if l.made {
		item.Image = bytes.Clone(item.Image)
		if err := store(item); err != nil {
			return err
		}
	}
	if l.then != nil {
		l.then()
	}
	lost := backend.Unavailable("no answer came", errLost)
	lost.Unknown = true
	return lost
}

func (l *lossy) Add(ctx context.Context, key string, item backend.Item) error {
	return l.write(item, func(item backend.Item) error { return l.Backend.Add(ctx, key, item) })
}

func (l *lossy) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	return l.write(item, func(item backend.Item) error { return l.Backend.CompareAndSwap(ctx, key, item) })
}

// After a lost answer the store looks whether the write was made, and makes it
// if not: whichever operation wrote, one session is stored, found, and reported.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	ttl := time.Hour
	for _, made := range []bool{true, false} {
		for name, write := range map[string]func(*sessionstore.Store) (sessionstore.Ref, error){
			"create": func(s *sessionstore.Store) (sessionstore.Ref, error) { return s.Create(t.Context(), dwho(), ttl) },
			"make": func(s *sessionstore.Store) (sessionstore.Ref, error) {
				return s.Replace(t.Context(), "abc", dwho(), ttl, sessionstore.If{})
			},
			"replace": func(s *sessionstore.Store) (sessionstore.Ref, error) {
				return s.Replace(t.Context(), "c0ffee", dwho(), ttl, sessionstore.If{})
			},
			"update": func(s *sessionstore.Store) (sessionstore.Ref, error) {
				return s.Update(t.Context(), "c0ffee", sessionstore.Change{Set: dwho()}, ttl)
			},
		} {
			l := &lossy{Backend: memory.New(memory.Options{}), made: made}
			s := sessionstore.NewStore(l, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
			_, err := s.Replace(t.Context(), "c0ffee", attributes("before"), ttl, sessionstore.If{})
			require.NoError(t, err)
			l.lose = true
			ref, err := write(s)
			require.NoError(t, err, name)
			assert.False(t, l.lose, "an answer was lost")
			session, err := s.Get(t.Context(), ref.ID)
			require.NoError(t, err, name)
			assert.Equal(t, ref.Version, session.Version, name)
			ids, err := s.Find(t.Context(), "uid", "dwho")
			require.NoError(t, err)
			assert.Equal(t, []sessionstore.ID{ref.ID}, ids, "%s: exactly one", name)
		}
	}
}

// If another writer came behind a write without an answer, nobody knows whether
// the write was made.
func TestLostAnswerBeforeAnotherWriter(t *testing.T) {
	t.Parallel()
	l := &lossy{Backend: memory.New(memory.Options{})}
	s := sessionstore.NewStore(l, storable.Codec{}, sessionstore.Options{})
	write(t, l, "c0ffee", "before")
	l.lose, l.then = true, func() { write(t, l.Backend, "c0ffee", "theirs") }
	_, err := s.Replace(t.Context(), "c0ffee", attributes("ours"), time.Hour, sessionstore.If{})
	require.ErrorIs(t, err, errLost)
	assert.True(t, backend.IsUnknown(err))
	assert.Equal(t, "theirs", valueOf(t, s, "c0ffee"))
}

// goneOnce is a backend from which the item under a key goes just before its
// first compare-and-swap.
type goneOnce struct {
	backend.Backend
	key string
}

func (g *goneOnce) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if key == g.key {
		g.key = ""
		if err := g.Delete(ctx, key); err != nil {
			return err
		}
	}
	return g.Backend.CompareAndSwap(ctx, key, item)
}

// What a first try has decided does not reach a retry: there, the session is a
// new one and lives as long as a new one.
func TestRetryDecidesAgain(t *testing.T) {
	t.Parallel()
	g := &goneOnce{Backend: memory.New(memory.Options{})}
	s := sessionstore.NewStore(g, storable.Codec{}, sessionstore.Options{
		Principals: []string{"uid"}, Lifetimes: sessionstore.Lifetimes{Default: time.Hour},
	})
	image, err := storable.Codec{}.Append(nil, dwho())
	require.NoError(t, err)
	// A session of Apache::Session::Memcached, with a minute left, and of another
	// user.
	require.NoError(t, g.Add(t.Context(), "c0ffee", backend.Item{Image: image, ExpiresIn: time.Minute}))
	g.key = "c0ffee"
	h := perldata.NewHash(2)
	h.Set("uid", perldata.TextOf("rtyler"))
	ref, err := s.Replace(t.Context(), "c0ffee", h, sessionstore.DefaultTTL, sessionstore.If{})
	require.NoError(t, err)
	assert.Equal(t, time.Hour, ref.ExpiresIn)
	key, _ := h.Get("uid_MD5")
	item, err := g.Get(t.Context(), key.Str())
	require.NoError(t, err)
	assert.Equal(t, time.Hour, item.ExpiresIn, "the lookup key lives as long as the session")
}
