package standby

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// State is what is known of a server.
type State int

// The states. The package documentation says what each means.
const (
	Unknown State = iota
	Equal
	Settled
	Returned
	Away
)

// String returns the state as metrics have it.
func (s State) String() string {
	return [...]string{"unknown", "equal", "settled", "returned", "away"}[s]
}

// Sentence says for people what the state means.
func (s State) Sentence() string {
	return [...]string{
		"it is not known whether it has all sessions",
		"it has all sessions, as the replicator says",
		"it had all sessions, and the replicator says nothing of it now",
		"it is back with the items that it had before",
		"it does not answer",
	}[s]
}

// States are all states.
func States() []State { return []State{Unknown, Equal, Settled, Returned, Away} }

const (
	// lookEvery is how often the mark of a server is read.
	lookEvery = backend.ReplicaMarkRenewal
	// believed is how long a server counts as equal after a read of the mark that a
	// later one has proved to be older than the last renewal.
	believed = 3 * time.Second
	// silence is how long a server must not have answered before the standby is
	// written to instead: until then another process may believe it.
	silence = believed + time.Second
	// presenceLife is the life of a presence, renewed when half of it is over.
	presenceLife = time.Minute
	// keptLooks is how many reads of a mark are kept to compare later ones with.
	keptLooks = 8
)

// member is a server of one of the pools, and what is known of it.
type member struct {
	pool     backend.Pool
	name     string
	mark     string       // key of the mark
	presence string       // key of the presence
	late     atomic.Int64 // reads that were given up since the last look

	mu       sync.Mutex
	base     State     // without what the mark says at this moment
	away     bool      // it has not answered the last look
	refused  bool      // it has refused connections while it was away
	answered time.Time // when a look began that it has answered last
	proved   time.Time // the mark was renewed, and said equal, after this
	doubted  time.Time // when the mark was found not to say equal; zero if it was proved since
	equalAt  time.Time // the last proof, also if it does not count any more
	present  time.Time // when the presence was stored or renewed; zero if it may not be there
	role     backend.ReplicaRole
	looks    []look
	failure  error // of the last look
}

// look is a mark that was read.
type look struct {
	began time.Time
	mark  backend.ReplicaMark
}

func newMembers(p backend.Pool, presence string) []*member {
	names := p.Servers()
	members := make([]*member, len(names))
	for i, name := range names {
		mark, _ := backend.ReplicaMarkKey(p, i)
		members[i] = &member{
			pool: p, name: name, mark: mark, presence: backend.KeyOn(p, i, presence), answered: time.Now(),
		}
	}
	return members
}

// state returns what is known of the server at this moment.
func (m *member) state() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stateLocked(time.Now())
}

func (m *member) stateLocked(now time.Time) State {
	switch {
	case m.away:
		return Away
	case m.doubted.IsZero() && !m.proved.IsZero() && now.Sub(m.proved) < believed:
		return Equal
	default:
		return m.base
	}
}

// watch looks at the server until ctx ends.
func (m *member) watch(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		m.look(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// look reads the mark and the presence of the server.
func (m *member) look(ctx context.Context) {
	began := time.Now()
	items, err := m.pool.GetMany(ctx, []string{m.mark, m.presence}, maxLookBytes)
	if ctx.Err() != nil {
		return
	}
	_, present := items[m.presence]
	mark := markOf(items[m.mark])
	if err == nil && (!present || m.presenceIsOld(began)) {
		err = m.store(ctx, present)
	}
	if err == nil && time.Since(began) < DefaultHedge {
		m.late.Store(0)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure = err; err != nil {
		m.missed(err)
		return
	}
	m.found(began, present)
	m.read(look{began, mark})
}

// maxLookBytes bounds a mark and a presence.
const maxLookBytes = 1 << 16

// markOf reads a mark.
func markOf(item backend.Item) backend.ReplicaMark {
	return backend.ReplicaMarkOf(item)
}

func (m *member) presenceIsOld(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Sub(m.present) > presenceLife/2
}

// store stores the presence, or renews it if it is there.
func (m *member) store(ctx context.Context, present bool) error {
	var err error
	if present {
		_, err = m.pool.Touch(ctx, m.presence, presenceLife)
	} else {
		err = m.pool.Add(ctx, m.presence, backend.Item{Image: []byte("1"), ExpiresIn: presenceLife})
	}
	if err != nil && !backend.LostRace(err) {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.present = time.Now()
	return nil
}

// missed notes that the server does not answer.
func (m *member) missed(err error) {
	m.away, m.refused = true, m.refused || isRefused(err)
	m.looks = nil
}

// found notes that the server has answered a look that began at a time, and whether it
// had the presence.
func (m *member) found(began time.Time, present bool) {
	switch silent := began.Sub(m.answered) >= silence; {
	case !present:
		m.forget(Unknown)
	case m.away && (silent || m.refused):
		m.forget(Returned)
	}
	m.away, m.refused, m.answered = false, false, began
}

// forget notes that what was known of the server is true no more.
func (m *member) forget(base State) {
	m.base, m.proved, m.doubted, m.looks = base, time.Time{}, time.Time{}, nil
}

// read notes a mark that was read. It proves that the server was equal after each
// earlier look whose mark is two renewals older: the last one of these counts.
func (m *member) read(l look) {
	if l.mark.Role != "" {
		m.role = l.mark.Role
	}
	if !l.mark.Equal {
		m.doubt()
		return
	}
	for _, earlier := range m.looks {
		if l.mark.Proves(earlier.mark) && earlier.began.After(m.proved) {
			m.base, m.proved, m.doubted = Settled, earlier.began, time.Time{}
			m.equalAt = earlier.began
		}
	}
	m.looks = append(m.looks, l)
	m.looks = m.looks[max(len(m.looks)-keptLooks, 0):]
}

// checked notes what was found of the server between two looks.
func (m *member) checked(present bool, mark backend.ReplicaMark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !present:
		m.forget(Unknown)
	case !mark.Equal:
		m.doubt()
	}
}

// doubt notes that the mark does not say that the server is equal.
func (m *member) doubt() {
	if m.doubted.IsZero() {
		m.doubted = time.Now()
	}
	m.looks = nil
}

// silent says whether the server has not answered for so long that no process can
// believe it any more.
func (m *member) silent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.answered) >= silence
}

// complete says whether the server has all that a server of the other pool had when
// that was there last.
func (m *member) complete(lastThere time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	doubtful := !m.doubted.IsZero() && m.doubted.Before(lastThere)
	return !m.away && !doubtful && m.base == Settled && !m.proved.Before(lastThere.Add(-believed))
}

// isTwoWay says whether the last mark was that of a replicator that copies both ways.
// The replicator may have ended with the host of the origin.
func (m *member) isTwoWay() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.role == backend.ReplicaTwoWay
}

// isDown says whether the circuit breaker of the server was open at the last look.
func (m *member) isDown() bool { return isDown(m.lastFailure()) }

// lastFailure returns the error of the last look, or nil.
func (m *member) lastFailure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failure
}

// lastThere returns when a look began that the server has answered last.
func (m *member) lastThere() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answered
}

// lastEqual returns the version of the moment at which the server was proved equal
// last; 0 if it never was.
func (m *member) lastEqual() backend.Version {
	m.mu.Lock()
	defer m.mu.Unlock()
	return backend.VersionAt(m.equalAt)
}

// isDown says whether a call was not sent because the server is known to be down.
func isDown(err error) bool { return errors.Is(err, backend.ErrDown) }

// isRefused says whether the server refuses connections: its process has ended.
func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT)
}
