//go:build interop

package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// perlProgram tests the program of the Perl page: it prints one attribute or
// several, as UTF-8, and tells an absent session, a typed fault and a service that
// does not answer apart.
func (s *site) perlProgram(t *testing.T) {
	t.Helper()
	folder := s.readerFolder(t, callerName)
	blocks := s.blocks(t, filepath.Join(programs, "perl", "README.md"))
	at := slices.IndexFunc(blocks, func(b pagetest.Block) bool { return b.File == "session.pl" })
	require.GreaterOrEqual(t, at, 0, "the page has a session.pl")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "session.pl"), []byte(blocks[at].Code), 0o600))
	run := func(endpoint string, args ...string) (out, complaints string, err error) {
		command := exec.CommandContext(t.Context(), "perl", append([]string{"session.pl"}, args...)...)
		command.Dir = folder
		command.Env = append(os.Environ(), "MEMCACHEDSOAP_URL="+endpoint, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
		var stderr strings.Builder
		command.Stderr = &stderr
		printed, err := command.Output()
		return string(printed), stderr.String(), err
	}
	endpoint := func(wsdl string) string { return strings.TrimSuffix(wsdl, "?wsdl") }

	for _, c := range []struct {
		attributes map[string]perldata.Value
		want       string
	}{
		{map[string]perldata.Value{"name": text("zoë 😀")}, "name: zoë 😀\n"},
		{map[string]perldata.Value{"a": text("1"), "b": perldata.ListOf(text("2"))}, "a: 1\nb: ARRAY\n"},
	} {
		id := s.id()
		_, err := s.store.Replace(t.Context(), sessionstore.ID(id), hash(c.attributes).Hash(), time.Hour, sessionstore.If{})
		require.NoError(t, err)
		out, complaints, err := run(endpoint(s.wsdl), id)
		require.NoError(t, err, complaints)
		assert.Contains(t, out, c.want)
		assert.Empty(t, complaints)
	}

	absent := s.id()
	out, complaints, err := run(endpoint(s.wsdl), absent)
	require.NoError(t, err, complaints)
	assert.Equal(t, "no session "+absent+"\n", out)

	out, complaints, err = run(endpoint(s.dead))
	require.Error(t, err, "memcached is down")
	assert.Empty(t, out)
	assert.Regexp(t, `\AStoreUnavailableFault: soap:Server: `, complaints)

	out, complaints, err = run("http://127.0.0.1:1/soap")
	require.Error(t, err, "nothing listens")
	assert.Empty(t, out)
	assert.Regexp(t, `\Ano answer from the service: 500 `, complaints)
}
