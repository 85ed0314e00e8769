package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
)

func Example() {
	ctx := context.Background()
	items := memory.New(memory.Options{MaxBytes: 256 << 20})
	defer items.Close()

	fmt.Println(items.Add(ctx, "k", backend.Item{Image: []byte("first"), ExpiresIn: time.Hour}))
	item, err := items.Get(ctx, "k")
	fmt.Printf("%s %s %v\n", item.Image, item.ExpiresIn, err)

	// Two writers have read the same item: the second write is a conflict.
	fmt.Println(items.CompareAndSwap(ctx, "k", backend.Item{Image: []byte("second"), CAS: item.CAS}))
	err = items.CompareAndSwap(ctx, "k", backend.Item{Image: []byte("third"), CAS: item.CAS})
	fmt.Println(errors.Is(err, backend.ErrConflict))
	// Output:
	// <nil>
	// first 1h0m0s <nil>
	// <nil>
	// true
}
