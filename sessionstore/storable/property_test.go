package storable_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// A frozen graph thaws to the same graph, which freezes to the same image.
func propFreezeThaw(t *rapid.T) {
	v := drawGraph(t)
	want := canonical(t, asStored(typed(v)))
	image, err := storable.Codec{}.AppendFreeze([]byte("before"), v)
	require.NoError(t, err)
	require.Equal(t, "before", string(image[:6]))
	image = image[6:]
	requireSameVerdict(t, storable.Codec{}, image)
	thawed, err := storable.Codec{}.Thaw(image)
	require.NoError(t, err)
	requireConsistent(t, thawed)
	require.Equal(t, want, canonical(t, asStored(typed(thawed))))
	again, err := storable.Codec{}.AppendFreeze(nil, thawed)
	require.NoError(t, err)
	require.Equal(t, image, again)
}

func TestFreezeThaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, propFreezeThaw)
}

// A change of one value of a session changes no other byte: the image is that of a
// session that was created with the new value.
func TestChangingOneValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawSession(t)
		h.Set("changed", perldata.BytesOf("old"))
		image, err := storable.Codec{}.Append(nil, h)
		require.NoError(t, err)
		read, err := storable.Codec{}.Decode(image)
		require.NoError(t, err)

		value := perldata.TextOf(rapid.String().Draw(t, "new"))
		read.Set("changed", value)
		h.Set("changed", value)
		want, err := storable.Codec{}.Append(nil, h)
		require.NoError(t, err)
		got, err := storable.Codec{}.Append(nil, read)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// requireConsistent checks that every value with an identity equals the value of
// its scalar.
func requireConsistent(t require.TestingT, v perldata.Value) {
	walk(v, map[any]bool{}, func(v perldata.Value) {
		if s := v.Identity(); s != nil {
			same := v == s.Alias() // without a look inside: that may be circular
			require.True(t, same, "an alias differs from its scalar")
			require.Nil(t, s.Value.Identity())
		}
	})
}

// walk visits every value once.
func walk(v perldata.Value, done map[any]bool, visit func(perldata.Value)) {
	visit(v)
	if l := v.List(); l != nil && !done[l] {
		done[l] = true
		for _, item := range l.Items {
			walk(item, done, visit)
		}
	}
	if h := v.Hash(); h != nil && !done[h] {
		done[h] = true
		for _, value := range h.All() {
			walk(value, done, visit)
		}
	}
	if s := v.Scalar(); s != nil && !done[s] {
		done[s] = true
		walk(s.Value, done, visit)
	}
}

// An alias of a scalar that is not completely decoded yet gets its final value.
func TestAliasWithinItself(t *testing.T) {
	t.Parallel()
	for name, digits := range map[string]string{
		"element within its own array":    "050b0200000001040200000001" + "0000000001",
		"the same, blessed":               "050b0200000001" + "110141" + "040200000001" + "0000000001",
		"element that refers to itself":   "050b0200000001" + "04" + "0000000001",
		"the same, blessed and twice":     "050b0200000002" + "110141" + "04" + "0000000001" + "0000000001",
		"reference to a reference within": "050b0200000001" + "04" + "04" + "0200000001" + "0000000002",
	} {
		image := unhex(t, digits)
		v, err := storable.Codec{}.Thaw(image)
		require.NoError(t, err, name)
		requireConsistent(t, v)
		again, err := storable.Codec{}.AppendFreeze(nil, v)
		require.NoError(t, err, name)
		assert.Equal(t, image, again, name)
	}
}
