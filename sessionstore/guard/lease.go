package guard

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// At most two instances follow the changes for the guard alone: each holds a
// [backend.Lease]. The leases are on different servers if there are several: one
// server that is down does not keep all instances from following.
const (
	leases           = 2
	leaseKeys        = backend.ReservedKeys + "guard:"
	defaultLeaseLife = 10 * time.Second
	// renewals is how often a lease is renewed in its life.
	renewals = 3
	// releaseTime bounds the release of a lease when the Guard is closed.
	releaseTime = time.Second
)

// holder is an instance that holds a lease or wants one.
type holder struct {
	leases []backend.Lease
	life   time.Duration
	slot   int // of the lease that it holds; -1 if none
}

func (g *Guard) newHolder() *holder {
	h := &holder{life: g.options.LeaseLife, slot: -1}
	if h.life == 0 {
		h.life = defaultLeaseLife
	}
	name := rand.Text()
	for slot := range leases {
		key := backend.KeyOn(g.pool, slot%len(g.queues), leaseKeys+strconv.Itoa(slot)+":")
		h.leases = append(h.leases, backend.Lease{Backend: g.pool, Key: key, Holder: name, Life: h.life})
	}
	return h
}

// share follows the changes while it holds a lease.
func (g *Guard) share(ctx context.Context) {
	h := g.newHolder()
	defer h.release() //nolint:contextcheck // ctx has ended
	defer g.unfollow()
	failing := false
	for {
		held, err := h.hold(ctx)
		switch {
		case err != nil:
			// The server of the lease does not answer. Who follows goes on: the
			// other servers need it, and nobody can take the lease.
		case held:
			err = g.follow()
		default:
			g.unfollow()
		}
		if err != nil && !failing {
			g.failed(ctx, "", err) // once
		}
		failing = err != nil
		select {
		case <-time.After(h.life / renewals):
		case <-ctx.Done():
			return
		}
	}
}

// hold renews the lease, or takes one that is free.
func (h *holder) hold(ctx context.Context) (held bool, err error) {
	if h.slot >= 0 {
		if held, err = h.leases[h.slot].Hold(ctx, ""); held || err != nil {
			return held, err
		}
		h.slot = -1
	}
	var failure error
	for slot, lease := range h.leases {
		held, err = lease.Hold(ctx, "")
		if held {
			h.slot = slot
			return true, nil
		}
		if err != nil {
			failure = err
		}
	}
	return false, failure
}

// release lets another instance have the lease at once.
func (h *holder) release() {
	if h.slot < 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	h.leases[h.slot].Release(ctx, 0)
}

// openedPool is a pool whose changes a Guard follows itself.
type openedPool struct{ backend.Pool }

// metrics returns the metrics of the change streams. Those of the servers are
// known of the pool that keeps the sessions.
func (o *openedPool) metrics() (metrics []metric.Metric) {
	if o == nil {
		return nil
	}
	for _, m := range metric.SourcesOf(o.Pool) {
		if strings.HasPrefix(m.Name, "watch_") {
			metrics = append(metrics, m)
		}
	}
	return metrics
}

// follow follows the changes if it does not yet.
func (g *Guard) follow() error {
	if g.opened.Load() != nil {
		return nil
	}
	pool, err := g.options.Open()
	if err != nil {
		return err
	}
	if _, err := pool.Follow(g.Follower()); err != nil {
		g.following.Store(false)
		return errors.Join(err, pool.Close())
	}
	g.opened.Store(&openedPool{pool})
	return nil
}

// unfollow ends following.
func (g *Guard) unfollow() {
	if o := g.opened.Swap(nil); o != nil {
		g.following.Store(false)
		o.Close() //nolint:errcheck // nothing is left to be lost
		g.own.Clear()
	}
}
