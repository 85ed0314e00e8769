package main

import (
	"embed"
	"log/slog"
	"net/http"

	"memcachedsoap/service/access"
	"memcachedsoap/service/console/contract"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/httpd"
)

//go:embed console.html
var consoleTemplate embed.FS

// consoleOn reports whether the console answers: to callers of the auth file, or else on
// this machine only.
func (c *serveCommand) consoleOn() bool { return c.AuthFile != "" || !c.AllowAnonymous }

// pages returns what answers people: the pages of the service, and the console, which is
// nil if it is off.
func (c *serveCommand) pages(logger *slog.Logger) (pages httpd.Pages, console http.Handler) {
	frame := page.New(page.Options{Console: c.consoleOn(), Logger: logger})
	pages = contract.New(frame, contract.Options{PublicURL: c.PublicURL, Callers: c.AuthFile != ""}).Serve
	if !c.consoleOn() {
		return pages, nil
	}
	template := frame.Parse(consoleTemplate, "console.html")
	mux := http.NewServeMux()
	mux.Handle("GET "+page.ConsolePath+"/assets/", frame.Assets())
	mux.Handle("GET "+page.ConsolePath, frame.Require(access.Stats, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		frame.Render(w, r, http.StatusOK, page.Page{Title: "Console", Template: template, Current: "console"})
	})))
	return pages, mux
}
