package changes

import (
	"context"
	"time"
)

const (
	// renewEvery is how often a relay renews its lease, and a reader looks for a lease
	// that is free and for a better relay.
	renewEvery = time.Second
	// patience is how long another relay may be connected to more servers, until this
	// instance follows through it, too; and surrender, until it stops watching.
	patience  = 2 * time.Second
	surrender = 6 * time.Second
	// After it has stopped watching because servers refused it, it does not try again
	// for a time that doubles between these.
	shortestRest = time.Minute
	longestRest  = 10 * time.Minute
	// leaseTime bounds the calls about leases of one round.
	leaseTime = 2 * time.Second
	// hurryPause is the least time between two rounds.
	hurryPause = 100 * time.Millisecond
)

// role is what the goroutine that manages a Peer remembers.
type role struct {
	looked  bool      // at the leases, once
	behind  time.Time // since when another relay is connected to more servers; zero if none is
	rest    time.Duration
	resting time.Time // no lease is taken before
}

// manage lets this instance be a relay or a reader, until ctx ends.
func (p *Peer) manage(ctx context.Context) {
	var r role
	for ctx.Err() == nil {
		p.round(ctx, &r)
		pause := time.NewTimer(renewEvery)
		select {
		case <-pause.C:
		case <-p.hurry:
			select {
			case <-time.After(hurryPause):
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
		pause.Stop()
	}
	p.reader.stop()
	p.unwatch()
	p.release() //nolint:contextcheck // ctx has ended
}

// lookNow begins a round.
func (p *Peer) lookNow() {
	select {
	case p.hurry <- struct{}{}:
	default: // it is about to begin
	}
}

func (p *Peer) release() {
	ctx, cancel := context.WithTimeout(context.Background(), leaseTime)
	defer cancel()
	p.places.release(ctx)
}

// round decides what this instance is.
func (p *Peer) round(ctx context.Context, r *role) {
	ctx, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	if p.leaving.Load() {
		p.places.release(ctx)
		return // it goes on in the way in which it follows
	}
	connected := p.connected()
	me := relay{url: p.options.URL, pool: p.identity, index: p.indexIdentity(), connected: connected}
	held := p.places.renew(ctx, me.note())
	if held && connected == len(p.samples) {
		r.behind, r.rest = time.Time{}, 0
		p.reader.stop()
		return
	}
	relays, free, long := p.places.look(ctx)
	if p.direct.Load() == nil && r.looked {
		free = long // a relay that has lost its lease takes it again first
	}
	r.looked = true
	if !held && time.Now().After(r.resting) {
		held = p.places.take(ctx, free, me.note())
	}
	if !held {
		p.unwatch()
	} else if p.direct.Load() == nil {
		if err := p.watch(); err != nil {
			p.options.Logger.WarnContext(ctx, "could not watch the memcached servers", "error", err)
			p.places.release(ctx)
		}
	}
	p.judge(ctx, r, p.candidates(relays), connected)
}

// judge decides whether this instance follows through a relay, and whether it stops
// being one.
func (p *Peer) judge(ctx context.Context, r *role, relays []relay, connected int) {
	best := 0
	for _, other := range relays {
		best = max(best, other.connected)
	}
	d := p.direct.Load()
	if d == nil {
		r.behind = time.Time{}
		p.reader.follow(relays, best) //nolint:contextcheck // it outlives this round
		return
	}
	if best <= connected {
		r.behind = time.Time{}
		if connected > 0 {
			p.reader.stop()
		}
		return
	}
	if r.behind.IsZero() {
		r.behind = time.Now()
	}
	if time.Since(r.behind) > patience {
		p.reader.follow(relays, best) //nolint:contextcheck // it outlives this round
	}
	if time.Since(r.behind) < surrender || !p.reader.isConnected(connected+1) {
		return
	}
	r.rest = min(max(2*r.rest, shortestRest), longestRest)
	r.resting, r.behind = time.Now().Add(r.rest), time.Time{}
	p.options.Logger.WarnContext(ctx, "memcached servers refuse the change stream of this instance: it follows the changes through another one", "retry", r.rest)
	p.places.release(ctx)
	p.unwatch()
}

// candidates returns the relays of the same pool that are connected.
func (p *Peer) candidates(relays []relay) (same []relay) {
	others := false
	for _, r := range relays {
		if r.pool == p.identity && r.url != p.options.URL && r.connected > 0 {
			same = append(same, r)
		}
		others = others || r.pool != p.identity
	}
	p.reader.others.Store(others)
	return same
}
