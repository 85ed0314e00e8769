package standby

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Follow follows the changes on the servers of the origin. What was changed at the
// standby instead reaches the stream when the replicator copies it: until the servers
// are equal, the stream counts as disconnected.
func (b *Backend) Follow(f backend.Follower) (backend.Stream, error) { //nolint:ireturn // as backend.Pool has it
	s, err := b.origin.Follow(f)
	if err != nil {
		return nil, err
	}
	return b.Trusted(s), nil
}

// Trusted returns a change stream of the origin that counts as disconnected unless the
// servers are equal.
func (b *Backend) Trusted(s backend.Stream) backend.Stream { return stream{s, b} } //nolint:ireturn // as backend.Pool has it

// stream is the change stream of the origin.
type stream struct {
	backend.Stream

	of *Backend
}

// State says that the stream is disconnected unless the server is equal.
func (s stream) State(key string) (lag time.Duration, connected bool) {
	lag, connected = s.Stream.State(key)
	return lag, connected && s.of.originOf(key).state() == Equal
}

// Barrier waits until the change stream of a server of the origin has caught up with
// this moment. A server that is not equal may lack changes of the standby.
func (b *Backend) Barrier(ctx context.Context, server int) error {
	if err := b.origin.Barrier(ctx, server); err != nil {
		return err
	}
	if b.origins[server].state() != Equal {
		return backend.Unavailable("it is not known whether the origin has all that the standby has", nil)
	}
	return nil
}

// Scan visits the keys of a server of the origin. Unless the server is equal, it visits
// also those keys that belong to this server and that the standby has.
func (b *Backend) Scan(ctx context.Context, server int, visit func(key string) error) error {
	m := b.origins[server]
	equal := m.state() == Equal
	err := b.origin.Scan(ctx, server, visit)
	if isAnswer(err) || backend.Interrupted(ctx) != nil || err == nil && equal && b.stillEqual(ctx, []*member{m}) {
		return err
	}
	errStandby := b.scanStandby(ctx, server, visit)
	if isAnswer(errStandby) {
		return errStandby
	}
	q := question[struct{}]{whole: func(struct{}) bool { return false }, origins: []*member{m}, standbys: b.standbysOf(server)}
	switch {
	case err == nil && errStandby == nil,
		err == nil && q.originAlone(struct{}{}, errStandby) && b.check(ctx, q.origins),
		errStandby == nil && q.standbyAlone(struct{}{}, err):
		return nil
	}
	return undecided(err, errStandby)
}

// standbysOf returns the servers of the standby that have keys of a server of the
// origin.
func (b *Backend) standbysOf(server int) []*member {
	if b.alike {
		return b.standbys[server : server+1]
	}
	return b.standbys
}

// scanStandby visits the keys of the standby that belong to a server of the origin.
func (b *Backend) scanStandby(ctx context.Context, server int, visit func(key string) error) error {
	for i, m := range b.standbys {
		if b.alike && i != server {
			continue
		}
		err := m.pool.Scan(ctx, i, func(key string) error {
			if b.origin.ServerOf(key) != server {
				return nil
			}
			return visit(key)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
