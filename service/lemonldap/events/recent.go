package events

import (
	"sync"
	"time"
)

const (
	// generation is how long a [recent] keeps an entry at least; at most twice as long.
	generation = 10 * time.Second
	// maxRecent bounds the entries of a generation. What is forgotten too early is
	// published twice.
	maxRecent = 50_000
)

// recent remembers texts for some seconds. The zero value is ready for use, from any
// goroutine.
type recent struct {
	mu       sync.Mutex
	now, old map[string]entry
	began    time.Time // of now
}

type entry struct {
	last  time.Time
	count int
}

// turn begins a new generation when it is time.
func (r *recent) turn(now time.Time) {
	if r.now != nil && now.Sub(r.began) < generation && len(r.now) < maxRecent {
		return
	}
	r.old = r.now
	if now.Sub(r.began) >= 2*generation {
		r.old = nil
	}
	r.now, r.began = make(map[string]entry), now
}

// add notes a text once more.
func (r *recent) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.turn(now)
	r.now[text] = entry{last: now, count: r.now[text].count + 1}
}

// since says whether a text was noted at a moment or later.
func (r *recent) since(text string, moment time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entries := range []map[string]entry{r.now, r.old} {
		if e, ok := entries[text]; ok && !e.last.Before(moment) {
			return true
		}
	}
	return false
}

// take takes a text back once, or returns false if it is not noted.
func (r *recent) take(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(time.Now())
	for _, entries := range []map[string]entry{r.old, r.now} {
		if e, ok := entries[text]; ok {
			if e.count--; e.count > 0 {
				entries[text] = e
			} else {
				delete(entries, text)
			}
			return true
		}
	}
	return false
}
