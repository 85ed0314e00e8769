// Package certificatetest issues certificates for tests.
package certificatetest

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
	"sync/atomic"
	"testing"
	"time"
)

// Authority issues certificates into a folder of its own. Its methods may be called from
// any goroutine.
type Authority struct {
	tb   testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	last atomic.Int64 // serial number
}

// NewAuthority returns an authority with a certificate of its own, of which options
// change what they like.
func NewAuthority(tb testing.TB, name string, options ...func(*x509.Certificate)) *Authority {
	tb.Helper()
	a := &Authority{tb: tb}
	var err error
	a.dir, err = os.MkdirTemp("", "certificates") //nolint:usetesting // servers without privileges cannot enter tb.TempDir
	a.require(err)
	tb.Cleanup(func() { os.RemoveAll(a.dir) }) //nolint:errcheck // a leftover harms no test
	a.require(os.Chmod(a.dir, 0o755))          //nolint:gosec // as above
	template := a.template(name)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	a.issue(template, "ca", options)
	return a
}

// CA returns the path of the certificate of the authority.
func (a *Authority) CA() string { return a.path("ca.pem") }

// Pool returns a pool with the certificate of the authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Issue issues a certificate for 127.0.0.1 and localhost, of which options change what
// they like. It returns the paths of the certificate and of its key, which every user
// can read.
func (a *Authority) Issue(name string, options ...func(*x509.Certificate)) (cert, key string) {
	a.tb.Helper()
	template := a.template(name)
	template.IPAddresses, template.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	return a.issue(template, template.SerialNumber.String(), options)
}

// Pair issues a certificate as [Authority.Issue] does, and returns it with its key.
func (a *Authority) Pair(name string, options ...func(*x509.Certificate)) tls.Certificate {
	a.tb.Helper()
	pair, err := tls.LoadX509KeyPair(a.Issue(name, options...))
	a.require(err)
	return pair
}

// Ends lets a certificate end at a time.
func Ends(at time.Time) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.NotAfter = at
		if at.Before(c.NotBefore) {
			c.NotBefore = at.Add(-time.Hour)
		}
	}
}

func (a *Authority) path(name string) string { return filepath.Join(a.dir, name) }

func (a *Authority) template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.last.Add(1)), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
	}
}

func (a *Authority) issue(template *x509.Certificate, file string, options []func(*x509.Certificate)) (cert, key string) {
	a.tb.Helper()
	for _, option := range options {
		option(template)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.require(err)
	if a.cert == nil { // its own
		a.cert, a.key = template, private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	a.require(err)
	if a.cert == template {
		a.cert, err = x509.ParseCertificate(der)
		a.require(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	a.require(err)
	return a.write(file+".pem", "CERTIFICATE", der), a.write(file+".key", "PRIVATE KEY", pkcs8)
}

func (a *Authority) write(file, kind string, der []byte) string {
	a.tb.Helper()
	path := a.path(file)
	a.require(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644)) //nolint:gosec // see NewAuthority
	return path
}

func (a *Authority) require(err error) {
	a.tb.Helper()
	if err != nil {
		a.tb.Fatal(err)
	}
}
