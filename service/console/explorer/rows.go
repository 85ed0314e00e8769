package explorer

import (
	"net/http"
	"strconv"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
)

// row is a session in a table.
type row struct {
	Link        string // sealed
	Fingerprint string
	Type        string
	Server      string
	Left        string
	Size        string
	Unreadable  bool
}

func (x *exchange) row(s sessionstore.Inspected) row {
	return row{
		Link: x.sealSession(s.ID), Fingerprint: s.ID.Fingerprint(), Type: x.typeName(s.ID.Type()), Server: s.Server,
		Left: timeLeft(s.ExpiresIn), Size: sizeText(s.Size), Unreadable: s.Unreadable != nil,
	}
}

func (x *exchange) rows(sessions []sessionstore.Inspected) []row {
	rows := make([]row, len(sessions))
	for i, s := range sessions {
		rows[i] = x.row(s)
	}
	return rows
}

// rowsPerPage is how many sessions a page lists.
const rowsPerPage = 50

// found is the page of the sessions that a query has found.
type found struct {
	query

	Link      string // of the query, sealed
	TypeName  string
	Number    int
	From, To  int // of those on the page, the first one is 1
	Previous  int // where the page before begins; -1 if there is none
	Next      int
	Rows      []row
	Gone      int // sessions that were found and have ended since
	MayLogOut bool
}

func (x *exchange) found() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	ids, err := x.sessions.FindIDs(x.ctx, q.Kind, q.Attribute, q.Value)
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(x.r.URL.Query().Get("from"))
	if err != nil || from < 0 || from >= len(ids) {
		from = 0
	}
	to := min(from+rowsPerPage, len(ids))
	sessions, err := x.sessions.InspectMany(x.ctx, ids[from:to])
	if err != nil {
		return err
	}
	f := found{
		query: q, Link: x.r.PathValue("query"), TypeName: x.typeName(q.Kind), Number: len(ids), From: from + 1, To: to, Previous: -1, Next: -1,
		Rows: x.rows(sessions), Gone: to - from - len(sessions), MayLogOut: x.sessions.MayView(x.ctx, access.Delete) == nil,
	}
	if from > 0 {
		f.Previous = max(from-rowsPerPage, 0)
	}
	if to < len(ids) {
		f.Next = to
	}
	return x.render(http.StatusOK, "found", "Sessions found", f)
}

// loggedOut is the page that says what became of the sessions of a principal.
type loggedOut struct {
	query
	service.LogOut

	Link     string
	TypeName string
	Problem  string // "" if all went well
}

func (x *exchange) logOut() error {
	q, err := x.query()
	if err != nil {
		return err
	}
	out, err := x.sessions.LogOutEverywhere(x.ctx, q.Kind, q.Attribute, q.Value)
	if _, refused := service.Refusal(err); refused {
		return err
	}
	result := loggedOut{query: q, LogOut: out, Link: x.r.PathValue("query"), TypeName: x.typeName(q.Kind)}
	const page, title = "done", "Log-out"
	if err != nil {
		requestlog.Fail(x.ctx)
		p := x.problemOf(err)
		result.Problem = p.Text
		return x.renderFailure(err, p.status, page, title, result)
	}
	status := http.StatusOK
	if out.Remaining > 0 {
		status = http.StatusConflict
	}
	return x.render(status, page, title, result)
}

// answered is an error whose page was sent already.
type answered struct{ error }

// Unwrap returns the error.
func (a *answered) Unwrap() error { return a.error }
