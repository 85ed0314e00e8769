package explorer

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/console/page"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// shownID is what a form calls the id of the session among the paths of values.
const shownID = "id"

// maxShown bounds how many values a form asks for one by one.
const maxShown = 200

// firstBytes is what the audit log calls the bytes of an item that cannot be read.
const firstBytes = "(first bytes)"

// session is the page of a session, or of a value in it.
type session struct {
	head

	At     string // path of the value that the page is about; "" is the session
	Title  string // of the value
	Up     string // path of what the value is in
	Type   string // of the value
	Nodes  []node
	All    int // values in it
	From   int
	To     int
	Before int // where the page before begins; -1 if there is none
	After  int

	Scalar   bool
	Editable bool  // a form can change the value
	Fixed    bool  // nobody can change or remove it
	Part     *part // of a value that is shown

	Asked []string // paths of the values that are shown
	Done  string   // what was done before

	takesMore bool
}

// head is what the page says of the whole session.
type head struct {
	Link, Fingerprint, TypeName string
	ID                          string // "" until it is asked for
	Left, Expires               string
	Server, Size, Flags         string
	Version                     string
	Written                     string // "" if nobody knows
	Writer                      string // "" if nobody knows
	WriterSince                 string // "" if there is no audit log
	Unreadable                  string // "" if it can be read
	First                       string // bytes of what cannot be read
	MayWrite, MayDelete         bool
}

// nodeView is a node with what its template needs besides.
type nodeView struct {
	Node      node
	One, Edit string // addresses of pages
	MayWrite  bool
}

// In returns a node of the page with the addresses of its pages.
func (s *session) In(one, edit string, n node) nodeView { return nodeView{n, one, edit, s.MayWrite} }

// With returns another node of the same page.
func (v nodeView) With(n node) nodeView {
	v.Node = n
	return v
}

// MayAdd says whether the value that the page is about takes another value.
func (s *session) MayAdd() bool { return s.takesMore }

// show shows a session. With a form, it shows the values that the form asks for.
func (x *exchange) show() error {
	id, err := x.session()
	if err != nil {
		return err
	}
	asked := x.asked()
	var s *session
	var failed error
	_, err = x.sessions.InspectSession(x.ctx, id, func(inspected sessionstore.Inspected) []string {
		var names []string
		s, names, failed = x.sessionPage(inspected, asked)
		return names
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	return x.render(http.StatusOK, "session", "Session "+s.Fingerprint, s)
}

// asked returns the paths of the values that a form asks for.
func (x *exchange) asked() []string {
	if x.r.Method != http.MethodPost {
		return nil
	}
	asked := slices.Concat(x.r.PostForm["reveal"], x.r.PostForm["shown"])
	slices.Sort(asked)
	asked = slices.Compact(asked)
	return asked[:min(len(asked), maxShown)]
}

// sessionPage makes the page of a session, and returns the names of the attributes of
// which it shows values.
func (x *exchange) sessionPage(inspected sessionstore.Inspected, asked []string) (s *session, shown []string, err error) {
	s = &session{head: x.head(inspected), Before: -1, After: -1, Asked: asked, Done: doneText(x.r.URL.Query().Get("done"))}
	if slices.Contains(asked, shownID) {
		s.ID = inspected.ID.Digits()
		shown = append(shown, sessionstore.IDAttribute)
	}
	if inspected.Unreadable != nil {
		if s.First != "" {
			shown = append(shown, firstBytes)
		}
		return s, shown, nil
	}
	s.At = x.r.URL.Query().Get("at")
	at, ok := find(inspected.Attributes, s.At)
	if !ok {
		return nil, nil, errNoValue()
	}
	t := newTree(asked)
	s.takesMore = addable(at) == nil
	s.Title, s.Up, s.Type = at.title, parent(s.At), typeOf(at.value)
	if isScalar(at.value) {
		s.Scalar, s.Editable, s.Fixed = true, editable(at.value), changeable(at) != nil
		if t.shows(s.At, at.top) {
			number, _ := strconv.Atoi(x.r.FormValue("part"))
			p := partOf(contentOf(at.value), number)
			s.Part = &p
		}
	} else {
		s.list(t, at, x.r.URL.Query().Get("from"))
	}
	return s, slices.Concat(shown, slices.Sorted(maps.Keys(t.names))), nil
}

// list makes the nodes of the values in the one that the page is about.
func (s *session) list(t *tree, at place, from string) {
	if n, err := strconv.Atoi(from); err == nil && n > 0 {
		s.From = n
	}
	s.Nodes, s.All = t.list(at, s.At, s.From, perPage, 1)
	if s.From >= s.All && s.From > 0 {
		s.From = 0
		s.Nodes, s.All = t.list(at, s.At, 0, perPage, 1)
	}
	s.To = s.From + len(s.Nodes)
	if s.From > 0 {
		s.Before = max(s.From-perPage, 0)
	}
	if s.To < s.All {
		s.After = s.To
	}
}

func isScalar(v perldata.Value) bool {
	switch v.Kind() { //nolint:exhaustive // the others are no scalars
	case perldata.KindList, perldata.KindHash, perldata.KindRef:
		return false
	}
	return true
}

func errNoValue() error {
	return &problem{http.StatusNotFound, "No value", "There is no such value in the session. It may have been removed: look at the whole session."}
}

// head returns what the page says of the whole session.
func (x *exchange) head(s sessionstore.Inspected) head {
	h := head{
		Link: x.sealSession(s.ID), Fingerprint: s.ID.Fingerprint(), TypeName: x.typeName(s.ID.Type()),
		Left: timeLeft(s.ExpiresIn), Server: s.Server, Size: sizeText(s.Size), Flags: flagsText(s), Version: s.Version,
		MayWrite: x.sessions.MayView(x.ctx, access.Write) == nil, MayDelete: x.sessions.MayView(x.ctx, access.Delete) == nil,
	}
	if s.ExpiresIn > 0 {
		h.Expires = moment(time.Now().Add(s.ExpiresIn))
	}
	if !s.Written.IsZero() {
		h.Written = moment(s.Written)
	}
	writer, known, since := x.sessions.LastWriter(s.ID)
	if !since.IsZero() {
		h.WriterSince = moment(since)
	}
	if known {
		h.Writer = writerText(writer.Caller, writer.Operation, writer.Dialect, writer.Time)
	}
	if s.Unreadable != nil {
		h.Unreadable = s.Unreadable.Reason
		h.First = hex.Dump(s.First)
	}
	return h
}

func writerText(caller, operation, dialect string, at time.Time) string {
	if caller == "" {
		caller = "a caller without a name"
	}
	text := visible(caller) + " with " + operation
	if dialect != "" {
		text += " (" + dialect + ")"
	}
	return text + ", " + moment(at)
}

// flagsText explains the client flags of an item.
func flagsText(s sessionstore.Inspected) string {
	var forms []string
	if s.Flags&1 != 0 {
		forms = append(forms, "Storable")
	}
	if s.Compressed {
		forms = append(forms, "compressed")
	}
	if s.Encrypted {
		forms = append(forms, "encrypted")
	}
	if len(forms) == 0 {
		forms = append(forms, "a plain string")
	}
	return fmt.Sprintf("%d (%s)", s.Flags, strings.Join(forms, ", "))
}

// Texts of what was done before a page.
func doneText(done string) string {
	switch done {
	case "saved":
		return "The change was saved."
	case "extended":
		return "The session was extended."
	case "renamed":
		return "The session has a new id."
	}
	return ""
}

// extend gives a session a new time to live.
func (x *exchange) extend() error {
	id, err := x.session()
	if err != nil {
		return err
	}
	ttl := sessionstore.DefaultTTL
	if text := strings.TrimSpace(x.r.PostFormValue("seconds")); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds < 1 {
			return &problem{http.StatusBadRequest, "No time", "Give a number of seconds from 1 to 2147483647, or nothing for the default time to live."}
		}
		ttl = time.Duration(seconds) * time.Second
	}
	if _, err := x.sessions.ExtendSession(x.ctx, id, ttl); err != nil {
		return err
	}
	page.Redirect(x.w, x.r, below+"/one/"+x.sealSession(id)+"?done=extended")
	return nil
}

// rename gives a session a new id.
func (x *exchange) rename() error {
	id, err := x.session()
	if err != nil {
		return err
	}
	ref, err := x.sessions.RenumberSession(x.ctx, id)
	if err != nil {
		return err
	}
	page.Redirect(x.w, x.r, below+"/one/"+x.sealSession(ref.ID)+"?done=renamed")
	return nil
}

// end ends a session. An item that cannot be read is deleted only if it still is what was
// shown.
func (x *exchange) end() error {
	id, err := x.session()
	if err != nil {
		return err
	}
	ended, err := x.sessions.EndSession(x.ctx, id, x.r.PostFormValue("version"))
	switch {
	case err != nil:
		return err
	case !ended:
		return backend.ErrNotFound
	}
	page.Redirect(x.w, x.r, below+"?done=ended")
	return nil
}
