package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/console/contract"
	"memcachedsoap/service/console/explorer"
	"memcachedsoap/service/console/live"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/metric"
)

// consoleOn reports whether the console answers: to callers of the auth file, or else on
// this machine only.
func (c *serveCommand) consoleOn() bool { return c.Console && (c.AuthFile != "" || !c.AllowAnonymous) }

// people is what answers people: the pages of the service, and the console, which is nil
// if it is off.
type people struct {
	pages   httpd.Pages
	console http.Handler
	live    *live.Console
}

// people returns what answers people about a process; sessions makes the session
// explorer.
func (c *serveCommand) people(self *process, sessions func(*page.Pages) http.Handler, logger *slog.Logger) people {
	frame := page.New(page.Options{Console: c.consoleOn(), Logger: logger})
	p := people{pages: contract.New(frame, contract.Options{PublicURL: c.PublicURL, Callers: c.AuthFile != ""}).Serve}
	if !c.consoleOn() {
		return p
	}
	p.live = live.New(frame, self.Instance, self.began)
	mux := http.NewServeMux()
	ofSessions := sessions(frame)
	for _, path := range []string{explorer.Path, explorer.Path + "/"} {
		mux.Handle(path, ofSessions)
	}
	mux.Handle("GET "+page.ConsolePath+"/assets/", frame.Assets())
	mux.Handle("GET "+page.ConsolePath, frame.Require(access.Stats, http.HandlerFunc(p.live.ServePage)))
	mux.Handle("GET "+live.EventsPath, frame.Require(access.Stats, http.HandlerFunc(p.live.ServeEvents)))
	p.console = mux
	return p
}

// start starts what the console needs, until stop is called.
func (p people) start(ctx context.Context, self *process, counters *service.Counters, store *sessionstore.Store, server *httpd.Server) (stop func()) {
	if p.live == nil {
		return func() {}
	}
	return p.live.Start(ctx, live.Sources{
		Counters:   counters.Snapshot,
		Metrics:    func() []metric.Metric { return slices.Concat(store.Metrics(), server.Metrics()) },
		Servers:    store.Stats,
		Indexes:    store.IndexStates,
		Neighbours: self.neighbours(),
	})
}
