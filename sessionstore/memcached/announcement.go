package memcached

import (
	"slices"
	"strings"
)

// announcement is what an instance tells the others: where it places keys. One that has
// a previous pool, too, tells the places of both, and which of them it uses.
type announcement struct {
	fingerprint

	phase    phase
	previous *fingerprint // nil unless there is a previous pool
}

// phase is the phase of a move from a previous pool.
type phase string

const (
	settled phase = ""        // there is no previous pool
	waiting phase = "waiting" // an instance has only the previous list: its places are used
	begun   phase = "begun"   // sessions are moved
)

const (
	announcedMove  = "move "
	announcedArrow = " > "
)

// String returns the form in which an announcement is stored. Without a previous pool it
// is that of the fingerprint.
//
//	move waiting fail a2c4e6:1f3x > fail a2c4e6:9k2p b7d9f1:77aa
func (a announcement) String() string {
	if a.previous == nil {
		return a.fingerprint.String()
	}
	return announcedMove + string(a.phase) + " " + a.previous.String() + announcedArrow + a.fingerprint.String()
}

// parseAnnouncement undoes String. What it does not understand is of another version of
// the program, and says nothing.
func parseAnnouncement(text string) (a announcement, ok bool) {
	text, isMove := strings.CutPrefix(text, announcedMove)
	if !isMove {
		a.fingerprint, ok = parseFingerprint(text)
		return a, ok
	}
	word, text, _ := strings.Cut(text, " ")
	from, to, _ := strings.Cut(text, announcedArrow)
	previous, ok := parseFingerprint(from)
	if !ok {
		return a, false
	}
	a.phase, a.previous = phase(word), &previous
	a.fingerprint, ok = parseFingerprint(to)
	return a, ok && (a.phase == waiting || a.phase == begun)
}

// all returns the places of both pools.
func (a announcement) all() []place {
	if a.previous == nil {
		return a.places
	}
	return append(slices.Clip(a.places), a.previous.places...)
}

// forget forgets the token of a place of all.
func (a announcement) forget(i int) {
	if own := len(a.places); i < own {
		a.places[i].token = ""
	} else {
		a.previous.places[i-own].token = ""
	}
}

// inUse returns the fingerprint of the places that the instance uses.
func (a announcement) inUse() fingerprint {
	if a.phase == waiting {
		return *a.previous
	}
	return a.fingerprint
}

// What differs when one of two instances has a previous pool and the other has none.
const (
	onlyPrevious    = "sessions are moved from its --servers: it needs the --servers of the others"
	onlyPresent     = "sessions are still at their previous places: it needs --previous-servers"
	hasOnlyPrevious = "sessions are moved from the --servers of this instance: it needs the --servers of the others"
	hasOnlyPresent  = "sessions are still at their previous places: this instance needs --previous-servers"
)

// difference says how the other instance differs, or "", and whether that may pass by
// itself. Two instances that move from one pool to the same other one work together in
// both phases.
func (a announcement) difference(other announcement) (reason string, passing bool) {
	if a.previous != nil && other.previous != nil {
		if reason, passing = a.previous.difference(*other.previous); reason != "" {
			return "another --previous-servers: " + reason, passing
		}
		return a.fingerprint.difference(other.fingerprint)
	}
	reason, passing = a.inUse().difference(other.inUse())
	switch {
	case reason == "":
	case a.previous != nil && a.agreesUnused(other.fingerprint):
		reason = onlyPrevious
		if a.phase == waiting {
			reason = onlyPresent
		}
	case other.previous != nil && other.agreesUnused(a.fingerprint):
		reason = hasOnlyPrevious
		if other.phase == waiting {
			reason = hasOnlyPresent
		}
	}
	return reason, passing
}

// agreesUnused says whether a fingerprint is that of the places that the instance does not
// use.
func (a announcement) agreesUnused(f fingerprint) bool {
	unused := *a.previous
	if a.phase == waiting {
		unused = a.fingerprint
	}
	reason, _ := unused.difference(f)
	return reason == ""
}
