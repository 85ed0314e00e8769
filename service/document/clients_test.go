package document_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
// surrogates. Those in testdata/clients-0.1 are of the programs of release 0.1, to which
// the service answers as it did.
func TestClientsAreAnswered(t *testing.T) {
	var paths []string
	for _, folder := range []string{"testdata/clients", "testdata/clients-0.1"} {
		found, err := filepath.Glob(folder + "/*.http")
		require.NoError(t, err)
		require.NotEmpty(t, found)
		paths = append(paths, found...)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(path, "testdata/"), ".http"), func(t *testing.T) {
			recorded := answersOf(t, strings.TrimSuffix(path, ".http")+".answers")
			requests, err := os.ReadFile(path)
			require.NoError(t, err)
			e := newEndpointOver(t, memory.New(memory.Options{}), document.Options{}, soap.Limits{}, "uid")
			server := httptest.NewServer(e)
			defer server.Close()
			var bodies [][]byte
			current := map[string]string{} // versions and ids that the service made, by those recorded
			each, err := wsdltest.SplitRequests(requests)
			require.NoError(t, err)
			for _, request := range each {
				require.NotEmpty(t, recorded, "more requests than answers")
				want := recorded[0]
				recorded = recorded[1:]
				request = renewed(t, request, current)
				got := exchange(t, server.Listener.Addr().String(), request)
				remember(t, current, version, want, got)
				remember(t, current, made, want, got)
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
	varies  = regexp.MustCompile(`(?s)(<version>|<currentVersion>|<expiresIn>|<key>_session_end</key><value>)[^<]*|<statsResult>.*</statsResult>`)
	made    = regexp.MustCompile(`<id>([0-9a-f]{32})</id>`)
)

// remember notes the first text of a form in an answer, by the one in the recorded answer.
func remember(t *testing.T, current map[string]string, form *regexp.Regexp, recorded, answer string) {
	t.Helper()
	was, is := form.FindStringSubmatch(recorded), form.FindStringSubmatch(answer)
	if was != nil && is != nil {
		require.Len(t, is[1], len(was[1]), "a request must keep its length")
		current[was[1]] = is[1]
	}
}

// renewed returns a request in which each key of current is replaced by its value, which
// has the same length. A compressed request is compressed again if that changes it.
func renewed(t *testing.T, request []byte, current map[string]string) []byte {
	t.Helper()
	head, body, ok := bytes.Cut(request, []byte("\r\n\r\n"))
	require.True(t, ok)
	content := body
	compressed := bytes.Contains(head, []byte("\nContent-Encoding: gzip\r\n"))
	if compressed {
		unzip, err := gzip.NewReader(bytes.NewReader(body))
		require.NoError(t, err)
		content, err = io.ReadAll(unzip)
		require.NoError(t, err)
	}
	now := content
	for old, value := range current {
		now = bytes.ReplaceAll(now, []byte(old), []byte(value))
	}
	switch {
	case bytes.Equal(now, content):
		return request
	case !compressed:
		return slices.Concat(head, []byte("\r\n\r\n"), now)
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(now)
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	head = contentLength.ReplaceAll(head, fmt.Appendf(nil, "Content-Length: %d", packed.Len()))
	return slices.Concat(head, []byte("\r\n\r\n"), packed.Bytes())
}

var contentLength = regexp.MustCompile(`Content-Length: \d+`)

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
