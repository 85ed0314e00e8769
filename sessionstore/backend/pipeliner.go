package backend

import "context"

// Pipeliner is a [Backend] that can store an item and make a second call in one
// exchange, if one server has both keys.
type Pipeliner interface {
	Backend

	// Together says whether StoreThen with these keys is one exchange.
	Together(key, other string) bool

	// StoreThen stores an item as [Backend.CompareAndSwap] does, or as [Backend.Add] if
	// item.CAS is 0, and returns the error of that. Behind it, it makes the second call,
	// whatever has come of the first one. If it cannot, the second call has an error, too.
	StoreThen(ctx context.Context, key string, item Item, then *Second) error
}

// Second is a call that is made behind another one.
type Second struct {
	Key string
	// Addition is the item of a [Backend.Append]; nil makes it a [Backend.Get].
	Addition *Item

	// What the call has returned.
	Item Item
	Size int64 // only of Append
	Err  error
}

// Make makes the call by itself.
func (s *Second) Make(ctx context.Context, b Backend) {
	if s.Addition == nil {
		s.Item, s.Err = b.Get(ctx, s.Key)
		return
	}
	s.Item, s.Size, s.Err = b.Append(ctx, s.Key, *s.Addition)
}

// StoreThen makes two calls on a Backend: in one exchange if it can.
func StoreThen(ctx context.Context, b Backend, key string, item Item, then *Second) error {
	if p, ok := b.(Pipeliner); ok && p.Together(key, then.Key) {
		return p.StoreThen(ctx, key, item, then)
	}
	store := b.CompareAndSwap
	if item.CAS == 0 {
		store = b.Add
	}
	err := store(ctx, key, item)
	then.Make(ctx, b)
	return err
}
