package index

import (
	"context"
	"errors"
	"slices"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Find returns the ids of all global sessions whose attribute has the value. If the
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
	return x.FindIn(ctx, "", attribute, value)
}

// FindIn is [Index.Find] for the sessions of a type; "" is global.
func (x *Index) FindIn(ctx context.Context, kind, attribute, value string) ([]string, error) {
	return x.FindLooking(ctx, x.look, kind, attribute, value)
}

// Look is how an Index looks at sessions: as [Sessions.Look]. It also returns the items
// under other keys, read at the same time.
type Look func(ctx context.Context, ids, others []string, visit func(id string, session Session)) (map[string]backend.Item, error)

// look is a [Look] of two exchanges.
func (x *Index) look(
	ctx context.Context, ids, others []string, visit func(id string, session Session),
) (items map[string]backend.Item, err error) {
	if len(others) > 0 {
		if items, err = x.backend.GetMany(ctx, others, maxListBytes); err != nil {
			return nil, err
		}
	}
	return items, x.sessions.Look(ctx, ids, visit)
}

// FindLooking is [Index.FindIn] for a caller who wants to see the sessions, too: the
// Index looks at those of the list by look, also at some that it does not return. A scan
// does not call it.
func (x *Index) FindLooking(ctx context.Context, look Look, kind, attribute, value string) ([]string, error) {
	p := principal{kind, attribute, value}
	r := x.indexer.Load()
	if r == nil {
		found, _, _, err := x.findListed(ctx, look, p, nil)
		return idsOf(found), err
	}
	var before list
	if epoch := r.settle(ctx); epoch != "" {
		found, l, m, err := x.findListed(ctx, look, p, r)
		if err == nil && !l.truncated && r.confirmBy(ctx, epoch, m) {
			return idsOf(found), nil
		}
		before = l
	}
	found, err := r.search(ctx, p)
	if err == nil && before.truncated && len(found) <= x.maxEntries {
		x.repair(ctx, p, before, found)
	}
	return idsOf(found), err
}

func idsOf(entries []entry) []string {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	return ids
}

// findListed returns the sessions of a principal that are in its list, the list as it was
// read, and the markers of an Indexer, which were read after it. Without an Indexer, it
// also follows the lookup keys.
func (x *Index) findListed(
	ctx context.Context, look Look, p principal, r *Indexer,
) (found []entry, l list, m markers, err error) {
	item, err := x.backend.Get(ctx, p.key())
	if err != nil && !errors.Is(err, backend.ErrNotFound) {
		return nil, list{}, markers{}, err
	}
	l = x.read(item)
	entries := l.entries
	if r == nil && p.kind == "" && slices.Contains(x.lookup, p.attribute) {
		if entries, err = x.withLookupKeys(ctx, p.value, entries); err != nil {
			return nil, list{}, markers{}, err
		}
	}
	m = r.markersToRead()
	verified, items, err := x.verify(ctx, look, p, entries, m.wanted())
	if err != nil {
		return nil, list{}, markers{}, err
	}
	m.items = items
	x.counts.longestList.Raise(int64(len(verified)))
	isNew := func(e entry) bool { return e.byLookupKey }
	if !l.truncated && (len(verified) != len(l.entries) || len(verified) > x.maxEntries || slices.ContainsFunc(verified, isNew)) {
		x.counts.repairs.Inc()
		x.repair(ctx, p, l, verified)
	}
	return readable(verified), l, m, nil
}

// repair makes the list of a principal say what was found. If another writer
// comes between, that writer is right, and the next Find repairs the rest.
func (x *Index) repair(ctx context.Context, p principal, l list, found []entry) {
	if l.item.CAS != 0 {
		if err := x.rewrite(ctx, p, list{item: l.item, entries: found}); !backend.LostRace(err) {
			x.report(ctx, "", err)
		}
		return
	}
	for _, e := range found {
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

// readable returns the entries whose sessions can be read.
func readable(entries []entry) []entry {
	return slices.DeleteFunc(entries, func(e entry) bool { return e.unreadable })
}

// verify returns those entries whose session exists and has the principal, with
// the moment at which the session expires, and the items under other keys. It also returns
// the entries of sessions that cannot be read, as they are.
func (x *Index) verify(
	ctx context.Context, look Look, p principal, entries []entry, others []string,
) (found []entry, items map[string]backend.Item, err error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	expiries := make(map[string]int64, len(ids))
	unreadable := make(map[string]bool)
	items, err = look(ctx, ids, others, func(id string, session Session) {
		if session.Attributes == nil {
			unreadable[id] = true
		} else if slices.Contains(x.principals(p.kind, session.Attributes), p) {
			expiries[id] = backend.ExpiryOf(session.Life)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	found = make([]entry, 0, len(expiries))
	for _, e := range entries {
		if expiry, ok := expiries[e.id]; ok {
			e.expiry = expiry
			found = append(found, e)
		} else if unreadable[e.id] && !e.byLookupKey {
			e.unreadable = true
			found = append(found, e)
		}
	}
	return found, items, nil
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
		l := x.read(item)
		if len(l.entries) <= most {
			continue
		}
		found, _, err := x.verify(ctx, x.look, p, l.entries, nil)
		if err != nil {
			return oldest, err
		}
		found = readable(found)
		for _, e := range found[:max(len(found)-most, 0)] {
			oldest = append(oldest, e.id)
		}
	}
	return oldest, nil
}
