package certificate

import (
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/logtest"
)

// kept is a keeper with its files and its log.
type kept struct {
	*Keeper

	t      *testing.T
	log    *logtest.Buffer
	folder string
}

func keep(t *testing.T, a *certificatetest.Authority) kept {
	t.Helper()
	k := kept{t: t, log: &logtest.Buffer{}, folder: t.TempDir()}
	k.put(a.Issue("first"))
	k.replace("ca.pem", a.CA())
	var err error
	k.Keeper, err = New(Files{Cert: k.path("cert.pem"), Key: k.path("key.pem"), ClientCA: k.path("ca.pem")},
		slog.New(slog.NewTextHandler(k.log, nil)))
	require.NoError(t, err)
	return k
}

func (k kept) path(name string) string { return filepath.Join(k.folder, name) }

// put replaces the certificate and its key by others.
func (k kept) put(cert, key string) {
	k.t.Helper()
	k.replace("cert.pem", cert)
	k.replace("key.pem", key)
}

// replace replaces a file by another one, by rename.
func (k kept) replace(name, from string) {
	k.t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(k.t, err)
	require.NoError(k.t, os.WriteFile(k.path("new"), content, 0o600)) //nolint:gosec // a file of this test
	require.NoError(k.t, os.Rename(k.path("new"), k.path(name)))
}

func (k kept) name() string { return k.Config().Certificates[0].Leaf.Subject.CommonName }

func (k kept) reload() error { return k.Reload(time.Now()) }

func (k kept) value(name string) float64 {
	k.t.Helper()
	for _, m := range k.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	require.Fail(k.t, "no metric "+name)
	return 0
}

// Changed files are used for new connections.
func TestChangedFiles(t *testing.T) {
	t.Parallel()
	a, next := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "next")
	k := keep(t, a)
	before := k.Config()
	require.NoError(t, k.reload())
	assert.Same(t, before, k.Config(), "nothing has changed")
	assert.Equal(t, 1, k.log.Count("certificate unchanged"))
	assert.Zero(t, k.value("tls_reloads_total"))

	k.put(a.Issue("second"))
	k.replace("ca.pem", next.CA())
	require.NoError(t, k.reload())
	assert.Equal(t, "second", k.name())
	assert.NotSame(t, before, k.Config())
	assert.True(t, k.Config().ClientCAs.Equal(next.Pool()))
	assert.Equal(t, 1.0, k.value("tls_reloads_total"))
	assert.Zero(t, k.value("tls_reload_failures_total"))
	assert.Equal(t, 1, k.log.Count("certificate reloaded"))
	assert.Equal(t, float64(k.Config().Certificates[0].Leaf.NotAfter.Unix()), k.value("tls_certificate_end_time_seconds"))
}

// Files that cannot be used leave the last ones in use. A failure counts once, and the
// metric says so as long as it lasts.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	a := certificatetest.NewAuthority(t, "authority")
	k := keep(t, a)
	good, goodKey := a.Issue("good")
	other, _ := a.Issue("other")
	expired, expiredKey := a.Issue("expired", certificatetest.Ends(time.Now().Add(-time.Minute)))
	failures := 0.0
	for name, breaks := range map[string]func(){
		"another certificate": func() { k.replace("cert.pem", other) },
		"expired":             func() { k.put(expired, expiredKey) },
		"absent":              func() { require.NoError(t, os.Remove(k.path("key.pem"))) },
		"half a file":         func() { require.NoError(t, os.Truncate(k.path("cert.pem"), 100)) },
		"no authority":        func() { require.NoError(t, os.Truncate(k.path("ca.pem"), 0)) },
	} {
		breaks()
		for range 4 {
			require.ErrorContains(t, k.reload(), "(the certificate in use ends at ", name)
		}
		failures++
		assert.Equal(t, "first", k.name(), name)
		assert.Equal(t, 1.0, k.value("tls_reload_failed"), name)
		assert.Equal(t, failures, k.value("tls_reload_failures_total"), name)

		k.put(good, goodKey)
		k.replace("ca.pem", a.CA())
		require.NoError(t, k.reload(), name)
		assert.Equal(t, "good", k.name(), name)
		assert.Zero(t, k.value("tls_reload_failed"), name)
		k = k.restart()
		failures = 0
	}
	same := filepath.Join(t.TempDir(), "same.pem")
	require.NoError(t, os.Link(k.path("cert.pem"), same))
	k.replace("cert.pem", other)
	require.Error(t, k.reload())
	require.Equal(t, 1.0, k.value("tls_reload_failed"))
	k.replace("cert.pem", same)
	require.NoError(t, k.reload())
	assert.Zero(t, k.value("tls_reload_failed"), "the files are those that are in use")
}

// restart returns a keeper with the same folder and the first certificate.
func (k kept) restart() kept {
	k.t.Helper()
	return keep(k.t, certificatetest.NewAuthority(k.t, "authority"))
}

// Certificates that end soon are warned of once a day.
func TestEndOfACertificate(t *testing.T) {
	t.Parallel()
	a := certificatetest.NewAuthority(t, "authority", certificatetest.Ends(time.Now().Add(100*24*time.Hour)))
	k := keep(t, a) // ends in 90 days
	const ends, authority = "certificate ends soon", "authority of clients ends soon"
	now := time.Now()
	k.WarnOfEnd(now.Add(75 * 24 * time.Hour))
	assert.Zero(t, k.log.Count(ends))
	for hour := range 24 {
		k.WarnOfEnd(now.Add(77*24*time.Hour + time.Duration(hour)*time.Hour))
	}
	assert.Equal(t, 1, k.log.Count(ends))
	k.WarnOfEnd(now.Add(78*24*time.Hour + time.Minute))
	assert.Equal(t, 2, k.log.Count(ends))
	assert.Zero(t, k.log.Count(authority))
	k.WarnOfEnd(now.Add(88 * 24 * time.Hour))
	assert.Equal(t, 1, k.log.Count(authority))

	k.put(a.Issue("second", certificatetest.Ends(now.Add(time.Hour))))
	require.NoError(t, k.Reload(now))
	assert.Equal(t, 4, k.log.Count(ends), "the next certificate is warned of at once")
}

// A certificate counts no longer when its authority is removed.
func TestAccepts(t *testing.T) {
	t.Parallel()
	a, other := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "other")
	k := keep(t, a)
	now := time.Now()
	own, foreign := a.Pair("own").Leaf, other.Pair("foreign").Leaf
	chain := func(c ...*x509.Certificate) []*x509.Certificate { return c }
	assert.True(t, k.Accepts(chain(own), now))
	assert.False(t, k.Accepts(chain(foreign), now))
	assert.False(t, k.Accepts(chain(own), now.Add(200*24*time.Hour)), "it has expired")
	assert.False(t, k.Accepts(nil, now))
	k.replace("ca.pem", other.CA())
	require.NoError(t, k.Reload(now))
	assert.False(t, k.Accepts(chain(own), now))
	assert.True(t, k.Accepts(chain(foreign), now))
}

// Without TLS there are the same metrics.
func TestMetricsWithoutACertificate(t *testing.T) {
	t.Parallel()
	k := keep(t, certificatetest.NewAuthority(t, "authority"))
	var none *Keeper
	require.Len(t, none.Metrics(), len(k.Metrics()))
	for i, m := range none.Metrics() {
		with := k.Metrics()[i]
		assert.Equal(t, []any{with.Name, with.Help, with.Kind}, []any{m.Name, m.Help, m.Kind})
	}
}
