package index

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// An index is complete when it has every session on every server. An instance
// trusts only what it has seen itself:
//
//   - since its change streams connected, it has rebuilt the index, or another
//     instance has proved that the index is complete (share.go), and the streams
//     have missed nothing since;
//   - it has looked at every change that was made before the call, which a
//     barrier on each stream tells;
//   - the lists are still there. A restart, a flush or an eviction takes the
//     marker of the instance on that server with it, and the eviction of a list
//     is reported by the stream.
//
// If one of these does not hold, the index is only a hint, and finding sessions
// scans the servers.
//
// An instance that follows the changes through another one learns no ids. It asks
// that one to prove the same, at each call ([Prover]).

// ServerState says whether the index has every session of a server.
type ServerState struct {
	Server   string
	Complete bool
	Since    time.Time
	Reason   string // why it is not complete, for people; else ""
}

// String returns the state in one sentence, without the server.
func (s ServerState) String() string {
	if s.Complete {
		return "its index is complete"
	}
	return "its index is not complete since " + s.Since.UTC().Format(time.RFC3339) + ": " + s.Reason
}

type state struct {
	servers     []ServerState
	epoch       string // value of the markers; "" if the index is not complete
	withdrawals uint64
	markers     []string // key of the marker on each server
	scanOnly    bool     // the changes on the servers cannot be followed
	prover      Prover   // nil: this instance follows the changes itself
}

func (s *state) init(servers []string) {
	now := time.Now()
	for _, name := range servers {
		s.servers = append(s.servers, ServerState{Server: name, Since: now, Reason: "the index is not built yet"})
	}
}

// withdraw notes that the index may lack sessions, because of a server.
func (r *Indexer) withdraw(server int, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.withdrawLocked(server, reason)
}

func (r *Indexer) withdrawLocked(server int, reason string) {
	s := &r.state
	if s.scanOnly {
		return
	}
	s.epoch = ""
	s.withdrawals++
	if backend.Moves(r.pool) {
		s.markers = nil // the pool may keep them on other servers now
	}
	if at := &s.servers[server]; at.Complete {
		*at = ServerState{Server: at.Server, Since: time.Now(), Reason: reason}
	} else {
		at.Reason = reason
	}
	select {
	case r.stale <- struct{}{}:
	default:
	}
}

// ScanOnly notes that the changes on the servers cannot be followed, and why. The
// index is never complete then: sessions are found by a scan of all servers.
func (r *Indexer) ScanOnly(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.scanOnly = true
	for i := range r.state.servers {
		r.state.servers[i].Reason = reason
	}
}

// scanOnly says whether sessions are found only by a scan.
func (x *Index) scanOnly() bool {
	r := x.indexer.Load()
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.scanOnly
}

// explain says why the servers whose index is not complete are still in this state.
func (r *Indexer) explain(reason string, err error) {
	if down, ok := errors.AsType[*backend.UnavailableError](err); ok {
		reason += ": " + down.Reason
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.state.servers {
		if at := &r.state.servers[i]; !at.Complete {
			at.Reason = reason
		}
	}
}

// States says of each server whether the index has its sessions. Without an
// Indexer there are none.
func (x *Index) States() []ServerState {
	r := x.indexer.Load()
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]ServerState(nil), r.state.servers...)
}

// settleTime bounds how long a call waits for the changes before it to be looked
// at. After that it scans.
const settleTime = time.Second

// settleHere is settle for an instance that follows the changes itself.
func (r *Indexer) settleHere(ctx context.Context) string {
	epoch := r.epoch()
	if epoch == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if r.barriers(ctx) != nil || r.drain(ctx) != nil || r.epoch() != epoch {
		return ""
	}
	return epoch
}

// trust notes that the index is complete, unless it was withdrawn since a number of
// withdrawals was read. The markers of the epoch are set.
func (r *Indexer) trust(epoch string, before uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	if s.withdrawals != before {
		return backend.Unavailable("the index was withdrawn meanwhile", nil)
	}
	s.epoch = epoch
	now := time.Now()
	for i := range s.servers {
		if !s.servers[i].Complete {
			s.servers[i] = ServerState{Server: s.servers[i].Server, Complete: true, Since: now}
		}
	}
	return nil
}

func (r *Indexer) withdrawals() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.withdrawals
}

func (r *Indexer) epoch() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.epoch
}

// confirmHere is confirm for an instance that follows the changes itself.
func (r *Indexer) confirmHere(ctx context.Context, epoch string) bool {
	if r.epoch() != epoch {
		return false
	}
	m := markers{keys: r.markerKeys()}
	items, err := r.index.backend.GetMany(ctx, m.wanted(), maxListBytes)
	m.items = items
	return err == nil && r.proves(epoch, m)
}

// markers are the markers of an Indexer as they were read.
type markers struct {
	keys  []string // of each server, as markerKeys returns them
	items map[string]backend.Item
}

func (m markers) wanted() []string { return withoutEmpty(m.keys) }

// markersToRead returns the markers that confirmBy needs.
func (r *Indexer) markersToRead() markers {
	if r == nil || r.prover() != nil {
		return markers{}
	}
	return markers{keys: r.markerKeys()}
}

// proves says whether markers that were read prove that the index is still complete, in
// the same epoch.
func (r *Indexer) proves(epoch string, m markers) bool {
	if r.epoch() != epoch {
		return false
	}
	for i, key := range m.keys {
		if key != "" && string(m.items[key].Image) != epoch {
			r.withdraw(i, "the server was restarted or flushed, or has evicted the marker of the index")
		}
	}
	return r.epoch() == epoch
}

const (
	markerLife   = 5 * time.Minute
	markerRenews = time.Minute
)

// markerKeys returns a key for each server that belongs to it, and that no other
// instance has. It is "" for a server that no key belongs to: such a server keeps
// no list either.
func (r *Indexer) markerKeys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.markers != nil {
		return r.state.markers
	}
	prefix := listPrefix + "index:" + strings.ToLower(rand.Text()[:8]) + ":"
	markers := make([]string, len(r.state.servers))
	for n, left := 0, len(markers); left > 0; n++ {
		key := prefix + strconv.Itoa(n)
		if i := r.pool.ServerOf(key); markers[i] == "" {
			markers[i] = key
			left--
		}
		if n > maxMarkerKeys*len(markers) {
			break
		}
	}
	r.state.markers = markers
	return markers
}

func withoutEmpty(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "" })
}

// maxMarkerKeys bounds how many keys are tried for each server.
const maxMarkerKeys = 10_000

// setMarkers stores the markers of a new epoch.
func (r *Indexer) setMarkers(ctx context.Context, epoch string) error {
	for _, key := range withoutEmpty(r.markerKeys()) {
		if err := r.index.backend.Delete(ctx, key); err != nil && !errors.Is(err, backend.ErrNotFound) {
			return err
		}
		if err := r.index.backend.Add(ctx, key, backend.Item{Image: []byte(epoch), ExpiresIn: markerLife}); err != nil {
			return err
		}
	}
	return nil
}

// renewMarkers extends the life of the markers.
func (r *Indexer) renewMarkers(ctx context.Context) {
	for i, key := range r.markerKeys() {
		if key == "" {
			continue
		}
		if _, err := r.index.backend.Touch(ctx, key, markerLife); err != nil {
			r.withdraw(i, "the marker of the index could not be renewed")
		}
	}
}
