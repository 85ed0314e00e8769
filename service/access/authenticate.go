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
	caller, err := r.guard.byAuthorization(ctx, t, r.sent)
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
func (g *Guard) byAuthorization(ctx context.Context, t *table, sent Sent) (*Caller, error) {
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
			return g.checkPassword(ctx, t, sent, name, password)
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
