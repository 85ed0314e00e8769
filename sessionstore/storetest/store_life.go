package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

func lifeTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"LivesAsPromised": testLivesAsPromised,
		"UpdatesKeepEnd":  testUpdatesKeepEnd,
	}
}

// A session lives for the time that its writer asked for and was told, at least. A tick
// of memcached's clock is late on a busy machine, so the test has several attempts. In
// one of them every session must live for its whole time: a lifetime that is rounded
// down is too short in all.
func testLivesAsPromised(t *testing.T, b backend.Backend) {
	const attempts = 5
	var shorter []string
	for range attempts {
		if shorter = shorterSessions(t, b); len(shorter) == 0 {
			return
		}
	}
	assert.Empty(t, shorter, "these sessions did not live for a second")
}

// shorterSessions stores sessions that live for a second, in all ways and in all parts
// of a second, and returns those that lived for less.
func shorterSessions(t *testing.T, b backend.Backend) []string {
	t.Helper()
	const life = time.Second
	var mu sync.Mutex
	var shorter []string
	s := neverExpiring(b)
	idle := newStore(b, sessionstore.Lifetimes{Idle: life})
	absolute := newStore(b, sessionstore.Lifetimes{Idle: time.Hour})
	long := func() sessionstore.ID { return mustCreate(t, s, hash("a", "1")).ID }
	set := sessionstore.Change{Set: hash("a", "2")}
	var all sync.WaitGroup
	for name, store := range map[string]func() (sessionstore.Ref, error){
		"create": func() (sessionstore.Ref, error) { return s.Create(t.Context(), hash("a", "1"), life) },
		"replace": func() (sessionstore.Ref, error) {
			return s.Replace(t.Context(), long(), hash("a", "2"), life, sessionstore.If{})
		},
		"update": func() (sessionstore.Ref, error) { return s.Update(t.Context(), long(), set, life) },
		"touch":  func() (sessionstore.Ref, error) { return s.Touch(t.Context(), long(), life) },
		"idle":   func() (sessionstore.Ref, error) { return idle.Create(t.Context(), hash("a", "1"), time.Hour) },
		"idle, update": func() (sessionstore.Ref, error) {
			return idle.Update(t.Context(), mustCreate(t, idle, hash("a", "1")).ID, set, sessionstore.DefaultTTL)
		},
		"idle, touch": func() (sessionstore.Ref, error) {
			return idle.Touch(t.Context(), mustCreate(t, idle, hash("a", "1")).ID, sessionstore.DefaultTTL)
		},
		"absolute timeout": func() (sessionstore.Ref, error) { return absolute.Create(t.Context(), hash("a", "1"), life) },
	} {
		for part := range 4 {
			all.Go(func() {
				time.Sleep(time.Duration(part) * time.Second / 4)
				before := time.Now()
				ref, err := store()
				assert.NoError(t, err, name)
				assert.Equal(t, life, ref.ExpiresIn, name)
				assert.Eventually(t, func() bool {
					_, err := b.Get(t.Context(), string(ref.ID))
					return err != nil
				}, patience, pollEvery, name)
				if lived := time.Since(before); lived < life {
					mu.Lock()
					defer mu.Unlock()
					shorter = append(shorter, name+" "+lived.String())
				}
			})
		}
	}
	all.Wait()
	return shorter
}

// A session that is updated without a time to live ends when it would have ended,
// however often it is updated.
func testUpdatesKeepEnd(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref, err := s.Create(t.Context(), nil, 2*time.Second)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		updated, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("a", "1")}, sessionstore.DefaultTTL)
		if err == nil {
			assert.Positive(t, updated.ExpiresIn)
			assert.LessOrEqual(t, updated.ExpiresIn, 2*time.Second)
			assert.Zero(t, updated.ExpiresIn%time.Second)
			return false
		}
		assert.ErrorIs(t, err, backend.ErrNotFound)
		return true
	}, patience, pollEvery)

	for _, life := range []time.Duration{time.Minute, time.Hour, 30 * 24 * time.Hour, 31 * 24 * time.Hour} {
		began := time.Now()
		ref, err := s.Create(t.Context(), nil, life)
		require.NoError(t, err)
		for range 60 {
			_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("a", "1")}, sessionstore.DefaultTTL)
			require.NoError(t, err)
		}
		left := mustRead(t, s, ref.ID).ExpiresIn
		require.InDelta(t, life-time.Since(began), left, float64(5*time.Second), life)
	}
}
