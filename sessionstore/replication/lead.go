package replication

import (
	"context"
	"errors"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	// standbyPoll is how often a replicator that stands by looks whether it must
	// take over.
	standbyPoll = 200 * time.Millisecond
	// releaseTime bounds the release of the marks.
	releaseTime = time.Second
)

// standBy returns true when this replicator holds the marks of all servers that it
// reaches, or false when ctx ends. All replicators take them in the same order, so
// that one of them gets the first one.
func (r *Replicator) standBy(ctx context.Context) bool {
	said := ""
	for {
		other, reached := r.take(ctx)
		r.standsBy.Store(other != "")
		if other == "" && reached {
			return true
		}
		reason := "no server is reached"
		if other != "" {
			reason = "another one is active"
		}
		if reason != said && ctx.Err() == nil {
			said = reason
			r.log.InfoContext(ctx, "replicator stands by", "reason", reason)
		}
		select {
		case <-time.After(standbyPoll):
		case <-ctx.Done():
			return false
		}
	}
}

// take takes the marks. If another replicator holds one, it returns that one's name,
// and gives back those that it has taken.
func (r *Replicator) take(ctx context.Context) (other string, reached bool) {
	for _, s := range r.servers() {
		if !s.marks {
			continue
		}
		held, err := s.lease.Hold(ctx, s.note(false))
		s.reachedNow(err)
		switch {
		case err != nil:
		case held:
			reached = true
		case r.seize(ctx, s):
			reached = true
		default:
			r.release(ctx)
			return "another", true
		}
	}
	return "", reached
}

// note returns the note of the next mark.
func (s *server) note(equal bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	return backend.ReplicaMark{Role: s.side.role, Equal: equal, Number: s.number}.Note()
}

// release gives the marks back, so that another replicator takes over at once.
func (r *Replicator) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	var all sync.WaitGroup
	for _, s := range r.servers() {
		if s.marks {
			all.Go(func() { s.lease.Release(ctx, 0) })
		}
	}
	all.Wait()
}

// reachedNow notes whether the server has answered, and returns whether that is news.
func (s *server) reachedNow(err error) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reached := err == nil
	news = reached != s.reached
	s.reached, s.failure = reached, err
	return news
}

// keep looks what a server is, and renews its mark if marked, until ctx ends.
func (r *Replicator) keep(ctx context.Context, s *server, marked bool) {
	ticker := time.NewTicker(backend.ReplicaMarkRenewal)
	defer ticker.Stop()
	for {
		err := r.inspect(ctx, s)
		if err == nil && marked && s.marks {
			err = r.renew(ctx, s)
		}
		if ctx.Err() != nil {
			return
		}
		r.noteReached(ctx, s, err)
		if marked {
			r.noteFollowed(ctx, s)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// renew renews the mark of a server. A mark that is gone, although it should be
// there, shows that the server may have lost other items, too.
func (r *Replicator) renew(ctx context.Context, s *server) error {
	_, equal := r.equal(s)
	held, err := s.lease.Renew(ctx, s.note(equal))
	if errors.Is(err, backend.ErrNotFound) {
		s.doubt()
		s.absent()
		r.resync(s, "its mark was gone")
		held, err = s.lease.Hold(ctx, s.note(false))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.foreign = err == nil && !held
	return err
}

// mustYield says whether another replicator is active, and this one must stand by:
// the other one has more marks.
func (r *Replicator) mustYield() bool {
	own, others := 0, 0
	for _, s := range r.servers() {
		s.mu.Lock()
		switch {
		case !s.marks || !s.reached:
		case s.foreign:
			others++
		default:
			own++
		}
		s.mu.Unlock()
	}
	return others > own || others > 0 && others == own && r.yields
}
