package index_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
)

func anyID(string) bool { return true }

// listOf is a list with these lines, compacted after some of them.
func listOf(compacted int, lines ...string) backend.Item {
	text := ""
	if len(lines) > 0 {
		text = strings.Join(lines, "\n") + "\n"
	}
	length := 0
	for _, line := range lines[:compacted] {
		length += len(line) + 1
	}
	return backend.Item{Image: []byte(text), Flags: uint32(length), ExpiresIn: time.Hour}
}

// soon is a moment at which an entry has not expired.
func soon() string { return strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10) }

func TestMergeLists(t *testing.T) {
	t.Parallel()
	at, old := soon(), strconv.FormatInt(time.Now().Add(-25*time.Hour).Unix(), 10)
	for name, c := range map[string]struct {
		a, b  backend.Item
		want  string
		equal bool
	}{
		"same":                        {listOf(0, "+a "+at), listOf(0, "+a "+at), "a", true},
		"another order":               {listOf(0, "+a "+at, "+b "+at), listOf(0, "+b "+at, "+a "+at), "a b", true},
		"one is longer":               {listOf(0, "+a "+at), listOf(0, "+a "+at, "+b "+at), "a b", false},
		"logins on both":              {listOf(0, "+a "+at, "+b "+at), listOf(0, "+a "+at, "+c "+at), "a b c", false},
		"nothing in common":           {listOf(0, "+a "+at), listOf(0, "+b "+at), "a b", false},
		"a removal":                   {listOf(0, "+a "+at, "+b "+at, "-a"), listOf(0, "+a "+at, "+b "+at), "b", false},
		"a removal and a login":       {listOf(0, "+a "+at, "-a"), listOf(0, "+a "+at, "+c "+at), "c", false},
		"a removal and a new login":   {listOf(0, "+a "+at, "-a"), listOf(0, "+a "+at, "+a "+at), "a", false},
		"compacted, and a removal":    {listOf(1, "+a "+at, "-a"), listOf(0, "+a "+at, "+b "+at), "a b", false},
		"both compacted, and removed": {listOf(1, "+a "+at, "-a", "+c "+at), listOf(1, "+a "+at, "+b "+at), "c b", false},
		"expired long ago":            {listOf(1, "+a "+at), listOf(0, "+a "+at, "+o "+old), "a", false},
		"expired long ago on both":    {listOf(1, "+o "+old, "+a "+at), listOf(0, "+o "+old), "o a", false},
		"truncated":                   {listOf(0, "!", "+a "+at), listOf(0, "+a "+at), "! a", false},
		"damaged":                     {listOf(0, "+a "+at, "x"), listOf(0, "+b "+at), "a b", false},
	} {
		merged, equal, _ := index.MergeLists(c.a, c.b, anyID)
		found := index.ListedIDs(merged, anyID)
		if strings.HasPrefix(string(merged.Image), "!") {
			found = append([]string{"!"}, found...)
		}
		assert.Equal(t, c.want, strings.Join(found, " "), name)
		assert.Equal(t, c.equal, equal, name)
	}
}

// Whatever both lists say, the merged one finds what either of them finds, and what
// was removed on one side only if that is known; and it is merged already.
func TestMergedListFindsAll(t *testing.T) {
	t.Parallel()
	at := soon()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.Custom(func(t *rapid.T) string {
			id := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id")
			if rapid.IntRange(0, 3).Draw(t, "removal") == 0 {
				return "-" + id
			}
			return "+" + id + " " + at
		})
		lines := rapid.SliceOfN(line, 0, 4)
		common := lines.Draw(t, "common")
		compacted := rapid.IntRange(0, len(common)).Draw(t, "compacted")
		tails := [2][]string{lines.Draw(t, "a"), lines.Draw(t, "b")}
		items := [2]backend.Item{}
		for side, tail := range tails {
			items[side] = listOf(compacted, slices.Concat(common, tail)...)
		}
		merged, _, news := index.MergeLists(items[0], items[1], anyID)
		found := index.ListedIDs(merged, anyID)
		for side := range items {
			has := index.ListedIDs(items[side], anyID)
			for _, id := range has {
				if !slices.Contains(found, id) {
					require.Contains(t, slices.Concat(common, tails[1-side]), "+"+id+" "+at, "the other one had it")
					require.Contains(t, tails[1-side], "-"+id, "and it was removed there")
				}
			}
			for _, id := range found {
				require.Equal(t, !slices.Contains(has, id), slices.Contains(news[side], id))
			}
		}
		again, _, _ := index.MergeLists(merged, merged, anyID)
		require.Equal(t, merged, again)
		mirrored, _, _ := index.MergeLists(items[1], items[0], anyID)
		require.ElementsMatch(t, found, index.ListedIDs(mirrored, anyID))
	})
}

// A list that has become too long after a merge says that it lacks entries.
func TestMergedListIsTruncated(t *testing.T) {
	t.Parallel()
	at := soon()
	var halves [2]backend.Item
	for side := range halves {
		lines := make([]string, 4000)
		for i := range lines {
			lines[i] = fmt.Sprintf("+%d%d %s", side, i, at)
		}
		halves[side] = listOf(0, lines...)
	}
	merged, _, _ := index.MergeLists(halves[0], halves[1], anyID)
	require.Len(t, index.ListedIDs(merged, anyID), 6000)
	require.True(t, strings.HasPrefix(string(merged.Image), "!\n"))
}

func TestIsList(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("A", 43)
	for key, want := range map[string]bool{
		backend.ReservedKeys + hash:                                true,
		backend.ReservedKeys + hash + "A":                          false,
		backend.ReservedKeys + "deleted:" + hash[len("deleted:"):]: false,
		"memcachedsoup:" + hash:                                    false,
	} {
		assert.Equal(t, want, index.IsList(key), key)
	}
}
