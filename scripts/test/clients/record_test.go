//go:build interop

package clients

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// samples is the folder with the recorded requests of the clients, for tests that run
// without the toolkits.
const samples = root + "/service/document/testdata/clients"

// record records the messages of a walk and the fixture, and of the fixture with each
// message form. NAME.http has the requests one after the other. NAME.answers has the
// answers, each after a line with its HTTP status.
func (c *client) record(t *testing.T) {
	t.Helper()
	s, relay := newSite(t).through(t)
	for _, mode := range append([]string{""}, c.modes...) {
		commands := []string{"write", "read"}
		if mode == "" {
			commands = []string{"walk", "write", "read", "writecontrol"}
		}
		id := s.id()
		for _, command := range commands {
			if command == "write" || command == "writecontrol" {
				id = s.id()
			}
			c.runIn(t, mode, s.wsdl, command, id) //nolint:errcheck // other tests check the result
		}
		var requests, answers bytes.Buffer
		for _, e := range relay.Exchanges(t) {
			requests.Write(e.Request)
			fmt.Fprintf(&answers, "== %d\n%s\n", e.Status, e.Response)
		}
		path := filepath.Join(samples, strings.TrimSuffix(strings.ReplaceAll(c.name, "/", "-")+"-"+mode, "-"))
		require.NoError(t, os.WriteFile(path+".http", requests.Bytes(), 0o644))   //nolint:gosec // public test data
		require.NoError(t, os.WriteFile(path+".answers", answers.Bytes(), 0o644)) //nolint:gosec // public test data
	}
}
