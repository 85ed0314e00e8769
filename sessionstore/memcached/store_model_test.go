package memcached

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// modelled is what the model knows of one id.
type modelled struct {
	text, uid, version string
	exists, deleted    bool
	// indexed says that the session is in the index of its principal: no server
	// has ended since the session was stored, and none was away at that time.
	indexed bool
}

// storeModel is two stores over three servers, and what they must hold.
type storeModel struct {
	servers  []*memcachedtest.Server
	stores   []*sessionstore.Store
	backends []*Backend // of the stores
	stopped  int        // index of a server; -1 for none
	sessions map[sessionstore.ID]*modelled
	ids      []sessionstore.ID
	uids     []string
	writes   int
}

// Two processes change sessions, and servers end: an acknowledged change is read
// until its server ends, a rejected change has changed nothing, and a deleted
// session stays deleted.
func TestStoreModel(t *testing.T) {
	t.Parallel()
	m := &storeModel{}
	var names []string
	for range 3 {
		server := memcachedtest.Start(t)
		m.servers, names = append(m.servers, server), append(names, server.Addr)
	}
	for range 2 {
		b, err := New(Options{Servers: names, Timeout: 10 * time.Second})
		require.NoError(t, err)
		m.backends = append(m.backends, b)
		s := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{
			Principals: []string{"uid"}, IndexFailed: func(context.Context, sessionstore.ID, error) {},
		})
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		m.stores = append(m.stores, s)
	}
	rapid.Check(t, func(rt *rapid.T) {
		m.begin()
		defer m.start()
		rt.Repeat(map[string]func(*rapid.T){
			"replace": m.replace, "update": m.update, "touch": m.touch, "delete": m.delete, "log out": m.logOut,
			"rename": m.rename, "create": m.create,
			"end":  m.end,
			"stop": m.stop,
			"":     m.compare,
		})
	})
}

func (m *storeModel) begin() {
	m.stopped, m.sessions, m.ids = -1, make(map[sessionstore.ID]*modelled), nil
	for range 6 {
		id := sessionstore.NewID()
		m.ids = append(m.ids, id)
		m.sessions[id] = &modelled{}
	}
	m.uids = []string{string(sessionstore.NewID()), string(sessionstore.NewID())}
}

func (m *storeModel) start() {
	if m.stopped < 0 {
		return
	}
	m.servers[m.stopped].Restart()
	for _, b := range m.backends {
		b.servers[m.stopped].breaker.success(time.Now()) // as a second later
	}
	m.stopped = -1
}

func (m *storeModel) store(t *rapid.T) *sessionstore.Store {
	return rapid.SampledFrom(m.stores).Draw(t, "process")
}

func (m *storeModel) id(t *rapid.T) (sessionstore.ID, *modelled) {
	id := rapid.SampledFrom(m.ids).Draw(t, "id")
	return id, m.sessions[id]
}

func (m *storeModel) attributes(t *rapid.T) (h *perldata.Hash, text, uid string) {
	m.writes++
	text, uid = "text "+strconv.Itoa(m.writes), rapid.SampledFrom(m.uids).Draw(t, "uid")
	h = perldata.NewHash(2)
	h.Set("text", perldata.BytesOf(text))
	h.Set("uid", perldata.BytesOf(uid))
	return h, text, uid
}

func (m *storeModel) condition(t *rapid.T, known *modelled) sessionstore.If {
	return rapid.SampledFrom([]sessionstore.If{
		{}, {}, {Exists: true}, {Version: known.version}, {Version: "AAAAAAAAAAAAAAAAAAAAAA"},
	}).Draw(t, "condition")
}

// away says whether the server of a session is stopped.
func (m *storeModel) away(id sessionstore.ID) bool {
	return m.stopped >= 0 && m.backends[0].selector.Pick(string(id)) == m.stopped
}

// rejection returns a check of the error of a change that must fail; nil if it
// must succeed.
func (m *storeModel) rejection(id sessionstore.ID, cond sessionstore.If, mustExist bool) func(t *rapid.T, err error) {
	known := m.sessions[id]
	is := func(want error) func(*rapid.T, error) {
		return func(t *rapid.T, err error) { require.ErrorIs(t, err, want) }
	}
	switch {
	case m.away(id):
		return func(t *rapid.T, err error) {
			_, down := errors.AsType[*backend.UnavailableError](err)
			require.True(t, down, "%v", err)
		}
	case known.deleted:
		return is(sessionstore.ErrDeleted)
	case !known.exists && (mustExist || cond.Exists || cond.Version != ""):
		return is(backend.ErrNotFound)
	case cond.Version != "" && cond.Version != known.version:
		return func(t *rapid.T, err error) {
			conflict, ok := errors.AsType[*sessionstore.VersionConflictError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, known.version, conflict.Current)
		}
	}
	return nil
}

func (m *storeModel) replace(t *rapid.T) {
	id, known := m.id(t)
	h, text, uid := m.attributes(t)
	cond := m.condition(t, known)
	ref, err := m.store(t).Replace(t.Context(), id, h, time.Hour, cond)
	if rejected := m.rejection(id, cond, false); rejected != nil {
		rejected(t, err)
		return
	}
	require.NoError(t, err)
	*known = modelled{text: text, uid: uid, version: ref.Version, exists: true, indexed: m.stopped < 0}
}

func (m *storeModel) update(t *rapid.T) {
	id, known := m.id(t)
	h, text, uid := m.attributes(t)
	cond := m.condition(t, known)
	change := sessionstore.Change{Set: h, If: cond}
	if rapid.Bool().Draw(t, "without uid") {
		h.Delete("uid")
		uid = known.uid
	}
	ref, err := m.store(t).Update(t.Context(), id, change, sessionstore.DefaultTTL)
	if rejected := m.rejection(id, cond, true); rejected != nil {
		rejected(t, err)
		return
	}
	require.NoError(t, err)
	indexed := m.stopped < 0 && (uid != known.uid || known.indexed)
	*known = modelled{text: text, uid: uid, version: ref.Version, exists: true, indexed: indexed}
}

func (m *storeModel) touch(t *rapid.T) {
	id, known := m.id(t)
	ref, err := m.store(t).Touch(t.Context(), id, 2*time.Hour)
	if rejected := m.rejection(id, sessionstore.If{}, true); rejected != nil {
		rejected(t, err)
		return
	}
	require.NoError(t, err)
	require.Equal(t, known.version, ref.Version)
}

func (m *storeModel) delete(t *rapid.T) {
	id, known := m.id(t)
	err := m.store(t).Delete(t.Context(), id)
	if known.deleted && !m.away(id) {
		require.ErrorIs(t, err, backend.ErrNotFound)
		return
	}
	if rejected := m.rejection(id, sessionstore.If{}, true); rejected != nil {
		rejected(t, err)
		return
	}
	require.NoError(t, err)
	*known = modelled{deleted: true}
}

// create stores a session only if there is none with its id.
func (m *storeModel) create(t *rapid.T) {
	id, known := m.id(t)
	h, text, uid := m.attributes(t)
	ref, err := m.store(t).Replace(t.Context(), id, h, time.Hour, sessionstore.If{New: true})
	if !m.away(id) && known.exists {
		require.Equal(t, &sessionstore.ExistsError{ID: id}, err)
		return
	}
	if rejected := m.rejection(id, sessionstore.If{}, false); rejected != nil {
		rejected(t, err)
		return
	}
	require.NoError(t, err)
	*known = modelled{text: text, uid: uid, version: ref.Version, exists: true, indexed: m.stopped < 0}
}

// rename gives a session the id of another one, which may be there or not.
func (m *storeModel) rename(t *rapid.T) {
	id, known := m.id(t)
	to, there := m.id(t)
	cond := m.condition(t, known)
	ref, err := m.store(t).Rename(t.Context(), id, to, cond)
	if to == id {
		_, refused := errors.AsType[*sessionstore.InvalidIDError](err)
		require.True(t, refused, "%v", err)
		return
	}
	if rejected := m.rejection(id, cond, true); rejected != nil {
		rejected(t, err)
		return
	}
	switch {
	case m.away(to):
		_, down := errors.AsType[*backend.UnavailableError](err)
		require.True(t, down, "%v", err)
	case there.deleted:
		require.ErrorIs(t, err, sessionstore.ErrNewIDDeleted)
	case there.exists:
		require.Equal(t, &sessionstore.ExistsError{ID: to}, err)
	default:
		require.NoError(t, err)
		*there = modelled{text: known.text, uid: known.uid, version: ref.Version, exists: true, indexed: m.stopped < 0}
		*known = modelled{deleted: true}
	}
}

// logOut deletes all sessions of a principal.
func (m *storeModel) logOut(t *rapid.T) {
	uid := rapid.SampledFrom(m.uids).Draw(t, "uid")
	must, may := m.of(uid)
	ids, err := m.store(t).DeleteAll(t.Context(), "", uid)
	if m.stopped < 0 {
		require.NoError(t, err)
		require.Subset(t, ids, must)
	}
	require.Subset(t, may, ids)
	for _, id := range ids {
		*m.sessions[id] = modelled{deleted: true}
	}
}

// of returns the sessions of a principal that must be found, and those that may
// be found.
func (m *storeModel) of(uid string) (must, may []sessionstore.ID) {
	for _, id := range slices.Sorted(maps.Keys(m.sessions)) {
		if known := m.sessions[id]; known.exists && known.uid == uid {
			may = append(may, id)
			if known.indexed {
				must = append(must, id)
			}
		}
	}
	return must, may
}

// end lets a server end and start again, empty.
func (m *storeModel) end(t *rapid.T) {
	if m.stopped >= 0 {
		m.start()
		return
	}
	server := rapid.IntRange(0, 2).Draw(t, "server")
	m.forget(server)
	m.servers[server].Restart()
}

func (m *storeModel) stop(t *rapid.T) {
	if m.stopped >= 0 {
		m.start()
		return
	}
	m.stopped = rapid.IntRange(0, 2).Draw(t, "server")
	m.forget(m.stopped)
	m.servers[m.stopped].Kill()
}

// forget forgets the sessions that end with a server.
func (m *storeModel) forget(server int) {
	for id, known := range m.sessions {
		known.indexed = false // the list may have been there
		if m.backends[0].selector.Pick(string(id)) == server {
			*known = modelled{}
		}
	}
}

// compare reads everything.
func (m *storeModel) compare(t *rapid.T) {
	s := m.store(t)
	var there []sessionstore.ID
	for _, id := range m.ids {
		known := m.sessions[id]
		session, err := s.Get(t.Context(), id)
		switch {
		case m.away(id):
			_, down := errors.AsType[*backend.UnavailableError](err)
			require.True(t, down, "%v", err)
			continue
		case !known.exists:
			require.ErrorIs(t, err, backend.ErrNotFound)
		default:
			require.NoError(t, err)
			require.Equal(t, known.version, session.Version)
			text, _ := session.Attributes.Get("text")
			uid, _ := session.Attributes.Get("uid")
			require.Equal(t, []string{known.text, known.uid}, []string{text.Str(), uid.Str()})
		}
		there = append(there, id)
	}
	sessions, err := s.GetMany(t.Context(), there)
	require.NoError(t, err)
	for _, session := range sessions {
		assert.Equal(t, m.sessions[session.ID].version, session.Version)
	}
	for _, uid := range m.uids {
		must, may := m.of(uid)
		found, err := s.Find(t.Context(), "", uid)
		if err != nil {
			require.GreaterOrEqual(t, m.stopped, 0, "%v", err)
			continue
		}
		require.Subset(t, may, found)
		if m.stopped < 0 {
			require.Subset(t, found, must)
		}
	}
}
