package sessionstore_test

import (
	"context"
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

// A session whose life a rewrite has lengthened is found as long as it lives, also after
// rewrites that have left its end where it was.
func TestRewrittenSessionIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
		id := sessionstore.TypedID("saml", sessionstore.NewID())
		rewrite := func(life time.Duration) {
			t.Helper()
			_, _, err := s.Rewrite(t.Context(), id, func(*perldata.Hash) (sessionstore.Rewritten, error) {
				h := perldata.NewHash(2)
				h.Set("uid", perldata.BytesOf("dwho"))
				return sessionstore.Rewritten{Attributes: h, ExpiresIn: life}, nil
			})
			require.NoError(t, err)
		}
		find := func() []sessionstore.ID {
			t.Helper()
			ids, err := s.FindIn(t.Context(), "saml", "", "dwho")
			require.NoError(t, err)
			return ids
		}
		rewrite(time.Hour)
		for left := 59; left > 0; left-- {
			time.Sleep(time.Minute)
			rewrite(time.Duration(left) * time.Minute)
		}
		rewrite(24 * time.Hour)
		time.Sleep(23 * time.Hour)
		assert.Equal(t, []sessionstore.ID{id}, find())
		for range 100 { // each click moves the end a little
			rewrite(time.Hour)
			time.Sleep(59 * time.Minute)
		}
		assert.Equal(t, []sessionstore.ID{id}, find())
		time.Sleep(2 * time.Hour)
		assert.Empty(t, find())
	})
}

// appended counts what is appended to the lists of the index.
type appended struct {
	*memory.Backend

	times int
}

func (a *appended) Append(ctx context.Context, key string, addition backend.Item) (backend.Item, int64, error) {
	a.times++
	return a.Backend.Append(ctx, key, addition)
}

// A rewrite that leaves principals and end as they are costs nothing in the index,
// although the time left is rounded up; and the session is found as long as it lives.
func TestRewriteWithTheSameEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		items := &appended{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
		id := sessionstore.TypedID("saml", sessionstore.NewID())
		end := time.Now().Add(100 * time.Second)
		rewrite := func(user string) {
			t.Helper()
			_, _, err := s.Rewrite(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
				h := perldata.NewHash(2)
				h.Set("uid", perldata.BytesOf(user))
				return sessionstore.Rewritten{Attributes: h, ExpiresIn: time.Until(end), SameEnd: present != nil}, nil
			})
			require.NoError(t, err)
		}
		find := func(user string) []sessionstore.ID {
			t.Helper()
			ids, err := s.FindIn(t.Context(), "saml", "", user)
			require.NoError(t, err)
			return ids
		}
		rewrite("dwho")
		require.Equal(t, 1, items.times)
		for time.Until(end) > 700*time.Millisecond {
			time.Sleep(700 * time.Millisecond)
			rewrite("dwho")
			require.Equal(t, []sessionstore.ID{id}, find("dwho"))
		}
		assert.Equal(t, 1, items.times, "the list is not touched")
		for { // the item lives longer than the one that was entered
			if _, err := s.Get(t.Context(), id); err != nil {
				break
			}
			require.Equal(t, []sessionstore.ID{id}, find("dwho"), time.Until(end))
			time.Sleep(100 * time.Millisecond)
		}

		end = time.Now().Add(100 * time.Second)
		rewrite("dwho")
		assert.Equal(t, 2, items.times, "a new session is entered")
		rewrite("rtyler")
		assert.Equal(t, 4, items.times, "another principal is entered, and the former one removed")
		assert.Equal(t, []sessionstore.ID{id}, find("rtyler"))
		assert.Empty(t, find("dwho"))
	})
}

// What a caller calls the same end is not, if the session that is there ends before.
func TestRewriteThatOnlyClaimsTheSameEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		items := &appended{Backend: memory.New(memory.Options{})}
		s := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
		id := sessionstore.NewID()
		for _, life := range []time.Duration{time.Minute, time.Hour, 0} {
			_, _, err := s.Rewrite(t.Context(), id, func(*perldata.Hash) (sessionstore.Rewritten, error) {
				h := perldata.NewHash(2)
				h.Set("uid", perldata.BytesOf("dwho"))
				return sessionstore.Rewritten{Attributes: h, ExpiresIn: life, SameEnd: true}, nil
			})
			require.NoError(t, err)
		}
		assert.Equal(t, 3, items.times)
	})
}
