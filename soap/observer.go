package soap

import (
	"context"
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
}

// Observer is told of every request that was answered as SOAP, after the
// answer was written. It is called from many goroutines.
type Observer func(context.Context, Call)
