package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/certificate"
	"memcachedsoap/service/console/explorer"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/rpc"
	"memcachedsoap/service/metrics"
	"memcachedsoap/service/perlcgi"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/seal"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Help is what the command's --help adds.
func (*serveCommand) Help() string { return signalsHelp }

// Run runs the service until the context ends.
func (c *serveCommand) Run(ctx context.Context, std streams) error {
	logger, lines, closeLog := c.openLog(std) //nolint:contextcheck // the lines of the end come after that of the context
	defer closeLog()                          // last, so that it has all lines
	traced, closeTraces, err := openTraces(ctx, logger)
	if err != nil {
		return err
	}
	defer closeTraces()                                   // late, so that it sends all that was recorded
	files, stopReloading, err := c.readFiles(std, logger) //nolint:contextcheck // stopReloading stops what it starts
	if err != nil {
		return err
	}
	defer stopReloading()
	defer c.tuneGarbageCollector()()
	admitted := c.admission()
	found, stopDiscovery, err := c.discoverOrigins(ctx, logger)
	if err != nil {
		return err
	}
	defer stopDiscovery()
	broker, err := c.lemonldapEvents(logger) //nolint:contextcheck // Close stops what it starts
	if err != nil {
		return err
	}
	defer broker.Close() // after the store, which may still delete
	store, closeStore, err := c.store(ctx, files, found, broker, logger)
	if err != nil {
		return err
	}
	defer func() {
		if err := closeStore(); err != nil {
			logger.Warn("could not close the store", "error", err)
		}
	}()
	defer logRebuilds(store, logger)()
	listeners, metricsListener, err := c.open(ctx, files.keeper, logger)
	if err != nil {
		return err
	}
	counters := service.NewCounters(version, slices.Concat(document.Operations(), lemonldap.Operations(), rpc.Operations(), explorer.Operations())...)
	sessions := service.New(store, counters)
	sessions.Audit(files.audited)
	ofLemonLDAP := c.lemonldapSessions(sessions, files.lemonldap)
	changed, changesHost := files.peers.handler()
	defer files.peers.leaveWith(ctx)()
	forPeople := c.people(found.process, c.explorer(sessions, counters, files.audited, logger), logger)
	server := httpd.New(c.endpoint(sessions, ofLemonLDAP, counters, files.audited, logger), httpd.Options{ //nolint:contextcheck // each request has its own
		PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, AllowedHosts: c.AllowedHosts,
		Certificate: files.keeper, ClientCertificateHeader: c.ClientCertificateHeader,
		AnyPath: c.LemonLDAP, Admission: admitted, Access: files.callers, MaxHeaderBytes: int(c.MaxHeader),
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout, Drain: c.Drain,
		Changes: changed, ChangesHost: changesHost, Events: broker.Handler(),
		Sessions: c.lemonldapHandler(ofLemonLDAP, counters, files.audited),
		Pages:    forPeople.pages, Console: forPeople.console, ConsoleLocal: c.AuthFile == "",
		Health: healthOf(sessions, store), AuditLog: files.audited.Err, Connection: counters.Connection, Logger: logger,
		Tracer: traced.requests,
	})
	c.logListening(listeners, logger)
	defer forPeople.start(ctx, found.process, counters, store, server)()
	if len(c.Servers) == 0 {
		logger.Warn("no --servers: the sessions are in the memory of this process and end with it")
	}
	stopMetrics := c.serveMetrics(ctx, metricsListener, metrics.Sources{Counters: counters, Server: server, Store: store, Audit: files.audited, Events: broker, Traces: traced.metrics, Log: lines}, server.Handler(), logger)
	defer giveBackMemory(ctx, admitted)()
	defer notifySystemd(ctx, logger)()
	err = server.Serve(ctx, c.StopTimeout, listeners...)
	stopMetrics() // after the service, so that its last metrics can be scraped
	logger.Info("stopped")
	return err
}

// reloaded is what the service takes from files and takes again when they change.
type reloaded struct {
	callers   *access.Guard       // nil: everybody may call
	keys      *seal.Keyring       // without keys: sessions are stored unencrypted
	keeper    *certificate.Keeper // nil: no TLS
	audited   *audit.Log          // nil: no audit log
	lemonldap *lemonldapKey       // nil: secrets are not verified
	peers     *peers              // nil: this instance follows the changes alone
}

// readFiles reads the files, and again when they change, until stop is called.
func (c *serveCommand) readFiles(std streams, logger *slog.Logger) (r reloaded, stop func(), err error) {
	files := &reloader{logger: logger}
	if err = c.watchConfig(files, logger); err != nil {
		return r, nil, err
	}
	if r, err = c.readSecrets(files, logger); err != nil {
		return r, nil, err
	}
	var closeAudit func()
	if r.audited, closeAudit, err = c.auditLog(files, std, logger); err != nil {
		return r, nil, err
	}
	stopReloading := files.start()
	return r, func() {
		stopReloading()
		closeAudit()
	}, nil
}

// readSecrets reads all files but the audit log, which is written.
func (c *serveCommand) readSecrets(files *reloader, logger *slog.Logger) (r reloaded, err error) {
	if r.callers, err = c.guard(files, logger); err != nil {
		return r, err
	}
	if r.keys, err = c.keyring(files, logger); err != nil {
		return r, err
	}
	if r.keeper, err = c.certificate(files, logger); err != nil {
		return r, err
	}
	if r.peers, err = c.peers(files, r.keeper, logger); err != nil {
		return r, err
	}
	r.lemonldap, err = c.lemonldapKey(files)
	return r, err
}

// healthOf returns what the probe of readiness asks.
func healthOf(sessions *service.Service, store *sessionstore.Store) func(context.Context) []httpd.ServerHealth {
	return func(ctx context.Context) []httpd.ServerHealth {
		states := sessions.Health(ctx)
		indexes := make(map[string]string)
		for _, state := range store.IndexStates() {
			indexes[state.Server] = state.String()
		}
		servers := make([]httpd.ServerHealth, len(states))
		for i, state := range states {
			servers[i] = httpd.ServerHealth{Server: state.Server, Err: state.Err, State: state.State, Index: indexes[state.Server]}
			if down, ok := errors.AsType[*backend.UnavailableError](state.Err); ok {
				servers[i].Reason = down.Reason
			}
		}
		return servers
	}
}

// endpoint returns the handler of SOAP requests, with the operations of every
// dialect.
func (c *serveCommand) endpoint(
	sessions *service.Service, ofLemonLDAP *lemonldap.Sessions, counters *service.Counters, audited *audit.Log, logger *slog.Logger,
) *soap.Dispatcher {
	options := soap.Options{
		Limits: soap.Limits{Body: int(c.MaxBody), XML: xmlscan.Limits{
			Depth: c.MaxDepth, Attributes: c.MaxAttributes, Namespaces: c.MaxNamespaces, Elements: c.MaxElements,
		}},
		Timeout:   c.CallTimeout,
		FaultOf:   dialect.FaultOf,
		RequestID: requestlog.ID,
		Authorize: dialect.Authorize,
		Observe:   dialect.Audited(dialect.Observer(counters), audited),
		Admission: admission.Admission{},
		Logger:    logger,
	}
	if c.AuthFile != "" {
		options.Security = dialect.Security
	}
	d := soap.NewDispatcher(options)
	document.Register(d, sessions, document.Options{MaxEntries: c.MaxEntries, Reserve: admission.Reserve, MinIDLength: c.MinIDLength})
	perlcgi.Register(d, sessions, perlcgi.Options{MaxEntries: c.MaxEntries, Reserve: admission.Reserve, CreateOnGet: c.LegacyBooking})
	if c.LemonLDAP {
		rpc.Register(d, sessions, ofLemonLDAP, rpc.Options{MaxEntries: c.MaxEntries, Reserve: admission.Reserve})
	}
	return d
}
