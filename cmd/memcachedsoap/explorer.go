package main

import (
	"log/slog"
	"net/http"
	"slices"

	"memcachedsoap/service"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/console/explorer"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/lemonldap"
)

// explorer returns what makes the session explorer, once the frame of its pages is there.
func (c *serveCommand) explorer(sessions *service.Service, counters *service.Counters, audited *audit.Log, logger *slog.Logger) func(*page.Pages) http.Handler {
	o := explorer.Options{
		Counters: counters, AuditLog: audited, Logger: logger, CallTimeout: c.CallTimeout, WriteTimeout: c.WriteTimeout,
	}
	if c.LemonLDAP {
		o.Types = sessionTypes()
	}
	return func(frame *page.Pages) http.Handler { return explorer.New(sessions, frame, o) }
}

// sessionTypes are the types of LemonLDAP::NG whose sessions are items of their own.
func sessionTypes() (types []explorer.Type) {
	for name, kind := range lemonldap.Kinds() {
		if !slices.ContainsFunc(types, func(t explorer.Type) bool { return t.Kind == kind }) {
			types = append(types, explorer.Type{Name: name, Kind: kind})
		}
	}
	return types
}
