package soap

// Request is what an operation may need to know about the message that calls it,
// besides the payload.
type Request struct {
	Version Version
	// Name is the name of the payload as sent. Its namespace differs from that of
	// the [Operation] if it is an alias, see [Dispatcher.Alias].
	Name Name
	// Action is the SOAPAction without its quotes, or the action parameter of SOAP
	// 1.2; "" if the message has none.
	Action string
	// EncodingStyle is that of the Body, or else that of the Envelope (SOAP 1.1
	// section 4.1.1); "" if neither has one.
	EncodingStyle string
	// Before is what the reader of [Dispatcher.Independent] has returned for the
	// elements before the payload; nil if there are none.
	Before any

	stamped bool // the answer gets a Timestamp of WS-Security
}
