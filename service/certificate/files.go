package certificate

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// ClientAuth says whether a client must have a certificate.
type ClientAuth string

// The values of a ClientAuth. A certificate that a client sends is verified in any
// case.
const (
	Optional ClientAuth = "optional"
	Required ClientAuth = "required"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *ClientAuth) UnmarshalText(text []byte) error {
	switch given := ClientAuth(text); given {
	case Optional, Required:
		*a = given
		return nil
	}
	return fmt.Errorf("%q must be %s or %s", text, Optional, Required)
}

// Files are the files of the operator, all in PEM form.
type Files struct {
	Cert     string // the certificate of the service, and then those of its issuers
	Key      string // its private key
	ClientCA string // certificates of the authorities of clients; "" if clients have none
	// ClientAuth counts only with ClientCA. "" means Required.
	ClientAuth ClientAuth
}

// maxFile is the longest file in bytes: more than thousand certificates.
const maxFile = 4 << 20

// contents are what the files have at one moment.
type contents struct {
	cert, key, clientCA []byte
	err                 error
}

// digest tells contents apart. It is that of the error if a file cannot be read.
func (c contents) digest() [sha256.Size]byte {
	if c.err != nil {
		return sha256.Sum256([]byte(c.err.Error()))
	}
	var all [3 * sha256.Size]byte
	for i, content := range [][]byte{c.cert, c.key, c.clientCA} {
		sum := sha256.Sum256(content)
		copy(all[i*sha256.Size:], sum[:])
	}
	return sha256.Sum256(all[:])
}

func (f Files) read() contents {
	var c contents
	for _, file := range []struct {
		path string
		into *[]byte
	}{{f.Cert, &c.cert}, {f.Key, &c.key}, {f.ClientCA, &c.clientCA}} {
		if file.path == "" {
			continue
		}
		var err error
		if *file.into, err = readFile(file.path); err != nil {
			c.err = errors.Join(c.err, err)
		}
	}
	return c
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return content, nil
}

// loaded are contents that are in use.
type loaded struct {
	digest      [sha256.Size]byte
	config      *tls.Config
	leaf        *x509.Certificate
	authorities []*x509.Certificate
}

// load makes a configuration of contents, or says why they cannot be used.
func (f Files) load(c contents, now time.Time) (*loaded, error) {
	if c.err != nil {
		return nil, c.err
	}
	pair, err := f.pair(c)
	if err != nil {
		return nil, err
	}
	if now.After(pair.Leaf.NotAfter) {
		return nil, fmt.Errorf("certificate: the certificate in %s expired at %s", f.Cert, pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	l := &loaded{digest: c.digest(), leaf: pair.Leaf, config: &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}}
	if f.ClientCA == "" {
		return l, nil
	}
	if l.authorities, err = f.readAuthorities(c.clientCA, now); err != nil {
		return nil, err
	}
	l.config.ClientCAs = x509.NewCertPool()
	for _, authority := range l.authorities {
		l.config.ClientCAs.AddCert(authority)
	}
	l.config.ClientAuth = tls.RequireAndVerifyClientCert
	if f.ClientAuth == Optional {
		l.config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return l, nil
}

// pair returns the certificate with its key.
func (f Files) pair(c contents) (tls.Certificate, error) {
	if len(blocks(c.cert, isCertificate)) == 0 {
		return tls.Certificate{}, notPEM(f.Cert, "certificate")
	}
	keys := blocks(c.key, func(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") })
	switch {
	case len(keys) == 0:
		return tls.Certificate{}, notPEM(f.Key, "private key")
	case isEncrypted(keys[0]):
		return tls.Certificate{}, fmt.Errorf("certificate: the key in %s is encrypted, and the service cannot ask for its password; decrypt it with openssl pkey -in %s -out FILE", f.Key, f.Key)
	}
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err == nil {
		return pair, nil
	}
	if strings.Contains(err.Error(), "private key") && strings.Contains(err.Error(), "match") {
		return pair, fmt.Errorf("certificate: the key in %s does not belong to the first certificate in %s: %w", f.Key, f.Cert, err)
	}
	return pair, fmt.Errorf("certificate: cannot use the certificate in %s with the key in %s: %w", f.Cert, f.Key, err)
}

// readAuthorities returns the certificates of the authorities of clients.
func (f Files) readAuthorities(content []byte, now time.Time) ([]*x509.Certificate, error) {
	var authorities []*x509.Certificate
	expired := 0
	for _, block := range blocks(content, isCertificate) {
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate: cannot use a certificate in %s: %w", f.ClientCA, err)
		}
		if authority.BasicConstraintsValid && !authority.IsCA {
			return nil, fmt.Errorf("certificate: %s has the certificate of %q, which is not an authority: name the file of the authority that issued it", f.ClientCA, Subject(authority))
		}
		if now.After(authority.NotAfter) {
			expired++
		}
		authorities = append(authorities, authority)
	}
	switch len(authorities) {
	case 0:
		return nil, notPEM(f.ClientCA, "certificate")
	case expired:
		return nil, fmt.Errorf("certificate: the authorities in %s have expired", f.ClientCA)
	}
	return authorities, nil
}

func notPEM(path, what string) error {
	return fmt.Errorf("certificate: %s has no %s in PEM form, which begins with -----BEGIN", path, what)
}

func isCertificate(b *pem.Block) bool { return b.Type == "CERTIFICATE" }

// isEncrypted reports whether a key needs a password, in the form of PKCS #8 or in the
// older one.
func isEncrypted(b *pem.Block) bool {
	return b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")
}

// blocks returns the blocks of a PEM file that match.
func blocks(content []byte, match func(*pem.Block) bool) []*pem.Block {
	var found []*pem.Block
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if match(block) {
			found = append(found, block)
		}
	}
	return found
}
