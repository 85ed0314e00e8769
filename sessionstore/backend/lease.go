package backend

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Lease is an item that one process at a time holds, to do what not all need to
// do. The holder renews it before it expires; when the holder dies, another
// process takes it. It saves work only: a holder that was suspended does not know
// that its lease has expired.
type Lease struct {
	Backend Backend
	Key     string
	Holder  string        // name of this process, which no other one has; without blanks
	Life    time.Duration // from one renewal on
}

// Hold takes the lease if it is free or released, or renews it, and leaves a note
// in it for the others. It returns false if another process holds it.
func (l Lease) Hold(ctx context.Context, note string) (bool, error) {
	held, err := l.renew(ctx, note, "")
	if errors.Is(err, ErrNotFound) {
		err = l.Backend.Add(ctx, l.Key, l.item(note))
		held = err == nil
	}
	if LostRace(err) {
		return false, nil
	}
	return held, err
}

// Renew renews the lease, as Hold does, if this process holds it. The error is
// [ErrNotFound] if the lease is free: it has expired, or its server has lost it.
func (l Lease) Renew(ctx context.Context, note string) (bool, error) {
	held, err := l.renew(ctx, note, l.Holder)
	if LostRace(err) && !errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return held, err
}

// Seize takes the lease from a holder that does not renew it any more, before it
// expires. It returns false if another process holds it by now.
func (l Lease) Seize(ctx context.Context, holder, note string) (bool, error) {
	held, err := l.renew(ctx, note, holder)
	if LostRace(err) {
		return false, nil
	}
	return held, err
}

// renew renews a lease that this process holds, or whose holder is another one that
// is given.
func (l Lease) renew(ctx context.Context, note, other string) (bool, error) {
	present, err := l.Backend.Get(ctx, l.Key)
	if err != nil {
		return false, err
	}
	if holder, _ := ParseLease(present); holder != l.Holder && holder != other {
		return false, nil
	}
	err = l.Backend.CompareAndSwap(ctx, l.Key, l.item(note).InPlaceOf(present))
	return err == nil, err
}

func (l Lease) item(note string) Item {
	return Item{Image: []byte(l.Holder + " " + note), ExpiresIn: WholeSeconds(l.Life)}
}

// Read returns who holds the lease, and the note. The holder is "" if the lease is
// released; the error is [ErrNotFound] if it is free.
func (l Lease) Read(ctx context.Context) (holder, note string, err error) {
	item, err := l.Backend.Get(ctx, l.Key)
	holder, note = ParseLease(item)
	return holder, note, err
}

// Release ends the lease if this process holds it. It is free after a time, which
// may be 0; meanwhile it is released: who reads it may choose not to take it.
func (l Lease) Release(ctx context.Context, after time.Duration) {
	item, err := l.Backend.Get(ctx, l.Key)
	if holder, _ := ParseLease(item); err != nil || holder != l.Holder {
		return
	}
	item.Image, item.ExpiresIn = nil, WholeSeconds(after)
	if after <= 0 {
		item.ExpiresIn = -time.Second // now
	}
	_ = l.Backend.CompareAndSwap(ctx, l.Key, item) // else it expires by itself
}

// IsHeld says whether an item that was read under the key of the lease says that this
// process holds it.
func (l Lease) IsHeld(item Item) bool {
	holder, _ := ParseLease(item)
	return holder == l.Holder
}

// ParseLease returns who holds the lease of an item, and the note. The holder is "" if
// the lease is released.
func ParseLease(item Item) (holder, note string) {
	holder, note, _ = strings.Cut(string(item.Image), " ")
	return holder, note
}
