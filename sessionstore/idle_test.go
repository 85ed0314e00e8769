package sessionstore_test

import (
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

// idling is a store whose sessions have an idle timeout of 100 seconds and an
// absolute timeout of 1000.
func idling(b backend.Backend) *sessionstore.Store {
	return sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
		Lifetimes:  sessionstore.Lifetimes{Default: 1000 * time.Second, Longest: 2000 * time.Second, Idle: 100 * time.Second},
		Principals: []string{"uid"},
	})
}

func uidOf(uid string) *perldata.Hash {
	h := perldata.NewHash(1)
	h.Set("uid", perldata.TextOf(uid))
	return h
}

func end(t require.TestingT, session sessionstore.Session) time.Duration {
	v, ok := session.Attributes.Get(sessionstore.EndAttribute)
	require.True(t, ok)
	require.Equal(t, perldata.KindInt, v.Kind())
	return time.Until(time.Unix(v.Int(), 0))
}

// within requires a time to be what is wanted, but for a second of rounding up.
func within(t require.TestingT, want, got time.Duration) {
	require.GreaterOrEqual(t, got, want)
	require.LessOrEqual(t, got, want+time.Second)
}

func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		s := idling(b)
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		require.Equal(t, 100*time.Second, ref.ExpiresIn)
		get := func() sessionstore.Session {
			t.Helper()
			session, err := s.Get(t.Context(), ref.ID)
			require.NoError(t, err)
			require.Equal(t, ref.Version, session.Version, "its content is the same")
			return session
		}
		within(t, 1000*time.Second, end(t, get()))

		time.Sleep(20 * time.Second)
		within(t, 80*time.Second, get().ExpiresIn) // not worth a write
		time.Sleep(10 * time.Second)
		within(t, 100*time.Second, get().ExpiresIn)
		time.Sleep(90 * time.Second)
		within(t, 100*time.Second, get().ExpiresIn)
		many, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID})
		require.NoError(t, err)
		within(t, 100*time.Second, many[0].ExpiresIn)

		for range 10 { // up to its end
			time.Sleep(90 * time.Second)
			_, err = s.Get(t.Context(), ref.ID)
		}
		require.ErrorIs(t, err, backend.ErrNotFound)
		metrics := map[string]float64{}
		for _, m := range s.Metrics() {
			metrics[m.Name] = m.Value
		}
		assert.InDelta(t, 10, metrics["idle_extensions_total"], 1)
		assert.Zero(t, metrics["idle_extension_failures_total"])

		ref, err = s.Create(t.Context(), nil, sessionstore.DefaultTTL)
		require.NoError(t, err)
		time.Sleep(102 * time.Second)
		_, err = s.Get(t.Context(), ref.ID)
		require.ErrorIs(t, err, backend.ErrNotFound, "nobody has used it")
	})
}

// A change is a use, and only one with a time to live sets another end.
func TestIdleOfChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idling(memory.New(memory.Options{}))
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		time.Sleep(50 * time.Second)
		forged := uidOf("rtyler")
		forged.Set(sessionstore.EndAttribute, perldata.IntOf(0))
		ref, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: forged, Remove: []string{sessionstore.EndAttribute}}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		within(t, 100*time.Second, ref.ExpiresIn)
		session, err := s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		within(t, 950*time.Second, end(t, session))

		_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{}, 500*time.Second)
		require.NoError(t, err)
		session, err = s.Get(t.Context(), ref.ID)
		require.NoError(t, err)
		within(t, 500*time.Second, end(t, session))

		ref, err = s.Replace(t.Context(), ref.ID, forged, 50*time.Second, sessionstore.If{})
		require.NoError(t, err)
		within(t, 50*time.Second, ref.ExpiresIn)
		for _, c := range []struct{ ttl, want time.Duration }{
			{sessionstore.DefaultTTL, 50 * time.Second},
			{20 * time.Second, 20 * time.Second},
			{sessionstore.LongestTTL, 50 * time.Second},
			{2000 * time.Second, 50 * time.Second},
		} {
			touched, err := s.Touch(t.Context(), ref.ID, c.ttl)
			require.NoError(t, err)
			within(t, c.want, touched.ExpiresIn)
			require.Equal(t, ref.Version, touched.Version)
		}
		found, err := s.Find(t.Context(), "", "rtyler")
		require.NoError(t, err)
		require.Equal(t, []sessionstore.ID{ref.ID}, found)
	})
}

// A session that is used is found by its principal up to its end, although reading
// it changes no list.
// A session that is used all the time lives until its absolute timeout, however
// short the idle timeout is.
func TestShortIdleTimeouts(t *testing.T) {
	t.Parallel()
	for idle := time.Second; idle <= 4*time.Second; idle += time.Second {
		synctest.Test(t, func(t *testing.T) {
			s := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{
				Lifetimes: sessionstore.Lifetimes{Default: 10 * time.Second, Idle: idle},
			})
			defer s.Close()
			time.Sleep(time.Second / 4)
			ref, err := s.Create(t.Context(), nil, sessionstore.DefaultTTL)
			require.NoError(t, err)
			began := time.Now()
			for err == nil {
				time.Sleep(idle / 5)
				_, err = s.Get(t.Context(), ref.ID)
			}
			require.ErrorIs(t, err, backend.ErrNotFound)
			require.GreaterOrEqual(t, time.Since(began), 10*time.Second, idle)
			require.Less(t, time.Since(began), 12*time.Second, idle)

			ref, err = s.Create(t.Context(), nil, sessionstore.DefaultTTL)
			require.NoError(t, err)
			time.Sleep(idle - time.Nanosecond)
			_, err = s.Get(t.Context(), ref.ID)
			require.NoError(t, err, idle)
			time.Sleep(idle + time.Second)
			_, err = s.Get(t.Context(), ref.ID)
			require.ErrorIs(t, err, backend.ErrNotFound, idle)
		})
	}
}

func TestIdleSessionsStayFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idling(memory.New(memory.Options{}))
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		other, err := s.Create(t.Context(), uidOf("dwho"), sessionstore.DefaultTTL)
		require.NoError(t, err)
		for i := range 10 {
			time.Sleep(90 * time.Second)
			_, err := s.Get(t.Context(), ref.ID)
			require.NoError(t, err)
			found, err := s.Find(t.Context(), "", "dwho")
			require.NoError(t, err)
			require.Contains(t, found, ref.ID)
			require.Equal(t, i > 0, len(found) == 1, "nobody uses the other one")
		}
		_ = other
	})
}

// A session that a Perl program has stored has no end: reading does not extend it,
// and what it has left becomes its end when it is changed.
func TestIdleOfForeignSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		s := idling(b)
		defer s.Close()
		image, err := storable.Codec{}.Append(nil, uidOf("dwho"))
		require.NoError(t, err)
		require.NoError(t, b.Add(t.Context(), "ab12", backend.Item{Image: image, Flags: 1, ExpiresIn: 300 * time.Second}))
		time.Sleep(200 * time.Second)
		session, err := s.Get(t.Context(), "ab12")
		require.NoError(t, err)
		require.Equal(t, 100*time.Second, session.ExpiresIn)
		ref, err := s.Touch(t.Context(), "ab12", 400*time.Second)
		require.NoError(t, err)
		require.Equal(t, 400*time.Second, ref.ExpiresIn)
		ref, err = s.Update(t.Context(), "ab12", sessionstore.Change{}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		within(t, 100*time.Second, ref.ExpiresIn)
		session, err = s.Get(t.Context(), "ab12")
		require.NoError(t, err)
		within(t, 400*time.Second, end(t, session))

		// A program that extends the item does not extend the session. It has
		// made a string of the number.
		item, err := b.Get(t.Context(), "ab12")
		require.NoError(t, err)
		session.Attributes.Set(sessionstore.EndAttribute, perldata.BytesOf("946685300")) // in five minutes, in this bubble
		item.Image, err = storable.Codec{}.Append(nil, session.Attributes)
		require.NoError(t, err)
		item.ExpiresIn = 0
		require.NoError(t, b.CompareAndSwap(t.Context(), "ab12", item))
		_, err = s.Get(t.Context(), "ab12")
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		_, err = s.Get(t.Context(), "ab12")
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = s.Touch(t.Context(), "ab12", sessionstore.DefaultTTL)
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = s.Update(t.Context(), "ab12", sessionstore.Change{}, sessionstore.DefaultTTL)
		require.ErrorIs(t, err, backend.ErrNotFound)
	})
}

// In its last second a session has a second left, by which changes do not
// move its end.
func TestChangesInTheLastSecondKeepTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idling(memory.New(memory.Options{}))
		defer s.Close()
		ref, err := s.Create(t.Context(), uidOf("dwho"), 50*time.Second)
		require.NoError(t, err)
		time.Sleep(49*time.Second + 100*time.Millisecond)
		for range 2 {
			ref, err = s.Update(t.Context(), ref.ID, sessionstore.Change{}, sessionstore.DefaultTTL)
			require.NoError(t, err)
			require.Equal(t, time.Second, ref.ExpiresIn)
			time.Sleep(400 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{}, sessionstore.DefaultTTL)
		require.ErrorIs(t, err, backend.ErrNotFound)
	})
}

func BenchmarkGetWithIdleTime(b *testing.B) {
	for name, idle := range map[string]time.Duration{"off": 0, "on": time.Hour} {
		b.Run(name, func(b *testing.B) {
			s := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{
				Lifetimes: sessionstore.Lifetimes{Default: 20 * time.Hour, Idle: idle},
			})
			defer s.Close()
			h := perldata.NewHash(24)
			for i := range 24 {
				h.Set("attribute"+string(rune('a'+i)), perldata.BytesOf("a value of some length, as they have"))
			}
			ref, err := s.Create(b.Context(), h, 0)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(b.Context(), ref.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
