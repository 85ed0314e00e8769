package sessionstore_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// whole is a codec that decodes no part, and shows nothing before it is decoded.
type whole struct{ storable.Codec }

func (whole) Walk([]byte, perldata.Visitor, func(int64) error) bool { return false }

func (whole) DecodePart([]byte, []string, func(int64) error) (perldata.Part, bool) { //nolint:ireturn // the contract
	return nil, false
}

// parts is a codec that counts the sessions that it decodes as a whole.
type parts struct {
	storable.Codec

	decoded *int
}

func (c parts) DecodeWithin(image []byte, reserve func(int64) error) (*perldata.Hash, error) {
	*c.decoded++
	return c.Codec.DecodeWithin(image, reserve)
}

// A Store that decodes parts of sessions stores the same bytes as one that decodes them
// all, and its answers are the same.
func TestStoresThatDecodePartsStoreTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // both have the same clock
		rapid.Check(struct{ rapid.TB }{t}, func(r *rapid.T) { // rapid must not ask for the deadline
			options := sessionstore.Options{
				Principals: rapid.SampledFrom([][]string{nil, {"uid"}, {"uid", "mail"}}).Draw(r, "principals"),
				Lifetimes:  sessionstore.Lifetimes{Default: time.Hour, Idle: rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(r, "idle")},
			}
			decoded := 0
			a, b := memory.New(memory.Options{}), memory.New(memory.Options{})
			one := sessionstore.NewStore(a, parts{decoded: &decoded}, options)
			other := sessionstore.NewStore(b, whole{}, options)
			const id = sessionstore.ID("ab12")
			version := ""
			for range rapid.IntRange(1, 15).Draw(r, "steps") {
				step := stepOf(r, version)
				first, errFirst := step(one, id)
				second, errSecond := step(other, id)
				require.Equal(r, errSecond, errFirst)
				require.Equal(r, second, first)
				if errFirst == nil {
					version = first.Version
				}
				stored, err := a.Get(t.Context(), string(id))
				want, errWant := b.Get(t.Context(), string(id))
				require.Equal(r, errWant, err)
				require.Equal(r, string(want.Image), string(stored.Image))
				require.Equal(r, want.ExpiresIn, stored.ExpiresIn)
			}
			require.NoError(r, one.Close())
			require.NoError(r, other.Close())
		})
	})
}

// stepOf returns a random change of a session.
func stepOf(r *rapid.T, version string) func(s *sessionstore.Store, id sessionstore.ID) (sessionstore.Ref, error) {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		"uid", "mail", "uid_MD5", "a", "b", "é", "\U0001F600", "_session_id", "_session_end",
	}), 0, 4, rapid.ID[string])
	values := rapid.SampledFrom([]perldata.Value{
		perldata.BytesOf("x"), perldata.TextOf("é"), perldata.IntOf(7),
		{},
		perldata.ListOf(perldata.BytesOf("in")),
		perldata.HashOf(named("n", "m")),
	})
	set := func(names []string) *perldata.Hash {
		h := perldata.NewHash(len(names))
		for _, name := range names {
			h.Set(name, values.Draw(r, "value"))
		}
		return h
	}
	entries, removed := names.Draw(r, "set"), names.Draw(r, "remove")
	cond := sessionstore.If{Version: rapid.SampledFrom([]string{"", "", version, "0"}).Draw(r, "version")}
	hash := set(entries)
	ctx := context.Background()
	except := []string{"b"}
	switch rapid.IntRange(0, 2).Draw(r, "step") {
	case 0:
		return func(s *sessionstore.Store, id sessionstore.ID) (sessionstore.Ref, error) {
			own := perldata.NewHash(0)
			for name, v := range hash.All() {
				own.Set(name, v)
			}
			return s.Replace(ctx, id, own, time.Hour, cond)
		}
	case 1:
		return func(s *sessionstore.Store, id sessionstore.ID) (sessionstore.Ref, error) {
			own := perldata.NewHash(0)
			for name, v := range hash.All() {
				if name != "b" {
					own.Set(name, v)
				}
			}
			ref, _, err := s.ReplaceWithin(ctx, id, own, time.Hour, cond, sessionstore.Bounds{Except: except})
			return ref, err
		}
	default:
		return func(s *sessionstore.Store, id sessionstore.ID) (sessionstore.Ref, error) {
			return s.Update(ctx, id, sessionstore.Change{Set: hash, Remove: removed, If: cond}, sessionstore.DefaultTTL)
		}
	}
}

// An attribute that is removed and set moves to the end, as in a session that is decoded.
func TestUpdateMovesWhatItRemovesAndSets(t *testing.T) {
	t.Parallel()
	var images []string
	for _, codec := range []sessionstore.Codec{storable.Codec{}, whole{}} {
		items := memory.New(memory.Options{})
		s := sessionstore.NewStore(items, codec, sessionstore.Options{})
		h := named(sessionstore.IDAttribute, "ab12")
		h.Set("a", perldata.BytesOf("1"))
		h.Set("b", perldata.BytesOf("2"))
		_, err := s.Replace(t.Context(), "ab12", h, time.Hour, sessionstore.If{})
		require.NoError(t, err)
		_, err = s.Update(t.Context(), "ab12", sessionstore.Change{Set: named("a", "3"), Remove: []string{"a"}}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		item, err := items.Get(t.Context(), "ab12")
		require.NoError(t, err)
		images = append(images, string(item.Image))
		require.NoError(t, s.Close())
	}
	assert.Equal(t, images[1], images[0])
	assert.True(t, strings.HasSuffix(images[0], "a"))
}

// A change of few attributes decodes few.
func TestUpdateDecodesAPart(t *testing.T) {
	t.Parallel()
	decoded := 0
	s := sessionstore.NewStore(memory.New(memory.Options{}), parts{decoded: &decoded}, sessionstore.Options{Principals: []string{"uid"}})
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	h := named("uid", "dwho")
	for i := range 100 {
		h.Set(strconv.Itoa(i), perldata.IntOf(int64(i)))
	}
	ref, err := s.Create(t.Context(), h, time.Hour)
	require.NoError(t, err)
	ref, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: named("7", "x"), Remove: []string{"8"}, If: sessionstore.If{Version: ref.Version}}, sessionstore.DefaultTTL)
	require.NoError(t, err)
	_, err = s.Replace(t.Context(), ref.ID, named("uid", "other"), time.Hour, sessionstore.If{Version: ref.Version})
	require.NoError(t, err)
	assert.Zero(t, decoded)
}

// named returns attributes with one name.
func named(name, value string) *perldata.Hash {
	h := perldata.NewHash(1)
	h.Set(name, perldata.BytesOf(value))
	return h
}
