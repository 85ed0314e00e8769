package soap

import "time"

// Namespaces of OASIS WS-Security 1.0. Version 1.1 has the same ones for everything
// that is read here.
const (
	NamespaceSecurity = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	NamespaceUtility  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
)

// Security is what the Security header of a message contains (WS-Security 1.0
// section 5).
type Security struct {
	Username  *UsernameToken // nil if there is none
	Timestamp *Timestamp     // nil if there is none
}

// UsernameToken is a name and a password (Username Token Profile 1.0 section 3). It
// is read and not verified.
type UsernameToken struct {
	Username string
	Password string // "" with PasswordDigest
	// Digest is the SHA-1 sum of Nonce, CreatedText and the password. It is nil with
	// PasswordText. With PasswordDigest it is not nil, and the message has a Nonce and
	// a Created.
	Digest      []byte
	Nonce       []byte    // nil if there is none
	CreatedText string    // Created as sent, without blanks around it; "" if there is none
	Created     time.Time // zero if there is none
}

// Timestamp is the time at which the client has made the message, and until which it
// is valid (WS-Security 1.0 section 10).
type Timestamp struct {
	Created time.Time // zero if there is none
	Expires time.Time // zero if there is none
}

// The fault codes of WS-Security that the service uses (1.0 sections 10 and 12).
const (
	FailedAuthentication     = "FailedAuthentication"     // the name or the password is wrong
	InvalidSecurity          = "InvalidSecurity"          // the header does not follow the standard
	UnsupportedSecurityToken = "UnsupportedSecurityToken" // the header has a token of another kind
	MessageExpired           = "MessageExpired"           // the message is too old
)

// SecurityFault returns a fault with a code of WS-Security. It is a Client fault: its
// code is the faultcode in SOAP 1.1 and the Subcode of Sender in SOAP 1.2
// (WS-Security 1.1 section 12).
func SecurityFault(code, reason string) *Fault {
	space := NamespaceSecurity
	if code == MessageExpired {
		space = NamespaceUtility
	}
	return &Fault{Code: Client, Subcode: Name{space, code}, Reason: reason, subcodeIn11: true}
}

// timestampLifetime is how long an answer with a Timestamp is valid.
const timestampLifetime = 5 * time.Minute

// appendTimestamp appends a Security header with a Timestamp. WCF requires one in the
// answer to a request that has one (TransportSecurityProtocol), and so do CXF and
// Metro with a policy that includes a timestamp (WS-SecurityPolicy 1.2 section 6.2).
// The header has no mustUnderstand: other clients send a Timestamp and read none.
func appendTimestamp(dst []byte, now time.Time) []byte {
	const layout = "2006-01-02T15:04:05.000Z"
	now = now.UTC()
	dst = append(dst, `<wsse:Security xmlns:wsse="`+NamespaceSecurity+`"><wsu:Timestamp xmlns:wsu="`+NamespaceUtility+`"><wsu:Created>`...)
	dst = now.AppendFormat(dst, layout)
	dst = append(dst, `</wsu:Created><wsu:Expires>`...)
	dst = now.Add(timestampLifetime).AppendFormat(dst, layout)
	return append(dst, `</wsu:Expires></wsu:Timestamp></wsse:Security>`...)
}
