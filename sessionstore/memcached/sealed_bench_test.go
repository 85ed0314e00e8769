package memcached_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/seal/sealtest"
)

// BenchmarkEncryption reads, changes and scans sessions of 1.5 kB, stored plainly
// and encrypted.
func BenchmarkEncryption(b *testing.B) {
	for _, form := range []string{"plain", "sealed"} {
		o := sessionstore.Options{Principals: []string{"uid"}, NoLookupKeys: true}
		if form == "sealed" {
			o.Sealer = sealtest.Keyring(b)
		}
		items := openOn(b, memcachedtest.StartUnix(b, "-m", "256"))
		s := storeOver(items, o)
		session := func() *perldata.Hash {
			h := user("dwho")
			for _, name := range []string{"cn", "mail", "groups", "address", "history"} {
				h.Set(name, perldata.BytesOf(strings.Repeat("x", 280)))
			}
			return h
		}
		ids := make([]sessionstore.ID, 100)
		for i := range ids {
			ref, err := s.Create(b.Context(), session(), time.Hour)
			require.NoError(b, err)
			ids[i] = ref.ID
		}
		b.Run("Get/"+form, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Get(b.Context(), ids[0])
				require.NoError(b, err)
			}
		})
		b.Run("Update/"+form, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Update(b.Context(), ids[0], sessionstore.Change{}, sessionstore.DefaultTTL)
				require.NoError(b, err)
			}
		})
		b.Run("GetMany100/"+form, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.GetMany(b.Context(), ids)
				require.NoError(b, err)
			}
		})
		b.Run("Find100/"+form, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				found, err := s.Find(b.Context(), "", "dwho")
				require.NoError(b, err)
				require.Len(b, found, len(ids))
			}
		})
	}
}
