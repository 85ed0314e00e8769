package sessionstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"memcachedsoap/sessionstore/backend"
)

// Position is a place in the list of the sessions of a server, which [Store.Window] reads
// in parts. The zero value is the beginning. It tells no id.
type Position [16]byte

// ParsePosition returns the position that [Position.String] has made a text of.
func ParsePosition(text string) (p Position, ok bool) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(p) {
		return Position{}, false
	}
	return Position(decoded), true
}

// String returns the position as hexadecimal digits.
func (p Position) String() string { return hex.EncodeToString(p[:]) }

// PositionOf returns the position of a session: that behind which the list goes on.
func PositionOf(id ID) Position {
	sum := sha256.Sum256([]byte(id))
	return Position(sum[:])
}

// Window is a part of the list of the sessions of a server.
type Window struct {
	IDs  []ID // in the order of their positions
	More bool // there are sessions behind them
}

// maxWindow bounds the ids of a window.
const maxWindow = 10_000

// bytesPerListed is what an id in a window takes in memory while it is made.
const bytesPerListed = 2 * 160

// Servers returns the names of the servers whose sessions can be listed; none if the
// backend knows none.
func (s *Store) Servers() []string {
	pool, ok := backend.PoolOf(s.backend)
	if !ok {
		return nil
	}
	return pool.Servers()
}

// Moves says whether sessions may move from one server to another one at the moment: of
// two lists of two servers neither may have them.
func (s *Store) Moves() bool {
	pool, ok := backend.PoolOf(s.backend)
	return ok && backend.Moves(pool)
}

// Window returns the sessions of a type behind a position on a server, no more than
// most. The order is that of a hash of the ids: so each session that is there all the time
// is in exactly one of the windows that follow each other, whatever is stored meanwhile.
// It scans the keys of the server and keeps those of the window only. It does not read
// the sessions: some may be absent when they are read.
//
// Errors are those of [Store.Each].
func (s *Store) Window(ctx context.Context, server int, kind string, after Position, most int) (Window, error) {
	pool, ok := backend.PoolOf(s.backend)
	if !ok || server < 0 || server >= len(pool.Servers()) {
		return Window{}, backend.Unavailable("the store cannot list its sessions", backend.ErrNotScannable)
	}
	s.counts.calls.Inc()
	most = min(most, maxWindow)
	m := memory{ctx: ctx, reserve: s.reserve}
	need := int64(2*most) * bytesPerListed
	if err := m.take(need); err != nil {
		return Window{}, err
	}
	defer func() { _ = m.take(-need) }()
	w := windowing{after: after, most: most}
	err := pool.Scan(ctx, server, func(key string) error {
		if isID(key) && backend.TypeOf(key) == kind && !backend.Misplaced(pool, key, server) {
			w.add(ID(key))
		}
		return nil
	})
	if err != nil {
		return Window{}, err
	}
	return w.window(), nil
}

// windowing keeps the sessions with the least positions behind one.
type windowing struct {
	after  Position
	most   int
	listed []listed // at most twice as many
	cut    bool     // some behind the window were left out
}

type listed struct {
	at Position
	id ID
}

func (w *windowing) add(id ID) {
	at := PositionOf(id)
	if bytes.Compare(at[:], w.after[:]) <= 0 {
		return
	}
	w.listed = append(w.listed, listed{at, id})
	if len(w.listed) >= 2*w.most {
		w.trim()
	}
}

// trim leaves the sessions of the window, each once: a scan may tell of it twice.
func (w *windowing) trim() {
	slices.SortFunc(w.listed, func(a, b listed) int { return bytes.Compare(a.at[:], b.at[:]) })
	w.listed = slices.CompactFunc(w.listed, func(a, b listed) bool { return a.at == b.at })
	if len(w.listed) > w.most {
		clear(w.listed[w.most:])
		w.listed, w.cut = w.listed[:w.most], true
	}
}

func (w *windowing) window() Window {
	w.trim()
	ids := make([]ID, len(w.listed))
	for i, l := range w.listed {
		ids[i] = l.id
	}
	return Window{IDs: ids, More: w.cut}
}
