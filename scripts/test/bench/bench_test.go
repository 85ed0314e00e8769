package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/wsdl"
)

// TestMain runs the tests, or one of the measured servers: the benchmark under
// test starts this program again for each server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serveCommand {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestBenchmark(t *testing.T) {
	var out, progress bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-rounds", "2", "-seconds", "0.2", "-connections", "2", "-entries", "30"}, &out, &progress))
	assert.Contains(t, out.String(), "; 2 connections, 2 rounds of 200ms a server; 30 entries;")
	for _, server := range (settings{}).servers() {
		row := regexp.MustCompile(`\| ` + server + ` \| (\d+) \| (\d+) \| (\S+) ms \| (\S+) ms \| \S+ µs \|`).FindStringSubmatch(out.String())
		require.NotNil(t, row, "%s in %s", server, out.String())
		for _, text := range row[1:] {
			number, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err)
			assert.Positive(t, number, row[0])
		}
	}
	assert.Regexp(t, `\| service / raw \| \d+\.\d\d \|`, out.String())
	assert.Regexp(t, `\| service / encoding/xml \| \d+\.\d\d \|`, out.String())
	assert.Equal(t, "bench: this takes 2s\n", progress.String())
}

func TestNearCache(t *testing.T) {
	var out, progress bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-copies", "-rounds", "2", "-seconds", "0.2", "-connections", "2"}, &out, &progress))
	for _, server := range (settings{nearCache: true}).servers() {
		assert.Regexp(t, `\| `+server+` \| [1-9]\d* \| [1-9]\d* \|`, out.String())
	}
	assert.Regexp(t, `\| copies / service \| \d+\.\d\d \|.* at least 1\.50: `, out.String())
	assert.Regexp(t, `\| copies / constant \| \d+\.\d\d \|.* at least 0\.75: `, out.String())
}

func TestTLS(t *testing.T) {
	var out, progress bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-tls", "-rounds", "2", "-seconds", "0.2", "-connections", "2"}, &out, &progress))
	for _, server := range (settings{tls: true}).servers() {
		assert.Regexp(t, `\| `+server+` \| [1-9]\d* \| [1-9]\d* \|`, out.String())
	}
	assert.Regexp(t, `\| TLS / service \| \d+\.\d\d \|`, out.String())
	assert.Regexp(t, `\| mTLS / TLS \| \d+\.\d\d \|.* at least 0\.95: `, out.String())
}

func TestFlags(t *testing.T) {
	s, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, settings{Rounds: load.Rounds{Count: 60, Interval: 250 * time.Millisecond}, connections: 4, entries: 24}, s)
	for _, args := range []string{
		"-rounds 0", "-seconds 0", "-seconds NaN", "-connections 0", "-entries 0", "-connections 513", "-entries 5001",
		"-rounds 10001", "-seconds 1e300", "-copies -tls", "-rounds 1200 -seconds 1", "surplus", "-nosuch",
	} {
		_, err := parse(strings.Fields(args), io.Discard)
		assert.ErrorContains(t, err, "bench: ", args)
	}
}

func TestUnknownServer(t *testing.T) {
	assert.ErrorContains(t, run(t.Context(), []string{serveCommand, "nosuch", "127.0.0.1:11211"}, io.Discard, io.Discard), `no server "nosuch"`)
}

func TestServersReturnTheSameSession(t *testing.T) {
	session := func(value, expiresIn string) []byte {
		return []byte(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><getSessionResponse xmlns="` + wsdl.Namespace +
			`"><getSessionResult><id>1</id><expiresIn>` + expiresIn + `</expiresIn><attributes><entry><key>uid</key><value>` + value +
			`</value></entry></attributes></getSessionResult></getSessionResponse></e:Body></e:Envelope>`)
	}
	require.NoError(t, sameSession(session("a", "10"), session("a", "9")))
	assert.ErrorContains(t, sameSession(session("a", "10"), session("b", "10")), "return different sessions")
	assert.ErrorContains(t, sameSession(session("a", "10"), []byte("<x/>")), "expected element type <Envelope>")
	assert.ErrorContains(t, sameSession(session("a", "10"),
		[]byte(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>`)), "no session")
}

func TestReport(t *testing.T) {
	r := report{settings: settings{Rounds: load.Rounds{Count: 3, Interval: time.Second}, connections: 1, entries: 1}}
	for i, rates := range [...][3]float64{{900, 80, 1000}, {1000, 100, 1100}, {400, 41, 500}} {
		for _, rate := range rates {
			r.results[i] = append(r.results[i], load.Result{
				Requests: int(rate), Rate: rate, P50: time.Millisecond, P99: 2 * time.Millisecond, CPU: time.Duration(i+1) * 10 * time.Millisecond,
			})
		}
	}
	var out strings.Builder
	require.NoError(t, r.write(&out))
	assert.Contains(t, out.String(), "| service | 900 | 1000 | 1.00 ms | 2.00 ms | 15 µs |\n")
	assert.Contains(t, out.String(), "| service / raw | 0.90 | 0.80 to 0.90 | 1.80 | at least 0.85: met |\n")
	assert.Contains(t, out.String(), "| service / encoding/xml | 2.00 | 1.95 to 2.00 | 6.31 | at least 2.00: met |\n")
	assert.Contains(t, out.String(), "| raw / encoding/xml | 2.44 | 2.20 to 2.44 | 3.51 | the maximum |\n")
	r.results[0][0].Rate = 500
	out.Reset()
	require.NoError(t, r.write(&out))
	assert.Contains(t, out.String(), "| service / raw | 0.80 | 0.50 to 0.80 | 1.80 | at least 0.85: **missed** |\n")
}
