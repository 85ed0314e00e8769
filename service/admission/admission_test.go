package admission_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/service/admission"
	"memcachedsoap/sessionstore/span/spantest"
)

const mib = 1 << 20

var admit admission.Admission

func upTo(n int64) int64 { return rand.Int64N(n) } //nolint:gosec // nothing depends on it

func TestASlotIsForWork(t *testing.T) {
	t.Parallel()
	c := admission.New(admission.Options{Requests: 2})
	receiving := make([]*admission.Request, 10)
	for i := range receiving {
		receiving[i] = c.Begin(t.Context())
		require.NoError(t, admit.Receive(receiving[i], 4<<10), "a body that arrives takes no slot")
	}
	require.NoError(t, admit.Start(receiving[0]))
	require.NoError(t, admit.Start(receiving[1]))
	require.ErrorIs(t, admit.Start(receiving[2]), admission.ErrOverloaded)
	require.NoError(t, admit.Send(receiving[0], 1<<10))
	require.NoError(t, admit.Start(receiving[2]), "an answer that is sent takes no slot")
	for _, r := range receiving {
		r.End()
		r.End() // a second End gives nothing back
	}
	assert.Zero(t, c.InUse())
}

// Many requests that do not fit together wait for each other; none takes more than
// the budget, and all give back what they have taken.
func TestTheBudgetHolds(t *testing.T) {
	t.Parallel()
	c := admission.New(admission.Options{Memory: 64 * mib, Request: 16 * mib, Wait: time.Minute, Requests: 64})
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for range 20 {
				r := c.Begin(t.Context())
				assert.NoError(t, admit.Receive(r, upTo(2*mib)))
				if assert.NoError(t, admit.Start(r)) {
					if err := admit.Reserve(r, upTo(10*mib)); err != nil {
						assert.ErrorIs(t, err, admission.ErrOverloaded) // too many wait
					}
					assert.LessOrEqual(t, c.InUse(), int64(64*mib))
					assert.NoError(t, admit.Send(r, upTo(3*mib)))
				}
				r.End()
			}
		})
	}
	all.Wait()
	assert.Zero(t, c.InUse())
}

func TestRequestsWaitBriefly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := admission.New(admission.Options{Memory: 64 * mib, Wait: time.Second})
		ctx, ended := spantest.Begin(t)
		first, second, small := c.Begin(ctx), c.Begin(ctx), c.Begin(ctx)
		require.NoError(t, admit.Reserve(first, 40*mib), "a request larger than its pool runs alone")
		started := time.Now()
		require.ErrorIs(t, admit.Reserve(second, 2*mib), admission.ErrOverloaded)
		assert.Equal(t, time.Second, time.Since(started))
		started = time.Now()
		require.NoError(t, admit.Reserve(small, 64<<10), "large requests take nothing from small ones")
		assert.Zero(t, time.Since(started))
		time.AfterFunc(time.Second/2, first.End)
		require.NoError(t, admit.Reserve(second, 2*mib))
		assert.Equal(t, time.Second/2, time.Since(started))
		assert.Equal(t, []string{"wait for memory", "wait for memory"}, ended(), "only what waits has a span")
		second.End()
		small.End()
		assert.Zero(t, c.InUse())
	})
}

func TestOneRequestIsBounded(t *testing.T) {
	t.Parallel()
	c := admission.New(admission.Options{})
	r := c.Begin(t.Context())
	require.NoError(t, admit.Receive(r, 4*mib))
	require.NoError(t, admit.Reserve(r, 50*mib))
	require.ErrorIs(t, admit.Reserve(r, 11*mib), admission.ErrTooLarge)
	require.NoError(t, admit.Reserve(r, -40*mib))
	require.NoError(t, admit.Reserve(r, 11*mib))
	r.End()
	assert.Zero(t, c.InUse())
}

// Peers that are slow with bodies, or with answers, take nothing from others with
// common ones.
func TestSlowPeersTakeNothingFromCommonCalls(t *testing.T) {
	t.Parallel()
	c := admission.New(admission.Options{Wait: time.Nanosecond})
	var slow []*admission.Request
	fill := func(take func(context.Context) error) {
		for {
			r := c.Begin(t.Context())
			slow = append(slow, r)
			if take(r) != nil {
				return
			}
		}
	}
	fill(func(ctx context.Context) error { return admit.Receive(ctx, 4*mib) })
	fill(func(ctx context.Context) error { return admit.Send(ctx, 4*mib) })
	for range 100 {
		r := c.Begin(t.Context())
		require.NoError(t, admit.Receive(r, admission.Free))
		require.NoError(t, admit.Start(r))
		require.NoError(t, admit.Reserve(r, mib))
		require.NoError(t, admit.Send(r, admission.Free))
		r.End()
	}
	for _, r := range slow {
		r.End()
	}
	assert.Zero(t, c.InUse())
}

func TestAContextWithoutARequestHasNoBounds(t *testing.T) {
	t.Parallel()
	require.NoError(t, admit.Receive(t.Context(), 1<<40))
	require.NoError(t, admit.Start(t.Context()))
	require.NoError(t, admission.Reserve(t.Context(), 1<<40))
	require.NoError(t, admit.Send(t.Context(), 1<<40))
	type other struct{}
	r := admission.New(admission.Options{}).Begin(context.WithValue(t.Context(), other{}, 1))
	assert.Equal(t, 1, r.Value(other{}))
}

// Whatever a request does, it gives back what it has taken.
func TestAllIsGivenBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := admission.New(admission.Options{Memory: 64 * mib, Request: 40 * mib, Requests: 2, Wait: time.Nanosecond})
		requests := []*admission.Request{c.Begin(t.Context()), c.Begin(t.Context()), c.Begin(t.Context())}
		started := map[*admission.Request]bool{}
		reserved := map[*admission.Request]int64{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			r := rapid.SampledFrom(requests).Draw(t, "request")
			n := rapid.Int64Range(1, 30*mib).Draw(t, "bytes")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				_ = admit.Receive(r, n)
			case 1:
				started[r] = started[r] || admit.Start(r) == nil
			case 2:
				if admit.Reserve(r, n) == nil {
					reserved[r] += n
				}
			case 3:
				if n <= reserved[r] {
					require.NoError(t, admit.Reserve(r, -n))
					reserved[r] -= n
				}
			}
			assert.LessOrEqual(t, c.InUse(), int64(64*mib))
		}
		for _, r := range requests {
			r.End()
		}
		assert.Zero(t, c.InUse())
	})
}
