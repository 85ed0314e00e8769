package near

import (
	"hash/maphash"
	"sync"
)

// stripes is the number of stripes.
const stripes = 256

// stripe has a share of the names of keys. Its lock orders their change events, writes
// and cache entries.
type stripe struct {
	mu      sync.Mutex
	calls   map[string]*calls // to the origin, under way
	fetches map[string]*fetch // that a new read may join
}

func (b *Backend) stripe(name string) *stripe {
	return &b.stripes[maphash.String(b.seed, name)%stripes]
}
