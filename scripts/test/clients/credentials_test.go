//go:build interop

package clients

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

// The caller of the guarded service. The pages use the same one.
const (
	callerName     = "portal"
	callerPassword = "a-long-password"
)

// authFile writes an auth file with the caller and returns its path.
func authFile(t *testing.T) string {
	t.Helper()
	hash, err := access.HashPassword(callerPassword)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "callers.yaml")
	content := "callers:\n  - {name: " + callerName + ", roles: [admin], password: \"" + hash + "\", digest-password: " + callerPassword + "}\n"
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// checkCredentials walks through a service that answers only callers, with each form
// of credentials that the client can send. With a wrong password the program must fail
// and show the text of the fault.
func (c *client) checkCredentials(t *testing.T, s *site) {
	t.Helper()
	for _, form := range c.credentials {
		id := s.id()
		login := "SOAP_LOGIN=" + callerName + ":"
		out, err := c.runWith(t, []string{"CREDENTIALS=" + form, login + callerPassword}, s.guarded, "walk", id)
		require.NoError(t, err)
		c.walked(t, form, id, out)
		_, err = c.runWith(t, []string{"CREDENTIALS=" + form, login + "wrong"}, s.guarded, "walk", id)
		failed, ok := errors.AsType[*failure](err)
		require.True(t, ok, "%s: %v", form, err)
		assert.Contains(t, failed.printed, "The credentials are wrong.", form)
	}
}
