package connect

// Refusal is why no connection to a server can be used. Its text is a label of a
// metric.
type Refusal string

// The reasons.
const (
	// NoTLS says that the server does not speak TLS.
	NoTLS Refusal = "no_tls"
	// NeedsTLS says that the server speaks TLS only.
	NeedsTLS Refusal = "needs_tls"
	// NotValidNow says that the certificate of the server has expired, or is not
	// valid yet.
	NotValidNow Refusal = "certificate_expired"
	// OtherName says that the certificate is that of another server.
	OtherName Refusal = "certificate_name"
	// Untrusted says that no trusted authority has signed the certificate.
	Untrusted Refusal = "certificate_untrusted"
	// RefusesTLS says that the server has ended the handshake, as it does when it
	// asks for a client certificate and gets none, or one that it does not trust.
	RefusesTLS Refusal = "tls_refused"
	// NeedsPassword says that the server asks for a password and there is none.
	NeedsPassword Refusal = "no_password"
	// WrongPassword says that the server does not accept the password.
	WrongPassword Refusal = "wrong_password"
	// BinaryOnly says that the server speaks the binary protocol only, as it does
	// with SASL.
	BinaryOnly Refusal = "sasl"
)

// Refusals returns all reasons.
func Refusals() []Refusal {
	return []Refusal{
		NoTLS, NeedsTLS, NotValidNow, OtherName, Untrusted, RefusesTLS, NeedsPassword, WrongPassword, BinaryOnly,
	}
}

// Sentence says what is wrong and what to do. It names no address and no secret.
func (r Refusal) Sentence() string {
	switch r {
	case NoTLS:
		return "a memcached server does not speak TLS: start it with -Z, or list it without tls:"
	case NeedsTLS:
		return "a memcached server speaks TLS only: list it as tls:HOST:PORT"
	case NotValidNow:
		return "the certificate of a memcached server has expired or is not valid yet"
	case OtherName:
		return "the certificate of a memcached server has another name: check the address and --server-name"
	case Untrusted:
		return "the certificate of a memcached server is not signed by a trusted authority: check --server-ca"
	case RefusesTLS:
		return "a memcached server refused the TLS connection: check --server-cert, which it may ask for"
	case NeedsPassword:
		return "a memcached server asks for a password: set --server-auth-file"
	case WrongPassword:
		return "a memcached server refused the user or the password in --server-auth-file"
	case BinaryOnly:
		return "a memcached server speaks the binary protocol only, as with SASL (its option -S): " +
			"use passwords (its option -Y and --server-auth-file) or TLS with client certificates (its option -Z)"
	}
	return string(r)
}

// RefusedError says that a server has answered, but that no connection to it can be
// used.
type RefusedError struct {
	Why Refusal
	Err error // the cause; nil if Why says all
}

func (e *RefusedError) Error() string {
	if e.Err == nil {
		return "memcached: " + e.Why.Sentence()
	}
	return "memcached: " + e.Why.Sentence() + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
