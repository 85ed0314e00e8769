package near_test

import (
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
	pool, err := memcached.New(memcached.Options{Servers: []string{"cache1", "cache2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	tier := near.New(pool, near.Options{Copies: memory.New(memory.Options{MaxBytes: 64 << 20}), MaxAge: 5 * time.Second})
	tier.Follow(pool.Watch(memcached.WatchOptions{Changed: tier.Changed, Lost: tier.Lost, Logger: slog.Default()}))
	store := sessionstore.NewStore(tier, storable.Codec{}, sessionstore.Options{})
	defer store.Close() // and with it pool, stream and copies
}
