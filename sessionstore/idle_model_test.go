package sessionstore_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
)

// Times of the idling store, and by how much they may be rounded up: once in the
// end of the session, and once in the time to live of its item.
const (
	modelIdle     = 100 * time.Second
	modelLife     = 1000 * time.Second
	modelRounding = 2 * time.Second
)

// idleModel is what can be known of one session from outside.
type idleModel struct {
	over    time.Time // its end
	soonest time.Time // that it may be gone
	latest  time.Time // that it may be there, and that it may say of itself
	forever bool      // a program that does not know the end has extended its item
	there   bool
}

// after is a time from now, but not beyond the end.
func (m *idleModel) after(d time.Duration) time.Time {
	if at := time.Now().Add(d); at.Before(m.over) {
		return at
	}
	return m.over
}

// begin is what a change does: 0 keeps the end.
func (m *idleModel) begin(ttl time.Duration) {
	if ttl != 0 {
		m.over = time.Now().Add(ttl)
	}
	m.live(modelIdle)
}

func (m *idleModel) live(d time.Duration) {
	m.soonest, m.forever = m.after(d), false
	m.latest = m.soonest
}

func (m *idleModel) read() {
	if m.forever {
		return
	}
	if ends := m.after(modelIdle); ends.After(m.latest) {
		m.latest = ends
	}
	if time.Until(m.soonest) < modelIdle*3/4-modelRounding { // which is worth a write
		m.soonest = m.after(modelIdle)
	}
}

// seen checks whether the session was rightly found, or rightly not.
func (m *idleModel) seen(t require.TestingT, err error) bool {
	m.there = !errors.Is(err, backend.ErrNotFound)
	switch now := time.Now(); {
	case now.After(m.latest.Add(modelRounding)):
		require.ErrorIs(t, err, backend.ErrNotFound)
	case now.Before(m.soonest.Add(-modelRounding)):
		require.NoError(t, err)
	}
	return m.there
}

// left checks what the session says that it has left.
func (m *idleModel) left(t require.TestingT, expiresIn time.Duration) {
	require.Positive(t, expiresIn)
	require.LessOrEqual(t, expiresIn, time.Until(m.latest)+modelRounding)
}

// Whatever callers do, a session is never seen beyond its end, nor after the idle
// timeout, and always before; and it never says that more time is left.
func TestIdleModel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		s := idling(b)
		defer s.Close()
		forged := func() *perldata.Hash {
			h := uidOf("dwho")
			h.Set(sessionstore.EndAttribute, perldata.IntOf(0))
			return h
		}
		// Without the deadline, for which it must not ask in here.
		rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) {
			ref, err := s.Create(t.Context(), forged(), sessionstore.DefaultTTL)
			require.NoError(rt, err)
			m := &idleModel{there: true}
			m.begin(modelLife)
			ttls := func(rt *rapid.T) time.Duration {
				return time.Duration(rapid.SampledFrom([]int{0, 0, 0, 30, 700, 1500}).Draw(rt, "ttl")) * time.Second
			}
			read := func(session sessionstore.Session, err error) {
				if !m.seen(rt, err) {
					return
				}
				m.read()
				m.left(rt, session.ExpiresIn)
				require.LessOrEqual(rt, session.ExpiresIn, end(rt, session)+time.Second)
			}
			actions := map[string]func(*rapid.T){
				"get": func(*rapid.T) { read(s.Get(t.Context(), ref.ID)) },
				"get many": func(*rapid.T) {
					many, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID})
					require.NoError(rt, err)
					if len(many) == 0 {
						many, err = make([]sessionstore.Session, 1), backend.ErrNotFound
					}
					read(many[0], err)
				},
				"update": func(rt *rapid.T) {
					ttl := ttls(rt)
					updated, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: forged(), Remove: []string{sessionstore.EndAttribute}}, ttl)
					if m.seen(rt, err) {
						m.begin(ttl)
						m.left(rt, updated.ExpiresIn)
					}
				},
				"replace": func(rt *rapid.T) {
					ttl := ttls(rt)
					replaced, err := s.Replace(t.Context(), ref.ID, forged(), ttl, sessionstore.If{Exists: true})
					if m.seen(rt, err) {
						if ttl == 0 {
							ttl = modelLife
						}
						m.begin(ttl)
						m.left(rt, replaced.ExpiresIn)
					}
				},
				"touch": func(rt *rapid.T) {
					ttl := ttls(rt)
					touched, err := s.Touch(t.Context(), ref.ID, ttl)
					if !m.seen(rt, err) {
						return
					}
					if ttl == 0 {
						ttl = modelIdle
					}
					m.live(ttl)
					m.left(rt, touched.ExpiresIn)
				},
				"let live on": func(*rapid.T) {
					_, err := b.Touch(t.Context(), string(ref.ID), 0)
					if errors.Is(err, backend.ErrNotFound) {
						m.there = false
						return
					}
					m.soonest, m.latest, m.forever = m.over, m.over, true
				},
			}
			for range rapid.IntRange(1, 30).Draw(rt, "steps") {
				time.Sleep(time.Duration(rapid.IntRange(0, 120_000).Draw(rt, "milliseconds")) * time.Millisecond)
				if m.there {
					actions[rapid.SampledFrom([]string{"get", "get", "get many", "update", "replace", "touch", "let live on"}).Draw(rt, "action")](rt)
				}
			}
		})
	})
}
