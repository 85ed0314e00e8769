package memcached

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// While an instance has only the list of the previous pool, sessions must stay where it
// looks for them. An instance that has both lists sees it by its fingerprint. When no
// such fingerprint is left, it begins to move: it marks each server first, and looks
// for fingerprints again. An instance that starts stores its fingerprint first, and then
// looks for marks. So at least one of the two notices the other.
//
// The mark of a server has the share of keys that the server had in the previous pool and
// the one that it has now, "-" if it has none. An instance whose list gives the server the
// former share has the previous list.
const (
	markKey   = backend.ReservedKeys + "moved"
	markLife  = 30 * 24 * time.Hour
	markEvery = time.Minute
	noShare   = "-"
	// quietRounds is how many rounds without such a fingerprint must come before: two
	// fingerprints under one key replace each other.
	quietRounds = 3
)

// move is the move from a previous pool, as the census sees it.
type move struct {
	previous *Backend
	begin    func()
	begun    atomic.Bool
	reason   atomic.Pointer[string] // why it has not begun
	marked   time.Time              // when the marks were renewed; of the goroutine of the census alone
	logged   string
	quiet    int // rounds without an instance that has only the previous list
}

// CompareMove is like [Backend.ComparePlacement] for a pool to which sessions are moved
// from a previous one. It calls begin once, when no instance with only the previous list
// lives any more.
func (b *Backend) CompareMove(previous *Backend, begin func()) {
	b.startCensus(censusEvery, &move{previous: previous, begin: begin})
}

// SamePlaces returns a function that says whether a server of one pool and a server of
// another one, by their indexes, have the same address and the same key prefix.
func SamePlaces(one, other *Backend) func(i, j int) bool {
	return func(i, j int) bool {
		a, b := one.servers[i].address, other.servers[j].address
		return one.prefix == other.prefix && a.Network() == b.Network() && a.String() == b.String()
	}
}

func (m *move) phase() phase {
	if m.begun.Load() {
		return begun
	}
	return waiting
}

// advance begins the move when it may, and keeps the marks alive.
func (c *census) advance(ctx context.Context, own announcement, found []map[string]uint64) {
	m := c.move
	if m.begun.Load() {
		if time.Since(m.marked) > markEvery {
			m.marked = time.Now()
			c.mark(ctx)
		}
		return
	}
	reason := c.mustWait(own, found)
	m.quiet++
	if reason != "" {
		m.quiet = 0
	}
	if m.quiet >= quietRounds {
		c.mark(ctx)
		again := c.exchange(ctx, own)
		c.see(again)
		if reason = c.mustWait(own, again); reason != "" {
			c.unmark(ctx)
		}
	}
	switch {
	case ctx.Err() != nil:
		return
	case reason == "" && m.quiet < quietRounds:
	case reason == "":
		m.marked = time.Now()
		m.begun.Store(true)
		m.begin()
		c.pool.logger.InfoContext(ctx, "no instance has only the list of --previous-servers: sessions are moved from now on")
	case reason != m.logged:
		c.pool.logger.WarnContext(ctx, "sessions stay at their previous places", "reason", reason)
	}
	m.logged = reason
	m.reason.Store(&reason)
}

// MoveWaits says why the move of [Backend.CompareMove] has not begun, as far as is known;
// "" if it has.
func (b *Backend) MoveWaits() string {
	c := b.census.Load()
	switch {
	case c == nil || c.move == nil:
		return "the placements are not compared"
	case c.move.begun.Load():
		return ""
	}
	if reason := c.move.reason.Load(); reason != nil && *reason != "" {
		return *reason
	}
	return "the fingerprints of the instances are not read yet"
}

const (
	waitForAnswer   = "no server of --previous-servers answers"
	waitForInstance = "an instance of the service has another list of servers, or has ended less than 10 seconds ago"
)

// mustWait says why the move may not begin yet, or "".
func (c *census) mustWait(own announcement, found []map[string]uint64) string {
	if i, j, ok := c.alias(own); ok {
		return fmt.Sprintf("%s of --servers and %s of --previous-servers are the same server: write its name alike", c.servers[i].name, c.servers[j].name)
	}
	answered, alive := false, false
	for i := range c.servers {
		answered = answered || i >= len(c.pool.servers) && found[i] != nil
		for text := range maps.Keys(c.seen[i]) {
			other, ok := parseAnnouncement(text)
			reason, _ := c.difference(own, text)
			switch {
			case !ok:
			case other.phase == begun && reason == "":
				return "" // another instance has seen it
			case other.previous != nil:
				alive = alive || reason != "" // it moves between other pools
			default:
				present, _ := own.fingerprint.difference(other.fingerprint)
				alive = alive || present != ""
			}
		}
	}
	switch {
	case alive:
		return waitForInstance
	case !answered:
		return waitForAnswer
	}
	return ""
}

// alias returns a server of each pool if both are the same place, but not by their
// addresses: an item would be moved to where it is.
func (c *census) alias(own announcement) (i, j int, ok bool) {
	of := len(c.pool.servers)
	if c.pool.prefix != c.move.previous.prefix {
		return 0, 0, false
	}
	same := SamePlaces(c.pool, c.move.previous)
	for i, p := range own.places {
		for j, q := range own.previous.places {
			if p.token != "" && p.token == q.token && !same(i, j) {
				return i, of + j, true
			}
		}
	}
	return 0, 0, false
}

// mark marks all servers.
func (c *census) mark(ctx context.Context) {
	life := strconv.Itoa(int(markLife / time.Second))
	marks := c.marks()
	each(len(c.servers), func(i int) {
		s := c.servers[i]
		_ = s.do(ctx, opAnnounce, func(conn *conn, _ bool) error { // twice does no harm
			return conn.set(s.pool.prefix+markKey, marks[i], life)
		})
	})
}

// unmark takes the marks back.
func (c *census) unmark(ctx context.Context) {
	each(len(c.servers), func(i int) {
		s := c.servers[i]
		_ = s.delete(ctx, s.pool.prefix+markKey)
	})
}

// marks returns the mark of each server.
func (c *census) marks() []string {
	of := len(c.pool.servers)
	same := SamePlaces(c.pool, c.move.previous)
	marks := make([]string, len(c.servers))
	for i := range c.servers {
		from, to := noShare, noShare
		for j := range c.servers {
			twin := i == j || i < of && j >= of && same(i, j-of) || i >= of && j < of && same(j, i-of)
			switch {
			case !twin:
			case j < of:
				to = c.servers[j].share
			default:
				from = c.servers[j].share
			}
		}
		marks[i] = from + " " + to
	}
	return marks
}

// MovedError says that sessions were moved from the list of servers of a pool to another
// one.
type MovedError struct{ Servers []string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("memcached: the sessions were moved from this list of servers to another one, as %s tells: "+
		"with this list they would not be found. Start with the new list in --servers; to go back, start with this list in --servers and "+
		"the new one in --previous-servers. If the new servers are gone with their sessions, delete the item %s from each server of this list",
		strings.Join(e.Servers, ", "), markKey)
}

// RefuseMoved returns a [*MovedError] if sessions were moved from this list of servers to
// another one. It is called after [Backend.ComparePlacement], and waits until the other
// instances can see this one. Servers that do not answer tell nothing.
func (b *Backend) RefuseMoved(ctx context.Context) error {
	if err := b.firstRound(ctx); err != nil {
		return err
	}
	shares := sharesOf(b.selector)
	moved := make([]bool, len(b.servers))
	b.each(func(i int, s *server) {
		item, err := s.get(ctx, b.prefix+markKey)
		from, to, ok := strings.Cut(string(item.Image), " ")
		moved[i] = err == nil && ok && from == shares[i] && to != shares[i]
	})
	var names []string
	for i, s := range b.servers {
		if moved[i] && !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	if len(names) > 0 {
		return &MovedError{names}
	}
	return nil
}

// firstRound waits until the census has ended its first round.
func (b *Backend) firstRound(ctx context.Context) error {
	c := b.census.Load()
	if c == nil {
		return errors.New("memcached: placements are not compared")
	}
	for c.rounds.Load() == 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-b.closing.Done():
			return backend.Unavailable("the store is closed", backend.ErrClosed)
		case <-ctx.Done():
			return backend.Interrupted(ctx)
		}
	}
	return nil
}
