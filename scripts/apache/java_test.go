//go:build interop

package apache

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// javaClient is where the Java program is built, once for all tests, with the
// WSDL of the first that needs it.
var javaClient struct {
	once sync.Once
	dir  string
	out  []byte
	err  error
}

// java runs the JAX-WS program of scripts/clients.
func (s *site) java(env ...string) {
	s.t.Helper()
	s.t.Helper()
	javaClient.once.Do(func() {
		javaClient.dir, javaClient.err = os.MkdirTemp(folder, "java")
		if javaClient.err == nil {
			wsdl := "http://" + startService(s.t, freeAddress(s.t)).address + "/soap?wsdl"
			build := exec.CommandContext(context.Background(), "../clients/java/jaxws23/build", wsdl, javaClient.dir)
			javaClient.out, javaClient.err = build.CombinedOutput()
		}
	})
	require.NoError(s.t, javaClient.err, "%s", javaClient.out)
	s.walk(env, "../clients/java/jaxws23/run", javaClient.dir, s.endpoint+"?wsdl", "walk", "ef56")
}

// javaTrust tells Java to trust the authority.
func javaTrust(t *testing.T, c certificates) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "keytool", "-importcert", "-noprompt", "-storepass", "sesame", "-alias", "authority",
		"-file", c.path("ca.pem"), "-keystore", c.path("trust.p12")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStorePassword=sesame -Djavax.net.ssl.trustStore=" + c.path("trust.p12")
}
