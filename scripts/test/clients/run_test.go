//go:build interop

package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// quickJava makes Java start faster, for programs that run for a second.
const quickJava = "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

// ownAuthority takes away the variables by which Python's requests prefers the
// authorities of this machine to the one that a program names.
var ownAuthority = []string{"REQUESTS_CA_BUNDLE=", "CURL_CA_BUNDLE="}

// maxRun limits one run of a program.
const maxRun = time.Minute

// run runs the program and returns its output. The error is a [*failure].
func (c *client) run(t *testing.T, wsdl string, command ...string) (string, error) {
	t.Helper()
	return c.runIn(t, "", wsdl, command...)
}

// runIn runs the program with a message form (mode).
func (c *client) runIn(t *testing.T, mode, wsdl string, command ...string) (string, error) {
	t.Helper()
	return c.runWith(t, []string{"MODE=" + mode}, wsdl, command...)
}

// runWith runs the program with variables in its environment.
func (c *client) runWith(t *testing.T, variables []string, wsdl string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), maxRun)
	defer cancel()
	program := exec.CommandContext(ctx, c.path("run"), append([]string{c.out, wsdl}, command...)...)
	program.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "PYTHONDONTWRITEBYTECODE=1", "MODE=", quickJava)
	program.Env = append(program.Env, ownAuthority...)
	program.Env = append(program.Env, variables...)
	var stderr bytes.Buffer
	program.Stderr = &stderr
	out, err := program.Output()
	if err != nil {
		return string(out), &failure{fmt.Sprintf("%s %v: %v", c.name, command, err), string(out) + stderr.String()}
	}
	return string(out), nil
}

// failure is the error of a program. Its text is cut.
type failure struct{ what, printed string }

func (f *failure) Error() string { return f.what + "\n" + cut(f.printed) }
