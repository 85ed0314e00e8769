package httpd_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"syscall"
	"testing"
	"time"

	"memcachedsoap/service/certificate"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/certificatetest"
)

// BenchmarkProtocols compares what carries a call over open connections: plain HTTP,
// TLS, TLS with a client certificate, and HTTP/2 as net/http speaks it. The messages are
// as long as those of getSession for a session of 24 entries.
func BenchmarkProtocols(b *testing.B) {
	answer := bytes.Repeat([]byte("x"), 1900)
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(answer)
	})
	logger := slog.New(slog.DiscardHandler)
	a := certificatetest.NewAuthority(b, "authority")
	files := certificate.Files{ClientCA: a.CA(), ClientAuth: certificate.Optional}
	files.Cert, files.Key = a.Issue("server")
	keeper, err := certificate.New(files, logger)
	if err != nil {
		b.Fatal(err)
	}
	trust := &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12}
	mutual := trust.Clone()
	mutual.Certificates = []tls.Certificate{a.Pair("portal")}
	for _, protocol := range []string{"plain", "TLS", "mTLS", "HTTP2"} {
		b.Run(protocol, func(b *testing.B) {
			l, err := httpd.Listen(b.Context(), "127.0.0.1:0", httpd.Limits{Connections: 100, Rate: 4 << 10})
			if err != nil {
				b.Fatal(err)
			}
			server := httpd.New(endpoint, httpd.Options{Logger: logger, Certificate: keeper})
			transport := &http.Transport{MaxIdleConnsPerHost: 100, TLSClientConfig: trust.Clone()}
			url := "https://"
			switch protocol {
			case "HTTP2":
				config := keeper.Config().Clone()
				config.NextProtos = []string{"h2", "http/1.1"}
				transport.ForceAttemptHTTP2 = true
				l = tls.NewListener(l, config)
			case "plain":
				url = "http://"
			case "mTLS":
				transport.TLSClientConfig = mutual.Clone()
				fallthrough
			default:
				l = httpd.Secure(l, keeper, logger)
			}
			ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
			done := make(chan error, 1)
			go func() { done <- server.Serve(ctx, time.Second, l) }()
			client := &http.Client{Transport: transport}
			url += l.Addr().String() + httpd.EndpointPath
			message := bytes.Repeat([]byte("y"), 236)
			b.SetParallelism(4)
			before := processorTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					response, err := client.Post(url, "text/xml", bytes.NewReader(message))
					if err != nil {
						b.Error(err)
						return
					}
					n, err := io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
					if err != nil || n != int64(len(answer)) || (response.ProtoMajor == 2) != (protocol == "HTTP2") {
						b.Error(n, err, response.Proto)
					}
				}
			})
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
			client.CloseIdleConnections()
			cancel()
			if err := <-done; err != nil {
				b.Error(err)
			}
		})
	}
}

// processorTime returns the processor time of this process in nanoseconds: it tells more
// than the time of day on a machine with other work.
func processorTime(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
