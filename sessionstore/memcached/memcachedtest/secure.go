package memcachedtest

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"

	"memcachedsoap/sessionstore/certificatetest"
)

// StartTLS is [Start] with TLS and a certificate of the authority (option -Z).
func StartTLS(tb testing.TB, a *certificatetest.Authority, args ...string) *Server {
	tb.Helper()
	certFile, keyFile := a.Issue("memcached")
	return StartTLSWith(tb, certFile, keyFile, args...)
}

// StartTLSWith is [StartTLS] with a certificate of its own.
func StartTLSWith(tb testing.TB, certFile, keyFile string, args ...string) *Server {
	tb.Helper()
	return start(tb, &Server{tls: clientConfig(tb, certFile, keyFile)},
		append([]string{"-Z", "-o", "ssl_chain_cert=" + certFile + ",ssl_key=" + keyFile}, args...))
}

// StartWithPassword is [Start] with a password (option -Y).
func StartWithPassword(tb testing.TB, user, password string, args ...string) *Server {
	tb.Helper()
	file := filepath.Join(openDir(tb), "passwords")
	writeFile(tb, file, user+":"+password+"\n")
	return start(tb, &Server{login: user + " " + password}, append([]string{"-Y", file}, args...))
}

// StartTLSWithAll is [StartTLS] with a password, for clients with a certificate of the
// authority.
func StartTLSWithAll(tb testing.TB, a *certificatetest.Authority, user, password string, args ...string) *Server {
	tb.Helper()
	certFile, keyFile := a.Issue("memcached")
	file := filepath.Join(openDir(tb), "passwords")
	writeFile(tb, file, user+":"+password+"\n")
	return start(tb, &Server{tls: clientConfig(tb, certFile, keyFile), login: user + " " + password}, append([]string{
		"-Z", "-o", "ssl_chain_cert=" + certFile + ",ssl_key=" + keyFile + ",ssl_verify_mode=2,ssl_ca_cert=" + a.CA(), "-Y", file,
	}, args...))
}

// clientConfig is for the connections of memcachedtest. The test has made the
// certificate, so that nobody looks at it.
func clientConfig(tb testing.TB, certFile, keyFile string) *tls.Config {
	tb.Helper()
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	return &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}} //nolint:gosec // see above
}

// StartSASL starts memcached with SASL (option -S), for which it needs the binary
// protocol, and returns its address.
func StartSASL(tb testing.TB) string {
	tb.Helper()
	return start(tb, &Server{sasl: true}, []string{"-S"}).Addr
}

// Listed is the address of the server as a list of servers has it.
func (s *Server) Listed() string {
	if s.tls != nil {
		return "tls:" + s.Addr
	}
	return s.Addr
}

// openDir makes a folder that every user can enter: the server becomes nobody before
// it reads its files.
func openDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "memcached") //nolint:usetesting // nobody cannot enter tb.TempDir
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })     //nolint:errcheck // a leftover harms no test
	if err := os.Chmod(dir, 0o777); err != nil { //nolint:gosec // see above
		tb.Fatalf("memcachedtest: %v", err)
	}
	return dir
}

func writeFile(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // see openDir
		tb.Fatalf("memcachedtest: %v", err)
	}
}
