package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
)

// BenchmarkGetSession answers getSession over connections that stay open, with and
// without callers: what authentication costs of the whole way of a request.
func BenchmarkGetSession(b *testing.B) {
	session, err := os.ReadFile("../../service/document/testdata/session24.xml")
	require.NoError(b, err)
	key, keyHash := access.NewKey()
	password, err := access.HashPassword("a long random password")
	require.NoError(b, err)
	file, err := access.ParseFile([]byte("callers:\n" +
		"  - {name: portal, roles: [read, write], password: '" + password + "'}\n" +
		"  - {name: tool, roles: [admin], key: '" + keyHash + "'}\n" +
		"  - {name: near, roles: [read, write], addresses: [127.0.0.0/8]}\n"))
	require.NoError(b, err)
	callers := access.NewGuard(file, access.Options{})
	for _, bench := range []struct {
		name          string
		callers       *access.Guard
		authorization string
	}{
		{"anonymous", nil, ""},
		{"address", callers, ""},
		{"bearer", callers, "Bearer " + key},
		{"basic", callers, basic("portal", "a long random password")[0]},
	} {
		b.Run(bench.name, func(b *testing.B) {
			address := serveInMemory(b, bench.callers)
			request := func(authorization, message string) []byte {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+address+httpd.EndpointPath, strings.NewReader(message))
				require.NoError(b, err)
				r.Header.Set("Content-Type", "text/xml")
				if authorization != "" {
					r.Header.Set("Authorization", authorization)
				}
				var text bytes.Buffer
				require.NoError(b, r.Write(&text))
				return text.Bytes()
			}
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
			require.NoError(b, err)
			defer func() { _ = conn.Close() }()
			reader := bufio.NewReader(conn)
			post := func(text []byte) {
				_, err := conn.Write(text)
				require.NoError(b, err)
				response, err := http.ReadResponse(reader, nil)
				require.NoError(b, err)
				_, err = io.Copy(io.Discard, response.Body)
				require.NoError(b, err)
				require.Equal(b, http.StatusOK, response.StatusCode)
				require.NoError(b, response.Body.Close())
			}
			post(request("Bearer "+key, operationCall("setSession", "<id>ab12</id><attributes>"+string(session)+"</attributes>")))
			message := request(bench.authorization, operationCall("getSession", "<id>ab12</id>"))
			post(message) // the first time, a password takes long
			before := processorTime(b)
			for b.Loop() {
				post(message)
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime returns the time that processors have worked for this process. Other
// programs on the machine change it less than the time that passes.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// serveInMemory serves sessions in memory until the benchmark ends, and returns its
// address.
func serveInMemory(b *testing.B, callers *access.Guard) string {
	b.Helper()
	parser, err := newParser()
	require.NoError(b, err)
	_, err = parser.Parse([]string{"serve"})
	require.NoError(b, err)
	c := &parser.Model.Target.Addr().Interface().(*grammar).Serve //nolint:forcetypeassert // it is the grammar
	store := sessionstore.NewStore(memory.New(memory.Options{MaxBytes: 64 << 20}), storable.Codec{}, sessionstore.Options{})
	b.Cleanup(func() { assert.NoError(b, store.Close()) })
	counters := service.NewCounters("1")
	logger := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // formatting is measured too
	server := httpd.New(c.endpoint(service.New(store, counters), nil, counters, nil, logger), httpd.Options{Access: callers, Logger: logger})
	listener, err := httpd.Listen(b.Context(), "127.0.0.1:0", httpd.Limits{Connections: 16})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, 0, listener) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-done)
	})
	return listener.Addr().String()
}
