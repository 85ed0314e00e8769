package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/batchlog"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

// storeTimeout is longer than the default, because memcached may have to wait for a
// processor.
const storeTimeout = 5 * time.Second

// The defaults of memcachedsoap serve.
const (
	sessionTTL     = 72000 * time.Second
	maxConnections = 4096
	stopTimeout    = 30 * time.Second
)

// serve runs one of the servers with which the service is compared, until the
// context ends. Its parts are connected as in the service.
func serve(ctx context.Context, name, memcachedAddress string, log io.Writer) error {
	lines := batchlog.New(log, batchlog.Options{})
	defer func() { _ = lines.Close(context.WithoutCancel(ctx)) }() // the results do not depend on it
	logger := lines.Logger()
	debug.SetGCPercent(400) // the value that the service uses with memcached servers
	items, err := memcached.New(memcached.Options{Servers: []string{memcachedAddress}, Timeout: storeTimeout})
	if err != nil {
		return err
	}
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: sessionTTL},
	})
	defer func() { _ = store.Close() }() // the process ends
	counters := service.NewCounters("bench", document.Operations()...)
	var handler http.Handler
	switch name {
	case rawServer:
		handler = &rawHandler{backend: items, observer: dialect.Observer(counters)}
	case constantServer:
		handler = newConstantHandler(service.New(store, counters), counters)
	case stdServer:
		handler = &stdHandler{sessions: service.New(store, counters), observer: dialect.Observer(counters)}
	default:
		return fmt.Errorf("bench: there is no server %q", name)
	}
	listener, err := httpd.Listen(ctx, "127.0.0.1:0", httpd.Limits{Connections: maxConnections})
	if err != nil {
		return err
	}
	server := httpd.New(handler, httpd.Options{ //nolint:contextcheck // the context of a request is that of net/http
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Connection:     counters.Connection, Logger: logger,
	})
	logger.Info("listening", "address", listener.Addr().String())
	return server.Serve(ctx, stopTimeout, listener)
}

// observe counts a call and adds it to the log record of its request, as the
// dispatcher and the service do.
func observe(ctx context.Context, observer soap.Observer, call soap.Call, id sessionstore.ID) {
	call.Version = soap.V11
	requestlog.Add(ctx, slog.String("session", id.Fingerprint()))
	observer(ctx, call)
}
