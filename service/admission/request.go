package admission

import (
	"context"
	"sync"

	"memcachedsoap/sessionstore/span"
)

// Request is a request in flight, and the context of it. Its methods are called in
// this order: Receive, Start, Reserve, Send, End. Each may be left out or repeated.
type Request struct {
	context.Context //nolint:containedctx // it is the context: this saves an allocation for each request

	controller *Controller

	mu      sync.Mutex
	started bool
	body    int64 // bytes of the body that count
	work    int64 // bytes that the work needs
	held    int64 // bytes drawn for the work
	from    *pool // where they were drawn: small or large
	sent    int64 // bytes of the answer that count
}

// Begin returns a request. The caller must end it.
func (c *Controller) Begin(ctx context.Context) *Request {
	return &Request{Context: ctx, controller: c, from: &c.small}
}

type key struct{}

// Value implements [context.Context]: the request is a value of its own context.
func (r *Request) Value(k any) any {
	if k == (key{}) {
		return r
	}
	return r.Context.Value(k)
}

func of(ctx context.Context) *Request {
	r, _ := ctx.Value(key{}).(*Request)
	return r
}

// Admission gives the methods of the [Request] of a context. In a context without
// one, they do nothing.
type Admission struct{}

// Receive is called before the body takes n bytes more, or fewer if n is negative.
func (Admission) Receive(ctx context.Context, n int64) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	return r.receive(ctx, n)
}

// Start is called when the whole body was received: the work begins.
func (Admission) Start(ctx context.Context) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	return r.start()
}

// Reserve is called before the work takes n bytes more, or fewer if n is negative.
func (Admission) Reserve(ctx context.Context, n int64) error { return Reserve(ctx, n) }

// Send is called when the work is done and only an answer of n bytes is left.
func (Admission) Send(ctx context.Context, n int64) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	return r.send(ctx, n)
}

// Reserve is called before the request of the context takes n bytes more for the
// work, or fewer if n is negative.
func Reserve(ctx context.Context, n int64) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	return r.reserve(ctx, n)
}

func (r *Request) receive(ctx context.Context, n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	bodies := &r.controller.bodies
	before, after := bodies.counted(r.body), bodies.counted(r.body+n)
	if after > before {
		if err := r.controller.draw(ctx, bodies, after-before); err != nil {
			return err
		}
	} else {
		bodies.giveBack(before - after)
	}
	r.body += n
	return nil
}

// counted returns what a body or an answer of n bytes takes from the pool: nothing if
// it is small, and not more than all.
func (p *pool) counted(n int64) int64 {
	if n <= Free {
		return 0
	}
	return min(n, p.size)
}

func (r *Request) start() error {
	select {
	case r.controller.slots <- struct{}{}:
	default:
		r.controller.overloaded.Inc()
		return ErrOverloaded
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
	return nil
}

func (r *Request) reserve(ctx context.Context, n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	work := r.work + n
	switch {
	case n <= 0:
		r.shrink(work)
	case work+r.body > r.controller.request:
		r.controller.tooLarge.Inc()
		return ErrTooLarge
	default:
		if err := r.grow(ctx, work); err != nil {
			return err
		}
	}
	r.work = work
	return nil
}

// grow draws for a request whose work needs n bytes. A request that becomes large
// gives back what it has drawn as a small one. A large one draws in few steps: one
// that has drawn some and waits for more stops others.
func (r *Request) grow(ctx context.Context, n int64) error {
	c := r.controller
	if n <= r.held {
		return nil
	}
	if n <= c.mostSmall && r.from == &c.small {
		if err := r.wait(ctx, &c.small, n-r.held); err != nil {
			return err
		}
		r.held = n
		return nil
	}
	had := int64(0)
	if r.from == &c.large {
		had = r.held
	}
	need := min(max(n, c.leastLarge, 2*had), c.large.size) // the largest request runs alone
	if need > had {
		if err := r.wait(ctx, &c.large, need-had); err != nil {
			return err
		}
	}
	if r.from == &c.small {
		c.small.giveBack(r.held)
	}
	r.from, r.held = &c.large, max(need, had)
	return nil
}

// shrink gives back what a request whose work needs only n bytes has drawn too much.
func (r *Request) shrink(n int64) {
	c := r.controller
	if r.from == &c.large && n <= c.mostSmall && c.small.tryDraw(n) {
		c.large.giveBack(r.held)
		r.from, r.held = &c.small, n
		return
	}
	if n < r.held {
		r.from.giveBack(r.held - n)
		r.held = n
	}
}

// wait draws n bytes. Requests that wait hold what they have received, and a slot, so
// only a part of all may wait.
func (r *Request) wait(ctx context.Context, from *pool, n int64) error {
	c := r.controller
	if from.tryDraw(n) {
		return nil
	}
	select {
	case c.waiters <- struct{}{}:
		defer func() { <-c.waiters }()
		return c.draw(ctx, from, n)
	default:
		c.overloaded.Inc()
		return ErrOverloaded
	}
}

func (r *Request) send(ctx context.Context, n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.controller
	if n = c.answers.counted(n); n > 0 {
		if err := c.draw(ctx, &c.answers, n); err != nil {
			return err
		}
		r.sent = n
	}
	r.finishWork()
	return nil
}

// finishWork gives back what the work has taken. The body is no longer needed.
func (r *Request) finishWork() {
	c := r.controller
	r.from.giveBack(r.held)
	c.bodies.giveBack(c.bodies.counted(r.body))
	r.work, r.held, r.body = 0, 0, 0
	if r.started {
		r.started = false
		<-c.slots
	}
}

// End gives back all that the request has taken.
func (r *Request) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finishWork()
	r.controller.answers.giveBack(r.sent)
	r.sent = 0
}

// draw takes n bytes from a pool, and waits for them briefly.
func (c *Controller) draw(ctx context.Context, from *pool, n int64) error {
	if from.tryDraw(n) {
		return nil
	}
	waiting := span.Wait(ctx, span.Memory)
	defer waiting.End()
	ctx, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	if from.Acquire(ctx, n) != nil {
		c.overloaded.Inc()
		return ErrOverloaded
	}
	from.used.Add(n)
	return nil
}

func (p *pool) tryDraw(n int64) bool {
	if !p.TryAcquire(n) {
		return false
	}
	p.used.Add(n)
	return true
}

func (p *pool) giveBack(n int64) {
	if n > 0 {
		p.Release(n)
		p.used.Add(-n)
	}
}
