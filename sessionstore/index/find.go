package index

import (
	"context"
	"errors"
	"slices"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Find returns the ids of all sessions whose attribute has the value. If the
// index is complete they come from the list of the principal, in the order of
// their logins, after a look at each session; entries of sessions that do not
// exist any more or have another value are repaired. If it is not, Find scans all
// servers.
//
// The error is an [*backend.UnavailableError]. With it, the ids are those that
// could be found: they may not be all.
//
// Without an [Indexer], nobody knows whether the index is complete. Then Find
// trusts the list, and the last session of each value that Perl programs have
// stored with a lookup key.
func (x *Index) Find(ctx context.Context, attribute, value string) ([]string, error) {
	p := principal{attribute, value}
	r := x.indexer.Load()
	if r == nil {
		ids, _, err := x.findListed(ctx, p)
		return ids, err
	}
	if epoch := r.settle(ctx); epoch != "" {
		ids, truncated, err := x.findListed(ctx, p)
		if err == nil && !truncated && r.confirm(ctx, epoch) {
			return ids, nil
		}
	}
	return r.search(ctx, p)
}

// findListed returns the sessions that are in the list of a principal, and
// whether entries of the list were left out.
func (x *Index) findListed(ctx context.Context, p principal) (ids []string, truncated bool, err error) {
	item, err := x.backend.Get(ctx, p.key())
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		return nil, false, err
	}
	l := x.read(item.Image)
	entries, err := x.withLookupKeys(ctx, p.value, l.entries)
	if err != nil {
		return nil, false, err
	}
	found, err := x.verify(ctx, p, entries)
	if err != nil {
		return nil, false, err
	}
	byLookupKey := func(e entry) bool { return e.byLookupKey }
	if l.evicted > 0 || len(found) != len(l.entries) || slices.ContainsFunc(found, byLookupKey) {
		x.counts.repairs.Inc()
		x.repair(ctx, p, item, list{entries: found, evicted: l.evicted, truncated: l.truncated})
	}
	ids = make([]string, len(found))
	for i, e := range found {
		ids[i] = e.id
	}
	return ids, l.truncated, nil
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

// Oldest returns the oldest sessions of the principals among terms, of those that
// have more than most.
func (x *Index) Oldest(ctx context.Context, terms Terms, most int) ([]string, error) {
	var oldest []string
	for _, p := range terms.principals {
		item, err := x.backend.Get(ctx, p.key())
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return oldest, err
		}
		l := x.read(item.Image)
		if len(l.entries) <= most {
			continue
		}
		found, err := x.verify(ctx, p, l.entries)
		if err != nil {
			return oldest, err
		}
		for _, e := range found[:max(len(found)-most, 0)] {
			oldest = append(oldest, e.id)
		}
	}
	return oldest, nil
}
