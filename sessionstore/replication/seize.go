package replication

import (
	"context"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// foreign is the mark of another replicator on a server.
type foreign struct {
	holder, note string    // "" if there is none
	since        time.Time // since when it has been like this
}

// seize takes the mark of a server from another replicator if that one has ended
// without giving its marks back: it has renewed none of them for as long as a mark
// lives. memcached counts in whole seconds, and would keep them a second longer.
func (r *Replicator) seize(ctx context.Context, s *server) bool {
	abandoned := true
	for _, one := range r.servers() {
		one.lookForOther(ctx)
		if one.other.holder != "" && time.Since(one.other.since) < backend.ReplicaMarkLife {
			abandoned = false
		}
	}
	if !abandoned || s.other.holder == "" { // it is free by now
		return false
	}
	held, err := s.lease.Seize(ctx, s.other.holder, s.note(false))
	return err == nil && held
}

// lookForOther notes the mark of another replicator. It is noted as absent while the
// server does not answer, so that its mark must be seen for some time again.
func (s *server) lookForOther(ctx context.Context) {
	holder, note, err := s.lease.Read(ctx)
	if err != nil || holder == s.lease.Holder {
		holder, note = "", ""
	}
	if holder != s.other.holder || note != s.other.note {
		s.other = foreign{holder, note, time.Now()}
	}
}
