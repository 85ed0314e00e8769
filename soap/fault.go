package soap

import (
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/soap/xmlwrite"
)

// Code says who has to correct what a fault reports. The set is closed.
type Code uint8

// The codes of a fault, with their names in SOAP 1.1 and SOAP 1.2.
const (
	Client          Code = iota + 1 // the message is wrong: a retry fails too (Client, Sender)
	Server                          // the message may be right: a retry may succeed (Server, Receiver)
	MustUnderstand                  // the service does not understand a header that it must understand
	VersionMismatch                 // the service does not know the version of the envelope
)

// String returns the code's name in SOAP 1.1.
func (c Code) String() string { return c.name(V11) }

func (c Code) name(v Version) string {
	switch c {
	case Client:
		if v == V12 {
			return "Sender"
		}
		return "Client"
	case MustUnderstand:
		return "MustUnderstand"
	case VersionMismatch:
		return "VersionMismatch"
	default:
		if v == V12 {
			return "Receiver"
		}
		return "Server"
	}
}

// Name is an expanded XML name.
type Name struct {
	Space, Local string
}

// String returns the name in James Clark's notation, {space}local.
func (n Name) String() string { return "{" + n.Space + "}" + n.Local }

// Subcodes that SOAP 1.2 part 2 section 4.4 defines for calls, and their
// namespace.
const (
	rpcNamespace        = "http://www.w3.org/2003/05/soap-rpc"
	procedureNotPresent = "ProcedureNotPresent"
	badArguments        = "BadArguments"
)

// Fault is an error for the client.
type Fault struct {
	Code   Code
	Reason string  // what is wrong and what to do, for people
	Detail *Detail // typed, for programs; nil if there is none
	// Subcode says more than Code, in SOAP 1.2 only; in SOAP 1.1, too, if it is one of
	// WS-Security. Zero means none. A fault with a Detail has the Detail's type as its
	// subcode.
	Subcode Name
	// RetryAfter is the time until a retry may succeed; 0 means unknown. It is sent
	// as the HTTP header of that name, rounded up to whole seconds.
	RetryAfter time.Duration
	// Overload says that the service is overloaded: the HTTP status is 503, which
	// proxies understand.
	Overload bool
	// Status is the HTTP status of a fault that is not about the message; 0 means that
	// of all faults.
	Status int
	// Challenges are the values of the HTTP header WWW-Authenticate, which belongs to
	// the status 401.
	Challenges []string
	// Err is the cause. It goes to the log and never to the client.
	Err error

	notUnderstood []Name // of a MustUnderstand fault: the headers
	subcodeIn11   bool   // Subcode is the faultcode in SOAP 1.1
}

// Detail is the typed detail of a fault: an element in the namespace of the
// operation, and its children.
type Detail struct {
	Name   string // local name of the element
	Fields []Field
}

// Field is a child element with text.
type Field struct {
	Name  string // local name
	Value string
}

// Error returns the reason and the cause, for the log.
func (f *Fault) Error() string {
	s := "soap: " + f.Code.String() + " fault: " + f.Reason
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// ClientFault returns a fault that says what is wrong with the message. The client
// sees the reason.
func ClientFault(reason string) *Fault { return &Fault{Code: Client, Reason: reason} }

// opaque returns the fault for an error that the client must not see.
func opaque(err error) *Fault {
	return &Fault{Code: Server, Reason: "The service failed. Its operator finds the cause in the log.", Err: err}
}

// faultStatus is the HTTP status of all faults, as in SOAP 1.1 (section 6.2). SOAP
// 1.2 wants 400 for faults of the sender (part 2 table 20), but Apache CXF 4.1, SAAJ
// and mono then do not read the fault. All toolkits read it with 500.
const faultStatus = http.StatusInternalServerError

// status returns the HTTP status of an answer with the fault.
func (f *Fault) status() int {
	switch {
	case f.Overload:
		return http.StatusServiceUnavailable
	case f.Status != 0:
		return f.Status
	}
	return faultStatus
}

// appendEnvelope appends the whole answer. space is the namespace of the details:
// that of the called operation. An answer that is stamped has a Timestamp of
// WS-Security.
func (f *Fault) appendEnvelope(dst []byte, v Version, space, requestID string, stamped bool) []byte {
	dst = append(dst, xmlDeclaration...)
	dst = append(dst, `<soap:Envelope xmlns:soap="`...)
	dst = append(dst, v.namespace()...)
	dst = append(dst, `">`...)
	dst = f.appendHeader(dst, v, stamped)
	dst = append(dst, `<soap:Body><soap:Fault>`...)
	reason := f.Reason
	if f.Code == Server && requestID != "" {
		reason += " (request id " + requestID + ")"
	}
	if v == V12 {
		dst = f.appendCode12(dst, space)
		dst = append(dst, `<soap:Reason><soap:Text xml:lang="en">`...)
		dst = appendReason(dst, reason)
		dst = append(dst, `</soap:Text></soap:Reason>`...)
		if f.Detail != nil {
			dst = append(dst, `<soap:Detail>`...)
			dst = f.Detail.append(dst, space)
			dst = append(dst, `</soap:Detail>`...)
		}
	} else {
		dst = f.appendCode11(dst)
		dst = append(dst, `<faultstring xml:lang="en">`...)
		dst = appendReason(dst, reason)
		// Always a detail: without one .NET takes the fault for one about headers
		// (SoapHeaderException).
		dst = append(dst, `</faultstring><detail>`...)
		if f.Detail != nil {
			dst = f.Detail.append(dst, space)
		}
		dst = append(dst, `</detail>`...)
	}
	return append(dst, `</soap:Fault></soap:Body></soap:Envelope>`...)
}

// appendHeader appends the Header if it has blocks: a Timestamp, and those of faults
// about versions and headers (SOAP 1.2 part 1 sections 5.4.7 and 5.4.8).
func (f *Fault) appendHeader(dst []byte, v Version, stamped bool) []byte {
	upgrade := v == V12 && f.Code == VersionMismatch
	notUnderstood := v == V12 && len(f.notUnderstood) > 0
	if !upgrade && !notUnderstood && !stamped {
		return dst
	}
	dst = append(dst, `<soap:Header>`...)
	if upgrade {
		dst = append(dst, `<soap:Upgrade><soap:SupportedEnvelope qname="ns1:Envelope" xmlns:ns1="`+Namespace12+`"/>`...)
		dst = append(dst, `<soap:SupportedEnvelope qname="ns2:Envelope" xmlns:ns2="`+Namespace11+`"/></soap:Upgrade>`...)
	}
	if notUnderstood {
		for _, name := range f.notUnderstood {
			dst = append(dst, `<soap:NotUnderstood qname="h:`...)
			dst, _ = xmlwrite.AppendAttr(dst, name.Local)
			dst = append(dst, `" xmlns:h="`...)
			dst, _ = xmlwrite.AppendAttr(dst, name.Space)
			dst = append(dst, `"/>`...)
		}
	}
	if stamped {
		dst = appendTimestamp(dst, time.Now())
	}
	return append(dst, `</soap:Header>`...)
}

func (f *Fault) appendCode11(dst []byte) []byte {
	if !f.subcodeIn11 {
		dst = append(dst, `<faultcode>soap:`...)
		dst = append(dst, f.Code.name(V11)...)
		return append(dst, `</faultcode>`...)
	}
	prefix := "wsse"
	if f.Subcode.Space == NamespaceUtility {
		prefix = "wsu"
	}
	dst = append(dst, `<faultcode xmlns:`...)
	dst = append(dst, prefix...)
	dst = append(dst, '=', '"')
	dst, _ = xmlwrite.AppendAttr(dst, f.Subcode.Space)
	dst = append(dst, '"', '>')
	dst = append(dst, prefix...)
	dst = append(dst, ':')
	dst = append(dst, f.Subcode.Local...)
	return append(dst, `</faultcode>`...)
}

func (f *Fault) appendCode12(dst []byte, space string) []byte {
	sub := f.Subcode
	if f.Detail != nil {
		sub = Name{space, f.Detail.Name}
	}
	dst = append(dst, `<soap:Code><soap:Value>soap:`...)
	dst = append(dst, f.Code.name(V12)...)
	dst = append(dst, `</soap:Value>`...)
	if sub.Local != "" {
		dst = append(dst, `<soap:Subcode><soap:Value xmlns:sub="`...)
		dst, _ = xmlwrite.AppendAttr(dst, sub.Space)
		dst = append(dst, `">sub:`...)
		dst = append(dst, sub.Local...)
		dst = append(dst, `</soap:Value></soap:Subcode>`...)
	}
	return append(dst, `</soap:Code>`...)
}

func (d *Detail) append(dst []byte, space string) []byte {
	dst = append(dst, '<')
	dst = append(dst, d.Name...)
	dst = append(dst, ` xmlns="`...)
	dst, _ = xmlwrite.AppendAttr(dst, space)
	dst = append(dst, `">`...)
	for _, field := range d.Fields {
		dst = append(dst, '<')
		dst = append(dst, field.Name...)
		dst = append(dst, '>')
		dst = appendReason(dst, field.Value)
		dst = append(dst, '<', '/')
		dst = append(dst, field.Name...)
		dst = append(dst, '>')
	}
	dst = append(dst, '<', '/')
	dst = append(dst, d.Name...)
	return append(dst, '>')
}

// appendReason appends text. If it contains a character that XML does not allow,
// it is quoted.
func appendReason(dst []byte, text string) []byte {
	if out, ok := xmlwrite.AppendText(dst, text); ok {
		return out
	}
	dst, _ = xmlwrite.AppendText(dst, strconv.QuoteToASCII(text))
	return dst
}
