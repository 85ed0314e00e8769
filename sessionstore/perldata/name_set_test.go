package perldata_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
)

func TestNameSet(t *testing.T) {
	t.Parallel()
	var s perldata.NameSet // reused
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[ab]{0,7}`), 0, 300).Draw(t, "names")
		s.Reset(len(names))
		first := map[string]int{}
		for i, name := range names {
			same := func(other int) bool { return names[other] == name }
			var got int
			var added bool
			if rapid.Bool().Draw(t, "bytes") {
				got, added = s.AddBytes([]byte(name), i, same)
			} else {
				got, added = s.Add(name, i, same)
			}
			want, again := first[name]
			if !again {
				want, first[name] = i, i
			}
			require.Equal(t, want, got)
			require.Equal(t, !again, added)
		}
	})
}

func TestNameSetReusesItsMemory(t *testing.T) {
	var s perldata.NameSet
	fill := func(n int) {
		s.Reset(n)
		for i := range n {
			s.Add(string(rune('a'+i)), i, func(int) bool { return false })
		}
	}
	fill(1000)
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		s.Reset(20)
		s.Reset(1000)
		s.Add("a", 0, func(int) bool { return true })
	}))
}
