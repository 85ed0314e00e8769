package sessionstore_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
)

func TestValuesAreWhatTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, sessionstore.KindUndef, sessionstore.Value{}.Kind())

	bytes := sessionstore.BytesOf([]byte{0xff, 0})
	assert.Equal(t, sessionstore.KindBytes, bytes.Kind())
	assert.Equal(t, "\xff\x00", bytes.Str())

	text := sessionstore.TextOf("é")
	assert.Equal(t, sessionstore.KindText, text.Kind())
	assert.Equal(t, "é", text.Str())

	for _, n := range []int64{0, -1, math.MinInt64, math.MaxInt64} {
		v := sessionstore.IntOf(n)
		assert.Equal(t, sessionstore.KindInt, v.Kind())
		assert.Equal(t, n, v.Int())
	}
	for _, f := range []float64{0, -1.5, math.Inf(1), math.SmallestNonzeroFloat64} {
		v := sessionstore.FloatOf(f)
		assert.Equal(t, sessionstore.KindFloat, v.Kind())
		assert.InDelta(t, f, v.Float(), 0)
	}

	list := sessionstore.ListOf(text, bytes)
	assert.Equal(t, sessionstore.KindList, list.Kind())
	assert.Equal(t, []sessionstore.Value{text, bytes}, list.List().Items)
	assert.Nil(t, list.Hash())
	assert.Nil(t, list.Scalar())

	hash := sessionstore.HashOf(sessionstore.NewHash(0))
	assert.Equal(t, sessionstore.KindHash, hash.Kind())
	assert.Zero(t, hash.Hash().Len())
	assert.Nil(t, hash.List())

	ref := sessionstore.RefTo(&sessionstore.Scalar{Value: text})
	assert.Equal(t, sessionstore.KindRef, ref.Kind())
	assert.Equal(t, text, ref.Ref())
	assert.Equal(t, sessionstore.Value{}, text.Ref())
}

func TestNilMakesAnEmptyContainer(t *testing.T) {
	t.Parallel()
	assert.NotNil(t, sessionstore.HashOf(nil).Hash())
	assert.NotNil(t, sessionstore.ListFrom(nil).List())
	assert.NotNil(t, sessionstore.RefTo(nil).Scalar())
}

func TestContainersAreShared(t *testing.T) {
	t.Parallel()
	h := sessionstore.NewHash(0)
	a, b := sessionstore.HashOf(h), sessionstore.HashOf(h)
	a.Hash().Set("k", sessionstore.IntOf(1))
	got, ok := b.Hash().Get("k")
	require.True(t, ok)
	assert.Equal(t, sessionstore.IntOf(1), got)
}

func TestClassIsThatOfTheReferent(t *testing.T) {
	t.Parallel()
	hash := sessionstore.NewHash(0)
	hash.Class = "H"
	assert.Equal(t, "H", sessionstore.HashOf(hash).Class())
	assert.Equal(t, "L", sessionstore.ListFrom(&sessionstore.List{Class: "L"}).Class())
	scalar := &sessionstore.Scalar{Class: "S"}
	assert.Equal(t, "S", sessionstore.RefTo(scalar).Class())
	assert.Empty(t, scalar.Alias().Class(), "the scalar is the object, not a reference to it")
	assert.Empty(t, sessionstore.ListOf().Class())
}

func TestAliasesHaveAnIdentity(t *testing.T) {
	t.Parallel()
	scalar := &sessionstore.Scalar{Value: sessionstore.IntOf(7)}
	alias := scalar.Alias()
	assert.Equal(t, int64(7), alias.Int())
	assert.Same(t, scalar, alias.Identity())
	assert.Nil(t, sessionstore.RefTo(scalar).Ref().Identity(), "a copy of the value is another scalar")

	place := sessionstore.TextOf("x")
	scalar.Adopt(&place)
	assert.Equal(t, sessionstore.TextOf("x"), scalar.Value)
	assert.Equal(t, scalar.Alias(), place)
	scalar.Adopt(&place)
	assert.Nil(t, scalar.Value.Identity())
}

// A session has hundreds of values, so that every byte counts.
func TestValuesAreSmall(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(sessionstore.Value{}), uintptr(56))
}

// hashModel is a hash as a slice and nothing else.
type hashModel []sessionstore.Entry

func (m hashModel) find(name string) int {
	for i := range m {
		if m[i].Name == name {
			return i
		}
	}
	return -1
}

// A hash behaves as a list of entries, small or large, whatever is done to it.
func TestHashIsAnOrderedMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var model hashModel
		for i := range rapid.IntRange(0, 40).Draw(t, "filled") { // around the size that needs an index
			model = append(model, sessionstore.Entry{Name: strconv.Itoa(i), Form: sessionstore.KeyWasUTF8, Value: sessionstore.IntOf(int64(i))})
		}
		h := sessionstore.NewHash(0)
		for i := range rapid.IntRange(0, 40).Draw(t, "forgotten") {
			h.Set("old"+strconv.Itoa(i), sessionstore.IntOf(0))
		}
		h.Fill(slices.Clone(model))
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			name := strconv.Itoa(rapid.IntRange(0, 45).Draw(t, "name"))
			value := sessionstore.IntOf(rapid.Int64().Draw(t, "value"))
			i := model.find(name)
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				h.Set(name, value)
				if i < 0 {
					model = append(model, sessionstore.Entry{Name: name, Value: value})
				} else {
					model[i].Value = value
				}
			case 1:
				require.Equal(t, i < 0, h.Add(name, value))
				if i < 0 {
					model = append(model, sessionstore.Entry{Name: name, Value: value})
				}
			case 2:
				require.Equal(t, i >= 0, h.Delete(name))
				if i >= 0 {
					model = append(model[:i], model[i+1:]...)
				}
			}
			requireEntries(t, model, h)
		}
	})
}

func requireEntries(t *rapid.T, model hashModel, h *sessionstore.Hash) {
	require.Equal(t, len(model), h.Len())
	require.True(t, slices.Equal(model, h.Entries()))
	i := 0
	for name, value := range h.All() {
		require.Equal(t, model[i].Name, name)
		require.Equal(t, model[i].Value, value)
		got, ok := h.Get(name)
		require.True(t, ok)
		require.Equal(t, value, got)
		i++
	}
	_, ok := h.Get("absent")
	require.False(t, ok)
}

func TestAllStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	h := sessionstore.NewHash(0)
	h.Set("a", sessionstore.IntOf(1))
	h.Set("b", sessionstore.IntOf(2))
	for name := range h.All() {
		assert.Equal(t, "a", name)
		break
	}
}

func TestAReservedNameLendsItsForm(t *testing.T) {
	t.Parallel()
	h := sessionstore.NewHash(0)
	h.Restriction = &sessionstore.Restriction{Reserved: []sessionstore.Entry{
		{Name: "a", Form: sessionstore.KeyBytes}, {Name: "b", Form: sessionstore.KeyUTF8},
	}}
	assert.Zero(t, h.Len())
	h.Set("b", sessionstore.IntOf(1))
	h.Set("c", sessionstore.IntOf(2))
	assert.Equal(t, []sessionstore.Entry{
		{Name: "b", Form: sessionstore.KeyUTF8, Value: sessionstore.IntOf(1)},
		{Name: "c", Value: sessionstore.IntOf(2)},
	}, h.Entries())
	assert.Equal(t, []sessionstore.Entry{{Name: "a", Form: sessionstore.KeyBytes}}, h.Restriction.Reserved)
}

func ExampleHash() {
	session := sessionstore.NewHash(2)
	session.Set("uid", sessionstore.BytesOf("ann"))
	session.Set("groups", sessionstore.ListOf(sessionstore.BytesOf("admins"), sessionstore.BytesOf("staff")))
	for name, value := range session.All() {
		switch value.Kind() {
		case sessionstore.KindBytes, sessionstore.KindText:
			fmt.Println(name, value.Str())
		case sessionstore.KindList:
			fmt.Println(name, len(value.List().Items))
		}
	}
	// Output:
	// uid ann
	// groups 2
}

func BenchmarkHashGet(b *testing.B) {
	for _, n := range []int{8, 24, 32, 33, 64} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			h := sessionstore.NewHash(n)
			for i := range n {
				h.Set("attribute"+strconv.Itoa(i), sessionstore.IntOf(int64(i)))
			}
			name := "attribute" + strconv.Itoa(n-1)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := h.Get(name); !ok {
					b.Fatal("it is gone")
				}
			}
		})
	}
}
