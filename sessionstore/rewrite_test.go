package sessionstore_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// A session whose life a rewrite has lengthened is found as long as it lives, also after
// rewrites that have left its end where it was.
func TestRewrittenSessionIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}})
		id := sessionstore.TypedID("saml", sessionstore.NewID())
		rewrite := func(life time.Duration) {
			t.Helper()
			_, _, err := s.Rewrite(t.Context(), id, func(*perldata.Hash) (sessionstore.Rewritten, error) {
				h := perldata.NewHash(2)
				h.Set("uid", perldata.BytesOf("dwho"))
				return sessionstore.Rewritten{Attributes: h, ExpiresIn: life}, nil
			})
			require.NoError(t, err)
		}
		find := func() []sessionstore.ID {
			t.Helper()
			ids, err := s.FindIn(t.Context(), "saml", "", "dwho")
			require.NoError(t, err)
			return ids
		}
		rewrite(time.Hour)
		for left := 59; left > 0; left-- {
			time.Sleep(time.Minute)
			rewrite(time.Duration(left) * time.Minute)
		}
		rewrite(24 * time.Hour)
		time.Sleep(23 * time.Hour)
		assert.Equal(t, []sessionstore.ID{id}, find())
		for range 100 { // each click moves the end a little
			rewrite(time.Hour)
			time.Sleep(59 * time.Minute)
		}
		assert.Equal(t, []sessionstore.ID{id}, find())
		time.Sleep(2 * time.Hour)
		assert.Empty(t, find())
	})
}
