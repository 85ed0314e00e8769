package access

import (
	"context"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Authenticate finds the caller of the request of a context, by what the request sends
// before its message: Authorization, a certificate, or else its address. If the message
// may contain credentials, there may be no caller yet; [Require] then refuses. A context
// without a record has no caller and needs none. Errors: [*UnauthenticatedError],
// [ErrBusy].
func Authenticate(ctx context.Context) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	t := r.guard.table.Load()
	caller, err := r.guard.byAuthorization(t, r.sent)
	if err != nil {
		return err
	}
	caller, err = r.guard.byCertificate(t, r.sent, caller)
	if err != nil {
		return err
	}
	if caller != nil {
		r.caller = caller
		return nil
	}
	if r.caller = t.ofAddress(r.sent); r.caller != nil {
		r.byAddress = true
		return nil
	}
	if r.guard.options.Tokens && t.tokens {
		return nil
	}
	return r.guard.unauthenticated(NoCredentials, nil)
}

// byAuthorization returns the caller that Authorization names. It is nil if the request
// has none.
func (g *Guard) byAuthorization(t *table, sent Sent) (*Caller, error) {
	switch len(sent.Authorization) {
	case 0:
		return nil, nil //nolint:nilnil // no credentials are not an error
	case 1:
	default:
		return nil, g.unauthenticated(SeveralCallers, nil)
	}
	scheme, credentials, _ := strings.Cut(strings.Trim(sent.Authorization[0], " \t"), " ")
	credentials = strings.TrimLeft(credentials, " ")
	switch {
	case credentials == "":
	case strings.EqualFold(scheme, "Basic"):
		if name, password, ok := parseBasic(credentials); ok {
			return g.checkPassword(t, sent, name, password)
		}
	case strings.EqualFold(scheme, "Bearer"):
		if c := t.byKey[hashOfKey(credentials)]; c != nil {
			return c, nil
		}
		return nil, g.unauthenticated(WrongCredentials, nil)
	}
	return nil, g.unauthenticated(MalformedCredentials, nil)
}

// parseBasic returns the name and the password of HTTP Basic (RFC 7617). Clients that
// ignore the charset of the challenge send ISO 8859-1.
func parseBasic(credentials string) (name, password string, ok bool) {
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(credentials, "="))
	if err != nil {
		return "", "", false
	}
	name, password, ok = strings.Cut(utf8Of(text), ":")
	if !ok || len(password) > MaxPassword || strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsFunc(password, unicode.IsControl) {
		return "", "", false
	}
	return name, password, true
}

// utf8Of returns a text that is in UTF-8, or else in ISO 8859-1.
func utf8Of(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	runes := make([]rune, len(text))
	for i, b := range text {
		runes[i] = rune(b)
	}
	return string(runes)
}

// byCertificate returns the caller of the client's certificate, or the one that is
// known already. A certificate of no caller is wrong unless the request has other
// credentials: those of a network may have certificates for other reasons.
func (g *Guard) byCertificate(t *table, sent Sent, known *Caller) (*Caller, error) {
	if len(sent.Certificate) == 0 {
		return known, nil
	}
	found, several := t.ofCertificate(sent.Certificate)
	switch {
	case several, known != nil && found != nil && found != known:
		return nil, g.unauthenticated(SeveralCallers, nil)
	case known != nil:
		return known, nil
	case found == nil:
		return nil, g.unauthenticated(WrongCredentials, nil)
	}
	return found, nil
}

// AuthenticatePassword finds the caller of the request of a context by a name and a
// password that its message contains. Errors: [*UnauthenticatedError], [ErrBusy].
func AuthenticatePassword(ctx context.Context, name, password string) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	if len(password) > MaxPassword || strings.ContainsFunc(name, unicode.IsControl) {
		return r.guard.unauthenticated(MalformedCredentials, nil)
	}
	c, err := r.guard.checkPassword(r.guard.table.Load(), r.sent, name, password)
	if err != nil {
		return err
	}
	return r.become(c)
}

// AuthenticateDigest finds the caller of the request of a context by a name and by a
// digest of its password that its message contains. matches compares the digest with
// that of a password. proof is what the client has sent, for the count of wrong ones.
// Errors: [*UnauthenticatedError].
func AuthenticateDigest(ctx context.Context, name, proof string, matches func(password string) bool) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return r.guard.unauthenticated(MalformedCredentials, nil)
	}
	c, err := r.guard.checkDigest(r.guard.table.Load(), r.sent, name, proof, matches)
	if err != nil {
		return err
	}
	return r.become(c)
}

// checkDigest returns the caller with this name whose password matches.
func (g *Guard) checkDigest(t *table, from Sent, name, proof string, matches func(password string) bool) (*Caller, error) {
	guess := guess{client: clientOf(from), name: g.digestOf(name, ""), text: g.digestOf(name, proof)}
	claimed := t.byName[name]
	if wait := g.attempts.begin(guess); wait > 0 {
		return nil, g.delayed(claimed, wait)
	}
	var passwords [MaxValid]string // an unknown name takes as long: it has empty ones
	if claimed != nil {
		copy(passwords[:], claimed.DigestPasswords)
	}
	right := false
	for _, password := range passwords {
		right = matches(password) && password != "" || right
	}
	if !right {
		g.attempts.fail(guess)
		return nil, g.unauthenticated(WrongCredentials, claimed)
	}
	g.attempts.succeed(guess)
	return claimed, nil
}

// become makes a caller that a message names that of the request. It wins over that of
// the address.
func (r *Request) become(c *Caller) error {
	if r.caller != nil && r.caller != c && !r.byAddress {
		return r.guard.unauthenticated(SeveralCallers, c)
	}
	r.caller, r.byAddress = c, false
	return nil
}
