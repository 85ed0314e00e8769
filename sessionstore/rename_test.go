package sessionstore_test

import (
	"context"
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"errors"
	"slices"
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

const (
	oldID = sessionstore.ID("01d")
	newID = sessionstore.ID("12e3")
)

// interposed is a backend that calls functions before writes: each once.
type interposed struct {
	backend.Backend
	before map[string]func() error // of a compare-and-swap, by key
	down   map[string]bool         // keys whose server is down from the first such call on
}

var errServer = errors.New("the server is down")

func (i *interposed) failure(key string) error {
	if i.down[key] {
		return backend.Unavailable("the server is down", errServer)
	}
	return nil
}

func (i *interposed) Get(ctx context.Context, key string) (backend.Item, error) {
	if err := i.failure(key); err != nil {
		return backend.Item{}, err
	}
	return i.Backend.Get(ctx, key)
}

func (i *interposed) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if call := i.before[key]; call != nil {
		delete(i.before, key)
		if err := call(); err != nil {
			return err
		}
	}
	if err := i.failure(key); err != nil {
		return err
	}
	return i.Backend.CompareAndSwap(ctx, key, item)
}

func (i *interposed) Delete(ctx context.Context, key string) error {
	if err := i.failure(key); err != nil {
		return err
	}
	return i.Backend.Delete(ctx, key)
}

// renaming returns a store with the session of dwho, whose backend calls before just
// before the session's old id becomes a tombstone. The other store is another process.
func renaming(t *testing.T, before func(other *sessionstore.Store, b *interposed) error) (*sessionstore.Store, *interposed) {
	t.Helper()
	origin := memory.New(memory.Options{})
	t.Cleanup(func() { assert.NoError(t, origin.Close()) })
	b := &interposed{Backend: origin, before: map[string]func() error{}, down: map[string]bool{}}
	options := sessionstore.Options{Principals: []string{"uid"}}
	s := sessionstore.NewStore(b, storable.Codec{}, options)
	attributes := uidOf("dwho")
	attributes.Set("before", perldata.TextOf("x"))
	_, err := s.Replace(t.Context(), oldID, attributes, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	other := sessionstore.NewStore(origin, storable.Codec{}, options)
	b.before[string(oldID)] = func() error { return before(other, b) }
	return s, b
}

func set(t *testing.T, s *sessionstore.Store, id sessionstore.ID, name string, remove ...string) {
	t.Helper()
	h := perldata.NewHash(1)
	h.Set(name, perldata.TextOf("x"))
	_, err := s.Update(t.Context(), id, sessionstore.Change{Set: h, Remove: remove}, sessionstore.DefaultTTL)
	require.NoError(t, err)
}

func namesIn(t *testing.T, s *sessionstore.Store, id sessionstore.ID) (names []string) {
	t.Helper()
	session, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	for name := range session.Attributes.All() {
		names = append(names, name)
	}
	return names
}

func findDwho(t *testing.T, s *sessionstore.Store) []sessionstore.ID {
	t.Helper()
	ids, err := s.Find(t.Context(), "uid", "dwho")
	require.NoError(t, err)
	return ids
}

// lookedUp returns where the lookup key leads.
func lookedUp(t *testing.T, b backend.Backend) string {
	t.Helper()
	sum := md5.Sum([]byte("dwho")) //nolint:gosec // what Perl programs do
	item, err := b.Get(t.Context(), hex.EncodeToString(sum[:]))
	if errors.Is(err, backend.ErrNotFound) {
		return ""
	}
	require.NoError(t, err)
	return string(item.Image)
}

// A change that comes between the two steps of a renaming is under the new id.
func TestRenameCarriesOver(t *testing.T) {
	t.Parallel()
	type do func(t *testing.T, other *sessionstore.Store, b backend.Backend)
	for name, between := range map[string]struct {
		do   do
		want []string
	}{
		"under the old id": {func(t *testing.T, o *sessionstore.Store, _ backend.Backend) { set(t, o, oldID, "a") }, []string{"a"}},
		"twice under the old id": {func(t *testing.T, o *sessionstore.Store, _ backend.Backend) {
			set(t, o, oldID, "a")
			set(t, o, oldID, "b", "a")
		}, []string{"b"}},
		"under both": {func(t *testing.T, o *sessionstore.Store, _ backend.Backend) {
			set(t, o, oldID, "a")
			set(t, o, newID, "b")
		}, []string{"a", "b"}},
		"the same under both": {func(t *testing.T, o *sessionstore.Store, _ backend.Backend) {
			set(t, o, oldID, "a")
			set(t, o, newID, "a")
		}, []string{"a"}},
		"removed under the old, set under the new": {func(t *testing.T, o *sessionstore.Store, _ backend.Backend) {
			set(t, o, oldID, "a", "before")
			set(t, o, newID, "b")
		}, []string{"a", "b", "-before"}},
		"touched under the old": {func(t *testing.T, o *sessionstore.Store, _ backend.Backend) {
			_, err := o.Touch(t.Context(), oldID, time.Hour)
			require.NoError(t, err)
		}, nil},
		"gone under the new": {func(t *testing.T, o *sessionstore.Store, b backend.Backend) {
			set(t, o, oldID, "a")
			require.NoError(t, b.Delete(t.Context(), string(newID)))
		}, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := renaming(t, func(other *sessionstore.Store, b *interposed) error {
				between.do(t, other, b.Backend)
				return nil
			})
			ref, err := s.Rename(t.Context(), oldID, newID, sessionstore.If{})
			require.NoError(t, err)
			want := append([]string{"_session_id", "uid", "uid_MD5"}, between.want...)
			if !slices.Contains(want, "-before") {
				want = append(want, "before")
			}
			assert.ElementsMatch(t, slices.DeleteFunc(want, func(name string) bool { return name == "-before" }), namesIn(t, s, newID))
			session, err := s.Get(t.Context(), newID)
			require.NoError(t, err)
			assert.Equal(t, session.Version, ref.Version)
			id, _ := session.Attributes.Get(sessionstore.IDAttribute)
			assert.Equal(t, string(newID), id.Str())
			_, err = s.Get(t.Context(), oldID)
			require.ErrorIs(t, err, backend.ErrNotFound)
			assert.Equal(t, []sessionstore.ID{newID}, findDwho(t, s))
			assert.Equal(t, string(newID), lookedUp(t, b))
		})
	}
}

// What comes between ends the renaming, or a server fails: then the session is where it
// was, and nowhere else.
func TestRenameUndone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(t *testing.T, other *sessionstore.Store, b *interposed) error
		want   func(error) bool
		alive  bool // under the old id
	}{
		"deleted": {func(t *testing.T, o *sessionstore.Store, _ *interposed) error {
			require.NoError(t, o.Delete(t.Context(), oldID))
			return nil
		}, is(sessionstore.ErrDeleted), false},
		"all sessions deleted": {func(t *testing.T, o *sessionstore.Store, _ *interposed) error {
			ids, err := o.DeleteAll(t.Context(), "uid", "dwho")
			require.NoError(t, err)
			require.ElementsMatch(t, []sessionstore.ID{oldID, newID}, ids, "it is found under both ids")
			return nil
		}, is(sessionstore.ErrDeleted), false},
		"gone": {func(t *testing.T, _ *sessionstore.Store, b *interposed) error {
			return b.Backend.Delete(t.Context(), string(oldID))
		}, is(backend.ErrNotFound), false},
		"changed, and it must not be": {func(t *testing.T, o *sessionstore.Store, _ *interposed) error {
			set(t, o, oldID, "a")
			return nil
		}, func(err error) bool { return errors.As(err, new(*sessionstore.VersionConflictError)) }, true},
		"deleted under the new id": {func(t *testing.T, o *sessionstore.Store, _ *interposed) error {
			_, err := o.Touch(t.Context(), oldID, time.Hour)
			require.NoError(t, err)
			require.NoError(t, o.Delete(t.Context(), newID))
			return nil
		}, is(sessionstore.ErrNewIDDeleted), true},
		"the server is down": {func(_ *testing.T, _ *sessionstore.Store, _ *interposed) error {
			return backend.Unavailable("the server is down", errServer)
		}, is(errServer), true},
		"no memory for a tombstone": {func(_ *testing.T, _ *sessionstore.Store, _ *interposed) error {
			return backend.Unavailable("no memory", backend.ErrNoMemory)
		}, is(backend.ErrNoMemory), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := renaming(t, func(other *sessionstore.Store, b *interposed) error { return c.before(t, other, b) })
			before, err := s.Get(t.Context(), oldID)
			require.NoError(t, err)
			_, err = s.Rename(t.Context(), oldID, newID, sessionstore.If{Version: before.Version})
			require.True(t, c.want(err), "%v", err)
			assert.False(t, backend.IsUnknown(err))
			_, err = s.Get(t.Context(), newID)
			require.ErrorIs(t, err, backend.ErrNotFound)
			_, err = s.Get(t.Context(), oldID)
			if !c.alive {
				require.ErrorIs(t, err, backend.ErrNotFound)
				assert.Empty(t, findDwho(t, s))
				assert.Empty(t, lookedUp(t, b))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, string(oldID), lookedUp(t, b))
			assert.Equal(t, []sessionstore.ID{oldID}, findDwho(t, s))
		})
	}
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

// If nobody knows whether the old id leads to the session any more, the session stays
// under the new one, and the error says so.
func TestRenameWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(b *interposed) error{
		"the old id": func(b *interposed) error {
			b.down[string(oldID)] = true
			lost := backend.Unavailable("no answer came", errLost)
			lost.Unknown = true
			return lost
		},
		"the new id cannot be deleted": func(b *interposed) error {
			b.down[string(newID)] = true
			return backend.Unavailable("the server is down", errServer)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := renaming(t, func(_ *sessionstore.Store, b *interposed) error { return before(b) })
			_, err := s.Rename(t.Context(), oldID, newID, sessionstore.If{})
			require.Error(t, err)
			assert.True(t, backend.IsUnknown(err), "%v", err)
			clear(b.down)
			_, err = s.Get(t.Context(), newID)
			require.NoError(t, err)
			_, err = s.Get(t.Context(), oldID)
			require.NoError(t, err)
			_, err = s.Rename(t.Context(), oldID, newID, sessionstore.If{})
			require.Equal(t, &sessionstore.ExistsError{ID: newID}, err)
		})
	}
}

// A caller who goes away in between leaves the session under one id.
func TestRenameInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, _ := renaming(t, func(*sessionstore.Store, *interposed) error {
		cancel()
		return backend.Interrupted(ctx)
	})
	_, err := s.Rename(ctx, oldID, newID, sessionstore.If{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []sessionstore.ID{oldID}, findDwho(t, s))
	_, err = s.Get(t.Context(), newID)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// An item that cannot be read any more stays under the old id.
func TestRenameUnreadable(t *testing.T) {
	t.Parallel()
	s, b := renaming(t, func(_ *sessionstore.Store, b *interposed) error {
		item, err := b.Backend.Get(t.Context(), string(oldID))
		require.NoError(t, err)
		item.Image = []byte("no session")
		return b.Backend.CompareAndSwap(t.Context(), string(oldID), item)
	})
	_, err := s.Rename(t.Context(), oldID, newID, sessionstore.If{})
	require.ErrorAs(t, err, new(*sessionstore.UnreadableError))
	_, err = s.Get(t.Context(), newID)
	require.ErrorIs(t, err, backend.ErrNotFound)
	item, err := b.Backend.Get(t.Context(), string(oldID))
	require.NoError(t, err)
	assert.Equal(t, "no session", string(item.Image))
}

// A session keeps the time that it has, whatever ends it.
func TestRenameKeepsTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		s := idling(b)
		defer s.Close()
		for name, life := range map[string]sessionstore.Life{
			"absolute timeout": {}, "lifetime": {Lifetime: 1000 * time.Second},
		} {
			ref, err := s.CreateFor(t.Context(), uidOf("dwho"), life)
			require.NoError(t, err)
			time.Sleep(60 * time.Second)
			ref, err = s.Rename(t.Context(), ref.ID, "", sessionstore.If{})
			require.NoError(t, err)
			within(t, 40*time.Second, ref.ExpiresIn+time.Second)
			time.Sleep(30 * time.Second)
			session, err := s.Get(t.Context(), ref.ID)
			require.NoError(t, err, name)
			within(t, 100*time.Second, session.ExpiresIn+time.Second) // reading is a use of it
			value, _ := session.Attributes.Get(sessionstore.EndAttribute)
			end, err := strconv.ParseInt(textOf(value), 10, 64)
			require.NoError(t, err)
			within(t, 910*time.Second, time.Until(time.Unix(end, 0)))
			for range 11 {
				time.Sleep(90 * time.Second)
				_, err = s.Get(t.Context(), ref.ID)
			}
			assert.Empty(t, findDwho(t, s), name)
			require.ErrorIs(t, err, backend.ErrNotFound, name)
		}
	})
}

func textOf(v perldata.Value) string {
	if v.Kind() == perldata.KindInt {
		return strconv.FormatInt(v.Int(), 10)
	}
	return v.Str()
}

// A session beyond its end is none: its id is free, and it gets no other one.
func TestIDOfAnEndedSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		s := idling(b)
		defer s.Close()
		begin := func(id sessionstore.ID) {
			t.Helper()
			_, _, err := s.ReplaceFor(t.Context(), id, uidOf("dwho"), sessionstore.Life{Lifetime: 50 * time.Second}, sessionstore.If{}, sessionstore.Bounds{})
			require.NoError(t, err)
			item, err := b.Get(t.Context(), string(id))
			require.NoError(t, err)
			item.ExpiresIn = time.Hour // as a program stores it that does not know the end
			require.NoError(t, b.CompareAndSwap(t.Context(), string(id), item))
		}
		begin("aa")
		begin("bb")
		_, err := s.Replace(t.Context(), "cc", uidOf("dwho"), sessionstore.DefaultTTL, sessionstore.If{})
		require.NoError(t, err)
		_, err = s.Rename(t.Context(), "cc", "aa", sessionstore.If{})
		require.Equal(t, &sessionstore.ExistsError{ID: "aa"}, err)
		time.Sleep(60 * time.Second)
		_, err = s.Rename(t.Context(), "bb", "dd", sessionstore.If{})
		require.ErrorIs(t, err, backend.ErrNotFound)
		_, err = s.Rename(t.Context(), "cc", "aa", sessionstore.If{})
		require.NoError(t, err)
		assert.Equal(t, []sessionstore.ID{"aa"}, findDwho(t, s))
		_, err = s.Replace(t.Context(), "bb", uidOf("rtyler"), sessionstore.DefaultTTL, sessionstore.If{New: true})
		require.NoError(t, err)
		_, err = s.Replace(t.Context(), "bb", uidOf("rtyler"), sessionstore.DefaultTTL, sessionstore.If{New: true})
		require.Equal(t, &sessionstore.ExistsError{ID: "bb"}, err)
	})
}
