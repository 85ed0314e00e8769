package service

import (
	"context"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
)

// hide removes the attributes that are hidden from the caller of a context from a
// session that was read for it. The version stays that of the whole session, so that
// conditions hold for every caller.
func hide(ctx context.Context, session sessionstore.Session) {
	if hidden := access.Hidden(ctx); len(hidden) > 0 && session.Attributes != nil {
		session.Attributes.DeleteAll(hidden)
	}
}

// bounds returns what the caller of a context may not do to a session that it
// replaces.
func bounds(ctx context.Context) sessionstore.Bounds {
	b := sessionstore.Bounds{Except: access.Hidden(ctx)}
	if access.CallerOf(ctx) == nil {
		return b
	}
	spent := false // also if the store needs several tries
	b.Create = func() error {
		if spent {
			return nil
		}
		spent = true
		return access.SpendSession(ctx)
	}
	return b
}
