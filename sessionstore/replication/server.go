package replication

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// side is one of the two pools.
type side struct {
	name    string // "from" or "to"
	pool    backend.Replica
	role    backend.ReplicaRole
	servers []*server
	stream  atomic.Pointer[backend.Stream] // nil if the pool cannot be followed
	own     backend.OwnWrites              // after which the key need not be looked at

	saidWrong bool // that its settings seem to be wrong; of the goroutine that compares
}

// server is what is known of one server of a side.
type server struct {
	side  *side
	index int
	name  string
	lease backend.Lease // its mark
	marks bool          // a key belongs on the server, so that it can have a mark
	other foreign       // the mark of another replicator; of the goroutine that stands by

	mu       sync.Mutex
	reached  bool
	failure  error // why it is not reached
	info     backend.ServerInfo
	losses   []loss // of its items, in order
	evicted  int64  // its count of evictions before the last complete comparison
	doubts   uint64 // how often it may have lost items
	doubted  time.Time
	absences uint64  // how often it may have missed what was copied to it
	whole    uint64  // absences before the last comparison with all peers began
	resyncs  uint64  // how often it may have changed without a report
	compared uint64  // resyncs before the last complete comparison began
	reason   string  // of the last one
	warned   bool    // of what its change stream lacks
	number   uint64  // of the mark
	foreign  bool    // another replicator has the mark
	placing  placing // of its keys
}

// loss says how a server has lost all items.
type loss uint8

const (
	kept      loss = iota
	restarted      // it has crashed, or somebody has restarted it
	flushed        // somebody has removed them
)

// smallLag is the lag of a server that is up to date.
const smallLag = time.Second

func newServer(sd *side, index int, holder string) *server {
	key, ok := backend.ReplicaMarkKey(sd.pool, index)
	return &server{
		side: sd, index: index, name: sd.pool.Servers()[index], marks: ok,
		lease:   backend.Lease{Backend: sd.pool, Key: key, Holder: holder, Life: backend.ReplicaMarkLife},
		resyncs: 1, absences: 1, reason: "it has not been compared yet",
	}
}

// resync notes that the server may have changed without a report, and why.
func (s *server) resync(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resyncs++
	s.reason = reason
}

// doubt notes that the server may have lost items.
func (s *server) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubts++
	s.doubted = time.Now()
}

// absent notes that the server may have missed what was copied to it, or may have lost
// it.
func (s *server) absent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.absences++
}

// isReached says whether the server answers.
func (s *server) isReached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached
}

// doubtsOf returns how often the server may have lost items, and when it may have last.
func (s *server) doubtsOf() (doubts uint64, last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doubts, s.doubted
}

// epoch is how often the server has lost all items.
func (s *server) epoch() uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint16(len(s.losses))
}

// lostSince says how the server has lost items first after an epoch.
func (s *server) lostSince(epoch uint16) loss {
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(epoch) < len(s.losses) {
		return s.losses[epoch]
	}
	return kept
}

// lag is the staleness of the change stream of the server.
func (s *server) lag() (lag time.Duration, connected bool) {
	stream := s.side.stream.Load()
	if stream == nil {
		return math.MaxInt64, false
	}
	return (*stream).State(s.lease.Key)
}
