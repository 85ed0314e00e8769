package backend

import "context"

// Looker is a [Backend] in the memory of this process that shows its items, without a
// copy.
type Looker interface {
	// Look is like [Backend.Get], but nobody may change the Image of the item. The item
	// has a Note.
	Look(ctx context.Context, key string) (Item, error)
}

// Note is a place beside an item in the memory of this process, for what a reader has
// made of the item. What is kept there ends with the item, and counts as its memory.
// All methods may be called from any goroutine.
type Note interface {
	// Kept returns what was kept last, or nil. Nobody may change it.
	Kept() any
	// Keep keeps something that takes n bytes instead. It may be refused: then there is
	// what was there before.
	Keep(value any, n int64)
}
