package sessionstore_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/seal"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storable"
)

func sealing(b backend.Backend, sealer sessionstore.Sealer, o sessionstore.Options) *sessionstore.Store {
	o.Sealer = sealer
	return sessionstore.NewStore(b, storable.Codec{}, o)
}

// stored adds a session as a program without the service stores it.
func stored(t *testing.T, b backend.Backend, flags uint32, value string) sessionstore.ID {
	t.Helper()
	id := sessionstore.NewID()
	o := sessionstore.Options{}
	if flags&2 != 0 {
		o.CompressThreshold = 1
	}
	s := sessionstore.NewStore(b, storable.Codec{}, o)
	_, err := s.Replace(t.Context(), id, attributes(value), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	item := backendtest.MustGet(t, b, string(id))
	item.Flags = flags
	require.NoError(t, b.CompareAndSwap(t.Context(), string(id), item))
	return id
}

func TestSessionsAreSealed(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	s := sealing(b, sealtest.Keyring(t), sessionstore.Options{})
	secret := strings.Repeat("secret ", 50)
	created, err := s.Create(t.Context(), attributes(secret), time.Hour)
	require.NoError(t, err)
	ids := []sessionstore.ID{created.ID}
	// What Perl programs have stored is read, and sealed when it is changed.
	for _, flags := range []uint32{0, 1, 2, 3, 1<<29 | 1} {
		id := stored(t, b, flags, secret)
		plain := backendtest.MustGet(t, b, string(id))
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		_, err = s.Touch(t.Context(), id, time.Hour)
		require.NoError(t, err)
		require.True(t, backend.SameContent(plain, backendtest.MustGet(t, b, string(id))), "reading changes nothing")

		ref, err := s.Update(t.Context(), id, sessionstore.Change{}, time.Hour)
		require.NoError(t, err)
		require.Equal(t, session.Version, ref.Version, "equal content")
		require.Equal(t, 9|flags&(1<<29), backendtest.MustGet(t, b, string(id)).Flags)
		ref, err = s.Replace(t.Context(), id, attributes(secret), time.Hour, sessionstore.If{Version: ref.Version})
		require.NoError(t, err)
		require.Equal(t, session.Version, ref.Version)
		session, err = s.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, ref, session.Ref)

		ids = append(ids, id)
	}
	for _, id := range ids {
		item := backendtest.MustGet(t, b, string(id))
		require.Equal(t, uint32(9), item.Flags&^(1<<29))
		require.Equal(t, byte('S'), item.Image[0], "no version of Storable")
		require.False(t, bytes.Contains(item.Image, []byte("secret")))
		require.False(t, bytes.Contains(item.Image, []byte("_session_id")))
		session, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		v, _ := session.Attributes.Get("a")
		require.Equal(t, secret, v.Str())
	}
}

// When new sessions stay plain, a sealed session becomes what it was before.
func TestFormComesBack(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	key := sealtest.Lines(t, "a")[0]
	s := sealing(b, sealtest.Keyring(t, key), sessionstore.Options{})
	back := sealing(b, sealtest.Keyring(t, "plain", key), sessionstore.Options{})
	for _, flags := range []uint32{0, 1, 2, 3, 1<<29 | 1} {
		id := stored(t, b, flags, strings.Repeat("value ", 50))
		before := backendtest.MustGet(t, b, string(id))
		for _, change := range []func(*sessionstore.Store) error{
			func(s *sessionstore.Store) error {
				_, err := s.Update(t.Context(), id, sessionstore.Change{}, time.Hour)
				return err
			},
			func(s *sessionstore.Store) error {
				_, err := s.Replace(t.Context(), id, attributes(strings.Repeat("value ", 50)), time.Hour, sessionstore.If{})
				return err
			},
		} {
			require.NoError(t, change(s))
			require.NoError(t, change(s))
			require.Equal(t, 9|flags&(1<<29), backendtest.MustGet(t, b, string(id)).Flags)
			require.NoError(t, change(back))
			require.True(t, backend.SameContent(before, backendtest.MustGet(t, b, string(id))), "flags %d", flags)
		}
	}
	created, err := back.Create(t.Context(), nil, time.Hour)
	require.NoError(t, err)
	require.Equal(t, uint32(1), backendtest.MustGet(t, b, string(created.ID)).Flags)
}

func TestSealedSessionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	lines := sealtest.Lines(t, "a", "b", "a")
	writer := sealing(b, sealtest.Keyring(t, lines[0]), sessionstore.Options{})
	store := func() (sessionstore.ID, backend.Item) {
		ref, err := writer.Create(t.Context(), attributes("secret"), time.Hour)
		require.NoError(t, err)
		return ref.ID, backendtest.MustGet(t, b, string(ref.ID))
	}
	put := func(id sessionstore.ID, item backend.Item) {
		item.CAS = backendtest.MustGet(t, b, string(id)).CAS
		require.NoError(t, b.CompareAndSwap(t.Context(), string(id), item))
	}
	_, other := store()
	for name, tt := range map[string]struct {
		sealer sessionstore.Sealer
		change func(item *backend.Item)
		reason string
	}{
		"no sealer":   {nil, nil, "it is encrypted, and the store has no keys"},
		"no keys":     {new(seal.Keyring), nil, "seal: it is encrypted, and the service has no keys (--encrypt-key-file)"},
		"unknown key": {sealtest.Keyring(t, lines[1]), nil, "seal: it is encrypted with the key a, which the service does not have"},
		"wrong key":   {sealtest.Keyring(t, lines[2]), nil, "seal: it is encrypted with another key named a than the service has"},
		"damaged":     {nil, func(item *backend.Item) { item.Image[len(item.Image)-1] ^= 1 }, "seal: the encrypted item is damaged"},
		"cut":         {nil, func(item *backend.Item) { item.Image = item.Image[:40] }, "seal: the encrypted item is damaged"},
		"other form":  {nil, func(item *backend.Item) { item.Image[1] ^= 2 }, "seal: it was encrypted for another id"},
		"exchanged":   {nil, func(item *backend.Item) { item.Image = other.Image }, "seal: it was encrypted for another id"},
		"unmarked":    {nil, func(item *backend.Item) { item.Image[0] = 5 }, "it is none"},
		"no form":     {nil, func(item *backend.Item) { item.Image[1] = 8 }, "it is none"},
		"empty":       {nil, func(item *backend.Item) { item.Image = nil }, "it is none"},
		"as plain":    {nil, func(item *backend.Item) { item.Flags = 1 }, "storable: "},
		"as a string": {nil, func(item *backend.Item) { item.Flags = 8 }, "its flags are 8"},
		"compressed":  {nil, func(item *backend.Item) { item.Flags = 11 }, "its flags are 11"},
	} {
		t.Run(name, func(t *testing.T) {
			id, item := store()
			s := sealing(b, tt.sealer, sessionstore.Options{Principals: []string{"a"}, NoLookupKeys: true})
			if tt.change != nil {
				s = writer
				tt.change(&item)
				put(id, item)
			}
			requireUnreadableFor(t, b, s, id, tt.reason)
		})
	}
}

// requireUnreadableFor requires that a session cannot be read or changed, but
// touched and deleted.
func requireUnreadableFor(t *testing.T, b backend.Backend, s *sessionstore.Store, id sessionstore.ID, reason string) {
	t.Helper()
	before := backendtest.MustGet(t, b, string(id))
	foreign := before.Flags&1 == 0
	requireIt := func(err error) {
		t.Helper()
		unreadable, ok := errors.AsType[*sessionstore.UnreadableError](err)
		require.True(t, ok, "%v", err)
		require.Contains(t, unreadable.Reason, reason)
		require.NotContains(t, unreadable.Reason, "secret")
		require.Equal(t, id, unreadable.ID)
		require.Equal(t, foreign, unreadable.Foreign, "it is a session")
	}
	_, err := s.Get(t.Context(), id)
	requireIt(err)
	_, err = s.GetMany(t.Context(), []sessionstore.ID{id})
	requireIt(err)
	_, err = s.Replace(t.Context(), id, attributes("x"), time.Hour, sessionstore.If{})
	requireIt(err)
	_, err = s.Update(t.Context(), id, sessionstore.Change{}, time.Hour)
	requireIt(err)
	require.True(t, backend.SameContent(before, backendtest.MustGet(t, b, string(id))), "it is not changed")
	_, err = s.Touch(t.Context(), id, 2*time.Hour)
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), id))
	_, err = s.Get(t.Context(), id)
	require.ErrorIs(t, err, backend.ErrNotFound)
}

// A scan goes on over sessions that it cannot read, and knows all that it can.
func TestScanOfSealedSessions(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	lines := sealtest.Lines(t, "old", "new", "lost")
	old, lost := sealing(b, sealtest.Keyring(t, lines[0]), sessionstore.Options{}), sealing(b, sealtest.Keyring(t, lines[2]), sessionstore.Options{})
	s := sealing(b, sealtest.Keyring(t, lines[1], lines[0]), sessionstore.Options{
		Principals: []string{"a"}, NoLookupKeys: true, Reserve: func(context.Context, int64) error { return nil },
	})
	indexer := s.NewIndexer(b)
	defer indexer.Close()
	user := strings.Repeat("user", 50)
	want := []sessionstore.ID{stored(t, b, 1, user), stored(t, b, 3, user)}
	for _, writer := range []*sessionstore.Store{old, lost, s} {
		ref, err := writer.Create(t.Context(), attributes(user), time.Hour)
		require.NoError(t, err)
		if writer != lost {
			want = append(want, ref.ID)
		}
	}
	found, err := s.Find(t.Context(), "", user)
	require.NoError(t, err)
	assert.ElementsMatch(t, want, found)
	ended, err := s.DeleteAll(t.Context(), "", user)
	require.NoError(t, err)
	assert.ElementsMatch(t, want, ended)
}

// An instance without the key of a session does not find it. The session stays in the
// list of its user, for the instances that have the key.
func TestSearchKeepsWhatOthersCanRead(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	o := sessionstore.Options{Principals: []string{"a"}, NoLookupKeys: true}
	lines := sealtest.Lines(t, "old", "new")
	first, second := sealing(b, sealtest.Keyring(t, lines[0]), o), sealing(b, sealtest.Keyring(t, lines[1], lines[0]), o)
	find := func(s *sessionstore.Store) []sessionstore.ID {
		t.Helper()
		ids, err := s.Find(t.Context(), "", "dwho")
		require.NoError(t, err)
		return ids
	}
	var ids []sessionstore.ID
	for _, s := range []*sessionstore.Store{first, second, first} {
		ref, err := s.Create(t.Context(), attributes("dwho"), time.Hour)
		require.NoError(t, err)
		ids = append(ids, ref.ID)
	}
	assert.Equal(t, ids, find(second))
	for range 2 {
		assert.Equal(t, []sessionstore.ID{ids[0], ids[2]}, find(first))
	}
	assert.Equal(t, ids, find(second))

	require.NoError(t, second.Delete(t.Context(), ids[0])) // the list is repaired
	for range 2 {
		assert.Equal(t, []sessionstore.ID{ids[2]}, find(first))
	}
	assert.Equal(t, ids[1:], find(second))

	ended, err := first.DeleteAll(t.Context(), "", "dwho")
	require.NoError(t, err)
	assert.Equal(t, ids[2:], ended)
	ended, err = second.DeleteAll(t.Context(), "", "dwho")
	require.NoError(t, err)
	assert.Equal(t, ids[1:2], ended)
}

// What does not fit is refused with the bytes that it needs encrypted.
func TestSealedSessionTooLarge(t *testing.T) {
	t.Parallel()
	b := &limited{Backend: memory.New(memory.Options{}), limit: 1000}
	plain, sealed := sealing(b, nil, sessionstore.Options{}), sealing(b, sealtest.Keyring(t), sessionstore.Options{})
	h := func() *perldata.Hash { return attributes(strings.Repeat("x", 900)) }
	ref, err := plain.Create(t.Context(), h(), time.Hour)
	require.NoError(t, err)
	before := backendtest.MustGet(t, b, string(ref.ID))
	_, err = sealed.Update(t.Context(), ref.ID, sessionstore.Change{}, time.Hour)
	tooLarge, ok := errors.AsType[*backend.TooLargeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, int64(len(before.Image)+60), tooLarge.Actual)
	require.True(t, backend.SameContent(before, backendtest.MustGet(t, b, string(ref.ID))))
}

// limited is a backend with a small limit.
type limited struct {
	backend.Backend

	limit int
}

func (b *limited) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	if len(item.Image) > b.limit {
		return &backend.TooLargeError{Limit: int64(b.limit), Actual: int64(len(item.Image))}
	}
	return b.Backend.CompareAndSwap(ctx, key, item)
}

// The memory of a compressed session is reserved, also if it is sealed.
func TestMemoryOfSealedSessions(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	key := sealtest.Lines(t, "a")[0]
	writer := sealing(b, sealtest.Keyring(t, key), sessionstore.Options{CompressThreshold: 100})
	ref, err := writer.Create(t.Context(), attributes(strings.Repeat("x", 100_000)), time.Hour)
	require.NoError(t, err)
	require.Less(t, len(backendtest.MustGet(t, b, string(ref.ID)).Image), 1000)
	var most, now int64
	errFull := errors.New("full")
	reader := sealing(b, sealtest.Keyring(t, key), sessionstore.Options{Reserve: func(_ context.Context, n int64) error {
		if now += n; now > 10_000 {
			return errFull
		}
		most = max(most, now)
		return nil
	}})
	_, err = reader.Get(t.Context(), ref.ID)
	require.ErrorIs(t, err, errFull, "%d bytes were enough", most)

	// So is the copy that is decrypted.
	now, most = 0, 0
	id := mustCreate(t, reader, "x")
	_, err = reader.Get(t.Context(), id)
	require.NoError(t, err)
	sealed, size := most, int64(len(backendtest.MustGet(t, b, string(id)).Image))
	now, most = 0, 0
	plain := sealing(b, nil, sessionstore.Options{Reserve: func(_ context.Context, n int64) error {
		now += n
		most = max(most, now)
		return nil
	}})
	_, err = plain.Get(t.Context(), mustCreate(t, plain, "x"))
	require.NoError(t, err)
	require.Equal(t, size, sealed-most)
}

func mustCreate(t *testing.T, s *sessionstore.Store, value string) sessionstore.ID {
	t.Helper()
	ref, err := s.Create(t.Context(), attributes(value), time.Hour)
	require.NoError(t, err)
	return ref.ID
}
