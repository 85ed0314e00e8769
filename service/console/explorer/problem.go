package explorer

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// problem is an error of a request, as its page says it.
type problem struct {
	status      int
	Title, Text string
}

// Error implements error.
func (p *problem) Error() string { return "explorer: " + p.Text }

// Names of faults in metrics that have no type of their own.
const (
	callerFault  = "Client"
	serviceFault = "Server"
)

// faultType names an error as the counters of the dialects do.
func faultType(err error) string {
	if err == nil {
		return ""
	}
	fault := service.FaultOf(err)
	switch {
	case isOverload(err):
		return "Overload"
	case fault != nil && fault.Type != "":
		return fault.Type
	case fault != nil && fault.Blame == service.BlameCaller:
		return callerFault
	}
	if known, ok := errors.AsType[*problem](err); ok && known.status < http.StatusInternalServerError || errors.Is(err, errToken) {
		return callerFault
	}
	return serviceFault
}

func isOverload(err error) bool {
	return errors.Is(err, admission.ErrOverloaded) || errors.Is(err, access.ErrBusy)
}

// fail answers with a page that says what is wrong.
func (x *exchange) fail(err error) {
	_, denied := errors.AsType[*access.DeniedError](err)
	_, unknown := errors.AsType[*access.UnauthenticatedError](err)
	switch {
	case denied, unknown, isOverload(err):
		x.pages.Refuse(x.w, x.r, err)
	case errors.Is(err, errToken):
		x.pages.RefuseToken(x.w, x.r)
	default:
		p := x.problemOf(err)
		x.pages.Render(x.w, x.r, p.status, x.page("problem", p.Title, p))
	}
}

// problemOf returns what a page says of an error.
func (x *exchange) problemOf(err error) *problem {
	if known, ok := errors.AsType[*problem](err); ok {
		return known
	}
	if errors.Is(err, admission.ErrTooLarge) {
		return &problem{http.StatusRequestEntityTooLarge, "Too large", "This needs more memory than the service gives to one request. " +
			"Its settings --max-body and --max-elements raise that."}
	}
	fault := service.FaultOf(err)
	if fault == nil {
		requestlog.Fail(x.ctx)
		return &problem{http.StatusInternalServerError, "Not answered", "The service could not answer. The log says why, under the id of the request: " +
			requestlog.ID(x.ctx) + "."}
	}
	if fault.RetryAfter > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(fault.RetryAfter.Seconds()))))
	}
	status, title := http.StatusBadRequest, "Not possible"
	_, unavailable := errors.AsType[*backend.UnavailableError](err)
	_, limited := errors.AsType[*access.LimitError](err)
	_, conflict := errors.AsType[*sessionstore.VersionConflictError](err)
	switch {
	case errors.Is(err, backend.ErrNotFound):
		return &problem{http.StatusNotFound, "No session", "There is no such session: it never existed, has expired or was ended."}
	case errors.Is(err, sessionstore.ErrDeleted):
		return &problem{http.StatusGone, "The session was ended", "The session was ended. Nothing was changed."}
	case conflict:
		status, title = http.StatusConflict, "The session has changed"
	case unavailable:
		status, title = http.StatusServiceUnavailable, "No answer"
	case limited:
		status, title = http.StatusTooManyRequests, "Too many calls"
	case fault.Blame == service.BlameService:
		status, title = http.StatusUnprocessableEntity, "Not readable"
	}
	return &problem{status, title, fault.Reason}
}

// render answers with a page. data is the data of its template. Errors are those of
// [page.Pages.Send].
func (x *exchange) render(status int, name, title string, data any) error {
	return x.pages.Send(x.w, x.r, status, x.page(name, title, data))
}

// renderFailure is render for a page that says what is wrong. If the page was sent, the
// error is the cause, as [answered].
func (x *exchange) renderFailure(cause error, status int, name, title string, data any) error {
	if err := x.render(status, name, title, data); err != nil {
		return err
	}
	return &answered{cause}
}

func (x *exchange) page(name, title string, data any) page.Page {
	return page.Page{Title: title, Template: x.templates[name], Data: data, Current: "sessions"}
}
