package memcached

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/memcached/selector"
)

// fingerprint says where an instance places keys: which servers it has, and which
// sample keys each of them gets. Addresses may be spelt differently, so each server
// has a token, an item that all instances read. Two fingerprints that agree place
// every key alike, whatever the order, the weights and the hash are called.
type fingerprint struct {
	onDead OnDeadServer
	places []place
}

// place is one server.
type place struct {
	token string // "" if the server does not answer
	share string // hash of the sample keys that it gets
}

// sampleKeys is how many keys are placed for a fingerprint.
const sampleKeys = 4096

// sharesOf returns the share of each server.
func sharesOf(s *selector.Selector) []string {
	sums := make([]uint64, len(s.Servers()))
	for i := range sampleKeys {
		key := strconv.Itoa(i)
		hash := fnv.New64a()
		hash.Write([]byte(key))
		sums[s.Pick(key)] += hash.Sum64()
	}
	shares := make([]string, len(sums))
	for i, sum := range sums {
		shares[i] = strconv.FormatUint(sum, 36)
	}
	return shares
}

// String returns the form in which a fingerprint is stored: what happens to the keys
// of a dead server, and token and share of each server.
//
//	fail a2c4e6:1f3x -:9k2p
func (f fingerprint) String() string {
	text := strings.Builder{}
	text.WriteString(string(f.onDead))
	for _, p := range f.places {
		token := p.token
		if token == "" {
			token = "-"
		}
		text.WriteString(" " + token + ":" + p.share)
	}
	return text.String()
}

// parseFingerprint undoes String. What it does not understand is of another version
// of the program, and says nothing.
func parseFingerprint(text string) (f fingerprint, ok bool) {
	onDead, servers, _ := strings.Cut(text, " ")
	f.onDead = OnDeadServer(onDead)
	if f.onDead != Fail && f.onDead != Rehash {
		return f, false
	}
	for field := range strings.FieldsSeq(servers) {
		token, share, found := strings.Cut(field, ":")
		if !found || token == "" || share == "" {
			return f, false
		}
		if token == "-" {
			token = ""
		}
		f.places = append(f.places, place{token, share})
	}
	return f, len(f.places) > 0
}

// difference says how the other instance differs, or "". passing says that the
// difference may pass by itself: a server that was restarted has a new token, which
// the other instance learns with its next heartbeat.
func (f fingerprint) difference(other fingerprint) (reason string, passing bool) {
	switch {
	case len(f.places) != len(other.places):
		return fmt.Sprintf("another number of servers: %d instead of %d", len(other.places), len(f.places)), false
	case f.onDead != other.onDead:
		return fmt.Sprintf("--on-dead-server=%s instead of %s", other.onDead, f.onDead), false
	case !slices.Equal(f.shares(), other.shares()):
		return keysDiffer, false
	}
	ours, theirs := f.without(other), other.without(f)
	for _, p := range ours {
		if i := slices.IndexFunc(other.places, func(q place) bool { return q.token == p.token }); p.token != "" && i >= 0 {
			return keysDiffer, false // the same server has another share
		}
	}
	// What is left of both may be the same servers only if one of the two does not
	// know the token.
	for _, p := range ours {
		i := slices.IndexFunc(theirs, func(q place) bool { return q.share == p.share && (p.token == "" || q.token == "") })
		if i < 0 {
			return "other servers", true
		}
		theirs = slices.Delete(theirs, i, i+1)
	}
	return "", false
}

const keysDiffer = "keys are on other servers: the order, the weights, the hash or the names of the servers differ"

// shares returns the shares of all servers, sorted.
func (f fingerprint) shares() []string {
	shares := make([]string, len(f.places))
	for i, p := range f.places {
		shares[i] = p.share
	}
	slices.Sort(shares)
	return shares
}

// without returns the servers that the other fingerprint does not have with the same
// share, or whose token is not known.
func (f fingerprint) without(other fingerprint) (left []place) {
	for _, p := range f.places {
		if p.token == "" || !slices.Contains(other.places, p) {
			left = append(left, p)
		}
	}
	return left
}

// Placement returns a fingerprint of where the pool places keys, whatever its servers
// are called: of the servers' shares of the keys, and of what happens to the keys of a
// dead one.
func (b *Backend) Placement() string {
	shares := sharesOf(b.selector)
	slices.Sort(shares)
	hash := fnv.New32a()
	hash.Write([]byte(string(onDeadServer(b)) + " " + strings.Join(shares, " ")))
	return fmt.Sprintf("%08x", hash.Sum32())
}
