package memcached_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// benchItem has the size of a typical session.
func benchItem() backend.Item {
	return backend.Item{Image: make([]byte, 1500), Flags: 1, ExpiresIn: time.Hour}
}

func benchBackend(b *testing.B) *memcached.Backend {
	b.Helper()
	items := openOn(b, memcachedtest.StartUnix(b))
	require.NoError(b, items.Add(b.Context(), "k", benchItem()))
	b.ReportAllocs()
	return items
}

func BenchmarkGet(b *testing.B) {
	items := benchBackend(b)
	for b.Loop() {
		if _, err := items.Get(b.Context(), "k"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetParallel(b *testing.B) {
	items := benchBackend(b)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := items.Get(b.Context(), "k"); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	items := benchBackend(b)
	item := benchItem()
	for b.Loop() {
		if err := items.Add(b.Context(), string(sessionstore.NewID()), item); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetThenCompareAndSwap(b *testing.B) {
	items := benchBackend(b)
	for b.Loop() {
		item, err := items.Get(b.Context(), "k")
		if err != nil {
			b.Fatal(err)
		}
		if err := items.CompareAndSwap(b.Context(), "k", item); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTouch(b *testing.B) {
	items := benchBackend(b)
	for b.Loop() {
		if _, err := items.Touch(b.Context(), "k", time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGetMany reads 100 items in one call, and one after the other.
func BenchmarkGetMany(b *testing.B) {
	items := benchBackend(b)
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = string(sessionstore.NewID())
		require.NoError(b, items.Add(b.Context(), keys[i], benchItem()))
	}
	b.Run("in one call", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			items, err := items.GetMany(b.Context(), keys, 1<<20)
			if err != nil || len(items) != len(keys) {
				b.Fatal(len(items), err)
			}
		}
	})
	b.Run("one after the other", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, key := range keys {
				if _, err := items.Get(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	items := benchBackend(b)
	b.ReportAllocs()
	line := backend.Item{Image: []byte("+0123456789abcdef0123456789abcdef 1795372681\n"), ExpiresIn: time.Hour}
	for i := 0; b.Loop(); i++ {
		if _, _, err := items.Append(b.Context(), "k"+strconv.Itoa(i/1000), line); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLogin stores a session of a user who has this many. The cost must not
// grow with their number.
func BenchmarkLogin(b *testing.B) {
	for _, sessions := range []int{0, 10, 100, 1000} {
		b.Run(strconv.Itoa(sessions), func(b *testing.B) {
			s := sessionstore.NewStore(openOn(b, memcachedtest.StartUnix(b)), storable.Codec{}, sessionstore.Options{
				Principals: []string{"uid"},
			})
			login := func() {
				if _, err := s.Create(b.Context(), user("dwho"), time.Hour); err != nil {
					b.Fatal(err)
				}
			}
			for range sessions {
				login()
			}
			b.ReportAllocs()
			for b.Loop() {
				login()
				if sessions == 0 { // the next is the first one again
					b.StopTimer()
					_, err := s.DeleteAll(b.Context(), "", "dwho")
					require.NoError(b, err)
					b.StartTimer()
				}
			}
		})
	}
}

// BenchmarkRename gives a session a new id each time, beside a change of it and a session
// that must be new.
func BenchmarkRename(b *testing.B) {
	s := sessionstore.NewStore(openOn(b, memcachedtest.StartUnix(b)), storable.Codec{}, sessionstore.Options{
		Principals: []string{"uid"},
	})
	ref, err := s.Create(b.Context(), user("dwho"), time.Hour)
	require.NoError(b, err)
	for _, call := range []struct {
		name string
		do   func() (sessionstore.Ref, error)
	}{
		{"update", func() (sessionstore.Ref, error) {
			return s.Update(b.Context(), ref.ID, sessionstore.Change{Set: user("dwho")}, sessionstore.DefaultTTL)
		}},
		{"only new", func() (sessionstore.Ref, error) {
			_, err := s.Replace(b.Context(), sessionstore.NewID(), user("rtyler"), time.Hour, sessionstore.If{New: true})
			return ref, err
		}},
		{"rename", func() (sessionstore.Ref, error) { return s.Rename(b.Context(), ref.ID, "", sessionstore.If{}) }},
	} {
		b.Run(call.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ref, err = call.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// briefly changes items for a minute only, so that each read extends the session.
type briefly struct{ backend.Backend }

func (b briefly) CompareAndSwap(ctx context.Context, key string, item backend.Item) error {
	item.ExpiresIn = time.Minute
	return b.Backend.CompareAndSwap(ctx, key, item)
}

// BenchmarkGetManyWithIdleTime reads 100 sessions in one call, and extends none
// or all of them.
func BenchmarkGetManyWithIdleTime(b *testing.B) {
	for _, extended := range []bool{false, true} {
		b.Run("extended="+strconv.FormatBool(extended), func(b *testing.B) {
			items := openOn(b, memcachedtest.StartUnix(b))
			s := sessionstore.NewStore(briefly{items}, storable.Codec{}, sessionstore.Options{
				Lifetimes: sessionstore.Lifetimes{Default: 20 * time.Hour, Idle: time.Hour},
			})
			ids := make([]sessionstore.ID, 100)
			for i := range ids {
				ref, err := s.Create(b.Context(), user("dwho"), sessionstore.DefaultTTL)
				require.NoError(b, err)
				ids[i] = ref.ID
				if extended {
					_, err = items.Touch(b.Context(), string(ref.ID), time.Minute)
					require.NoError(b, err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				sessions, err := s.GetMany(b.Context(), ids)
				if err != nil || len(sessions) != len(ids) {
					b.Fatal(len(sessions), err)
				}
			}
		})
	}
}
