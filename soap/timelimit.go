package soap

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// timeLimit is a context that ends after a time, as that of [context.WithTimeout]. It makes
// one, with a timer, only when somebody waits for its end: most calls that the near cache
// answers end without.
type timeLimit struct {
	context.Context //nolint:containedctx // it is a context

	until time.Time
	waits atomic.Pointer[waited] // nil until somebody waits

	mu    sync.Mutex // to make waits, and to end
	ended bool
}

// waited is a context for those who wait.
type waited struct {
	context.Context //nolint:containedctx // it is a context

	cancel context.CancelFunc
}

// withTimeLimit returns a context that ends after a time. The caller must end it.
func withTimeLimit(ctx context.Context, limit time.Duration) *timeLimit {
	l := &timeLimit{Context: ctx, until: time.Now().Add(limit)}
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(l.until) {
		l.until = earlier
	}
	return l
}

// end ends the context: it is canceled unless its time is over.
func (l *timeLimit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if w := l.waits.Load(); w != nil {
		w.cancel()
	}
}

// Deadline implements [context.Context].
func (l *timeLimit) Deadline() (time.Time, bool) { return l.until, true }

// Done implements [context.Context].
func (l *timeLimit) Done() <-chan struct{} {
	if w := l.waits.Load(); w != nil {
		return w.Done()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.waits.Load()
	if w == nil {
		w = new(waited)
		w.Context, w.cancel = context.WithDeadline(l.Context, l.until)
		if l.ended {
			w.cancel()
		}
		l.waits.Store(w)
	}
	return w.Done()
}

// Err implements [context.Context].
func (l *timeLimit) Err() error {
	if w := l.waits.Load(); w != nil {
		return w.Err() //nolint:wrapcheck // it is that of a context
	}
	if err := l.Context.Err(); err != nil {
		return err //nolint:wrapcheck // the same
	}
	if time.Now().Before(l.until) && !l.isEnded() {
		return nil
	}
	<-l.Done() // from here on the error stays the same
	return l.Err()
}

func (l *timeLimit) isEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Value implements [context.Context]. Package context finds its own value in the context
// that is waited for, so that it needs no goroutine for contexts below this one.
func (l *timeLimit) Value(key any) any {
	if w := l.waits.Load(); w != nil {
		return w.Value(key)
	}
	return l.Context.Value(key)
}
