package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

func booleanTests() map[string]func(*testing.T, backend.Backend) {
	return map[string]func(*testing.T, backend.Backend){
		"Booleans":         testBooleans,
		"BooleansGo":       testBooleansGo,
		"BooleansTogether": testBooleansTogether,
	}
}

// decimal is a number whose text sorts as it does.
func decimal(i int) string { return fmt.Sprintf("%03d", i) }

// hinted makes attributes with the hints of their booleans.
func hinted(t require.TestingT, pairs ...any) *perldata.Hash {
	h := perldata.NewHash(len(pairs))
	for pair := range slices.Chunk(pairs, 2) {
		h.Set(pair[0].(string), pair[1].(perldata.Value)) //nolint:forcetypeassert // a test
	}
	require.NoError(t, perldata.AddHints(h))
	return h
}

// described says what the attributes are, with their types, without the id. No hint may be
// left over.
func described(t require.TestingT, h *perldata.Hash) map[string]string {
	perldata.TakeHints(h)
	all := map[string]string{}
	for name, v := range h.All() {
		require.False(t, strings.HasSuffix(name, perldata.HintSuffix), name)
		if name != sessionstore.IDAttribute {
			all[name] = describe(v)
		}
	}
	return all
}

func describe(v perldata.Value) string {
	if b, is := v.Boolean(); is {
		return strconv.FormatBool(b)
	}
	if digits, number := v.Number(); number != perldata.NoNumber {
		return "number " + digits
	}
	if l := v.List(); l != nil {
		var items []string
		for _, item := range l.Items {
			items = append(items, describe(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	}
	if h := v.Hash(); h != nil {
		return fmt.Sprint(described(nil, h))
	}
	return "text " + v.Str()
}

// Numbers and booleans come back as what they were, from every change of the session.
func testBooleans(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	inner := perldata.NewHash(2)
	inner.Set("x/~é", perldata.BooleanOf(true))
	inner.Set("one", perldata.IntegerOf(1))
	want := map[string]string{
		"yes": "true", "no": "false", "one": "number 1", "large": "number 9007199254740993", "half": "number 0.5",
		"three": "number 3.0", "text": "text 1", "list": "[true number 0 [false]]", "hash": "map[one:number 1 x/~é:true]",
	}
	stored := func() *perldata.Hash {
		return hinted(t, "yes", perldata.BooleanOf(true), "no", perldata.BooleanOf(false), "one", perldata.IntegerOf(1),
			"large", perldata.IntegerOf(9007199254740993), "half", perldata.DoubleOf(0.5), "three", perldata.DoubleOf(3),
			"text", perldata.BytesOf("1"), "hash", perldata.HashOf(inner), "list", perldata.ListOf(
				perldata.BooleanOf(true), perldata.IntegerOf(0), perldata.ListOf(perldata.BooleanOf(false))))
	}
	ref := mustCreate(t, s, stored())
	check := func(id sessionstore.ID) {
		t.Helper()
		assert.Equal(t, want, described(t, mustRead(t, s, id).Attributes))
	}
	check(ref.ID)
	_, err := s.Replace(t.Context(), ref.ID, stored(), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	check(ref.ID)
	_, err = s.Replace(t.Context(), ref.ID, mustRead(t, s, ref.ID).Attributes, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	check(ref.ID)
	_, err = s.Touch(t.Context(), ref.ID, time.Hour)
	require.NoError(t, err)
	session, _, err := s.ViewTouching(t.Context(), ref.ID, 2*time.Hour, nil)
	require.NoError(t, err)
	assert.Equal(t, want, described(t, session.Attributes))
	ref, err = s.Rename(t.Context(), ref.ID, "", sessionstore.If{})
	require.NoError(t, err)
	check(ref.ID)
	_, err = s.Update(t.Context(), ref.ID, sessionstore.Change{Set: hash("other", "x"), Remove: []string{"half"}}, time.Hour)
	require.NoError(t, err)
	want["other"] = "text x"
	delete(want, "half")
	check(ref.ID)
	many, err := s.GetMany(t.Context(), []sessionstore.ID{ref.ID})
	require.NoError(t, err)
	assert.Equal(t, want, described(t, many[0].Attributes))
}

// What is noted of the booleans in an attribute goes with the value that it is about.
func testBooleansGo(t *testing.T, b backend.Backend) {
	s := neverExpiring(b)
	ref := mustCreate(t, s, hinted(t, "k", perldata.BooleanOf(true), "l", perldata.BooleanOf(true)))
	for _, step := range []struct {
		change sessionstore.Change
		want   map[string]string
	}{
		{sessionstore.Change{Set: hinted(t, "k", perldata.IntegerOf(1))}, map[string]string{"k": "number 1", "l": "true"}},
		{sessionstore.Change{Set: hinted(t, "k", perldata.ListOf(perldata.IntegerOf(1), perldata.BooleanOf(false)))}, map[string]string{"k": "[number 1 false]", "l": "true"}},
		{sessionstore.Change{Set: hinted(t, "k", perldata.ListOf(perldata.BooleanOf(true), perldata.IntegerOf(0)))}, map[string]string{"k": "[true number 0]", "l": "true"}},
		{sessionstore.Change{Set: hash("k", "1"), Remove: []string{"l"}}, map[string]string{"k": "text 1"}},
		{sessionstore.Change{Set: hash("l", "1")}, map[string]string{"k": "text 1", "l": "text 1"}},
	} {
		_, err := s.Update(t.Context(), ref.ID, step.change, sessionstore.DefaultTTL)
		require.NoError(t, err)
		attributes := mustRead(t, s, ref.ID).Attributes
		hints := 0
		for name := range attributes.All() {
			if strings.HasSuffix(name, perldata.HintSuffix) {
				hints++
			}
		}
		described := described(t, attributes)
		assert.Equal(t, step.want, described)
		assert.Equal(t, strings.Count(fmt.Sprint(described), "true")+strings.Count(fmt.Sprint(described), "false"), hints, "hints")
	}
}

// Writers set one attribute with and without booleans at the same time: what is noted of
// the booleans always fits the value.
func testBooleansTogether(t *testing.T, b backend.Backend) {
	stores := []*sessionstore.Store{neverExpiring(b), neverExpiring(b)} // as two processes
	ref := mustCreate(t, stores[0], nil)
	values := map[string]perldata.Value{
		"true": perldata.BooleanOf(true), "number 1": perldata.IntegerOf(1), "text 1": perldata.BytesOf("1"),
		"[number 1 true]": perldata.ListOf(perldata.IntegerOf(1), perldata.BooleanOf(true)),
		"[true number 1]": perldata.ListOf(perldata.BooleanOf(true), perldata.IntegerOf(1)),
	}
	var all sync.WaitGroup
	writer := 0
	for what, v := range values {
		s := stores[writer%2]
		writer++
		all.Go(func() {
			for i := range 30 {
				set := hinted(t, "k", v)
				set.Set("what", perldata.BytesOf(what))
				_, err := s.Update(t.Context(), ref.ID, sessionstore.Change{Set: set}, sessionstore.DefaultTTL)
				assert.NoError(t, err)
				session, err := s.Get(t.Context(), ref.ID)
				if !assert.NoError(t, err) {
					return
				}
				got := described(t, session.Attributes)
				assert.Equal(t, got["what"], "text "+got["k"], i)
			}
		})
	}
	all.Wait()
	for range 20 { // one writer alone removes it, and sets it again
		_, err := stores[0].Update(t.Context(), ref.ID, sessionstore.Change{Remove: []string{"k"}}, sessionstore.DefaultTTL)
		require.NoError(t, err)
		got := described(t, mustRead(t, stores[1], ref.ID).Attributes)
		assert.NotContains(t, got, "k")
		_, err = stores[1].Update(t.Context(), ref.ID, sessionstore.Change{Set: hinted(t, "k", values["true"])}, sessionstore.DefaultTTL)
		require.NoError(t, err)
	}
}
