package memcachedtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates for tests.
type Authority struct {
	// CAFile has its own certificate, in PEM.
	CAFile string

	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	serial      int64
}

// NewAuthority makes an authority that ends with its test.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{dir: openDir(tb)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "memcachedtest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.certificate, a.key = template, newKey(tb)
	a.CAFile = filepath.Join(a.dir, "ca.pem")
	writePEM(tb, a.CAFile, "CERTIFICATE", a.sign(tb, template, a.key))
	return a
}

// Certificate makes a certificate for 127.0.0.1, in PEM files that every user can
// read. change, if given, changes it before it is signed.
func (a *Authority) Certificate(tb testing.TB, change ...func(*x509.Certificate)) (certFile, keyFile string) {
	tb.Helper()
	a.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial + 1), Subject: pkix.Name{CommonName: "memcached"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, c := range change {
		c(template)
	}
	key := newKey(tb)
	name := filepath.Join(a.dir, template.SerialNumber.String())
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	certFile, keyFile = name+"-cert.pem", name+"-key.pem"
	writePEM(tb, certFile, "CERTIFICATE", a.sign(tb, template, key))
	writePEM(tb, keyFile, "EC PRIVATE KEY", encoded)
	return certFile, keyFile
}

func (a *Authority) sign(tb testing.TB, template *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	tb.Helper()
	signed, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	return signed
}

// StartTLS is [Start] with TLS and a certificate of the authority (option -Z).
func StartTLS(tb testing.TB, a *Authority, args ...string) *Server {
	tb.Helper()
	certFile, keyFile := a.Certificate(tb)
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
func StartTLSWithAll(tb testing.TB, a *Authority, user, password string, args ...string) *Server {
	tb.Helper()
	certFile, keyFile := a.Certificate(tb)
	file := filepath.Join(openDir(tb), "passwords")
	writeFile(tb, file, user+":"+password+"\n")
	return start(tb, &Server{tls: clientConfig(tb, certFile, keyFile), login: user + " " + password}, append([]string{
		"-Z", "-o", "ssl_chain_cert=" + certFile + ",ssl_key=" + keyFile + ",ssl_verify_mode=2,ssl_ca_cert=" + a.CAFile, "-Y", file,
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

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	return key
}

func writePEM(tb testing.TB, path, kind string, encoded []byte) {
	tb.Helper()
	writeFile(tb, path, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: encoded})))
}

func writeFile(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // see openDir
		tb.Fatalf("memcachedtest: %v", err)
	}
}
