package service_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// People see which values are booleans, and an edit keeps what is noted of them right.
func TestEditsKeepBooleans(t *testing.T) {
	t.Parallel()
	a, _ := newAuditedFindable(t)
	before := perldata.NewHash(3)
	before.Set("list", perldata.ListOf(perldata.TextOf("x"), perldata.BooleanOf(true)))
	require.NoError(t, perldata.AddHints(before))
	before.Set("mail", perldata.TextOf("m"))
	ref, err := a.SetSession(t.Context(), "", before, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	shown := func() *perldata.Hash {
		inspected, err := a.InspectSession(t.Context(), ref.ID, nothing)
		require.NoError(t, err)
		for name := range inspected.Attributes.All() {
			require.NotContains(t, name, "#t")
		}
		return inspected.Attributes
	}
	edit := func(change func(h *perldata.Hash) service.Edited) sessionstore.Ref {
		ref, err := a.EditSession(t.Context(), ref.ID, "", func(h *perldata.Hash) (service.Edited, error) { return change(h), nil })
		require.NoError(t, err)
		return ref
	}
	list := func() []perldata.Value {
		v, _ := shown().Get("list")
		return v.List().Items
	}
	_, isBoolean := list()[1].Boolean()
	assert.True(t, isBoolean)
	same := edit(func(*perldata.Hash) service.Edited { return service.Edited{} })
	assert.Equal(t, ref.Version, same.Version, "nothing was changed")

	edit(func(h *perldata.Hash) service.Edited {
		v, _ := h.Get("list")
		v.List().Items = v.List().Items[1:]
		return service.Edited{Set: []string{"list"}}
	})
	b, isBoolean := list()[0].Boolean()
	assert.True(t, b && isBoolean, "the hint follows the value")
	edit(func(h *perldata.Hash) service.Edited {
		h.Set("flag", perldata.BooleanOf(false))
		v, _ := h.Get("list")
		v.List().Items[0] = perldata.IntOf(1)
		return service.Edited{Set: []string{"flag", "list"}}
	})
	_, isBoolean = list()[0].Boolean()
	assert.False(t, isBoolean)
	v, _ := shown().Get("flag")
	b, isBoolean = v.Boolean()
	assert.True(t, !b && isBoolean)
	edit(func(h *perldata.Hash) service.Edited {
		h.Delete("flag")
		return service.Edited{Removed: []string{"flag"}}
	})
	session, err := a.GetSession(t.Context(), string(ref.ID))
	require.NoError(t, err)
	for name := range session.Attributes.All() {
		assert.NotContains(t, name, "#t", "no hint is left over")
	}
}
