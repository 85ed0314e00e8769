package watch

import "sync"

// progress counts steps that begin and finish in order, numbered from 1. Its
// zero value is ready for use, from any goroutine.
type progress struct {
	mu       sync.Mutex
	begun    int64         // the number of the last step that has begun
	finished int64         // the number of the last step that has finished
	moved    chan struct{} // closed when finished changes; nil unless somebody waits
}

// begin begins the next step. prepare, if not nil, is called with its number
// before others can see that it has begun.
func (p *progress) begin(prepare func(number int64)) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if prepare != nil {
		prepare(p.begun + 1)
	}
	p.begun++
	return p.begun
}

// finish says that a step and all before it have finished.
func (p *progress) finish(number int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished = number
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

// state returns the last steps that have begun and finished.
func (p *progress) state() (begun, finished int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun, p.finished
}

// next returns the number of the first step that begins after the call, and a
// channel that is closed when any step finishes.
func (p *progress) next() (number int64, moved <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun + 1, p.wait()
}

// reached says whether a step has finished, and returns the channel for the
// next look.
func (p *progress) reached(number int64) (moved <-chan struct{}, reached bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wait(), p.finished >= number
}

func (p *progress) wait() chan struct{} {
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return p.moved
}
