package sessionstore_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// leaving is a codec during whose work the client leaves: at the decoding with the
// number last.
type leaving struct {
	storable.Codec

	leave context.CancelFunc
	last  int64
	read  atomic.Int64
}

func (c *leaving) DecodeWithin(image []byte, reserve func(int64) error) (*perldata.Hash, error) {
	if c.read.Add(1) == c.last {
		c.leave()
	}
	return c.Codec.DecodeWithin(image, reserve)
}

// A call on many sessions ends when its client leaves, also while it decodes what
// the servers have answered already.
func TestCallsEndWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	const many, last = 300, 7
	for name, call := range map[string]func(ctx context.Context, s *sessionstore.Store, ids []sessionstore.ID) error{
		"GetMany": func(ctx context.Context, s *sessionstore.Store, ids []sessionstore.ID) error {
			_, err := s.GetMany(ctx, ids)
			return err
		},
		"Find": func(ctx context.Context, s *sessionstore.Store, _ []sessionstore.ID) error {
			_, err := s.Find(ctx, "uid", "dwho")
			return err
		},
		"DeleteAll": func(ctx context.Context, s *sessionstore.Store, _ []sessionstore.ID) error {
			_, err := s.DeleteAll(ctx, "uid", "dwho")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, leave := context.WithCancel(t.Context())
			codec := &leaving{leave: leave, last: last}
			s := sessionstore.NewStore(memory.New(memory.Options{}), codec, sessionstore.Options{Principals: []string{"uid"}})
			defer s.Close()
			var ids []sessionstore.ID
			for i := range many {
				h := uidOf("dwho")
				h.Set("n", perldata.TextOf(strconv.Itoa(i)))
				ref, err := s.Create(t.Context(), h, time.Hour)
				require.NoError(t, err)
				ids = append(ids, ref.ID)
			}
			codec.read.Store(0)
			err := call(ctx, s, ids)
			require.ErrorIs(t, err, context.Canceled)
			var unavailable *backend.UnavailableError
			require.ErrorAs(t, err, &unavailable)
			require.EqualValues(t, last, codec.read.Load())
		})
	}
}

// Sessions are not extended for a client that has left, and that is no failure.
func TestNoExtensionsWhenTheClientHasLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 50
		ctx, leave := context.WithCancel(t.Context())
		s := sessionstore.NewStore(memory.New(memory.Options{}), &leaving{leave: leave, last: many}, sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Idle: 100 * time.Second},
		})
		defer s.Close()
		var ids []sessionstore.ID
		for range many {
			ref, err := s.Create(t.Context(), nil, time.Hour)
			require.NoError(t, err)
			ids = append(ids, ref.ID)
		}
		time.Sleep(50 * time.Second)
		_, err := s.GetMany(ctx, ids)
		require.NoError(t, err, "all were read when the client left")
		require.Zero(t, metric(t, s, "idle_extensions_total"))
		require.Zero(t, metric(t, s, "idle_extension_failures_total"))
	})
}
