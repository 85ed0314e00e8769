package soap

import (
	"context"
	"log/slog"
	"time"
)

// Call is what an [Observer] learns of one request.
type Call struct {
	// Operation is the operation that was called. Zero if the message was
	// refused before that was known.
	Operation Name
	Version   Version
	Fault     *Fault // nil if the call was answered
	BytesIn   int    // of the body as received
	BytesOut  int    // of the answer as sent
	Duration  time.Duration
	Notes     []slog.Attr // what the operation has noted, see [Note]
}

// Observer is told of every request that was answered as SOAP, after the
// answer was written. It is called from many goroutines.
type Observer func(context.Context, Call)

type exchangeKey struct{}

// Note adds to what the [Observer] learns of the call that ctx belongs to; of
// any other ctx it does nothing. An operation calls it before it returns, from
// its own goroutine.
func Note(ctx context.Context, note slog.Attr) {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		x.notes = append(x.notes, note)
	}
}
