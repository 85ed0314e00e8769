package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

func inspectTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"Inspect":           testInspect,
		"InspectUnreadable": testInspectUnreadable,
		"InspectMany":       testInspectMany,
		"InspectIsNoUse":    testInspectIsNoUse,
		"DeleteIf":          testDeleteIf,
		"Edit":              testEdit,
		"Window":            testWindow,
		"ShareKey":          testShareKey,
	}
}

// Inspecting a session shows what Get shows, and how it is stored.
func testInspect(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	before := time.Now().Add(-time.Minute)
	ref, err := s.Create(t.Context(), hash("uid", "dwho"), time.Hour)
	require.NoError(t, err)
	shown, err := s.Inspect(t.Context(), ref.ID)
	require.NoError(t, err)
	assert.Equal(t, ref.Version, shown.Version)
	assert.Equal(t, ref.ID, shown.ID)
	assert.InDelta(t, time.Hour, shown.ExpiresIn, float64(time.Minute))
	v, _ := shown.Attributes.Get("uid")
	assert.Equal(t, "dwho", v.Str())
	item, err := b.Get(t.Context(), string(ref.ID))
	require.NoError(t, err)
	assert.Equal(t, len(item.Image), shown.Size)
	assert.Equal(t, sessionFlags(b), shown.Flags)
	assert.Equal(t, sessionFlags(b) == 9, shown.Encrypted)
	assert.False(t, shown.Compressed)
	assert.Nil(t, shown.Unreadable)
	assert.Empty(t, shown.First)
	if item.Version != 0 {
		assert.WithinRange(t, shown.Written, before, time.Now().Add(time.Minute))
	}
	if _, isPool := backend.PoolOf(b); isPool {
		assert.NotEmpty(t, shown.Server)
	}
	require.NoError(t, s.Delete(t.Context(), ref.ID))
	_, err = s.Inspect(t.Context(), ref.ID)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// An item that cannot be read is shown with the reason and its first bytes.
func testInspectUnreadable(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	id := sessionstore.NewID()
	image := slices.Repeat([]byte("no session <&> "), 100)
	require.NoError(t, b.Add(t.Context(), string(id), backend.Item{Image: image, Flags: 1, ExpiresIn: time.Hour}))
	shown, err := s.Inspect(t.Context(), id)
	require.NoError(t, err)
	require.NotNil(t, shown.Unreadable)
	assert.NotEmpty(t, shown.Unreadable.Reason)
	assert.Equal(t, image[:sessionstore.FirstBytes], shown.First)
	assert.Equal(t, len(image), shown.Size)
	assert.Nil(t, shown.Attributes)
	assert.NotEmpty(t, shown.Version)
	assert.InDelta(t, time.Hour, shown.ExpiresIn, float64(time.Minute))
}

// Absent sessions are left out, unreadable ones are not.
func testInspectMany(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	var want []sessionstore.ID
	for range 120 {
		ref, err := s.Create(t.Context(), hash("uid", "dwho"), time.Hour)
		require.NoError(t, err)
		want = append(want, ref.ID)
	}
	unreadable := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(unreadable), backend.Item{Image: []byte("x"), Flags: 1, ExpiresIn: time.Hour}))
	want = append(want, unreadable)
	var visited []sessionstore.ID
	require.NoError(t, s.InspectMany(t.Context(), append(slices.Clone(want), sessionstore.NewID()), func(shown sessionstore.Inspected) error {
		visited = append(visited, shown.ID)
		assert.Equal(t, shown.ID == unreadable, shown.Unreadable != nil)
		return nil
	}))
	assert.ElementsMatch(t, want, visited)
	enough := errors.New("enough")
	require.ErrorIs(t, s.InspectMany(t.Context(), want, func(sessionstore.Inspected) error { return enough }), enough)
}

// Looking at a session does not extend its idle timeout.
func testInspectIsNoUse(t *testing.T, b backend.Backend) {
	life := newStore(b, sessionstore.Lifetimes{Default: time.Hour, Idle: 20 * time.Minute})
	ref, err := life.Create(t.Context(), hash("uid", "dwho"), sessionstore.DefaultTTL)
	require.NoError(t, err)
	idle := newStore(b, sessionstore.Lifetimes{Default: time.Hour, Idle: 40 * time.Minute})
	before, err := b.Get(t.Context(), string(ref.ID))
	require.NoError(t, err)
	shown, err := idle.Inspect(t.Context(), ref.ID)
	require.NoError(t, err)
	assert.LessOrEqual(t, shown.ExpiresIn, 20*time.Minute)
	require.NoError(t, idle.InspectMany(t.Context(), []sessionstore.ID{ref.ID}, func(sessionstore.Inspected) error { return nil }))
	after, err := b.Get(t.Context(), string(ref.ID))
	require.NoError(t, err)
	assert.Equal(t, before.CAS, after.CAS, "nothing was written")
	assert.LessOrEqual(t, after.ExpiresIn, 20*time.Minute)
}

// A session is deleted only if it still is what was shown, readable or not.
func testDeleteIf(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	readable, err := s.Create(t.Context(), hash("uid", "dwho"), time.Hour)
	require.NoError(t, err)
	broken := sessionstore.NewID()
	require.NoError(t, b.Add(t.Context(), string(broken), backend.Item{Image: []byte("broken"), Flags: 1, ExpiresIn: time.Hour}))
	for _, id := range []sessionstore.ID{readable.ID, broken} {
		shown, err := s.Inspect(t.Context(), id)
		require.NoError(t, err)
		item, err := b.Get(t.Context(), string(id))
		require.NoError(t, err)
		changed := item
		changed.Image = append(slices.Clone(item.Image), '!')
		require.NoError(t, b.CompareAndSwap(t.Context(), string(id), changed))
		var conflict *sessionstore.VersionConflictError
		require.ErrorAs(t, s.DeleteIf(t.Context(), id, shown.Version), &conflict)
		shown, err = s.Inspect(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, conflict.Current, shown.Version)
		require.NoError(t, s.DeleteIf(t.Context(), id, shown.Version))
		_, err = s.Inspect(t.Context(), id)
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.ErrorIs(t, s.DeleteIf(t.Context(), id, shown.Version), backend.ErrNotFound)
	}
}

// An edit needs the version, keeps what it does not change and does not see what it must
// leave alone.
func testEdit(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref, err := s.Create(t.Context(), hash("uid", "dwho", "mail", "d@example.org", "secret", "x"), time.Hour)
	require.NoError(t, err)
	bounds := sessionstore.Bounds{Except: []string{"secret"}}
	set := func(value string) func(*perldata.Hash) error {
		return func(attributes *perldata.Hash) error {
			_, seen := attributes.Get("secret")
			assert.False(t, seen)
			attributes.Set("mail", perldata.TextOf(value))
			return nil
		}
	}
	edited, err := s.Edit(t.Context(), ref.ID, sessionstore.If{Version: ref.Version}, set("e@example.org"), bounds)
	require.NoError(t, err)
	var conflict *sessionstore.VersionConflictError
	_, err = s.Edit(t.Context(), ref.ID, sessionstore.If{Version: ref.Version}, set("f@example.org"), bounds)
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, edited.Version, conflict.Current)
	failed := errors.New("failed")
	_, err = s.Edit(t.Context(), ref.ID, sessionstore.If{}, func(attributes *perldata.Hash) error {
		attributes.Delete("uid")
		return failed
	}, bounds)
	require.ErrorIs(t, err, failed)
	shown, err := s.Inspect(t.Context(), ref.ID)
	require.NoError(t, err)
	assert.Equal(t, edited.Version, shown.Version)
	for name, want := range map[string]string{"uid": "dwho", "mail": "e@example.org", "secret": "x"} {
		v, _ := shown.Attributes.Get(name)
		assert.Equal(t, want, v.Str(), name)
	}
	assert.InDelta(t, time.Hour, shown.ExpiresIn, float64(time.Minute), "it expires when it would have")
	_, err = s.Edit(t.Context(), sessionstore.NewID(), sessionstore.If{}, set(""), bounds)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// Windows that follow each other have each session that is there all the time once, and
// end.
func testWindow(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	if len(s.Servers()) == 0 {
		_, err := s.Window(t.Context(), 0, "", sessionstore.Position{}, 10)
		require.ErrorIs(t, err, backend.ErrNotScannable)
		return
	}
	kind := "w" + letters(newDigits())
	want := make(map[sessionstore.ID]bool)
	for range 130 {
		ref, err := s.CreateTyped(t.Context(), kind, nil, time.Hour)
		require.NoError(t, err)
		want[ref.ID] = true
	}
	listed := make(map[sessionstore.ID]int)
	for server := range s.Servers() {
		at := sessionstore.Position{}
		for more := true; more; {
			window, err := s.Window(t.Context(), server, kind, at, 20)
			if errors.Is(err, backend.ErrNotScannable) { // a proxy
				return
			}
			require.NoError(t, err)
			assert.LessOrEqual(t, len(window.IDs), 20)
			if more = window.More; more {
				require.Len(t, window.IDs, 20)
			}
			for _, id := range window.IDs {
				listed[id]++
				parsed, ok := sessionstore.ParsePosition(sessionstore.PositionOf(id).String())
				require.True(t, ok)
				at = parsed
			}
			_, err = s.CreateTyped(t.Context(), kind, nil, time.Hour) // one comes meanwhile
			require.NoError(t, err)
		}
	}
	for id := range want {
		if s.Moves() {
			assert.LessOrEqual(t, listed[id], 2)
			continue
		}
		assert.Equal(t, 1, listed[id])
	}
	_, err := s.Window(t.Context(), len(s.Servers()), kind, sessionstore.Position{}, 20)
	require.ErrorAs(t, err, new(*backend.UnavailableError))
}

// Stores on the same servers share a key: the first one that was proposed.
func testShareKey(t *testing.T, b backend.Backend) {
	name := string(newDigits())
	one, other := sessionstore.SharedKey{1}, sessionstore.SharedKey{2}
	s := neverExpiring(b)
	for _, proposed := range []sessionstore.SharedKey{one, other} {
		key, err := s.ShareKey(t.Context(), name, proposed)
		require.NoError(t, err)
		assert.Equal(t, one, key)
	}
	key, err := neverExpiring(b).ShareKey(t.Context(), name+"2", other)
	require.NoError(t, err)
	assert.Equal(t, other, key)
}
