package soap

import (
	"context"
	"time"
)

// Call is what an [Observer] learns about one request.
type Call struct {
	// Operation is the name of the called operation. Zero if the message was
	// rejected before the operation was known.
	Operation Name
	Version   Version
	Fault     *Fault // nil if the answer is not a fault
	BytesIn   int    // size of the request's body as received
	BytesOut  int    // size of the answer as sent
	Duration  time.Duration
}

// Observer is called after each answer in SOAP was written, with the context of the
// request. It is called from many goroutines.
type Observer func(context.Context, Call)
