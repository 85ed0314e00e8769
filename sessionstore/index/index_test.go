package index

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
)

// sessions is a store of sessions that exist, by id.
type sessions map[string]*perldata.Hash

func (s sessions) IsID(text string) bool {
	return text != "" && strings.Trim(text, "0123456789abcdef") == ""
}

func (s sessions) Look(_ context.Context, ids []string, visit func(string, Session)) error {
	for _, id := range ids {
		if attributes, ok := s[id]; ok {
			visit(id, Session{Attributes: attributes, Life: time.Hour})
		}
	}
	return nil
}

func (sessions) Calls() int64 { return 0 }

func of(uid string) *perldata.Hash {
	h := perldata.NewHash(2)
	h.Set("uid", perldata.TextOf(uid))
	return h
}

// A list says what a simple model says, whatever the order of logins, log-outs
// and damage. A compacted list says the same, without the entries that have
// expired and whose session does not exist.
func TestListAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 6).Draw(t, "most")
		ctx, b := context.Background(), memory.New(memory.Options{})
		alive := sessions{"a1": of("dwho"), "b2": of("dwho"), "c3": of("other")} // whatever the entry says
		x := New(b, alive, Options{Attributes: []string{"uid"}})
		x.maxEntries = most
		now := time.Now().Unix()
		var text strings.Builder
		var model []entry // in the order of logins
		find := func(id string) int { return slices.IndexFunc(model, func(e entry) bool { return e.id == id }) }
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			id := rapid.SampledFrom([]string{"a1", "b2", "c3", "d4", "e5", "f6", "07", "18"}).Draw(t, "id")
			at := find(id)
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				text.WriteString(removalLine(id))
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
			case 1:
				text.WriteString(rapid.SampledFrom([]string{"\n", "+\n", "+zz 0\n", "*a1 0\n", "+a1 x\n", "garbage\n"}).Draw(t, "damage"))
			default:
				e := entry{id: id, expiry: rapid.SampledFrom([]int64{0, now + 1000, now + 2000, now - 1000}).Draw(t, "expiry")}
				text.WriteString(e.line())
				if at >= 0 {
					model[at] = e
				} else {
					model = append(model, e)
				}
			}
		}
		l := x.read(backend.Item{Image: []byte(text.String() + "+a1 12")}) // and a line that was cut
		require.False(t, l.truncated)
		require.True(t, slices.Equal(model, l.entries), "%v, not %v", l.entries, model)

		p := principal{"", "uid", "dwho"}
		require.NoError(t, b.Add(ctx, p.key(), backend.Item{Image: []byte(text.String())}))
		require.NoError(t, x.compact(ctx, p))
		model = slices.DeleteFunc(model, func(e entry) bool {
			return e.expiry != 0 && e.expiry < now && e.id != "a1" && e.id != "b2"
		})
		evicted := max(len(model)-most, 0)
		item, err := b.Get(ctx, p.key())
		if len(model) == 0 {
			require.ErrorIs(t, err, backend.ErrNotFound)
			return
		}
		require.NoError(t, err)
		l = x.read(item)
		require.Equal(t, evicted > 0, l.truncated)
		require.Equal(t, idsOf(model[evicted:]), idsOf(l.entries))
		for i, e := range l.entries {
			if was := model[evicted+i].expiry; backend.Expired(was) {
				require.False(t, backend.Expired(e.expiry), "the session tells when it expires")
			} else {
				require.Equal(t, was, e.expiry)
			}
		}
	})
}

// The key of a list is none that Perl programs ask for, and shorter than the
// longest session id.
func TestListKey(t *testing.T) {
	t.Parallel()
	key := principal{"", "uid", "dwho"}.key()
	assert.True(t, isList(key))
	assert.False(t, isList(backend.TypedKey("persistent", strings.Repeat("0f", 16))), "a session whose key is as long")
	assert.NotEqual(t, key, principal{"saml", "uid", "dwho"}.key())
	assert.Equal(t, "memcachedsoap:", key[:14])
	assert.Len(t, key, 57)
	assert.NoError(t, backend.CheckKey(key))
	assert.NotEqual(t, key, principal{"", "uid", "dwhoo"}.key())
	assert.NotEqual(t, principal{"", "ab", "c"}.key(), principal{"", "a", "bc"}.key())
}

func TestLookupKeyOfItem(t *testing.T) {
	t.Parallel()
	x := New(nil, sessions{}, Options{})
	id, ok := x.LookupKey(backend.Item{Image: []byte("c0ffee")})
	assert.True(t, ok)
	assert.Equal(t, "c0ffee", id)
	for _, item := range []backend.Item{{}, backend.Tombstone(0), {Image: []byte("c0ffee"), Flags: 1}, {Image: []byte("no id")}} {
		_, ok := x.LookupKey(item)
		assert.False(t, ok)
	}
}

// A list is compacted when it has doubled, and only then.
func TestListIsCompacted(t *testing.T) {
	t.Parallel()
	b := memory.New(memory.Options{})
	x := New(b, sessions{}, Options{Attributes: []string{"uid"}})
	var longest int64
	for i := range 2000 {
		id := strconv.FormatInt(int64(i), 16)
		now := x.Mark("", of("dwho"))
		x.Apply(t.Context(), id, Change{Now: now, Life: time.Hour}, nil)
		x.Apply(t.Context(), id, Change{Former: now}, nil)
		item, err := b.Get(t.Context(), principal{"", "uid", "dwho"}.key())
		if err == nil {
			longest = max(longest, int64(len(item.Image)))
		}
	}
	assert.Less(t, longest, int64(2*shortestList))
	assert.Less(t, x.counts.compactions.Load(), int64(2000/10))
	assert.Positive(t, x.counts.compactions.Load())
}
