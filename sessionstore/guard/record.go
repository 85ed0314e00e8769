package guard

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// The record of a deletion is an item on the same server as the session: if that
// server is there, then both are. Its key has a hash of the session's id, and the
// smallest number for which it is on that server. Its value is the second since
// 1970 of the deletion, its time to live that of the tombstone.
const recordKeys = backend.ReservedKeys + "deleted:"

// hashBytes of the SHA-256 of an id name it.
const hashBytes = 16

// recordKey returns the key of the record of a session's deletion.
func (g *Guard) recordKey(id string) string {
	return backend.KeyOn(g.pool, g.pool.ServerOf(id), RecordName(id))
}

// RecordName returns the name of the record of a session's deletion: its key is
// [backend.KeyOn] the server of the session.
func RecordName(id string) string {
	sum := sha256.Sum256([]byte(id))
	return recordKeys + base64.RawURLEncoding.EncodeToString(sum[:hashBytes]) + ":"
}

// NameOfRecord returns the name in a key, and whether it is that of a record.
func NameOfRecord(key string) (name string, ok bool) {
	if !strings.HasPrefix(key, recordKeys) {
		return "", false
	}
	end := strings.LastIndexByte(key, ':') + 1
	return key[:end], end > len(recordKeys)
}

// MergeRecords returns a record of the later one of two deletions of a session, which
// is kept for the longer one of their lives.
func MergeRecords(a, b backend.Item) backend.Item {
	x, okA := deletionOf(a)
	y, okB := deletionOf(b)
	switch {
	case !okB:
		return a
	case !okA:
		return b
	}
	later := a
	if y.Second > x.Second {
		later = b
	}
	if later.ExpiresIn = max(x.Life, y.Life); x.Life == 0 || y.Life == 0 {
		later.ExpiresIn = 0
	}
	return later
}

// Allows says whether a session that a program has stored is a newer login than the
// deletion that a record remembers. See [Deletion.Allows].
func Allows(record backend.Item, attributes *perldata.Hash, now time.Time) bool {
	d, ok := deletionOf(record)
	return !ok || d.Allows(attributes, now)
}

// Deleted remembers that a session was deleted, for as long as its tombstone
// lives. If another program has stored the session since then, it puts the
// tombstone back. A failure is no error of the deletion: [Options.Failed] is
// notified.
func (g *Guard) Deleted(ctx context.Context, id string, life time.Duration) {
	if err := g.remember(ctx, id, life); err != nil {
		g.failed(ctx, id, err)
		return
	}
	// A change before the record was there had nothing to be compared with.
	_ = g.restore(ctx, id) // it has reported its error
}

// remember stores the record of a deletion. If there is one already, the later
// deletion and the longer life count.
func (g *Guard) remember(ctx context.Context, id string, life time.Duration) error {
	key := g.recordKey(id)
	d := Deletion{Second: time.Now().Unix(), Life: life}
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return err
		}
		err := g.pool.Add(ctx, key, d.record())
		if errors.Is(err, backend.ErrExists) {
			var present backend.Item
			if present, err = g.pool.Get(ctx, key); err == nil {
				if before, ok := deletionOf(present); ok {
					d.Second, d.Life = max(d.Second, before.Second), max(d.Life, before.Life)
				}
				err = g.pool.CompareAndSwap(ctx, key, d.record().InPlaceOf(present))
			}
		}
		if !backend.LostRace(err) && (try > 0 || !backend.IsUnknown(err)) {
			return err
		}
	}
	return backend.Unavailable("other writers changed the record of a deletion all the time", backend.ErrConflict)
}

// Recall returns the deletion of a session, and whether it is remembered. Errors are
// [*backend.UnavailableError].
func (g *Guard) Recall(ctx context.Context, id string) (d Deletion, remembered bool, err error) {
	item, err := g.pool.Get(ctx, g.recordKey(id))
	if errors.Is(err, backend.ErrNotFound) {
		return Deletion{}, false, nil
	}
	d, remembered = deletionOf(item)
	return d, remembered, err
}

// maxRecordBytes bounds the records that are read together.
const maxRecordBytes = 1 << 20

// remembered returns those of the ids whose session was deleted, as far as is
// remembered.
func (g *Guard) remembered(ctx context.Context, ids []string) (deleted []string, err error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = g.recordKey(id)
	}
	records, err := g.pool.GetMany(ctx, keys, maxRecordBytes)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if _, ok := records[keys[i]]; ok {
			deleted = append(deleted, id)
		}
	}
	return deleted, nil
}

func (d Deletion) record() backend.Item {
	return backend.Item{Image: strconv.AppendInt(nil, d.Second, 10), ExpiresIn: d.Life}
}

// deletionOf reads a record.
func deletionOf(record backend.Item) (Deletion, bool) {
	second, err := strconv.ParseInt(string(record.Image), 10, 64)
	return Deletion{Second: second, Life: record.ExpiresIn}, err == nil
}
