package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
)

func Example() {
	ctx := context.Background()
	backend := memory.New(memory.Options{MaxBytes: 256 << 20})
	defer backend.Close()

	fmt.Println(backend.Add(ctx, "k", sessionstore.Item{Image: []byte("first"), ExpiresIn: time.Hour}))
	item, err := backend.Get(ctx, "k")
	fmt.Printf("%s %s %v\n", item.Image, item.ExpiresIn, err)

	// Two writers have read the same item: the second one is told.
	fmt.Println(backend.CompareAndSwap(ctx, "k", sessionstore.Item{Image: []byte("second"), CAS: item.CAS}))
	err = backend.CompareAndSwap(ctx, "k", sessionstore.Item{Image: []byte("third"), CAS: item.CAS})
	fmt.Println(errors.Is(err, sessionstore.ErrConflict))
	// Output:
	// <nil>
	// first 1h0m0s <nil>
	// <nil>
	// true
}
