//go:build interop

package clients

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/wsdl/wsdltest"
)

// The callers of the guarded services. The pages use the first one, too. The guest may
// not store sessions.
const (
	callerName     = "portal"
	callerPassword = "a-long-password"
	guestName      = "guest"
	guestPassword  = "another-long-password"
	strangerName   = "stranger" // has a key and a certificate, and is no caller
)

// The texts of the faults for wrong credentials, and for a caller without the role.
const (
	wrongText  = "The credentials are wrong."
	deniedText = "Access denied"
)

// guard is what the services need that answer only callers, and what the callers need.
type guard struct {
	options   []string // of the service on TLS
	file      string   // of the callers
	authority string   // file of the authority, for the service and for the clients
	// The keys of the callers, as variables of a program, and their certificates, by name.
	keys         map[string][]string
	certificates map[string]pair
}

// pair is the files of a certificate and of its key.
type pair struct{ cert, key string }

func newGuard(t *testing.T) *guard {
	t.Helper()
	authority := certificatetest.NewAuthority(t, "authority")
	g := &guard{
		file: filepath.Join(t.TempDir(), "callers.yaml"), authority: authority.CA(),
		keys: map[string][]string{}, certificates: map[string]pair{},
	}
	issue := func(name, key string) {
		g.keys[name] = []string{"SOAP_KEY=" + key}
		var own pair
		own.cert, own.key = authority.Issue(name)
		g.certificates[name] = own
	}
	issue(strangerName, "no-key")
	var content strings.Builder
	content.WriteString("callers:\n")
	for _, c := range []struct{ name, roles, password string }{{callerName, "admin", callerPassword}, {guestName, "stats", guestPassword}} {
		hash, err := access.HashPassword(c.password)
		require.NoError(t, err)
		key, keyHash := access.NewKey()
		issue(c.name, key)
		fmt.Fprintf(&content, "  - {name: %s, roles: [%s], password: %q, digest-password: %s, key: %q, certificate: CN=%s}\n",
			c.name, c.roles, hash, c.password, keyHash, c.name)
	}
	require.NoError(t, os.WriteFile(g.file, []byte(content.String()), 0o600))
	cert, key := authority.Issue("server")
	g.options = []string{
		"--auth-file=" + g.file, "--tls-cert=" + cert, "--tls-key=" + key,
		"--tls-client-ca=" + g.authority, "--tls-client-auth=optional",
	}
	return g
}

// variables returns the environment with which a program sends the credentials of a
// caller, or of the stranger.
func (g *guard) variables(form, name, password string) []string {
	variables := []string{"CREDENTIALS=" + form, "AUTHORITY=" + g.authority}
	switch form {
	case formBearer:
		return append(variables, g.keys[name]...)
	case formCertificate:
		own := g.certificates[name]
		return append(variables, "CERTIFICATE="+own.cert, "CERTIFICATE_KEY="+own.key)
	}
	return append(variables, "SOAP_LOGIN="+name+":"+password)
}

// checkCredentials calls a service that answers only callers, with each form of
// credentials that the client can send. The first form walks through the service, the
// others store a session. With wrong credentials, and without the role, the program
// must fail and show the text of the fault.
func (c *client) checkCredentials(t *testing.T, s *site) {
	t.Helper()
	for i, f := range c.credentials {
		wsdl, exchanges := s.guardedBy(t, f.name)
		command := "write"
		if i == 0 {
			command = "walk"
		}
		id := s.id()
		out, err := c.runWith(t, s.guard.variables(f.name, callerName, callerPassword), wsdl, command, id)
		require.NoError(t, err, f.name)
		if i == 0 {
			c.walked(t, f.name, id, out)
		} else {
			_, err := s.store.Get(t.Context(), sessionstore.ID(id))
			require.NoError(t, err, f.name)
		}
		if f.name != formCertificate {
			challenged := slices.ContainsFunc(exchanges(), func(e wsdltest.Exchange) bool { return e.Status == http.StatusUnauthorized })
			assert.Equal(t, f.name == formChallenge, challenged, "%s: the service asks for credentials", f.name)
		}
		stranger := callerName
		if f.name == formBearer || f.name == formCertificate {
			stranger = strangerName
		}
		wrong := c.refused(t, s, wsdl, s.guard.variables(f.name, stranger, "wrong"))
		assert.Equal(t, f.hide == "", strings.Contains(wrong, wrongText), "%s: the program shows the fault (%s):\n%s", f.name, f.hide, cut(wrong))
		assert.Contains(t, c.refused(t, s, wsdl, s.guard.variables(f.name, guestName, guestPassword)), deniedText, f.name)
	}
}

// refused runs the program with credentials that are refused, and returns what it
// prints.
func (c *client) refused(t *testing.T, s *site, wsdl string, variables []string) string {
	t.Helper()
	_, err := c.runWith(t, variables, wsdl, "write", s.id())
	failed, ok := errors.AsType[*failure](err)
	require.True(t, ok, "%s: the program does not fail: %v", variables[0], err)
	return failed.printed
}

// guardedBy returns the URL of the service that answers only callers, for a form of
// credentials, and a function that returns what was sent. Certificates need TLS, through
// which nothing is seen.
func (s *site) guardedBy(t *testing.T, form string) (wsdl string, exchanges func() []wsdltest.Exchange) {
	t.Helper()
	if form == formCertificate {
		return s.secure, nil
	}
	wsdl, relay := relayed(t, s.guarded)
	return wsdl, func() []wsdltest.Exchange { return relay.Exchanges(t) }
}
