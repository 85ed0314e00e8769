package storable_test

import (
	"math"
	"strings"

	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
)

// graph draws values with shared parts and cycles.
type graph struct {
	t       *rapid.T
	lists   []*perldata.List
	hashes  []*perldata.Hash
	scalars []*perldata.Scalar
}

// drawGraph draws a reference to any value that Perl can hold.
func drawGraph(t *rapid.T) perldata.Value {
	g := &graph{t: t}
	return g.reference(4)
}

// drawSession draws a hash.
func drawSession(t *rapid.T) *perldata.Hash {
	g := &graph{t: t}
	return g.newHash(4)
}

func (g *graph) chance(label string) bool { return rapid.IntRange(0, 3).Draw(g.t, label) == 0 }

func (g *graph) class() string {
	if !g.chance("blessed") {
		return ""
	}
	return rapid.SampledFrom([]string{"My::Class", "Other", strings.Repeat("C", 128), strings.Repeat("D", 300)}).Draw(g.t, "class")
}

func (g *graph) reference(depth int) perldata.Value {
	var v perldata.Value
	switch kind := rapid.IntRange(0, 5).Draw(g.t, "reference"); {
	case kind == 0 && len(g.lists) > 0:
		v = perldata.ListFrom(rapid.SampledFrom(g.lists).Draw(g.t, "same list"))
	case kind == 1 && len(g.hashes) > 0:
		v = perldata.HashOf(rapid.SampledFrom(g.hashes).Draw(g.t, "same hash"))
	case kind == 2 && len(g.scalars) > 0:
		v = perldata.RefTo(rapid.SampledFrom(g.scalars).Draw(g.t, "same scalar"))
	case kind == 3:
		v = perldata.RefTo(g.newScalar(depth - 1))
	case kind%2 == 0:
		v = perldata.ListFrom(g.newList(depth - 1))
	default:
		v = perldata.HashOf(g.newHash(depth - 1))
	}
	return v
}

func (g *graph) newList(depth int) *perldata.List {
	list := &perldata.List{Class: g.class()}
	g.lists = append(g.lists, list) // before its items: they may lead back
	for range rapid.IntRange(0, 4).Draw(g.t, "items") {
		item := g.scalar(depth)
		if item == (perldata.Value{}) && g.chance("missing") {
			item = item.WithForm(perldata.FormImmortal)
		}
		list.Items = append(list.Items, item)
	}
	return list
}

func (g *graph) newHash(depth int) *perldata.Hash {
	hash := perldata.NewHash(0)
	hash.Class = g.class()
	g.hashes = append(g.hashes, hash)
	for range rapid.IntRange(0, 5).Draw(g.t, "entries") {
		hash.Set(drawKey(g.t), g.scalar(depth))
	}
	return hash
}

func drawKey(t *rapid.T) string {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z_]{0,8}`),
		rapid.StringMatching(`[\x{a0}-\x{ff}a]{1,4}`),
		rapid.StringN(0, 6, 24),
	).Draw(t, "key")
}

func (g *graph) newScalar(depth int) *perldata.Scalar {
	s := &perldata.Scalar{Class: g.class()}
	g.scalars = append(g.scalars, s)
	s.Value = g.content(depth)
	return s
}

// scalar draws an element: sometimes an alias of another scalar.
func (g *graph) scalar(depth int) perldata.Value {
	switch {
	case len(g.scalars) > 0 && g.chance("alias"):
		return rapid.SampledFrom(g.scalars).Draw(g.t, "same scalar").Alias()
	case g.chance("identity"):
		return g.newScalar(depth).Alias()
	}
	return g.content(depth)
}

func (g *graph) content(depth int) perldata.Value {
	if depth > 0 && rapid.IntRange(0, 2).Draw(g.t, "nested") == 0 {
		return g.reference(depth)
	}
	return drawPlain(g.t)
}

// drawPlain draws values around every threshold of the format.
func drawPlain(t *rapid.T) perldata.Value {
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return perldata.Value{}
	case 1:
		return perldata.IntOf(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-300, 300),
			rapid.SampledFrom([]int64{-129, -128, 127, 128, math.MinInt32, math.MinInt32 - 1, math.MaxInt32, math.MaxInt32 + 1, math.MinInt64, math.MaxInt64})).Draw(t, "int"))
	case 2:
		return perldata.FloatOf(rapid.OneOf(rapid.Float64(),
			rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1 << 53, 1<<53 - 1, 0.30000000000000004, 5e-324})).Draw(t, "float"))
	case 3:
		return perldata.BytesOf(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes"))
	case 4:
		length := rapid.IntRange(253, 258).Draw(t, "length")
		return perldata.BytesOf(strings.Repeat("x", length))
	case 5:
		return perldata.TextOf(strings.Repeat("é", rapid.IntRange(126, 129).Draw(t, "length")))
	default:
		return perldata.TextOf(rapid.StringN(0, 8, -1).Draw(t, "text"))
	}
}
