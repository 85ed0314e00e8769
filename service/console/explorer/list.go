package explorer

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// list is a page of the list of the sessions of a server.
type list struct {
	Server   string
	Type     string
	Types    []Type
	Rows     []row
	Skipped  int    // entries on the page that are no sessions
	Next     string // position of the next page; "" at the end
	Moves    bool
	Problem  string // why the list does not go on; "" if it does
	Position string // of the page
}

// list shows the sessions of a server. The address has the position, so that the list can
// be taken up again later, and on another instance.
func (x *exchange) list() error {
	number, err := strconv.Atoi(x.r.PathValue("server"))
	servers := x.sessions.Servers()
	if err != nil || number < 0 || number >= len(servers) {
		return &problem{http.StatusNotFound, "No server", "There is no such server."}
	}
	kind, err := x.kind()
	if err != nil {
		return err
	}
	text := x.r.URL.Query().Get("after")
	var after sessionstore.Position
	if text != "" {
		var ok bool
		if after, ok = sessionstore.ParsePosition(text); !ok {
			return &problem{http.StatusBadRequest, "No position", "The address names no position in the list. Begin at its beginning."}
		}
	}
	at := window{server: number, kind: kind.Kind, at: after}
	l, err := x.sessions.ListServer(x.ctx, number, kind.Kind, after, x.windows.get(at), rowsPerPage)
	page := list{Server: servers[number], Type: kind.Name, Types: x.options.Types, Moves: x.sessions.Moves(), Position: text}
	if _, down := errors.AsType[*backend.UnavailableError](err); down {
		p := x.problemOf(err)
		page.Problem = p.Text
		return x.renderFailure(err, p.status, "list", "Sessions of a server", page)
	}
	if err != nil {
		return err
	}
	page.Rows, page.Skipped = x.rows(l.Sessions), l.Skipped
	if l.More() {
		page.Next = l.Next.String()
		at.at, at.left = l.Next, l.Window
		x.windows.put(at)
	}
	return x.render(http.StatusOK, "list", "Sessions of a server", page)
}

// Lists in memory are bounded: how many there are, how many entries each has
// ([sessionstore.Store.Window]), and how long they are kept.
const (
	maxWindows = 16
	windowLife = 10 * time.Minute
)

// window is what is known of a list behind a position.
type window struct {
	server int
	kind   string
	at     sessionstore.Position
	left   sessionstore.Window
	since  time.Time
}

func (w window) same(other window) bool {
	return w.server == other.server && w.kind == other.kind && w.at == other.at
}

// windows remembers the lists that people page through. One that it has forgotten is made
// again from its position.
type windows struct {
	mu   sync.Mutex
	list []window // the latest last
}

func (w *windows) get(at window) sessionstore.Window {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range w.list {
		if known.same(at) && time.Since(known.since) < windowLife {
			return known.left
		}
	}
	return sessionstore.Window{}
}

func (w *windows) put(at window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at.since = time.Now()
	w.list = slices.DeleteFunc(w.list, func(known window) bool {
		return known.same(at) || time.Since(known.since) >= windowLife
	})
	if len(w.list) == maxWindows {
		w.list = slices.Delete(w.list, 0, 1)
	}
	w.list = append(w.list, at)
}
