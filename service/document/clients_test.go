package document_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl/wsdltest"
)

// The requests in testdata/clients are those of toolkits, byte for byte, with the
// answers that the toolkits understood; RECORD=1 make interop records them. They
// contain what toolkits do differently: HTTP/1.0,
// chunks, Expect, compression, UTF-16 and Latin-1, MTOM, WS-Addressing, SOAP 1.2,
// children without a namespace or by position, xsi:nil, and references to
// surrogates.
func TestClientsAreAnswered(t *testing.T) {
	paths, err := filepath.Glob("testdata/clients/*.http")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".http"), func(t *testing.T) {
			recorded := answersOf(t, strings.TrimSuffix(path, ".http")+".answers")
			requests, err := os.ReadFile(path)
			require.NoError(t, err)
			e := newEndpointOver(t, memory.New(memory.Options{}), document.Options{}, soap.Limits{}, "uid")
			server := httptest.NewServer(e)
			defer server.Close()
			var bodies [][]byte
			versions := map[string]string{} // current ones, by those recorded
			each, err := wsdltest.SplitRequests(requests)
			require.NoError(t, err)
			for _, request := range each {
				require.NotEmpty(t, recorded, "more requests than answers")
				want := recorded[0]
				recorded = recorded[1:]
				for old, now := range versions {
					request = bytes.ReplaceAll(request, []byte(old), []byte(now))
				}
				got := exchange(t, server.Listener.Addr().String(), request)
				was, is := version.FindStringSubmatch(want), version.FindStringSubmatch(got)
				if was != nil && is != nil {
					require.Len(t, is[1], len(was[1]), "a request must keep its length")
					versions[was[1]] = is[1]
				}
				assert.Equal(t, masked(want), masked(got), "%q", request)
				_, body, _ := strings.Cut(got, "\n")
				bodies = append(bodies, []byte(body))
			}
			wsdltest.Validate(t, bodies...)
			assert.Empty(t, recorded, "more answers than requests")
		})
	}
}

var (
	version = regexp.MustCompile(`<(?:version|currentVersion)>([^<]*)`)
	varies  = regexp.MustCompile(`(?s)(<version>|<currentVersion>|<expiresIn>)[^<]*|<statsResult>.*</statsResult>`)
	made    = regexp.MustCompile(`<id>[0-9a-f]{32}</id>`)
)

// masked removes what differs from call to call: versions, times, statistics, and
// ids that the service creates. Those of clients begin with zeros.
func masked(answer string) string {
	return made.ReplaceAllStringFunc(varies.ReplaceAllString(answer, "$1"), func(id string) string {
		if strings.HasPrefix(id, "<id>00000000") {
			return id
		}
		return "<id/>"
	})
}

// answersOf reads answers, each after a line with its HTTP status, as
// "<status>\n<body>".
func answersOf(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var all []string
	for answer := range strings.SplitSeq(strings.TrimPrefix(string(content), "== "), "\n== ") {
		all = append(all, strings.TrimSuffix(answer, "\n"))
	}
	return all
}

// exchange sends a request as it is and returns the answer's status and body, as
// "<status>\n<body>".
func exchange(t *testing.T, address string, request []byte) string {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer connection.Close()
	_, err = connection.Write(request)
	require.NoError(t, err)
	status, body, err := wsdltest.ReadResponse(bufio.NewReader(connection), http.MethodPost)
	require.NoError(t, err)
	return fmt.Sprintf("%d\n%s", status, body)
}
