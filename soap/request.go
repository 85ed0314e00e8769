package soap

import "context"

// Request is what an operation may want to know of the message that called
// it, besides its payload.
type Request struct {
	Version Version
	// Name is the name of the payload as it was sent. Its namespace differs
	// from that of the [Operation] if it is an alias, see [Dispatcher.Alias].
	Name Name
	// Action is the SOAPAction without its quotes, or the action of SOAP 1.2;
	// "" if the message has none.
	Action string
	// EncodingStyle is that of the Body, or else of the Envelope (SOAP 1.1
	// section 4.1.1); "" if neither has one.
	EncodingStyle string
}

// RequestOf returns the request of the call that ctx belongs to, and a zero
// one for any other ctx.
func RequestOf(ctx context.Context) Request {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x.request
	}
	return Request{}
}
