package page

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/service/access"
)

// Require lets only callers with roles pass to a handler. Without an auth file everybody
// is one.
func (p *Pages) Require(roles access.Role, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := access.Authenticate(r.Context())
		if err == nil {
			err = access.Require(r.Context(), roles)
		}
		if err != nil {
			p.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Refusal is what a page says that refuses a request.
type Refusal struct {
	Title, Text string
}

// Refuse answers a request that package access or package admission has refused.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if denied, ok := errors.AsType[*access.DeniedError](err); ok {
		p.Fail(w, r, http.StatusForbidden, Refusal{"Not allowed", "The caller " + denied.Caller + " lacks the role " +
			denied.Missing.String() + ". The operator of the service can give it to the caller in the auth file."})
		return
	}
	if unknown, ok := errors.AsType[*access.UnauthenticatedError](err); ok {
		for _, challenge := range unknown.Challenges {
			w.Header().Add("WWW-Authenticate", challenge)
		}
		if unknown.RetryAfter > 0 {
			w.Header().Set("Retry-After", seconds(unknown.RetryAfter))
		}
		p.Fail(w, r, http.StatusUnauthorized, Refusal{"Sign in", "This page is for callers of the auth file. " +
			"Load it again, and give the name and the password of a caller."})
		return
	}
	p.busy(w, r, Page{})
}

// busy answers a request of a page for which there is no room.
func (p *Pages) busy(w http.ResponseWriter, r *http.Request, page Page) {
	w.Header().Set("Retry-After", "1")
	p.FailOn(w, r, http.StatusServiceUnavailable, page, Refusal{"Busy", "The service cannot answer now. Load the page again in a moment."})
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// RefuseToken answers a request whose token is not that of its browser.
func (p *Pages) RefuseToken(w http.ResponseWriter, r *http.Request) {
	p.Fail(w, r, http.StatusForbidden, Refusal{"Nothing was changed", "The form was not made by this service for this browser. " +
		"Load the page again, and allow its cookie."})
}

// Fail answers a request with a page that says why there is no other.
func (p *Pages) Fail(w http.ResponseWriter, r *http.Request, status int, why Refusal) {
	p.FailOn(w, r, status, Page{}, why)
}

// FailOn is [Pages.Fail] for a request of a page with other settings than those of the
// console.
func (p *Pages) FailOn(w http.ResponseWriter, r *http.Request, status int, page Page, why Refusal) {
	page.Title, page.Template, page.Data = why.Title, p.refusal, why
	p.Render(w, r, status, page)
}
