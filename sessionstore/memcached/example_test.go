package memcached_test

import (
	"context"
	"fmt"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
)

func Example() {
	items, err := memcached.New(memcached.Options{
		Servers: []string{"cache1.example.org", "cache2.example.org:11212", "unix:/run/memcached.sock"},
		Timeout: 50 * time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer items.Close() // it connects to a server when it is used

	// A typing error is an error at once, before a session is lost by it.
	_, err = memcached.New(memcached.Options{Servers: []string{"cache1.example.org:1121l"}})
	fmt.Println(err)

	// A call also ends with its context.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = items.Get(ctx, string(sessionstore.NewID()))
	fmt.Println(err)
	// Output:
	// memcached: server "cache1.example.org:1121l": port "1121l" is invalid: use 1 to 65535
	// backend: store unavailable: the request ended before the store answered: context canceled
}
