package near_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/storable"
)

// A store that keeps copies of what it reads in this process, before a pool whose
// changes it follows.
func Example() {
	pool, err := memcached.New(memcached.Options{Servers: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	tier := near.New(pool, near.Options{Copies: memory.New(memory.Options{MaxBytes: 64 << 20}), MaxAge: 5 * time.Second})
	tier.Follow(pool.Watch(memcached.WatchOptions{Changed: tier.Changed, Lost: tier.Lost, Logger: slog.New(slog.DiscardHandler)}))
	store := sessionstore.NewStore(tier, storable.Codec{}, sessionstore.Options{})
	defer store.Close() // and with it pool, stream and copies
	for _, server := range store.Stats(context.Background()) {
		fmt.Println(server.Tier, server.Address, server.Alive)
	}
	// Output:
	// principal 127.0.0.1:1 false
	// local memory true
}
