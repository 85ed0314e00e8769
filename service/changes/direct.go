package changes

import (
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// direct is the pool whose servers this instance watches itself, as a relay.
type direct struct {
	pool   backend.Pool
	stream backend.Stream
	hub    *hub
}

// watch begins to watch the servers.
func (p *Peer) watch() error {
	pool, err := p.options.Open()
	if err != nil {
		return err
	}
	d := &direct{pool: pool, hub: newHub(p.options.History)}
	p.followers.Watches(true)
	if d.stream, err = pool.Follow(p.passOn(d.hub)); err != nil {
		p.followers.Watches(false)
		return errors.Join(err, pool.Close())
	}
	if p.leaving.Load() {
		d.hub.close()
	}
	p.direct.Store(d)
	return nil
}

// unwatch ends watching.
func (p *Peer) unwatch() {
	d := p.direct.Load()
	if d == nil {
		return
	}
	d.hub.close()
	now := p.now()
	for server, key := range p.samples {
		if lag, _ := d.stream.State(key); lag < now {
			p.learn(server, now-lag)
		}
	}
	p.direct.Store(nil)
	d.pool.Close() //nolint:errcheck // nothing is left to be lost
	p.followers.Watches(false)
}

// passOn returns what the servers notify: the followers of this instance, and the
// readers.
func (p *Peer) passOn(h *hub) backend.Follower {
	own := p.followers.Watching
	return backend.Follower{
		Changed: func(key string, byOthers bool) {
			own.Changed(key, byOthers)
			kind := changed
			if byOthers {
				kind = foreign
			}
			h.add(event{kind: kind, hash: backend.KeyHash(key)})
		},
		Removed: own.Removed,
		ResyncRequired: func(server int) {
			own.ResyncRequired(server)
			h.add(event{kind: resync, server: server})
		},
	}
}

// state returns what a relay knows now. Every change before it is in the hub.
func (p *Peer) state(d *direct) relayState {
	s := relayState{clock: d.hub.clock(), proven: make([]time.Duration, len(p.samples))}
	for server, key := range p.samples {
		s.proven[server] = unconnected
		if lag, connected := d.stream.State(key); connected {
			s.proven[server] = max(s.clock-lag, 0)
		}
	}
	if p.followers.Index != nil {
		s.complete = p.followers.Index.Complete(p.followers.Index.Identity())
	}
	return s
}

// connected returns to how many servers the streams of this instance are connected.
func (p *Peer) connected() int {
	d := p.direct.Load()
	if d == nil {
		return 0
	}
	n := 0
	for _, key := range p.samples {
		if _, ok := d.stream.State(key); ok {
			n++
		}
	}
	return n
}
