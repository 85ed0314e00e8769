package audit

import (
	"sync"
	"time"
)

// maxRefused is how many kinds of refused calls are told apart in a second. Beyond it
// they share a line that names neither caller nor address.
const maxRefused = 1000

// manyRefusals is the outcome in that line.
const manyRefusals = "TooManyRefusals"

// kind is what refused calls have in common that share a line.
type kind struct{ caller, claimed, client, outcome, reason string }

// refusals counts the refused calls that share a line.
type refusals struct {
	mu    sync.Mutex
	kinds map[kind]*counted
}

// counted is a refused call, and how many more of its kind have had no line yet.
type counted struct {
	event Event // the last one
	count int
	since time.Time // of the last line
}

// first reports whether a refused call is to have a line of its own now. Otherwise it
// counts the call.
func (r *refusals) first(e *Event, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := kind{cut(e.Caller), cut(e.Claimed), cut(e.Client), e.Outcome, e.Reason}
	c := r.kinds[k]
	if c == nil && len(r.kinds) < maxRefused {
		if r.kinds == nil {
			r.kinds = map[kind]*counted{}
		}
		r.kinds[k] = &counted{since: now}
		return true
	}
	if c == nil {
		e = &Event{Outcome: manyRefusals}
		if c = r.kinds[kind{}]; c == nil {
			c = &counted{since: now}
			r.kinds[kind{}] = c
		}
	}
	if c.count == 0 && now.Sub(c.since) >= tick && e.Outcome != manyRefusals {
		c.since = now
		return true
	}
	c.event = *e
	c.count++
	return false
}

// due returns the counted calls whose second is over, and forgets kinds of which
// there are no more calls.
func (r *refusals) due(now time.Time) []counted {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []counted
	for k, c := range r.kinds {
		switch {
		case now.Sub(c.since) < tick:
		case c.count == 0:
			delete(r.kinds, k)
		default:
			due = append(due, *c)
			c.since, c.count = now, 0
		}
	}
	return due
}
