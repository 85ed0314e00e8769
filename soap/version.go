package soap

// Version is a version of SOAP.
type Version uint8

// The versions of SOAP.
const (
	V11 Version = iota + 1 // SOAP 1.1, W3C Note of 2000-05-08
	V12                    // SOAP 1.2, W3C Recommendation of 2007-04-27
)

// Namespaces of the envelopes.
const (
	Namespace11 = "http://schemas.xmlsoap.org/soap/envelope/"
	Namespace12 = "http://www.w3.org/2003/05/soap-envelope"
)

const (
	mediaType11 = "text/xml"
	mediaType12 = "application/soap+xml"

	contentType11 = mediaType11 + "; charset=utf-8"
	contentType12 = mediaType12 + "; charset=utf-8"
)

// String returns "1.1" or "1.2".
func (v Version) String() string {
	if v == V12 {
		return "1.2"
	}
	return "1.1"
}

func (v Version) namespace() string {
	if v == V12 {
		return Namespace12
	}
	return Namespace11
}

func (v Version) contentType() string {
	if v == V12 {
		return contentType12
	}
	return contentType11
}

// isForReceiver reports whether a header block with this actor (SOAP 1.1 section
// 4.2.2) or role (SOAP 1.2 part 1 section 2.2) is for the last receiver of the
// message, which this service is.
func (v Version) isForReceiver(role string) bool {
	if role == "" {
		return true
	}
	if v == V12 {
		return role == Namespace12+"/role/next" || role == Namespace12+"/role/ultimateReceiver"
	}
	return role == "http://schemas.xmlsoap.org/soap/actor/next"
}
