//go:build interop

package apache

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
)

// javaClient builds the JAX-WS program of scripts/clients once for all tests and
// returns its folder.
var javaClient = sync.OnceValues(func() (string, error) {
	contract, out := filepath.Join(folder, "session.wsdl"), filepath.Join(folder, "java")
	if err := os.WriteFile(contract, []byte(wsdl.Document()), 0o600); err != nil {
		return "", err
	}
	if printed, err := exec.Command("../../clients/java/jaxws23/build", contract, out).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, printed)
	}
	return out, nil
})

func (s *site) java(env ...string) {
	s.t.Helper()
	client, err := javaClient()
	require.NoError(s.t, err)
	s.walk(env, "../../clients/java/jaxws23/run", client, s.endpoint+"?wsdl", "walk", "ef56")
}

// javaTrust returns the environment with which Java trusts the authority.
func javaTrust(t *testing.T, c certificates) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "keytool", "-importcert", "-noprompt", "-storepass", "sesame", "-alias", "authority",
		"-file", c.path("ca.pem"), "-keystore", c.path("trust.p12")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStorePassword=sesame -Djavax.net.ssl.trustStore=" + c.path("trust.p12")
}

// moreTooLong are the commands of [tooLong] for programs that only make interop
// installs.
func moreTooLong() []string {
	return []string{
		"java toolong/TooLong.java ENDPOINT SIZE length",
		"java toolong/TooLong.java ENDPOINT SIZE buffered",
		"java toolong/TooLong.java ENDPOINT SIZE chunked",
		"node toolong/toolong.js ENDPOINT SIZE length",
		"node toolong/toolong.js ENDPOINT SIZE chunked",
	}
}
