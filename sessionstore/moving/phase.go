package moving

import "sync"

// Phase says whether the move has begun. The Backends of one process on the same pools
// share it. Its zero value is the phase in which the previous places are used.
type Phase struct {
	mu      sync.Mutex
	begun   bool
	waiting []func() // called when it begins
}

// Begin ends the phase in which the previous places are used: no instance with only the
// previous list lives any more. A second call does nothing.
func (p *Phase) Begin() {
	p.mu.Lock()
	notify := p.waiting
	p.begun, p.waiting = true, nil
	p.mu.Unlock()
	for _, begin := range notify {
		begin()
	}
}

// whenBegun calls begin once the move begins, or now.
func (p *Phase) whenBegun(begin func()) {
	p.mu.Lock()
	begun := p.begun
	if !begun {
		p.waiting = append(p.waiting, begin)
	}
	p.mu.Unlock()
	if begun {
		begin()
	}
}
