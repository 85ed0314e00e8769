package apache

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// tooLong are the commands that send a message of SIZE bytes to ENDPOINT and print the
// answer. Some wait for 100 Continue, some send the message in chunks.
func tooLong() []string {
	const curl = "curl -sS -H Content-Type:text/xml --data-binary @FILE ENDPOINT -H "
	return append([]string{
		"python3 toolong/toolong.py ENDPOINT SIZE length",
		"python3 toolong/toolong.py ENDPOINT SIZE chunked",
		"php toolong/toolong.php ENDPOINT SIZE",
		curl + "Expect:",
		curl + "Expect:100-continue",
		curl + "Expect: -H Transfer-Encoding:chunked",
		curl + "Expect:100-continue -H Transfer-Encoding:chunked",
	}, moreTooLong()...)
}

// A request that is too long gets its fault in every client, with and without Apache.
func TestTooLongRequests(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	s := startService(t, freeAddress(t), "--servers", cache.Addr)
	a := startApache(t, "http.conf", map[string]string{"SESSIONS": s.address})
	for _, size := range []int{12_000_000, 40_000_000} {
		file := fileOf(t, size)
		for _, address := range []string{s.address, a.address} {
			for _, command := range tooLong() {
				command = strings.NewReplacer("ENDPOINT", "http://"+address+"/soap", "SIZE", strconv.Itoa(size), "FILE", file).Replace(command)
				arguments := strings.Fields(command)
				out, err := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...).CombinedOutput()
				require.NoError(t, err, "%s\n%s", command, out)
				assert.Contains(t, string(out), "The request is longer than 4194304 bytes, the limit of this service.", command)
			}
		}
	}
}

// fileOf returns the path of a file of a size.
func fileOf(t *testing.T, size int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "message")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), size), 0o600))
	return path
}
