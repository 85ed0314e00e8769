package backend

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// ReplicaMark is what the replicator of two pools says of one server of them. It is
// the note in a [Lease] that the active replicator holds on each server, so that a
// server without a mark has no replicator, or one that does not reach it: nothing is
// known of it then.
type ReplicaMark struct {
	Holder string // name of the replicator; "" if there is none
	Role   ReplicaRole
	// Equal says that the server has all that the servers of the other pool have that
	// the replicator reached: since the server was last connected, a complete
	// comparison has ended, the change stream is connected, and its lag is small.
	Equal bool
	// Number grows by one with each renewal of a holder.
	Number uint64
}

// ReplicaRole is what a server is for its replicator.
type ReplicaRole string

// The roles.
const (
	ReplicaTwoWay ReplicaRole = "two-way" // changes are copied from and to the server
	ReplicaSource ReplicaRole = "source"  // changes are copied from the server
	ReplicaCopy   ReplicaRole = "copy"    // changes are copied to the server
)

const (
	replicaMarks   = ReservedKeys + "replica:"
	replicaEqual   = "equal"
	replicaCopying = "copying"
	// ReplicaMarkLife is how long a mark outlives the replicator that has made it,
	// give or take a second: another one takes over then.
	ReplicaMarkLife = 2 * time.Second
	// ReplicaMarkRenewal is how often a replicator renews its marks.
	ReplicaMarkRenewal = 500 * time.Millisecond
)

// ReplicaMarkKey returns the key of the mark on a server, and whether the server can
// have one.
func ReplicaMarkKey(p Pool, server int) (key string, ok bool) {
	key = KeyOn(p, server, replicaMarks)
	return key, p.ServerOf(key) == server
}

// IsReplicaMark says whether a key is that of a mark.
func IsReplicaMark(key string) bool { return strings.HasPrefix(key, replicaMarks) }

// ReadReplicaMark reads the mark on a server. It is zero if there is none, or if it is
// of another version of the program. The error is an [*UnavailableError].
func ReadReplicaMark(ctx context.Context, p Pool, server int) (ReplicaMark, error) {
	key, ok := ReplicaMarkKey(p, server)
	if !ok {
		return ReplicaMark{}, nil
	}
	holder, note, err := Lease{Backend: p, Key: key}.Read(ctx)
	if errors.Is(err, ErrNotFound) {
		return ReplicaMark{}, nil
	}
	return ParseReplicaMark(holder, note), err
}

// ReplicaMarkOf reads the mark that an item is, as [ReadReplicaMark] does.
func ReplicaMarkOf(item Item) ReplicaMark { return ParseReplicaMark(ParseLease(item)) }

// Note returns the note of the lease.
//
//	two-way equal 17
func (m ReplicaMark) Note() string {
	state := replicaCopying
	if m.Equal {
		state = replicaEqual
	}
	return string(m.Role) + " " + state + " " + strconv.FormatUint(m.Number, 10)
}

// ParseReplicaMark undoes Note. What it does not understand is the zero mark.
func ParseReplicaMark(holder, note string) ReplicaMark {
	fields := strings.Split(note, " ")
	if len(fields) != 3 || holder == "" {
		return ReplicaMark{}
	}
	m := ReplicaMark{Holder: holder, Role: ReplicaRole(fields[0]), Equal: fields[1] == replicaEqual}
	number, err := strconv.ParseUint(fields[2], 10, 64)
	known := m.Role == ReplicaTwoWay || m.Role == ReplicaSource || m.Role == ReplicaCopy
	if err != nil || !known || !m.Equal && fields[1] != replicaCopying {
		return ReplicaMark{}
	}
	m.Number = number
	return m
}

// Proves says whether a mark that was read later than base proves that the server is
// equal now, also if it hung when base was written: a renewal that was on its way to
// a server that hangs says what was true before. base is the first mark that was read
// after the server was away.
func (m ReplicaMark) Proves(base ReplicaMark) bool {
	const renewals = 2 // the second one began after the first one was answered
	return m.Equal && m.Holder == base.Holder && m.Number >= base.Number+renewals
}
