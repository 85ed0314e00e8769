//go:build interop

package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The browser answers the challenge of the console with the name and the password that
// a person gives it, and callers without the role see why they see no more.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := startService(t, "--auth-file", authFile(t, "ops:stats", "app:read"))
	response, err := http.Get(s.url("/console"))
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	require.True(t, strings.HasPrefix(response.Header.Get("WWW-Authenticate"), "Basic "), "the first challenge is that of browsers")

	b := openTab(t, s.url("/"))
	b.open("http://ops:" + password + "@" + s.address + "/console")
	b.appears(`nav a[href$="console"][aria-current]`)
	assert.Contains(t, b.text(".caller"), "ops")
	accessible(t, b)

	b = openTab(t, s.url("/"))
	b.expect("status of 403")
	b.open("http://app:" + password + "@" + s.address + "/console")
	assert.Equal(t, "Not allowed", b.text("h1"))
	assert.Contains(t, b.text("main"), "lacks the role stats")
	accessible(t, b)
}
