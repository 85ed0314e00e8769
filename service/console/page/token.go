package page

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// The token of a form is that of a cookie, too, which a page of another site can
// neither read nor send (SameSite). So the form was made by this service, by any of its
// instances: they need no common secret.
const (
	tokenField  = "token"
	tokenCookie = "memcachedsoap_token" //nolint:gosec // a name
)

// token returns the token of the browser that sends a request. If it has none, the
// answer gives it one.
func token(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(tokenCookie); err == nil && isToken(c.Value) {
		return c.Value
	}
	var bits [24]byte
	rand.Read(bits[:]) // never fails: it ends the program instead
	value := base64.RawURLEncoding.EncodeToString(bits[:])
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without TLS it cannot be Secure
		Name: tokenCookie, Value: value, Path: "/", // of the browser, whatever the prefix of a proxy
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
	return value
}

func isToken(text string) bool {
	bits, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(bits) == 24
}

// CheckToken reports whether the token of the form of a request is that of its browser. It
// reads the form: bound the body before. A request that changes something needs a token.
func CheckToken(r *http.Request) bool {
	given := r.PostFormValue(tokenField)
	if !isToken(given) {
		return false
	}
	for _, c := range r.CookiesNamed(tokenCookie) {
		if subtle.ConstantTimeCompare([]byte(strings.TrimSpace(c.Value)), []byte(given)) == 1 {
			return true
		}
	}
	return false
}
