package sessionstore_test

import (
	"context"
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

// lasting are stores without and with an idle timeout, whose sessions live for 1000 seconds
// unless their writer says otherwise, and for 5000 at most.
func lasting(b backend.Backend) map[string]*sessionstore.Store {
	stores := map[string]*sessionstore.Store{}
	for name, idle := range map[string]time.Duration{"no idle timeout": 0, "idle timeout": 100 * time.Second} {
		stores[name] = sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
			Lifetimes:  sessionstore.Lifetimes{Default: 1000 * time.Second, Longest: 5000 * time.Second, Idle: idle},
			Principals: []string{"uid"},
		})
	}
	return stores
}

// inEach runs a test with each of the stores, in a bubble of its own.
func inEach(t *testing.T, test func(t *testing.T, s *sessionstore.Store, b *memory.Backend)) {
	t.Helper()
	for _, name := range []string{"no idle timeout", "idle timeout"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := memory.New(memory.Options{})
				defer b.Close()
				test(t, lasting(b)[name], b)
			})
		})
	}
}

// endOf returns the end of a session that a lifetime has set, from now on.
func endOf(t require.TestingT, session sessionstore.Session) time.Duration {
	v, _ := session.Attributes.Get(sessionstore.EndAttribute)
	require.Equal(t, perldata.KindBytes, v.Kind())
	moment, err := strconv.ParseInt(v.Str(), 10, 64)
	require.NoError(t, err)
	return time.Until(time.Unix(moment, 0))
}

func mustGet(t require.TestingT, s *sessionstore.Store, id sessionstore.ID) sessionstore.Session {
	session, err := s.Get(context.Background(), id)
	require.NoError(t, err)
	return session
}

// No use of a session and no time to live moves the end that a lifetime has set.
func TestLifetimeIsNotMoved(t *testing.T) {
	t.Parallel()
	inEach(t, func(t *testing.T, s *sessionstore.Store, _ *memory.Backend) {
		ref, err := s.CreateFor(t.Context(), uidOf("dwho"), sessionstore.Life{TTL: 300 * time.Second, Lifetime: 600 * time.Second})
		require.NoError(t, err)
		within(t, 300*time.Second, ref.ExpiresIn)
		uses := []func() error{
			func() error { _, err := s.Get(t.Context(), ref.ID); return err },
			func() error { _, err := s.Touch(t.Context(), ref.ID, 5000*time.Second); return err },
			func() error { _, err := s.Touch(t.Context(), ref.ID, sessionstore.LongestTTL); return err },
			func() error { _, err := s.Touch(t.Context(), ref.ID, sessionstore.DefaultTTL); return err },
			func() error {
				_, _, err := s.ViewTouching(t.Context(), ref.ID, 5000*time.Second, nil)
				return err
			},
			func() error {
				_, err := s.GetManyTouching(t.Context(), []sessionstore.ID{ref.ID}, sessionstore.LongestTTL)
				return err
			},
			func() error {
				_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: uidOf("dwho")}, 5000*time.Second)
				return err
			},
			func() error {
				_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Remove: []string{sessionstore.EndAttribute}}, sessionstore.DefaultTTL)
				return err
			},
			func() error {
				forged := uidOf("dwho")
				forged.Set(sessionstore.EndAttribute, perldata.IntOf(0))
				_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: forged}, sessionstore.LongestTTL)
				return err
			},
			func() error { // a program that knows no end, and writes back what it has read
				session := mustGet(t, s, ref.ID)
				_, err := s.Replace(t.Context(), ref.ID, session.Attributes, 5000*time.Second, sessionstore.If{})
				return err
			},
			func() error { // one that has read an older end
				forged := uidOf("dwho")
				forged.Set(sessionstore.EndAttribute, perldata.TextOf("1"))
				_, err := s.Replace(t.Context(), ref.ID, forged, 5000*time.Second, sessionstore.If{})
				return err
			},
			func() error {
				_, _, err := s.Rewrite(t.Context(), ref.ID, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
					return sessionstore.Rewritten{Attributes: present, ExpiresIn: 5000 * time.Second}, nil
				})
				return err
			},
			func() error {
				_, _, err := s.Rewrite(t.Context(), ref.ID, func(*perldata.Hash) (sessionstore.Rewritten, error) {
					return sessionstore.Rewritten{Attributes: uidOf("dwho"), ExpiresIn: 5000 * time.Second}, nil
				})
				return err
			},
		}
		left := 600 * time.Second
		for i, use := range uses {
			require.NoError(t, use(), i)
			session := mustGet(t, s, ref.ID)
			within(t, left, endOf(t, session))
			assert.LessOrEqual(t, session.ExpiresIn, left, i)
			found, err := s.Find(t.Context(), "uid", "dwho")
			require.NoError(t, err)
			assert.Equal(t, []sessionstore.ID{ref.ID}, found, i)
			time.Sleep(40 * time.Second)
			left -= 40 * time.Second
		}
		time.Sleep(left + time.Second)
		for i, use := range uses[:8] {
			err := use()
			if i == 5 { // GetMany leaves it out
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, backend.ErrNotFound, i)
		}
		found, err := s.Find(t.Context(), "uid", "dwho")
		require.NoError(t, err)
		require.Empty(t, found)
	})
}

// Only another lifetime moves the end.
func TestAnotherLifetime(t *testing.T) {
	t.Parallel()
	inEach(t, func(t *testing.T, s *sessionstore.Store, _ *memory.Backend) {
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		for _, seconds := range []int{200, 4000, 50, 3000} {
			lifetime := time.Duration(seconds) * time.Second
			ref, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Lifetime: lifetime}, 90*time.Second)
			require.NoError(t, err)
			within(t, min(lifetime, 90*time.Second), ref.ExpiresIn)
			session := mustGet(t, s, ref.ID)
			require.Equal(t, ref.Version, session.Version)
			within(t, lifetime, endOf(t, session))
			time.Sleep(10 * time.Second)
		}
		// Without a ttl it keeps its expiry.
		ref, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Lifetime: 70 * time.Second}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		require.LessOrEqual(t, ref.ExpiresIn, 80*time.Second)
		within(t, 70*time.Second, endOf(t, mustGet(t, s, ref.ID)))

		// No lifetime is longer than the longest time to live.
		ref, _, err = s.ReplaceFor(t.Context(), ref.ID, nil, sessionstore.Life{Lifetime: 9000 * time.Second}, sessionstore.If{}, sessionstore.Bounds{})
		require.NoError(t, err)
		within(t, 5000*time.Second, endOf(t, mustGet(t, s, ref.ID)))

		// A session that is stored anew has a new end, or none.
		_, err = s.Replace(t.Context(), ref.ID, uidOf("dwho"), 700*time.Second, sessionstore.If{})
		require.NoError(t, err)
		session := mustGet(t, s, ref.ID)
		v, _ := session.Attributes.Get(sessionstore.EndAttribute)
		require.NotEqual(t, perldata.KindBytes, v.Kind())

		for _, life := range []sessionstore.Life{{Lifetime: -time.Second}, {TTL: 5, Lifetime: -1}} {
			_, err = s.CreateFor(t.Context(), nil, life)
			require.ErrorAs(t, err, new(*sessionstore.InvalidLifetimeError))
			_, _, err = s.ReplaceFor(t.Context(), ref.ID, nil, life, sessionstore.If{}, sessionstore.Bounds{})
			require.ErrorAs(t, err, new(*sessionstore.InvalidLifetimeError))
			_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Lifetime: life.Lifetime}, life.TTL)
			require.ErrorAs(t, err, new(*sessionstore.InvalidLifetimeError))
		}
	})
}

// A session is over at its end, whatever time to live a Perl program gives its item, and
// whatever it makes of the number.
func TestLifetimeBindsPerlPrograms(t *testing.T) {
	t.Parallel()
	inEach(t, func(t *testing.T, s *sessionstore.Store, b *memory.Backend) {
		ref, err := s.CreateFor(t.Context(), uidOf("dwho"), sessionstore.Life{Lifetime: 200 * time.Second})
		require.NoError(t, err)
		session := mustGet(t, s, ref.ID)
		for _, v := range []func(int64) perldata.Value{
			perldata.IntOf,
			func(n int64) perldata.Value { return perldata.TextOf(strconv.FormatInt(n, 10)) },
		} {
			moment := time.Now().Add(endOf(t, session)).Unix()
			rewritten := uidOf("dwho")
			rewritten.Set(sessionstore.EndAttribute, v(moment))
			image, err := storable.Codec{}.Append(nil, rewritten)
			require.NoError(t, err)
			item, err := b.Get(t.Context(), string(ref.ID))
			require.NoError(t, err)
			item.Image, item.ExpiresIn = image, 0
			require.NoError(t, b.CompareAndSwap(t.Context(), string(ref.ID), item))
			var shown sessionstore.Ref
			read, viewed, err := s.View(t.Context(), ref.ID, func(stored *sessionstore.Stored) bool {
				shown = stored.Ref
				return true
			})
			require.NoError(t, err)
			if viewed {
				assert.Equal(t, shown, read.Ref)
			}
			assert.LessOrEqual(t, read.ExpiresIn, 201*time.Second)
			assert.Positive(t, read.ExpiresIn)
		}
		time.Sleep(202 * time.Second)
		_, err = b.Get(t.Context(), string(ref.ID))
		require.NoError(t, err, "the item is there")
		_, _, err = s.View(t.Context(), ref.ID, func(*sessionstore.Stored) bool { return true })
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = s.Get(t.Context(), ref.ID)
		require.ErrorIs(t, err, backend.ErrNotFound)
		many, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID})
		require.NoError(t, err)
		require.Empty(t, many)
		_, err = s.Inspect(t.Context(), ref.ID)
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = s.Replace(t.Context(), ref.ID, nil, 0, sessionstore.If{Exists: true})
		require.ErrorIs(t, err, backend.ErrNotFound)
	})
}

// What callers put into the attribute sets no end.
func TestOnlyALifetimeSetsTheEnd(t *testing.T) {
	t.Parallel()
	inEach(t, func(t *testing.T, s *sessionstore.Store, _ *memory.Backend) {
		for _, forged := range []perldata.Value{perldata.IntOf(1), perldata.TextOf("1"), perldata.TextOf("never"), perldata.ListOf()} {
			set := func() *perldata.Hash {
				h := uidOf("dwho")
				h.Set(sessionstore.EndAttribute, forged)
				return h
			}
			ref, err := s.Create(t.Context(), set(), sessionstore.DefaultTTL)
			require.NoError(t, err)
			_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: set()}, sessionstore.DefaultTTL)
			require.NoError(t, err)
			_, err = s.Replace(t.Context(), ref.ID, set(), sessionstore.DefaultTTL, sessionstore.If{})
			require.NoError(t, err)
			_, _, err = s.Rewrite(t.Context(), ref.ID, func(*perldata.Hash) (sessionstore.Rewritten, error) {
				return sessionstore.Rewritten{Attributes: set(), ExpiresIn: time.Hour}, nil
			})
			require.NoError(t, err)
			v, has := mustGet(t, s, ref.ID).Attributes.Get(sessionstore.EndAttribute)
			assert.False(t, has, v)
			_, err = s.CreateTyped(t.Context(), "", set(), time.Hour)
			require.NoError(t, err)
		}
	})
}

// Nobody learns that a session lives longer than until its end, which is a whole second.
func TestLifetimeIsNotRoundedUp(t *testing.T) {
	t.Parallel()
	inEach(t, func(t *testing.T, s *sessionstore.Store, _ *memory.Backend) {
		id := sessionstore.NewID()
		life := sessionstore.Life{Lifetime: 50 * time.Second}
		for name, write := range map[string]func() (sessionstore.Ref, error){
			"create": func() (sessionstore.Ref, error) { return s.CreateFor(t.Context(), uidOf("dwho"), life) },
			"replace": func() (sessionstore.Ref, error) {
				ref, _, err := s.ReplaceFor(t.Context(), id, uidOf("dwho"), life, sessionstore.If{}, sessionstore.Bounds{})
				return ref, err
			},
			"update": func() (sessionstore.Ref, error) {
				return s.Update(t.Context(), id, sessionstore.Change{Lifetime: life.Lifetime}, sessionstore.LongestTTL)
			},
			"update without": func() (sessionstore.Ref, error) {
				return s.Update(t.Context(), id, sessionstore.Change{Set: uidOf("dwho")}, sessionstore.LongestTTL)
			},
			"write back": func() (sessionstore.Ref, error) {
				return s.Replace(t.Context(), id, mustGet(t, s, id).Attributes, sessionstore.LongestTTL, sessionstore.If{})
			},
			"touch": func() (sessionstore.Ref, error) { return s.Touch(t.Context(), id, sessionstore.LongestTTL) },
			"read": func() (sessionstore.Ref, error) {
				session, _, err := s.ViewTouching(t.Context(), id, sessionstore.LongestTTL, nil)
				return session.Ref, err
			},
			"rewrite": func() (sessionstore.Ref, error) {
				ref, _, err := s.Rewrite(t.Context(), id, func(present *perldata.Hash) (sessionstore.Rewritten, error) {
					return sessionstore.Rewritten{Attributes: present, ExpiresIn: 5000 * time.Second}, nil
				})
				return ref, err
			},
			"rename": func() (sessionstore.Ref, error) { return s.Rename(t.Context(), id, "", sessionstore.If{}) },
		} {
			id = sessionstore.NewID()
			_, _, err := s.ReplaceFor(t.Context(), id, uidOf("dwho"), life, sessionstore.If{}, sessionstore.Bounds{})
			require.NoError(t, err)
			time.Sleep(300 * time.Millisecond)
			ref, err := write()
			require.NoError(t, err, name)
			left := endOf(t, mustGet(t, s, ref.ID))
			assert.Equal(t, left.Truncate(time.Second), ref.ExpiresIn, name)
			assert.NotEqual(t, left, ref.ExpiresIn, "the test is at a whole second")
		}
	})
}
