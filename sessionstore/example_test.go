package sessionstore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

func Example() {
	ctx := context.Background()
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: time.Hour, Longest: 8 * time.Hour},
	})
	defer store.Close()

	attributes := perldata.NewHash(1)
	attributes.Set("uid", perldata.TextOf("dwho"))
	ref, err := store.Create(ctx, attributes, sessionstore.DefaultTTL)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(ref.ID), "digits for", ref.ExpiresIn)

	session, err := store.Get(ctx, ref.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	uid, _ := session.Attributes.Get("uid")
	fmt.Println(uid.Str(), session.Version == ref.Version)

	fmt.Println(store.Delete(ctx, ref.ID))
	_, err = store.Get(ctx, ref.ID)
	fmt.Println(errors.Is(err, backend.ErrNotFound))
	// Output:
	// 32 digits for 1h0m0s
	// dwho true
	// <nil>
	// true
}
