package index

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"memcachedsoap/sessionstore/backend"
)

// A rebuild reads every session. Of the instances that keep the same index, only
// the holder of a lease rebuilds it. The others trust the index when the holder
// has proved that it is complete:
//
//   - Once a second the holder waits until it has looked at every change that was
//     made before, checks that the index is still complete, and writes the number
//     of this proof into the lease.
//   - Another instance connects its change streams, reads the number n, and waits
//     for n+2. That proof began after n was read: every session that was stored
//     before the streams were connected is in the index. The streams report all
//     later ones.
//
// An instance whose index is complete takes a lease that was released, so that
// nobody needs to rebuild when the holder stops.
const (
	leaseKeys     = listPrefix + "index:lease:"
	leaseLife     = 5 * time.Second
	proofInterval = time.Second
	// beat is how often an instance that waits reads the lease.
	beat = 200 * time.Millisecond
	// handover is how long a released lease is left to instances whose index is
	// complete.
	handover = 3 * time.Second
	// releaseTime bounds the release of the lease when the Indexer is closed.
	releaseTime = time.Second
	// A rebuild that takes longer than these is given up, so that another instance
	// may try. Its streams catch up in milliseconds, and the changes during its scan
	// are looked at while it scans.
	barrierTime = 10 * time.Second
	drainTime   = time.Minute
	rebuildTime = time.Hour
	// noProof in the lease says that the index of the holder is not complete.
	noProof = 0
)

var errNoProof = errors.New("index: no other instance has proved that the index is complete")

// maintainer keeps the index complete. It belongs to one goroutine.
type maintainer struct {
	*Indexer
	lease  backend.Lease
	proof  int       // number of the last proof
	proved time.Time // when it was written
	renew  time.Time // when the markers must be renewed
	next   time.Time // no rebuild begins before
	rest   time.Duration
	hurry  bool // the last rebuild was too slow for a server with many keys
}

func newMaintainer(r *Indexer) *maintainer {
	return &maintainer{Indexer: r, rest: shortestRest, lease: backend.Lease{
		Backend: r.pool, Key: leaseKeys + r.Identity(), Holder: rand.Text(), Life: leaseLife,
	}}
}

// placements is how many keys are tried to compare where two instances keep them.
const placements = 1000

// identity returns a text that is the same for all instances whose Indexers keep
// the same index: they index the same attributes and keep each key on the same
// server.
func (r *Indexer) identity() string {
	text := fmt.Appendf(nil, "1 %q %q", slices.Sorted(slices.Values(r.index.attributes)), r.pool.Servers())
	for i := range placements {
		text = fmt.Appendln(text, r.pool.ServerOf(leaseKeys+strconv.Itoa(i)))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// run makes the index complete after the streams have connected and whenever it is
// not complete any more, until ctx ends.
func (m *maintainer) run(ctx context.Context) {
	defer m.release() //nolint:contextcheck // ctx has ended
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	told := m.index.States()
	relied := false
	for following := false; ; {
		select {
		case <-m.stale:
			following = true
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		told = m.notify(told)
		on := m.prover()
		if on != nil && !relied {
			m.release() //nolint:contextcheck // it takes a second at most, so that another instance proves soon
		}
		relied = on != nil
		switch {
		case relied:
			following = false
			m.repeat(on)
		case !following:
		case m.epoch() != "":
			m.keep(ctx)
		default:
			m.regain(ctx)
		}
		told = m.notify(told)
	}
}

// keep proves that the index is complete, unless another instance does, and renews
// the markers.
func (m *maintainer) keep(ctx context.Context) {
	now := time.Now()
	if now.After(m.renew) {
		m.renew = now.Add(markerRenews)
		m.renewMarkers(ctx)
	}
	if now.Before(m.proved.Add(proofInterval)) {
		return
	}
	m.proved = now
	holder, _, err := m.lease.Read(ctx)
	if err == nil && holder != "" && holder != m.lease.Holder {
		return
	}
	epoch := m.settle(ctx)
	if epoch == "" || !m.confirm(ctx, epoch) {
		return
	}
	m.proof++
	m.hold(ctx, m.proof)
}

// hold takes or renews the lease. An error of the server is the same as a lease
// that another instance has: the next beat tries again.
func (m *maintainer) hold(ctx context.Context, proof int) bool {
	held, err := m.lease.Hold(ctx, strconv.Itoa(proof))
	return held && err == nil
}

func (m *maintainer) release() {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	m.lease.Release(ctx, handover)
}

// regain makes the index complete: by a rebuild if this instance holds the lease,
// else by the proof of the holder.
func (m *maintainer) regain(ctx context.Context) {
	early := time.Now().Before(m.next)
	holder, _, err := m.lease.Read(ctx)
	switch free := errors.Is(err, backend.ErrNotFound); {
	case err == nil && holder != m.lease.Holder:
		if err := m.adopt(ctx); err != nil {
			m.explain("another instance has not proved yet that the index is complete", err)
		} else {
			m.index.counts.adoptions.Inc()
		}
	case err == nil, free && !early:
		if m.hold(ctx, noProof) && !early {
			m.rebuildHolding(ctx)
		}
	}
}

// rebuildHolding rebuilds the index and renews the lease meanwhile. If it fails,
// another instance may be able to.
func (m *maintainer) rebuildHolding(ctx context.Context) {
	renewing, stop := context.WithCancel(ctx)
	var renewal sync.WaitGroup
	renewal.Go(func() {
		for {
			select {
			case <-time.After(proofInterval):
				m.hold(renewing, noProof)
			case <-renewing.Done():
				return
			}
		}
	})
	started := time.Now()
	within, cancel := context.WithTimeout(ctx, rebuildTime)
	err := m.rebuild(within, !m.hurry)
	cancel()
	m.hurry = errors.Is(err, backend.ErrSlowVisitor)
	stop()
	renewal.Wait()
	if err != nil {
		m.explain("the index could not be rebuilt", err)
		m.lease.Release(ctx, 0)
		m.next = time.Now().Add(m.rest)
		m.rest = min(2*m.rest, longestRest)
		return
	}
	m.rest = shortestRest
	m.next = time.Now().Add(min(restFactor*time.Since(started), longestRest))
	m.proved = time.Time{}
}

// adopt waits for two proofs of the holder of the lease, and then trusts the
// index.
func (m *maintainer) adopt(ctx context.Context) error {
	before := m.withdrawals()
	if err := m.barriers(ctx); err != nil {
		return err
	}
	epoch := rand.Text()
	if err := m.setMarkers(ctx, epoch); err != nil { // they show whether a list may be lost from now on
		return err
	}
	first, prover := noProof, ""
	for {
		holder, note, err := m.lease.Read(ctx)
		if err != nil || holder == "" || holder == m.lease.Holder || m.withdrawals() != before {
			return errors.Join(errNoProof, err)
		}
		number, err := strconv.Atoi(note)
		switch {
		case err != nil:
			return errors.Join(errNoProof, err)
		case holder != prover || first == noProof || number < first:
			first, prover = number, holder
		case number >= first+2:
			return m.trust(epoch, before)
		}
		if err := pause(ctx, beat); err != nil {
			return err
		}
	}
}

// barriers waits until the streams of all servers have caught up, for barrierTime at
// most.
func (r *Indexer) barriers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, barrierTime)
	defer cancel()
	var barriers errgroup.Group
	for i := range r.pool.Servers() {
		barriers.Go(func() error { return r.pool.Barrier(ctx, i) })
	}
	return barriers.Wait() //nolint:wrapcheck // an error of the pool
}
