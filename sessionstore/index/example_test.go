package index_test

import (
	"context"
	"fmt"
	"time"

	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
)

// existing is a store of sessions, by id.
type existing map[string]*perldata.Hash

func (e existing) IsID(text string) bool { return text == "c0ffee" }

func (existing) Calls() int64 { return 0 }

func (e existing) Look(_ context.Context, ids []string, visit func(string, index.Session)) error {
	for _, id := range ids {
		if attributes, ok := e[id]; ok {
			visit(id, index.Session{Attributes: attributes, Life: time.Hour})
		}
	}
	return nil
}

func Example() {
	ctx := context.Background()
	sessions := existing{}
	x := index.New(memory.New(memory.Options{}), sessions, index.Options{Attributes: []string{"uid"}})

	attributes := perldata.NewHash(2)
	attributes.Set("uid", perldata.TextOf("dwho"))
	terms := x.Mark("", attributes) // before the session is stored
	sessions["c0ffee"] = attributes // it is stored
	x.Apply(ctx, "c0ffee", index.Change{Now: terms, Life: time.Hour}, nil)

	fmt.Println(x.Find(ctx, "uid", "dwho"))
	key, _ := attributes.Get("uid_MD5")
	fmt.Println("Perl finds it under", key.Str())
	// Output:
	// [c0ffee] <nil>
	// Perl finds it under 5efe8af397fc3577e05b483aca964f1b
}
