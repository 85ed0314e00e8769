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
)

// EndpointPath is the path of the SOAP endpoint; ?wsdl behind it is the
// contract.
const EndpointPath = "/soap"

// CGIPath is another path of the endpoint: that of the CGI script which the
// service replaces, MemcachedSOAP.cgi of Apache::Session::Memorycached.
const CGIPath = "/cgi-bin/MemcachedSOAP.cgi"

// Options are the settings of a [Server]. A field that is 0 means its
// default.
type Options struct {
	// PublicURL is the address of the endpoint as clients know it. "" means
	// that it is made of what each request for the WSDL says.
	PublicURL string
	// TrustedProxies are the addresses of the reverse proxies that are
	// believed what they say of their clients. A peer on a unix socket counts
	// as 127.0.0.1.
	TrustedProxies []netip.Prefix
	MaxInFlight    int           // SOAP requests at a time; default 512
	MaxHeaderBytes int           // of a request's head; default 32 KiB
	ReadTimeout    time.Duration // for a whole request; default 30 s
	WriteTimeout   time.Duration // from the end of the head to the end of the answer; default 60 s
	IdleTimeout    time.Duration // of a connection between requests; default 2 min
	// Drain is how long a stopping server goes on answering with the word that
	// it closes the connection, so that clients and proxies turn away from it
	// before it does; default 0, for a server that nobody keeps connections to.
	Drain time.Duration
	// Ready returns an error if the service can do no work.
	Ready func(context.Context) error
	// Connection is told of every change of a connection's state; may be nil.
	Connection func(net.Conn, http.ConnState)
	Logger     *slog.Logger
}

func (o Options) withDefaults() Options {
	o.MaxInFlight = orDefault(o.MaxInFlight, 512)
	o.MaxHeaderBytes = orDefault(o.MaxHeaderBytes, 32<<10)
	o.ReadTimeout = orDefault(o.ReadTimeout, 30*time.Second)
	o.WriteTimeout = orDefault(o.WriteTimeout, time.Minute)
	o.IdleTimeout = orDefault(o.IdleTimeout, 2*time.Minute)
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
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
	options    Options
	started    time.Time // since then what the WSDL is made of is as it is
	http       *http.Server
	inFlight   chan struct{} // holds a token for each SOAP request being answered
	turnedAway atomic.Int64
	busy       busyConns
	stopping   atomic.Bool
}

// New makes a server of a SOAP endpoint.
func New(endpoint http.Handler, o Options) *Server {
	s := newServer(o)
	router := echo.New()
	router.HTTPErrorHandler = s.answerError
	router.Use(s.identify, s.announceStop, s.log)
	router.GET("/healthz", s.health)
	router.GET("/readyz", s.readiness)
	for _, path := range []string{EndpointPath, CGIPath} {
		router.Any(path, s.serveContract(s.bound(echo.WrapHandler(endpoint))))
	}
	s.serve(router)
	return s
}

// newServer makes a server that serves nothing yet.
func newServer(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, started: time.Now(), inFlight: make(chan struct{}, o.MaxInFlight)}
	s.busy.conns = make(map[net.Conn]struct{})
	return s
}

// serve sets what the server serves, within the bounds of its options.
func (s *Server) serve(handler http.Handler) {
	o := s.options
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: min(o.ReadTimeout, 10*time.Second),
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    o.MaxHeaderBytes,
		ConnState:         s.noteConnection,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
	}
}

// Handler returns the handler that the server serves.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// InFlight returns how many SOAP requests are being answered now.
func (s *Server) InFlight() int64 { return int64(len(s.inFlight)) }

// TurnedAway returns how many requests got 503 because as many as allowed were
// in flight.
func (s *Server) TurnedAway() int64 { return s.turnedAway.Load() }

// Serve serves on all listeners until the context ends, then stops: it
// reports not ready and announces the end of each connection for the drain
// time, closes the listeners, and returns when every request has its answer,
// or with an error after grace. With a drain time and listeners of [Listen] no
// request is lost: its connection is refused, or it is answered.
func (s *Server) Serve(ctx context.Context, grace time.Duration, listeners ...net.Listener) error {
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
	for range running {
		if e := <-failed; !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	// Not by Shutdown alone: it drops a request that is read while it runs.
	s.busy.wait(stop)
	err = errors.Join(err, s.http.Shutdown(stop))
	if stop.Err() != nil {
		err = errors.Join(err, s.http.Close())
	}
	return err
}

func (s *Server) noteConnection(conn net.Conn, state http.ConnState) {
	s.busy.note(conn, state)
	if s.options.Connection != nil {
		s.options.Connection(conn, state)
	}
}

// settling is the last part of draining, in which no new connection is made
// and those that are on their way arrive: the round trips of TCP's handshake.
const settling = 250 * time.Millisecond

// drain tells clients to turn away, for as long as configured.
func (s *Server) drain(listeners []net.Listener) {
	s.stopping.Store(true)
	if s.options.Drain <= 0 {
		return
	}
	s.options.Logger.Info("stopping", "drain", s.options.Drain)
	last := min(settling, s.options.Drain/2)
	time.Sleep(s.options.Drain - last)
	for _, l := range listeners {
		if l, ok := l.(*listener); ok {
			if err := l.turnAway(); err != nil {
				s.options.Logger.Warn("new connections may be reset", "error", err)
			}
		}
	}
	time.Sleep(last)
}
