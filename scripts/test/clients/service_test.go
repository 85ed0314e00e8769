//go:build interop

package clients

import (
	"encoding/hex"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/programtest"
)

// root is the root of the repository.
const root = "../../.."

// serve starts the service on a memcached and returns the address of its WSDL.
func serve(t *testing.T, cache string, args ...string) string {
	t.Helper()
	program, err := filepath.Abs(filepath.Join(root, "bin", "memcachedsoap"))
	require.NoError(t, err)
	return programtest.Serve(t, program, append([]string{"--servers=" + cache, "--principal=uid", "--store-timeout=5s"}, args...)...)
}

func unhex(text string) string {
	decoded, err := hex.DecodeString(text)
	if err != nil {
		return text
	}
	return string(decoded)
}
