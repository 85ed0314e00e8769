package moving

import (
	"context"
	"slices"

	"memcachedsoap/sessionstore/backend"
)

// The key of the record of a deletion has a number by which it is on the server of its
// session. Another pool has the record under another number, and the record does not
// tell the id of the session. So a record that is absent is looked for under the key that
// it has on each server of the other pool.

// maxRecordBytes bounds the records that are read together.
const maxRecordBytes = 1 << 20

// elsewhere returns the keys that a record can have in a pool.
func (b *Backend) elsewhere(pool backend.Pool, record string) (keys []string) {
	name, _ := b.rules.DeletionName(record)
	for server := range pool.Servers() {
		keys = append(keys, backend.KeyOn(pool, server, name))
	}
	return keys
}

// record returns the record of a deletion.
func (b *Backend) record(ctx context.Context, key string) (backend.Item, error) {
	r := reading{Backend: b, maxBytes: maxRecordBytes, items: make(map[string]backend.Item)}
	if err := r.records(ctx, []string{key}); err != nil {
		return backend.Item{}, err
	}
	item, found := r.items[key]
	if !found {
		return backend.Item{}, backend.ErrNotFound
	}
	return item, nil
}

// records reads records of deletions: where they are now, and elsewhere what is not
// there. A record that is at neither place may have been moved meanwhile.
func (r *reading) records(ctx context.Context, keys []string) error {
	here, there := r.places()
	if err := r.from(here)(ctx, keys); err != nil {
		return err
	}
	var asked []string
	of := make(map[string]string)
	for _, key := range r.absent(keys) {
		for _, candidate := range r.elsewhere(there, key) {
			asked = append(asked, candidate)
			of[candidate] = key
		}
	}
	if len(asked) == 0 {
		return nil
	}
	found, err := there.GetMany(ctx, asked, maxRecordBytes)
	if err != nil {
		return previously(err)
	}
	for candidate, item := range found {
		if other, several := r.items[of[candidate]]; several {
			item = r.rules.MergeDeletions(other, item)
		}
		item.CAS = 0 // it is not under this key
		r.items[of[candidate]] = item
	}
	if again := r.absent(keys); r.begun.Load() && len(again) > 0 {
		return r.from(here)(ctx, again)
	}
	return nil
}

// absent returns those of the keys whose items were not found yet.
func (r *reading) absent(keys []string) (absent []string) {
	for _, key := range keys {
		if _, found := r.items[key]; !found {
			absent = append(absent, key)
		}
	}
	return absent
}

// belongs says whether a record is under one of its present keys on a server of both
// pools. It cannot be told from a record that was made after the move began.
func (b *Backend) belongs(key string, present []string) bool {
	return b.stays(key) && slices.Contains(present, key)
}

// moveRecord stores the record of a deletion on each server of the present pool, since
// it does not tell which of them has the session, and removes it at its previous place.
func (b *Backend) moveRecord(ctx context.Context, key string) error {
	old, found, err := lookup(ctx, b.previous, key)
	if err != nil || !found {
		return previously(err)
	}
	keys := b.elsewhere(b.present, key)
	for _, now := range keys {
		if now == key && b.stays(key) {
			continue
		}
		if err := b.storeRecord(ctx, now, old); err != nil {
			return err
		}
	}
	if b.belongs(key, keys) {
		return nil
	}
	b.counts.moved.Inc()
	if err := removeItem(ctx, b.previous, key, old); !backend.LostRace(err) {
		return previously(err)
	}
	return nil
}

// storeRecord stores a record under a key. Of two deletions the later one counts.
func (b *Backend) storeRecord(ctx context.Context, key string, record backend.Item) error {
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return err
		}
		present, found, err := lookup(ctx, b.present, key)
		switch {
		case err != nil:
			return err
		case !found:
			record.CAS = 0
			err = b.present.Add(ctx, key, record)
		default:
			merged := b.rules.MergeDeletions(present, record)
			if backend.SameContent(merged, present) && !longer(merged.ExpiresIn, present.ExpiresIn) {
				return nil
			}
			merged.CAS = present.CAS
			err = b.present.CompareAndSwap(ctx, key, merged)
		}
		if !backend.LostRace(err) && (try > 0 || !backend.IsUnknown(err)) {
			return err
		}
	}
	return backend.Unavailable("other writers changed the record of a deletion all the time", backend.ErrConflict)
}
