package index

import (
	"context"
	"errors"
	"slices"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Find returns the ids of the sessions whose attribute has the value, in the
// order of their logins. It knows the sessions that were stored through a store
// or entered by an [Indexer], and the last session of each value that Perl
// programs have stored with a lookup key. It looks at each session: entries of
// sessions that do not exist any more or have another value are repaired.
//
// The error is an [*backend.UnavailableError]: the result is never shorter
// because a server does not answer.
func (x *Index) Find(ctx context.Context, attribute, value string) ([]string, error) {
	p := principal{attribute, value}
	item, err := x.backend.Get(ctx, p.key())
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		return nil, err
	}
	l := x.read(item.Image)
	entries, err := x.withLookupKeys(ctx, value, l.entries)
	if err != nil {
		return nil, err
	}
	found, err := x.verify(ctx, p, entries)
	if err != nil {
		return nil, err
	}
	byLookupKey := func(e entry) bool { return e.byLookupKey }
	if l.evicted > 0 || len(found) != len(l.entries) || slices.ContainsFunc(found, byLookupKey) {
		x.counts.repairs.Inc()
		x.repair(ctx, p, item, list{entries: found, evicted: l.evicted})
	}
	ids := make([]string, len(found))
	for i, e := range found {
		ids[i] = e.id
	}
	return ids, nil
}

// repair makes the list of a principal say what was found. If another writer
// comes between, that writer is right, and the next Find repairs the rest.
func (x *Index) repair(ctx context.Context, p principal, item backend.Item, found list) {
	if item.CAS != 0 {
		if err := x.rewrite(ctx, p.key(), item, found); !backend.LostRace(err) {
			x.report(ctx, "", err)
		}
		return
	}
	for _, e := range found.entries {
		x.report(ctx, e.id, x.appendEntry(ctx, p, e.line(), backend.Until(e.expiry)))
	}
}

// withLookupKeys adds the sessions to which the lookup keys of Perl programs
// lead, if they are not known.
func (x *Index) withLookupKeys(ctx context.Context, value string, entries []entry) ([]entry, error) {
	for _, v := range []perldata.Value{perldata.TextOf(value), perldata.BytesOf(value)} {
		key, ok := lookupKey(v)
		if !ok {
			continue
		}
		item, err := x.backend.Get(ctx, key)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return nil, err
		}
		id, ok := x.LookupKey(item)
		if ok && !slices.ContainsFunc(entries, func(e entry) bool { return e.id == id }) {
			entries = append(slices.Clip(entries), entry{id: id, byLookupKey: true})
		}
	}
	return entries, nil
}

// verify returns those entries whose session exists and has the principal, with
// the moment at which the session expires.
func (x *Index) verify(ctx context.Context, p principal, entries []entry) ([]entry, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	expiries := make(map[string]int64, len(ids))
	err := x.sessions.Look(ctx, ids, func(id string, session Session) {
		if slices.Contains(x.principals(session.Attributes), p) {
			expiries[id] = backend.ExpiryOf(session.Life)
		}
	})
	if err != nil {
		return nil, err
	}
	found := make([]entry, 0, len(expiries))
	for _, e := range entries {
		if expiry, ok := expiries[e.id]; ok {
			e.expiry = expiry
			found = append(found, e)
		}
	}
	return found, nil
}
