package replication

import (
	"time"
)

// equal says whether a server is equal ([backend.ReplicaMark]), else why it is not. A
// server of the other side that does not answer does not count: what it may have is
// not known to anybody.
func (r *Replicator) equal(s *server) (reason string, equal bool) {
	if reason, equal = s.isCurrent(); !equal {
		return reason, false
	}
	waiting := time.Duration(0)
	for _, peer := range r.peers(s) {
		if !peer.isReached() {
			continue
		}
		waiting = max(waiting, r.waitingBetween(s, peer))
		if s.side == r.sides[0] && !r.options.TwoWay {
			continue // nothing is copied from there
		}
		if reason, equal = peer.isCurrent(); !equal {
			return "of a server of the other side: " + reason, false
		}
	}
	if waiting > smallLag {
		return "changes have been waiting for more than a second", false
	}
	return "", true
}

// isCurrent says whether a server answers, has been compared since it was away or may
// have changed without a report, and is followed.
func (s *server) isCurrent() (reason string, current bool) {
	lag, connected := s.lag()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.reached && s.failure != nil:
		return "it is not reached: " + s.failure.Error(), false
	case !s.reached:
		return "it has not been reached yet", false
	case s.compared != s.resyncs:
		return s.reason, false
	case !connected:
		return "its changes are not followed: it is compared only", false
	case lag > smallLag:
		return "its change stream lags", false
	}
	return "", true
}

// peers are the servers of the other side that have some of the keys of a server.
func (r *Replicator) peers(s *server) []*server {
	other := r.sides[0]
	if s.side == other {
		other = r.sides[1]
	}
	if r.alike {
		return other.servers[s.index : s.index+1]
	}
	return other.servers
}

// waitingBetween returns how long the first change of what two servers have has been
// waiting.
func (r *Replicator) waitingBetween(s, peer *server) time.Duration {
	to := route{s.index, peer.index}
	if s.side == r.sides[1] {
		to = route{peer.index, s.index}
	}
	_, wait := r.waiting.oldest(&to)
	return wait
}

// state returns the state of a server for people.
func (r *Replicator) state(s *server) ServerState {
	reason, equal := r.equal(s)
	_, connected := s.lag()
	return ServerState{Side: s.side.name, Server: s.name, Reached: s.isReached(), Followed: connected, Equal: equal, Reason: reason}
}
