package index

import (
	"context"
	"time"
)

// Prover is the Indexer of another instance, for one whose own instance is not told
// which sessions change: it follows the changes through the other instance, which
// tells it no ids. Identity is that of the Indexer that asks: one that keeps another
// index proves nothing to it. Its methods may be called from any goroutine.
type Prover interface {
	// Complete says whether the index was complete a moment ago. It is for people.
	Complete(identity string) bool
	// Prove is [Indexer.Prove] of the other instance.
	Prove(ctx context.Context, identity string) (epoch string)
	// Confirm is [Indexer.Confirm] of the other instance.
	Confirm(ctx context.Context, identity, epoch string) bool
}

// Rely relies on another instance from now on: it enters the sessions that other
// programs store, and proves that the index is complete. The Indexer then does neither.
// With nil it does both again, from the next ResyncRequired on.
func (r *Indexer) Rely(on Prover) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	s.prover = on
	s.epoch = ""
	s.withdrawals++
	for i := range s.servers {
		s.servers[i] = ServerState{Server: s.servers[i].Server, Since: time.Now(), Reason: "the instance has begun to follow the changes in another way"}
	}
}

func (r *Indexer) prover() Prover { //nolint:ireturn // one of the caller's
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.prover
}

// Identity returns a text that is the same for all instances whose Indexers keep the
// same index.
func (r *Indexer) Identity() string { return r.identified() }

// Complete says whether the index is complete as far as this instance knows, which
// follows the changes itself.
func (r *Indexer) Complete(identity string) bool {
	return r.epoch() != "" && identity == r.Identity()
}

// Prove waits until every change that was made before the call has been looked at. It
// returns the epoch of the index then, or "" if the index is not complete, is not the
// one of the identity, or if this instance relies on another one itself.
func (r *Indexer) Prove(ctx context.Context, identity string) (epoch string) {
	if r.index.Empty() || identity != r.Identity() {
		return ""
	}
	return r.settleHere(ctx)
}

// Confirm says whether the index is still complete, in the same epoch: what was read
// of the lists since Prove is true.
func (r *Indexer) Confirm(ctx context.Context, identity, epoch string) bool {
	return epoch != "" && identity == r.Identity() && r.confirmHere(ctx, epoch)
}

// settle waits until every change that was made before the call has been looked at, by
// this instance or by the one on which it relies. It returns the epoch of the index
// then, or "" if the index is not complete.
func (r *Indexer) settle(ctx context.Context) string {
	on := r.prover()
	if on == nil {
		return r.settleHere(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	epoch := on.Prove(ctx, r.Identity())
	if epoch == "" || r.drain(ctx) != nil { // sessions that this instance could not enter
		return ""
	}
	return epoch
}

// confirm says whether the index is still complete, in the same epoch: what was
// read of the lists between settle and confirm is true.
func (r *Indexer) confirm(ctx context.Context, epoch string) bool {
	if on := r.prover(); on != nil {
		return on.Confirm(ctx, r.Identity(), epoch)
	}
	return r.confirmHere(ctx, epoch)
}

// confirmBy is confirm by the markers that were read since settle.
func (r *Indexer) confirmBy(ctx context.Context, epoch string, m markers) bool {
	if on := r.prover(); on != nil {
		return on.Confirm(ctx, r.Identity(), epoch)
	}
	return r.proves(epoch, m)
}

// repeat takes over what the other instance says of the index, for people.
func (r *Indexer) repeat(on Prover) {
	complete := on.Complete(r.Identity())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.prover != on {
		return
	}
	for i := range r.state.servers {
		switch at := &r.state.servers[i]; {
		case complete && !at.Complete:
			*at = ServerState{Server: at.Server, Complete: true, Since: time.Now()}
		case !complete && at.Complete:
			*at = ServerState{Server: at.Server, Since: time.Now(), Reason: unproved}
		case !complete:
			at.Reason = unproved
		}
	}
}

// unproved is the reason of an instance that relies on another one.
const unproved = "the instance through which this one follows the changes has not proved that the index is complete"
