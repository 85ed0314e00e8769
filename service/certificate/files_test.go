package certificate_test

import (
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/certificate"
	"memcachedsoap/sessionstore/certificatetest"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

func written(t *testing.T, parts ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	require.NoError(t, os.WriteFile(path, all, 0o600))
	return path
}

func openssl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// Files that cannot work are refused with a sentence that says why.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	a := certificatetest.NewAuthority(t, "authority")
	cert, key := a.Issue("server")
	other, otherKey := a.Issue("other")
	expired, expiredKey := a.Issue("expired", certificatetest.Ends(time.Now().Add(-time.Minute)))
	old := certificatetest.NewAuthority(t, "old", certificatetest.Ends(time.Now().Add(-time.Minute)))
	encrypted, traditional := filepath.Join(t.TempDir(), "a.key"), filepath.Join(t.TempDir(), "b.key")
	openssl(t, "pkcs8", "-topk8", "-in", key, "-passout", "pass:sesame", "-out", encrypted)
	openssl(t, "ec", "-in", key, "-aes128", "-passout", "pass:sesame", "-out", traditional)
	block, _ := pem.Decode(read(t, cert))
	broken := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes[:100]})
	folder := t.TempDir()
	for name, c := range map[string]struct {
		files certificate.Files
		want  string
	}{
		"absent":               {certificate.Files{Cert: "absent.pem", Key: key}, "absent.pem: no such file"},
		"absent key":           {certificate.Files{Cert: cert, Key: "absent.key"}, "absent.key: no such file"},
		"absent authority":     {certificate.Files{Cert: cert, Key: key, ClientCA: "absent.pem"}, "absent.pem: no such file"},
		"folder":               {certificate.Files{Cert: folder, Key: key}, folder + " is not a file"},
		"device":               {certificate.Files{Cert: "/dev/zero", Key: key}, "/dev/zero is not a file"},
		"long":                 {certificate.Files{Cert: written(t, make([]byte, 5<<20)), Key: key}, "is longer than 4194304 bytes"},
		"empty":                {certificate.Files{Cert: written(t), Key: key}, "has no certificate in PEM form"},
		"DER":                  {certificate.Files{Cert: written(t, block.Bytes), Key: key}, "has no certificate in PEM form"},
		"swapped":              {certificate.Files{Cert: key, Key: cert}, key + " has no certificate in PEM form"},
		"no key":               {certificate.Files{Cert: cert, Key: cert}, cert + " has no private key in PEM form"},
		"encrypted":            {certificate.Files{Cert: cert, Key: encrypted}, "the key in " + encrypted + " is encrypted"},
		"encrypted, old form":  {certificate.Files{Cert: cert, Key: traditional}, "the key in " + traditional + " is encrypted"},
		"another key":          {certificate.Files{Cert: cert, Key: otherKey}, "the key in " + otherKey + " does not belong to the first certificate in " + cert},
		"wrong order":          {certificate.Files{Cert: written(t, read(t, a.CA()), read(t, cert)), Key: key}, "does not belong to the first certificate"},
		"broken":               {certificate.Files{Cert: written(t, broken), Key: key}, "cannot use the certificate in"},
		"broken key":           {certificate.Files{Cert: cert, Key: written(t, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))}, "cannot use the certificate in"},
		"expired":              {certificate.Files{Cert: expired, Key: expiredKey}, "the certificate in " + expired + " expired at "},
		"no authority":         {certificate.Files{Cert: cert, Key: key, ClientCA: key}, key + " has no certificate in PEM form"},
		"broken authority":     {certificate.Files{Cert: cert, Key: key, ClientCA: written(t, read(t, a.CA()), broken)}, "cannot use a certificate in"},
		"expired authority":    {certificate.Files{Cert: cert, Key: key, ClientCA: old.CA()}, "the authorities in " + old.CA() + " have expired"},
		"client as authority":  {certificate.Files{Cert: cert, Key: key, ClientCA: other}, ""},
		"server and authority": {certificate.Files{Cert: written(t, read(t, cert), read(t, a.CA())), Key: key, ClientCA: written(t, read(t, old.CA()), read(t, a.CA()))}, ""},
		"one file":             {certificate.Files{Cert: written(t, read(t, cert), read(t, key)), Key: written(t, read(t, cert), read(t, key))}, ""},
	} {
		_, err := certificate.New(c.files, discard())
		if c.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.want, name)
		assert.NotContains(t, err.Error(), "\n", name)
	}
	leaf, _ := a.Issue("leaf", func(c *x509.Certificate) { c.BasicConstraintsValid = true })
	_, err := certificate.New(certificate.Files{Cert: cert, Key: key, ClientCA: leaf}, discard())
	require.ErrorContains(t, err, `has the certificate of "CN=leaf", which is not an authority`)
	if os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(key, 0))
		_, err := certificate.New(certificate.Files{Cert: cert, Key: key}, discard())
		require.ErrorContains(t, err, "permission denied")
	}
}

// The subject is what openssl prints, also for what a name rarely has.
func TestSubject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	openssl(t, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
	for i, subject := range []string{
		"/CN=portal",
		"/C=FR/ST=Île-de-France/L=Paris/O=Example/OU=Web/CN=portal",
		"/DC=org/DC=example/UID=dwho/CN=Doctor Who",
		"/CN=portal/O=Example/C=FR", // the other way round
		"/CN=a/OU=one/OU=two/O=x",
		"/O=Example, Inc./CN=a\"b<c>d;e+f\\\\g=h",
		"/CN= begins with a space/O=ends with one ",
		"/CN=#hash/O=  ",
		"/emailAddress=dwho@example.com/CN=dwho",
		"/serialNumber=17/SN=Who/GN=Doctor/title=Dr/street=Main Street 1/postalCode=75000/CN=dwho",
		"/O=Example/OU=Web+CN=portal+UID=7",
		"/CN=Zoë 漢字 😀",
		"/CN=tab\there",
		"/organizationIdentifier=NTRFR-1/businessCategory=x/CN=y",
		"/1.2.3.4.5=unknown/CN=x",
	} {
		file := filepath.Join(dir, string(rune('a'+i))+".pem")
		openssl(t, "req", "-x509", "-utf8", "-new", "-key", key, "-days", "2", "-multivalue-rdn", "-subj", subject, "-out", file)
		want := strings.TrimSuffix(openssl(t, "x509", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb", "-in", file), "\n")
		block, _ := pem.Decode(read(t, file))
		parsed, err := x509.ParseCertificate(block.Bytes)
		require.NoError(t, err)
		assert.Equal(t, strings.TrimPrefix(want, "subject="), certificate.Subject(parsed), subject)
	}
	assert.Empty(t, certificate.Subject(&x509.Certificate{}))
	assert.Empty(t, certificate.Subject(&x509.Certificate{RawSubject: []byte{0x30, 0}}), "an empty subject")
}
