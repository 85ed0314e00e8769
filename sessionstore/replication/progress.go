package replication

// Progress says how far a comparison is.
type Progress struct {
	Running bool
	// Scanned are the items that were scanned, and Items those that the servers of both
	// sides have by their statistics, which count items that have expired, too.
	Scanned, Items int64
	// Differing are the keys that must be looked at, and LookedAt how many of them were.
	// Both are 0 until everything was scanned.
	Differing, LookedAt int64
}

// Progress says how far the comparison is that runs, or what the last one has done.
func (r *Replicator) Progress() Progress {
	c := r.comparing.Load()
	if c == nil {
		return Progress{}
	}
	left := int64(0)
	for _, n := range r.waiting.compared() {
		left += int64(n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := Progress{Running: !c.ended, Scanned: c.items, Items: c.stored}
	if c.scanned {
		p.Differing, p.LookedAt = c.differing, max(c.found-left, 0)
	}
	return p
}

// noteDiffering notes how many keys of a round differ, and whether it was the last one.
func (c *comparison) noteDiffering(keys int, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.differing += int64(keys)
	c.scanned = last
}

// noteEnd notes that the comparison does nothing more.
func (c *comparison) noteEnd() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}
