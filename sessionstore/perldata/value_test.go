package perldata_test

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

	"memcachedsoap/sessionstore/perldata"
)

func TestConstructors(t *testing.T) {
	t.Parallel()
	assert.Equal(t, perldata.KindUndef, perldata.Value{}.Kind())

	bytes := perldata.BytesOf([]byte{0xff, 0})
	assert.Equal(t, perldata.KindBytes, bytes.Kind())
	assert.Equal(t, "\xff\x00", bytes.Str())

	text := perldata.TextOf("é")
	assert.Equal(t, perldata.KindText, text.Kind())
	assert.Equal(t, "é", text.Str())

	for _, n := range []int64{0, -1, math.MinInt64, math.MaxInt64} {
		v := perldata.IntOf(n)
		assert.Equal(t, perldata.KindInt, v.Kind())
		assert.Equal(t, n, v.Int())
	}
	for _, f := range []float64{0, -1.5, math.Inf(1), math.SmallestNonzeroFloat64} {
		v := perldata.FloatOf(f)
		assert.Equal(t, perldata.KindFloat, v.Kind())
		assert.InDelta(t, f, v.Float(), 0)
	}

	list := perldata.ListOf(text, bytes)
	assert.Equal(t, perldata.KindList, list.Kind())
	assert.Equal(t, []perldata.Value{text, bytes}, list.List().Items)
	assert.Nil(t, list.Hash())
	assert.Nil(t, list.Scalar())

	hash := perldata.HashOf(perldata.NewHash(0))
	assert.Equal(t, perldata.KindHash, hash.Kind())
	assert.Zero(t, hash.Hash().Len())
	assert.Nil(t, hash.List())

	ref := perldata.RefTo(&perldata.Scalar{Value: text})
	assert.Equal(t, perldata.KindRef, ref.Kind())
	assert.Equal(t, text, ref.Ref())
	assert.Equal(t, perldata.Value{}, text.Ref())
}

func TestNilMakesAnEmptyContainer(t *testing.T) {
	t.Parallel()
	assert.NotNil(t, perldata.HashOf(nil).Hash())
	assert.NotNil(t, perldata.ListFrom(nil).List())
	assert.NotNil(t, perldata.RefTo(nil).Scalar())
}

func TestContainersAreShared(t *testing.T) {
	t.Parallel()
	h := perldata.NewHash(0)
	a, b := perldata.HashOf(h), perldata.HashOf(h)
	a.Hash().Set("k", perldata.IntOf(1))
	got, ok := b.Hash().Get("k")
	require.True(t, ok)
	assert.Equal(t, perldata.IntOf(1), got)
}

func TestClassIsThatOfTheReferent(t *testing.T) {
	t.Parallel()
	hash := perldata.NewHash(0)
	hash.Class = "H"
	assert.Equal(t, "H", perldata.HashOf(hash).Class())
	assert.Equal(t, "L", perldata.ListFrom(&perldata.List{Class: "L"}).Class())
	scalar := &perldata.Scalar{Class: "S"}
	assert.Equal(t, "S", perldata.RefTo(scalar).Class())
	assert.Empty(t, scalar.Alias().Class(), "the scalar is the object, not a reference to it")
	assert.Empty(t, perldata.ListOf().Class())
}

func TestAliasesHaveAnIdentity(t *testing.T) {
	t.Parallel()
	scalar := &perldata.Scalar{Value: perldata.IntOf(7)}
	alias := scalar.Alias()
	assert.Equal(t, int64(7), alias.Int())
	assert.Same(t, scalar, alias.Identity())
	assert.Nil(t, perldata.RefTo(scalar).Ref().Identity(), "a copy of the value is another scalar")

	place := perldata.TextOf("x")
	scalar.Adopt(&place)
	assert.Equal(t, perldata.TextOf("x"), scalar.Value)
	assert.Equal(t, scalar.Alias(), place)
	scalar.Adopt(&place)
	assert.Nil(t, scalar.Value.Identity())
}

// A session has hundreds of values, so a value takes few bytes.
func TestValuesAreSmall(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(perldata.Value{}), uintptr(56))
}

// hashModel is a hash as a plain slice.
type hashModel []perldata.Entry

func (m hashModel) find(name string) int {
	for i := range m {
		if m[i].Name == name {
			return i
		}
	}
	return -1
}

// A small or large hash behaves like a list of entries after any calls.
func TestHashIsAnOrderedMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var model hashModel
		for i := range rapid.IntRange(0, 40).Draw(t, "filled") { // around the size that needs an index
			model = append(model, perldata.Entry{Name: strconv.Itoa(i), Form: perldata.KeyWasUTF8, Value: perldata.IntOf(int64(i))})
		}
		h := perldata.NewHash(0)
		for i := range rapid.IntRange(0, 40).Draw(t, "forgotten") {
			h.Set("old"+strconv.Itoa(i), perldata.IntOf(0))
		}
		h.Fill(slices.Clone(model))
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			name := strconv.Itoa(rapid.IntRange(0, 45).Draw(t, "name"))
			value := perldata.IntOf(rapid.Int64().Draw(t, "value"))
			i := model.find(name)
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 3:
				names := []string{name, "absent", name}
				if len(model) > 0 {
					names = append(names, model[len(model)/2].Name)
				}
				h.DeleteAll(names)
				model = slices.DeleteFunc(model, func(e perldata.Entry) bool { return slices.Contains(names, e.Name) })
			case 0:
				h.Set(name, value)
				if i < 0 {
					model = append(model, perldata.Entry{Name: name, Value: value})
				} else {
					model[i].Value = value
				}
			case 1:
				require.Equal(t, i < 0, h.Add(name, value))
				if i < 0 {
					model = append(model, perldata.Entry{Name: name, Value: value})
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

// Removing many entries looks at each entry once: what took minutes takes
// milliseconds.
func TestDeleteAllIsLinear(t *testing.T) {
	t.Parallel()
	const many = 200_000
	h := perldata.NewHash(many)
	names := make([]string, many)
	for i := range names {
		names[i] = strconv.Itoa(i)
		h.Set(names[i], perldata.IntOf(int64(i)))
	}
	h.DeleteAll(names[:many-1])
	require.Equal(t, 1, h.Len())
	v, ok := h.Get(names[many-1])
	require.True(t, ok)
	require.Equal(t, int64(many-1), v.Int())
}

// A Perl program may have reserved many names. Giving them values looks at each once.
func TestReleasingReservedNamesIsLinear(t *testing.T) {
	t.Parallel()
	const many = 200_000
	h := perldata.NewHash(0)
	h.Restriction = new(perldata.Restriction)
	for i := range many {
		h.Restriction.Reserved = append(h.Restriction.Reserved, perldata.Entry{Name: strconv.Itoa(i), Form: perldata.KeyWasUTF8})
	}
	h.Restriction.Reserved = append(h.Restriction.Reserved, h.Restriction.Reserved[:3]...) // Perl accepts that
	for i := many - 1; i > 0; i-- {
		h.Set(strconv.Itoa(i), perldata.IntOf(int64(i)))
	}
	require.Equal(t, many-1, h.Len())
	require.Equal(t, []perldata.Entry{{Name: "0", Form: perldata.KeyWasUTF8}}, h.Restriction.Reserved)
	for _, e := range h.Entries() {
		require.Equal(t, perldata.KeyWasUTF8, e.Form)
	}
}

func requireEntries(t *rapid.T, model hashModel, h *perldata.Hash) {
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

func TestAllStopsEarly(t *testing.T) {
	t.Parallel()
	h := perldata.NewHash(0)
	h.Set("a", perldata.IntOf(1))
	h.Set("b", perldata.IntOf(2))
	for name := range h.All() {
		assert.Equal(t, "a", name)
		break
	}
}

func TestReservedNameKeepsItsForm(t *testing.T) {
	t.Parallel()
	h := perldata.NewHash(0)
	h.Restriction = &perldata.Restriction{Reserved: []perldata.Entry{
		{Name: "a", Form: perldata.KeyBytes}, {Name: "b", Form: perldata.KeyUTF8},
	}}
	assert.Zero(t, h.Len())
	h.Set("b", perldata.IntOf(1))
	h.Set("c", perldata.IntOf(2))
	assert.Equal(t, []perldata.Entry{
		{Name: "b", Form: perldata.KeyUTF8, Value: perldata.IntOf(1)},
		{Name: "c", Value: perldata.IntOf(2)},
	}, h.Entries())
	assert.Equal(t, []perldata.Entry{{Name: "a", Form: perldata.KeyBytes}}, h.Restriction.Reserved)
}

func ExampleHash() {
	session := perldata.NewHash(2)
	session.Set("uid", perldata.BytesOf("ann"))
	session.Set("groups", perldata.ListOf(perldata.BytesOf("admins"), perldata.BytesOf("staff")))
	for name, value := range session.All() {
		switch value.Kind() {
		case perldata.KindBytes, perldata.KindText:
			fmt.Println(name, value.Str())
		case perldata.KindList:
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
			h := perldata.NewHash(n)
			for i := range n {
				h.Set("attribute"+strconv.Itoa(i), perldata.IntOf(int64(i)))
			}
			name := "attribute" + strconv.Itoa(n-1)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := h.Get(name); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}
