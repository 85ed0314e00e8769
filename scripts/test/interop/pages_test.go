package interop_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

const (
	pagesAddress = "127.0.0.1:8080" // where the examples of the pages call the service
	root         = "../../.."       // the root of the repository, in which the examples run
)

// Every example of README.md and of the pages in docs works, unless it is marked
// with no-test. The examples of a page run in their order against a service that
// was just started.
func TestPages(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	ran := 0
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		blocks, err := pagetest.Blocks(string(text))
		require.NoError(t, err, page)
		var runs []pagetest.Block
		for _, b := range blocks {
			if b.Runs() {
				runs = append(runs, b)
			}
		}
		ran += len(runs)
		if len(runs) > 0 {
			t.Run(filepath.Base(page), func(t *testing.T) { runPage(t, runs) })
		}
	}
	assert.Positive(t, ran, "no page has an example that runs")
}

// runPage runs the blocks of a page. Their requests are valid by the contract's
// schema, because readers copy them.
func runPage(t *testing.T, blocks []pagetest.Block) {
	t.Helper()
	s := launch(t, "--listen="+pagesAddress)
	if s.url == "" { // another process uses the port
		s = start(t)
	}
	relay := wsdltest.NewRelay(t, strings.TrimPrefix(s.url, "http://"))
	shell := pagetest.NewShell(t, root)
	for _, b := range blocks {
		t.Run(fmt.Sprintf("line %d, %s", b.Line, b.Language), func(t *testing.T) {
			b.Code = strings.ReplaceAll(b.Code, pagesAddress, relay.Addr)
			shell.Run(t, b)
		})
	}
	wsdltest.Validate(t, requestsOfContract(t, relay)...)
	s.stop(t)
}

// requestsOfContract returns the bodies of the requests that a relay has recorded,
// without those of the Perl CGI.
func requestsOfContract(t *testing.T, relay *wsdltest.Relay) [][]byte {
	t.Helper()
	var bodies [][]byte
	for _, e := range relay.Exchanges(t) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(e.Request)))
		require.NoError(t, err)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		if bytes.Contains(body, []byte(wsdl.Namespace)) {
			bodies = append(bodies, body)
		}
	}
	return bodies
}
