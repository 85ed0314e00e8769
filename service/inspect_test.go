package service_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// newAuditedFindable returns a service that finds sessions by uid and mail and has an
// audit log, and what its sessions are kept in.
func newAuditedFindable(t *testing.T) (audited, *memory.Backend) {
	t.Helper()
	a := newAudited(t)
	items := memory.New(memory.Options{})
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: time.Hour}, Principals: []string{"uid", "mail"},
	})
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	s := service.New(store, service.NewCounters("1"))
	s.Audit(a.log)
	a.Service = s
	return a, items
}

func nothing(sessionstore.Inspected) []string { return nil }

// inspections are the operations of people who look at sessions, each as a call on a
// session.
func inspections(s *service.Service, id sessionstore.ID) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"inspectSession": func(ctx context.Context) error {
			_, err := s.InspectSession(ctx, id, func(sessionstore.Inspected) []string { return []string{"uid"} })
			return err
		},
		"listSessions": func(ctx context.Context) error {
			_, err := s.ListServer(ctx, 0, "", sessionstore.Position{}, sessionstore.Window{}, 10)
			return err
		},
		"searchSessions": func(ctx context.Context) error {
			_, err := s.SearchSessions(ctx, "", "uid", "dwho", func(sessionstore.Inspected) error { return nil }, func() error { return nil })
			return err
		},
		"findSessions": func(ctx context.Context) error {
			_, err := s.FindIDs(ctx, "", "uid", "dwho")
			return err
		},
		"updateSession": func(ctx context.Context) error {
			_, err := s.EditSession(ctx, id, "", func(h *perldata.Hash) (service.Edited, error) {
				h.Set("mail", perldata.BytesOf("d@example.org"))
				return service.Edited{Set: []string{"mail"}, Removed: []string{"old"}}, nil
			})
			return err
		},
		"touchSession": func(ctx context.Context) error {
			_, err := s.ExtendSession(ctx, id, time.Hour)
			return err
		},
		"deleteSession": func(ctx context.Context) error {
			_, err := s.EndSession(ctx, id, "")
			return err
		},
		"deleteSessions": func(ctx context.Context) error {
			_, err := s.LogOutEverywhere(ctx, "", "uid", "dwho")
			return err
		},
	}
}

// Looking needs find and read; changing and ending need write and delete besides.
func TestInspectionsNeedRoles(t *testing.T) {
	t.Parallel()
	needs := map[string]access.Role{
		"updateSession": access.Write, "touchSession": access.Write, "deleteSession": access.Delete, "deleteSessions": access.Delete,
	}
	for name := range inspections(nil, "") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := newAuditedFindable(t)
			ref, err := a.SetSession(as(t, everything), "", attributes("uid", "dwho"), time.Hour, sessionstore.If{})
			require.NoError(t, err)
			call := inspections(a.Service, ref.ID)[name]
			need := service.Viewing() | needs[name]
			for _, role := range []access.Role{access.Find, access.Read, access.Write, access.Delete} {
				if need.Has(role) {
					err := call(as(t, "roles: ["+(access.Admin&^role).String()+"]"))
					require.ErrorAs(t, err, new(*access.DeniedError), role.String())
				}
			}
			require.NoError(t, call(as(t, "roles: ["+need.String()+"]")))
		})
	}
}

// Each look and each change of a person has a line in the audit log, which says what the
// person has seen.
func TestInspectionsAreAudited(t *testing.T) {
	t.Parallel()
	a, _ := newAuditedFindable(t)
	ctx := as(t, everything)
	require.NoError(t, service.EnterDialect(ctx, access.ContractDialect))
	ref, err := a.SetSession(ctx, "", attributes("uid", "dwho"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	a.lines(t)
	for _, name := range []string{"inspectSession", "listSessions", "searchSessions", "findSessions", "updateSession", "touchSession", "deleteSession", "deleteSessions"} {
		require.NoError(t, inspections(a.Service, ref.ID)[name](ctx), name)
		lines := a.lines(t)
		require.Len(t, lines, 1, name)
		line := lines[0]
		assert.Equal(t, name, line["operation"])
		assert.Equal(t, "ok", line["outcome"], name)
		if name != "deleteSessions" { // it was deleted before
			assert.Equal(t, []any{ref.ID.Fingerprint()}, line["sessions"], name)
		}
		switch name {
		case "inspectSession":
			assert.Equal(t, []any{"uid"}, line["shown"])
		case "searchSessions", "findSessions":
			assert.Equal(t, "uid", line["by"])
		case "updateSession":
			assert.Equal(t, []any{"mail"}, line["set"])
			assert.Equal(t, []any{"old"}, line["removed"])
			w, known, since := a.LastWriter(ref.ID)
			assert.True(t, known)
			assert.Equal(t, "portal", w.Caller)
			assert.False(t, since.IsZero())
		}
	}
}

// What is hidden from a caller is hidden from its looks, too.
func TestInspectionsHide(t *testing.T) {
	t.Parallel()
	a, items := newAuditedFindable(t)
	ref, err := a.SetSession(t.Context(), "", attributes("uid", "dwho", "mail", "m", "list", "x"), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	broken := sessionstore.NewID()
	require.NoError(t, items.Add(t.Context(), string(broken), backend.Item{Image: []byte("mail is m"), Flags: 1}))
	portal := as(t, everything+", hide: [mail]")
	shown, err := a.InspectSession(portal, ref.ID, nothing)
	require.NoError(t, err)
	_, there := shown.Attributes.Get("mail")
	assert.False(t, there)
	assert.Equal(t, -1, shown.Size, "it would tell how long the values are")
	list, err := a.ListServer(portal, 0, "", sessionstore.Position{}, sessionstore.Window{}, 10)
	require.NoError(t, err)
	require.Len(t, list.Sessions, 2)
	found := slices.Clone(list.Sessions)
	_, err = a.SearchSessions(portal, "", "uid", "dwho", func(s sessionstore.Inspected) error { found = append(found, s); return nil }, func() error { return nil })
	require.NoError(t, err)
	require.Len(t, found, 3)
	for _, one := range found {
		assert.Equal(t, -1, one.Size)
	}
	shown, err = a.InspectSession(portal, broken, nothing)
	require.NoError(t, err)
	assert.Empty(t, shown.First, "the bytes may be those of what is hidden")
	assert.NotNil(t, shown.Unreadable)
	assert.Equal(t, []string{"uid"}, a.Principals(portal))
	for name, call := range map[string]func() error{
		"search": func() error {
			_, err := a.SearchSessions(portal, "", "mail", "m", func(sessionstore.Inspected) error { return nil }, func() error { return nil })
			return err
		},
		"find":   func() error { _, err := a.FindIDs(portal, "", "mail", "m"); return err },
		"logout": func() error { _, err := a.LogOutEverywhere(portal, "", "mail", "m"); return err },
		"edit": func() error {
			_, err := a.EditSession(portal, ref.ID, "", func(h *perldata.Hash) (service.Edited, error) {
				h.Set("mail", perldata.BytesOf("another"))
				return service.Edited{Set: []string{"mail"}}, nil
			})
			return err
		},
	} {
		require.ErrorAs(t, call(), new(*access.HiddenError), name)
	}
	_, err = a.EditSession(portal, ref.ID, shown.Version, func(*perldata.Hash) (service.Edited, error) { return service.Edited{}, nil })
	require.ErrorAs(t, err, new(*sessionstore.VersionConflictError))
	_, err = a.EditSession(portal, ref.ID, "", func(h *perldata.Hash) (service.Edited, error) {
		h.Set("list", perldata.BytesOf("y"))
		return service.Edited{Set: []string{"list"}}, nil
	})
	require.NoError(t, err)
	shown, err = a.InspectSession(as(t, everything), ref.ID, nothing)
	require.NoError(t, err)
	v, _ := shown.Attributes.Get("mail")
	assert.Equal(t, "m", v.Str(), "it survives")
}

// A search finds values as people write them, and says what it could not read.
func TestSearchSessions(t *testing.T) {
	t.Parallel()
	a, items := newAuditedFindable(t)
	set := func(v perldata.Value) sessionstore.ID {
		h := perldata.NewHash(1)
		h.Set("v", v)
		ref, err := a.SetSession(t.Context(), "", h, time.Hour, sessionstore.If{})
		require.NoError(t, err)
		return ref.ID
	}
	text, bytes, latin := set(perldata.TextOf("zoë")), set(perldata.BytesOf("zoë")), set(perldata.BytesOf("zo\xeb"))
	number, float, undef := set(perldata.IntOf(42)), set(perldata.FloatOf(4.5)), set(perldata.Value{})
	list := set(perldata.ListOf(perldata.BytesOf("a"), perldata.TextOf("42")))
	require.NoError(t, items.Add(t.Context(), string(sessionstore.NewID()), backend.Item{Image: []byte("x"), Flags: 1}))
	for value, want := range map[string][]sessionstore.ID{
		"zoë": {text, bytes, latin}, "42": {number, list}, "4.5": {float}, "": nil, "zo": nil,
	} {
		var found []sessionstore.ID
		looked := 0
		unreadable, err := a.SearchSessions(t.Context(), "", "v", value, func(shown sessionstore.Inspected) error {
			found = append(found, shown.ID)
			assert.Nil(t, shown.Attributes)
			return nil
		}, func() error { looked++; return nil })
		require.NoError(t, err)
		assert.ElementsMatch(t, want, found, value)
		assert.Equal(t, 1, unreadable)
		assert.Equal(t, 8, looked)
		assert.NotContains(t, found, undef)
	}
}

// The count before and after a log-out is what the store says.
func TestLogOutEverywhere(t *testing.T) {
	t.Parallel()
	a, _ := newAuditedFindable(t)
	for range 3 {
		_, err := a.SetSession(t.Context(), "", attributes("uid", "dwho"), time.Hour, sessionstore.If{})
		require.NoError(t, err)
	}
	out, err := a.LogOutEverywhere(t.Context(), "", "uid", "dwho")
	require.NoError(t, err)
	assert.Equal(t, service.LogOut{Before: 3, Ended: 3}, out)
	out, err = a.LogOutEverywhere(t.Context(), "", "uid", "dwho")
	require.NoError(t, err)
	assert.Equal(t, service.LogOut{}, out)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	out, err = a.LogOutEverywhere(ended, "", "uid", "dwho")
	require.ErrorAs(t, err, new(*backend.UnavailableError))
	assert.Equal(t, service.LogOut{Before: -1, Remaining: -1}, out, "nobody knows")
}

// The pages of a list follow each other, from what the page before has left or from the
// position alone, and leave out what is no session.
func TestListServer(t *testing.T) {
	t.Parallel()
	a, _ := newAuditedFindable(t)
	want := map[sessionstore.ID]bool{}
	for i := range 250 {
		ref, err := a.SetSession(t.Context(), "", attributes("uid", string(rune('a'+i))), time.Hour, sessionstore.If{}) // with a lookup key
		require.NoError(t, err)
		if want[ref.ID] = true; i%5 == 0 {
			delete(want, ref.ID)
			_, err = a.EndSession(t.Context(), ref.ID, "")
			require.NoError(t, err)
		}
	}
	for name, remember := range map[string]bool{"in memory": true, "by position": false} {
		listed := map[sessionstore.ID]bool{}
		list := service.ServerList{}
		for more := true; more; more = list.More() {
			window := list.Window
			if !remember {
				window = sessionstore.Window{}
			}
			var err error
			list, err = a.ListServer(t.Context(), 0, "", list.Next, window, 30)
			require.NoError(t, err)
			if list.More() {
				require.Len(t, list.Sessions, 30, name)
			}
			for _, session := range list.Sessions {
				assert.False(t, listed[session.ID])
				listed[session.ID] = true
			}
		}
		assert.Equal(t, want, listed, name)
	}
}
