package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/certificate"
	"memcachedsoap/sessionstore/metric"
)

// EndpointPath is the path of the SOAP endpoint. With ?wsdl it is the contract.
const EndpointPath = "/soap"

// CGIPath is another path of the endpoint: that of the CGI script that the service
// replaces, MemcachedSOAP.cgi of Apache::Session::Memorycached.
const CGIPath = "/cgi-bin/MemcachedSOAP.cgi"

// Options are the settings of a [Server]. A field that is 0 means its
// default.
type Options struct {
	// PublicURL is the address of the endpoint as clients know it. "" means the
	// address with which a client requests the WSDL.
	PublicURL string
	// TrustedProxies are the addresses of the reverse proxies whose headers the
	// server believes. The peer on a unix socket has the address 127.0.0.1.
	TrustedProxies []netip.Prefix
	// AllowedHosts are the names, besides that of PublicURL, for which the server
	// answers. It always answers for localhost, for IP addresses, for names without a
	// dot, and for requests without a Host. [AnyHost] allows every name.
	AllowedHosts []string
	// Certificate is what the listeners of [Secure] use; nil if there is none.
	Certificate *certificate.Keeper
	// ClientCertificateHeader is the header in which the trusted proxies pass on the
	// certificate of the client, see [certificate.FromHeader]; "" means that they do not.
	ClientCertificateHeader string
	// AnyPath answers SOAP messages on every path, not only on those of the endpoint.
	AnyPath bool
	// Admission bounds the SOAP requests in flight; nil means one with its defaults.
	Admission *admission.Controller
	// Access finds the callers of SOAP requests. nil means that everybody may call.
	Access         *access.Guard
	MaxHeaderBytes int           // of a request's head; default 32 KiB
	ReadTimeout    time.Duration // for a whole request; default 30 s
	WriteTimeout   time.Duration // from the end of the head to the end of the answer; default 60 s
	IdleTimeout    time.Duration // of a connection between requests; default 2 min
	// Drain is how long a stopping server continues to answer. It says in each
	// answer that it closes the connection, so that clients and proxies choose
	// another instance before it stops. Default 0, for a server without persistent
	// connections.
	Drain time.Duration
	// Health returns the state of each server that stores sessions. nil means that
	// the service needs none, and is always ready.
	Health func(context.Context) []ServerHealth
	// Changes answers the other instances at [ChangesPath] and below, without a slot of
	// Admission; it has deadlines of its own. nil answers 404.
	Changes http.Handler
	// Sessions answers at [SessionsPath] and below, where LemonLDAP::NG keeps its
	// sessions. Its requests have the records of Admission and of Access, and it takes
	// slots itself. nil answers 404.
	Sessions http.Handler
	// Events passes messages on between the portals and handlers of LemonLDAP::NG, at
	// [PublishPath] and [SubscribePath], without a slot of Admission; it has deadlines of
	// its own. nil answers 404.
	Events http.Handler
	// Pages answers browsers at "/" and at the endpoint. nil answers 404.
	Pages Pages
	// Console answers at [ConsolePath] and below. Its requests have the records of
	// Admission and of Access: it finds the callers and takes slots itself. The context of
	// a request that accepts an event stream ends when the server stops; such a stream
	// needs a write deadline of its own. nil answers 404.
	Console http.Handler
	// ConsoleLocal answers 404 instead to clients on other machines.
	ConsoleLocal bool
	// ChangesHost is the host by which they know this one: it is allowed, too.
	ChangesHost string
	// Tracer begins the spans of calls; nil if there are no traces.
	Tracer Tracer
	// AuditLog returns why the audit log cannot be written, in words that name no path,
	// or nil. nil means that there is no audit log.
	AuditLog func() error
	// Connection is called for each change of a connection's state; may be nil.
	Connection func(net.Conn, http.ConnState)
	Logger     *slog.Logger // nil means slog.Default()
}

func (o Options) withDefaults() Options {
	if o.Admission == nil {
		o.Admission = admission.New(admission.Options{})
	}
	o.MaxHeaderBytes = orDefault(o.MaxHeaderBytes, 32<<10)
	o.ReadTimeout = orDefault(o.ReadTimeout, 30*time.Second)
	o.WriteTimeout = orDefault(o.WriteTimeout, time.Minute)
	o.IdleTimeout = orDefault(o.IdleTimeout, 2*time.Minute)
	if o.Health == nil {
		o.Health = func(context.Context) []ServerHealth { return []ServerHealth{{}} }
	}
	if o.AuditLog == nil {
		o.AuditLog = func() error { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// Server serves a SOAP endpoint.
type Server struct {
	options Options
	started time.Time // the WSDL does not change after it
	http    *http.Server
	hosts   allowedHosts
	origins *http.CrossOriginProtection
	// Requests that were refused because of their host, and their origin.
	foreignHosts, foreignOrigins metric.Counter
	forwardedCertificates        certificateCache
	streams                      context.Context    //nolint:containedctx // ends when the server stops
	endStreams                   context.CancelFunc // ends streams
	active                       activeConns
	own                          atomic.Pointer[[]*listener] // that it serves on
	secure                       atomic.Pointer[[]*secureListener]
	stopping                     atomic.Bool
}

// New returns a server for a SOAP endpoint.
func New(endpoint http.Handler, o Options) *Server {
	s := newServer(o)
	router := echo.New()
	router.HTTPErrorHandler = s.answerError
	answer := s.admit(endpoint)
	router.Use(s.log, s.guard(answer))
	router.Match(probeMethods(), LivenessPath, s.liveness)
	router.Match(probeMethods(), ReadinessPath, s.readiness)
	if o.Pages != nil {
		router.Match([]string{http.MethodGet, http.MethodHead}, "/", s.servePage)
	}
	if o.Console != nil {
		for _, path := range []string{ConsolePath, ConsolePath + "/*"} {
			router.Any(path, s.serveConsole())
		}
	}
	for _, path := range []string{EndpointPath, CGIPath} {
		router.Any(path, s.serveEndpoint(answer))
	}
	if o.Changes != nil {
		for _, path := range []string{ChangesPath, ChangesPath + "/*"} {
			router.Any(path, s.passOn(o.Changes))
		}
	}
	if o.Sessions != nil {
		for _, path := range []string{SessionsPath, SessionsPath + "/*"} {
			router.Any(path, s.admit(o.Sessions))
		}
	}
	if o.Events != nil {
		for _, path := range []string{PublishPath, SubscribePath} {
			router.Any(path, s.passOn(o.Events))
		}
	}
	s.serve(mergeSlashes{router})
	return s
}

// newServer returns a server without a handler.
func newServer(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, started: time.Now()}
	s.hosts, s.origins = newAllowedHosts(o), http.NewCrossOriginProtection()
	s.active.conns = make(map[net.Conn]struct{})
	s.streams, s.endStreams = context.WithCancel(context.Background())
	return s
}

// serve sets the handler of the server.
func (s *Server) serve(handler http.Handler) {
	o := s.options
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: min(o.ReadTimeout, 10*time.Second),
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    o.MaxHeaderBytes,
		ConnState:         s.updateConnection,
		ConnContext:       withConn,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
	}
}

// Handler returns the handler that the server serves.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Serve serves on all listeners until the context ends, then stops. For the drain
// time it reports not ready and closes each connection after its answer. Then it
// closes the listeners and returns when all requests are answered, or with an error
// after the grace time. With a drain time and listeners of [Listen] no request is
// lost: it is answered, or its connection is refused.
func (s *Server) Serve(ctx context.Context, grace time.Duration, listeners ...net.Listener) error {
	defer s.watch(ctx, listeners)()
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- s.http.Serve(l) }()
	}
	var err error
	running := len(listeners)
	select {
	case err = <-failed:
		running--
	case <-ctx.Done():
		s.drain(listeners)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	for _, l := range listeners {
		if e := l.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	defer context.AfterFunc(stop, func() { abandonHandshakes(listeners) })()
	for range running {
		if e := <-failed; !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	// Shutdown alone would drop a request that is being read when it begins.
	s.active.wait(stop)
	err = errors.Join(err, s.http.Shutdown(stop))
	if stop.Err() != nil {
		err = errors.Join(err, s.http.Close())
	}
	return err
}

// updateConnection takes over the new state of a connection.
func (s *Server) updateConnection(c net.Conn, state http.ConnState) {
	s.active.update(c, state)
	if own := ownConn(c); own != nil {
		own.update(state)
	}
	if s.options.Connection != nil {
		s.options.Connection(c, state)
	}
}

// settling is the last part of draining. It is long enough for TCP's handshake: no
// new connection begins, and those that have begun arrive.
const settling = 250 * time.Millisecond

// drain waits for the drain time, in which clients choose another instance.
func (s *Server) drain(listeners []net.Listener) {
	s.stopping.Store(true)
	s.endStreams()
	if s.options.Drain <= 0 {
		return
	}
	s.options.Logger.Info("stopping", "drain", s.options.Drain)
	last := min(settling, s.options.Drain/2)
	time.Sleep(s.options.Drain - last)
	for _, l := range listeners {
		if l := ownListener(l); l != nil {
			if err := l.stopAccepting(); err != nil {
				s.options.Logger.Warn("could not stop accepting: new connections may be reset", "error", err)
			}
		}
	}
	time.Sleep(last)
}
