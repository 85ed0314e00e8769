package near_test

import (
	"context"
	"fmt"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storable"
)

// This store reads from a near cache in this process. The origin is a memcached
// pool, whose change stream invalidates entries.
func Example() {
	pool, err := memcached.New(memcached.Options{Servers: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	cached := near.New(pool, near.Options{Cache: memory.New(memory.Options{MaxBytes: 64 << 20}), TTL: 5 * time.Second})
	stream, err := pool.Follow(backend.Follower{Changed: cached.Changed, ResyncRequired: func(int) { cached.InvalidateAll() }})
	if err != nil {
		fmt.Println(err)
		return
	}
	cached.Follow(stream)
	store := sessionstore.NewStore(cached, storable.Codec{}, sessionstore.Options{})
	defer store.Close() // closes the near cache, the change stream and the pool, too
	for _, server := range store.Stats(context.Background()) {
		fmt.Println(server.Tier, server.Address, server.Alive)
	}
	// Output:
	// principal 127.0.0.1:1 false
	// local memory true
}
