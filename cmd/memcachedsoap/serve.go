package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/document"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/metrics"
	"memcachedsoap/service/perlcgi"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// serveCommand holds the settings of the service.
type serveCommand struct {
	Listen        []string `default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Addresses to listen on: HOST:PORT, :PORT (every interface) or unix:PATH; several with commas between (${default})."`
	MetricsListen string   `name:"metrics-listen" placeholder:"ADDRESS" help:"Address at which /metrics has figures for Prometheus: HOST:PORT, :PORT or unix:PATH; not one that a reverse proxy shows to others. None: nowhere."`

	Servers           []string               `placeholder:"HOST:PORT" help:"memcached servers that keep the sessions, in the order that every program on the pool has: HOST:PORT, HOST or unix:PATH, each with =WEIGHT behind it if they have weights; several with commas between. None: sessions are kept in the memory of this process and end with it."`
	Hash              selector.Hash          `enum:"cache-memcached,cache-memcached-fast,cache-memcached-fast-ketama,libmemcached-ketama,modula" default:"cache-memcached" placeholder:"RULE" help:"How the other programs on the pool choose the server of a session: cache-memcached (Cache::Memcached), cache-memcached-fast (Cache::Memcached::Fast, the same but for fractions of weights), cache-memcached-fast-ketama (with ketama_points), libmemcached-ketama (OPT_LIBKETAMA_COMPATIBLE) or modula (OPT_HASH=HASH_CRC) (${default})."`
	KetamaPoints      int                    `placeholder:"N" help:"ketama_points of Cache::Memcached::Fast, with --hash=cache-memcached-fast-ketama (150)."`
	KeyPrefix         string                 `placeholder:"TEXT" help:"Prefix of every key in memcached: namespace of Cache::Memcached."`
	HashKeyPrefix     bool                   `help:"Let the prefix of keys decide about the server, too: hash_namespace of Cache::Memcached::Fast, with --hash=cache-memcached-fast or cache-memcached-fast-ketama."`
	OnDeadServer      memcached.OnDeadServer `enum:"fail,rehash" default:"fail" placeholder:"WHAT" help:"fail: sessions of a server that is down are unavailable. rehash: the next server takes its place, as with Cache::Memcached; without their sessions its users are strangers until it is back (${default})."`
	CompressThreshold byteSize               `default:"0" placeholder:"SIZE" help:"Compress sessions of this size and more, as compress_threshold of Cache::Memcached; 0 is never. Compressed ones are read in any case (${default})."`

	Local       []string `placeholder:"memory:SIZE" help:"Where copies of sessions are kept close by, to read them faster: memory:SIZE, such as memory:64MiB, is this process; else memcached servers, HOST:PORT or unix:PATH, with commas between. Kept right by following the changes on --servers."`
	LocalMaxAge seconds  `default:"5" placeholder:"SECONDS" help:"How long a copy is used: so late is noticed what memcached tells nobody, such as a deletion by Perl programs on memcached before 1.6.20 (${default})."`
	MaxStale    seconds  `default:"0" placeholder:"SECONDS" help:"How long sessions are read from copies while their server does not answer, with --local; 0 is not at all (${default})."`

	MemoryLimit byteSize `default:"64MiB" placeholder:"SIZE" help:"Memory for sessions when no servers are named; the least recently used give way (${default})."`

	PublicURL      string         `name:"public-url" placeholder:"URL" help:"Address of the endpoint as clients know it, for the WSDL. Without it the WSDL has the address under which it was asked for."`
	TrustedProxies []netip.Prefix `default:"127.0.0.0/8,::1/128" placeholder:"CIDR" help:"Reverse proxies whose X-Forwarded-For, -Proto, -Host, -Prefix, -User and X-Request-ID are believed (${default})."`

	SessionTTL    seconds `name:"session-ttl" default:"72000" placeholder:"SECONDS" help:"Time to live of a session whose writer asks for none; 0 is for ever (${default})."`
	SessionIdle   seconds `name:"session-idle" default:"0" placeholder:"SECONDS" help:"Time that a session lives if nobody uses it: each reading and each change lets it live so long again, up to the end of its time to live; 0 is as long as that (${default})."`
	MaxSessionTTL seconds `name:"max-session-ttl" default:"0" placeholder:"SECONDS" help:"Longest time to live of any session; longer ones are cut; 0 is no limit (${default})."`

	Principal               []string `placeholder:"ATTRIBUTE" help:"Attributes, such as uid, by whose value sessions are found: findSessions and deleteSessions find all of a user's, Perl programs the last one (option principal of Apache::Session::Memorycached), whose id stands under the MD5 of the value, which is in the session as ATTRIBUTE_MD5. Several with commas between; the first is the one that is meant when none is named."`
	MaxSessionsPerPrincipal int      `name:"max-sessions-per-principal" default:"1000" placeholder:"N" help:"Most sessions found by one value, the newest; older ones live on but are not found; 5000 at most (${default})."`

	LegacyBooking bool `name:"legacy-booking" default:"true" negatable:"" help:"Make a new session when a program of MemcachedSOAP.cgi asks for one without an id, as the script did; without, that is a fault (${default})."`

	MaxBody        byteSize `default:"4MiB" placeholder:"SIZE" help:"Longest request, as sent and again after decompression (${default})."`
	MaxHeader      byteSize `default:"32KiB" placeholder:"SIZE" help:"Longest head of a request (${default})."`
	MaxDepth       int      `default:"600" placeholder:"N" help:"Deepest nesting of XML elements (${default})."`
	MaxAttributes  int      `default:"64" placeholder:"N" help:"Most attributes of one XML element (${default})."`
	MaxNamespaces  int      `default:"64" placeholder:"N" help:"Most XML namespace declarations in force at a time (${default})."`
	MaxElements    int      `default:"500000" placeholder:"N" help:"Most XML elements of one request (${default})."`
	MaxEntries     int      `default:"100000" placeholder:"N" help:"Most entries of one session, nested ones included, and of all sessions of one answer (${default})."`
	MaxInFlight    int      `default:"512" placeholder:"N" help:"Most requests answered at a time; more are refused with 503 (${default})."`
	MaxConnections int      `default:"4096" placeholder:"N" help:"Most connections open at a time on one listener; more wait (${default})."`

	StoreTimeout time.Duration `default:"100ms" placeholder:"TIME" help:"For one exchange with a memcached server (${default})."`
	CallTimeout  time.Duration `default:"10s" placeholder:"TIME" help:"For one call, once it was read (${default})."`
	ReadTimeout  time.Duration `default:"30s" placeholder:"TIME" help:"For reading one request (${default})."`
	WriteTimeout time.Duration `default:"60s" placeholder:"TIME" help:"From the end of a request's head to the end of its answer (${default})."`
	IdleTimeout  time.Duration `default:"2m" placeholder:"TIME" help:"For a connection without a request (${default})."`
	Drain        time.Duration `default:"1s" placeholder:"TIME" help:"How long a stopping service still answers, reports not ready and announces the end of each connection (${default})."`
	StopTimeout  time.Duration `default:"30s" placeholder:"TIME" help:"For requests in flight when the service stops (${default})."`

	LogFormat string     `enum:"text,json" default:"text" placeholder:"FORMAT" help:"text or json, on standard error (${default})."`
	LogLevel  slog.Level `default:"info" placeholder:"LEVEL" help:"debug, info (a line a request), warn or error (${default})."`
}

// Validate refuses settings that cannot work, with the reason. Kong calls it.
func (c *serveCommand) Validate() error {
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("--public-url is not an http or https URL without a query")
		}
	}
	if c.MaxSessionTTL > 0 && (c.SessionTTL == 0 || c.SessionTTL > c.MaxSessionTTL) {
		return errors.New("--session-ttl is longer than --max-session-ttl")
	}
	if c.SessionIdle > 0 && c.SessionTTL > 0 && c.SessionIdle > c.SessionTTL {
		return errors.New("--session-idle is longer than --session-ttl")
	}
	if err := c.validatePrincipals(); err != nil {
		return err
	}
	if err := c.validateLocal(); err != nil {
		return err
	}
	if c.StoreTimeout > c.CallTimeout {
		return errors.New("--store-timeout is longer than --call-timeout")
	}
	if c.CallTimeout > c.WriteTimeout {
		return errors.New("--call-timeout is longer than --write-timeout, so an answer could not be sent")
	}
	for name, n := range map[string]int64{
		"memory-limit": int64(c.MemoryLimit), "max-body": int64(c.MaxBody), "max-header": int64(c.MaxHeader),
		"max-depth": int64(c.MaxDepth), "max-attributes": int64(c.MaxAttributes), "max-namespaces": int64(c.MaxNamespaces),
		"max-elements": int64(c.MaxElements), "max-entries": int64(c.MaxEntries), "max-in-flight": int64(c.MaxInFlight),
		"max-connections": int64(c.MaxConnections), "store-timeout": int64(c.StoreTimeout), "call-timeout": int64(c.CallTimeout),
		"read-timeout": int64(c.ReadTimeout), "write-timeout": int64(c.WriteTimeout), "idle-timeout": int64(c.IdleTimeout),
		"stop-timeout": int64(c.StopTimeout),
	} {
		if n <= 0 {
			return fmt.Errorf("--%s must be more than 0", name)
		}
	}
	if c.Drain < 0 {
		return errors.New("--drain must not be negative")
	}
	return nil
}

// maxSessionsPerPrincipal keeps the list of a principal within an item of a
// megabyte, which may hold an entry twice before it is written anew.
const maxSessionsPerPrincipal = 5000

func (c *serveCommand) validatePrincipals() error {
	for i, name := range c.Principal {
		switch {
		case name == "":
			return errors.New("--principal has an empty name")
		case name == sessionstore.IDAttribute:
			return errors.New("--principal is the attribute that has the id already")
		case slices.Contains(c.Principal[:i], name):
			return fmt.Errorf("--principal %s is given twice", name)
		}
	}
	if c.MaxSessionsPerPrincipal < 1 || c.MaxSessionsPerPrincipal > maxSessionsPerPrincipal {
		return fmt.Errorf("--max-sessions-per-principal is from 1 to %d", maxSessionsPerPrincipal)
	}
	return nil
}

// Help is what the command's --help adds.
func (*serveCommand) Help() string { return signalsHelp }

// Run runs the service until the context ends.
func (c *serveCommand) Run(ctx context.Context, std streams) error {
	logger := c.logger(std)
	c.tuneCollector()
	store, closeStore, err := c.store(logger) //nolint:contextcheck // what it starts ends with closeStore
	if err != nil {
		return err
	}
	defer func() {
		if err := closeStore(); err != nil {
			logger.Warn("closing the store", "error", err)
		}
	}()
	listeners, err := c.listeners(ctx)
	if err != nil {
		return err
	}
	scrapes, err := c.metricsListener(ctx)
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	counters := service.NewCounters(version, document.Operations()...)
	sessions := service.New(store, counters)
	server := httpd.New(c.endpoint(sessions, counters, logger), httpd.Options{
		PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies,
		MaxInFlight: c.MaxInFlight, MaxHeaderBytes: int(c.MaxHeader),
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout, Drain: c.Drain,
		Ready: sessions.Ready, Connection: counters.Connection, Logger: logger,
	})
	c.logListening(listeners, logger)
	if len(c.Servers) == 0 {
		logger.Warn("no --servers: sessions are kept in this process and end with it")
	}
	stopMetrics := c.serveMetrics(ctx, scrapes, metrics.Sources{Counters: counters, Server: server, Store: store}, logger)
	err = server.Serve(ctx, c.StopTimeout, listeners...)
	stopMetrics() // after the service, whose last figures are of interest
	logger.Info("stopped")
	return err
}

func (c *serveCommand) logger(std streams) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.Err, options))
	}
	return slog.New(slog.NewTextHandler(std.Err, options))
}

// endpoint makes the handler of SOAP messages.
func (c *serveCommand) endpoint(sessions *service.Service, counters *service.Counters, logger *slog.Logger) *soap.Dispatcher {
	d := soap.NewDispatcher(soap.Options{
		Limits: soap.Limits{Body: int(c.MaxBody), XML: xmlscan.Limits{
			Depth: c.MaxDepth, Attributes: c.MaxAttributes, Namespaces: c.MaxNamespaces, Elements: c.MaxElements,
		}},
		Timeout:   c.CallTimeout,
		FaultOf:   service.FaultOf,
		RequestID: httpd.RequestID,
		Observe: func(ctx context.Context, call soap.Call) {
			counters.Observe(ctx, call)
			httpd.Observe(ctx, call)
		},
		Logger: logger,
	})
	document.Register(d, sessions, document.Options{MaxEntries: c.MaxEntries})
	perlcgi.Register(d, sessions, perlcgi.Options{MaxEntries: c.MaxEntries, Booking: c.LegacyBooking})
	return d
}
