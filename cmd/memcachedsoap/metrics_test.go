package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
	"memcachedsoap/service/metrics"
)

// TestServeMetrics: with --metrics-listen the service serves its metrics at an
// address of their own, without the id or a value of a session.
func TestServeMetrics(t *testing.T) {
	dir := t.TempDir()
	for name, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": "unix:" + filepath.Join(dir, "m")} {
		t.Run(name, func(t *testing.T) {
			pool := "unix:" + startMemcached(t, filepath.Join(dir, name))
			var log logBuffer
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan int, 1)
			go func() {
				done <- run(ctx, []string{
					"serve", "--listen", "127.0.0.1:0", "--metrics-listen", address, "--servers", pool,
					"--store-timeout", "10s", "--log-format", "json", "--drain", "0s",
				}, streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
			}()
			require.Eventually(t, func() bool { return len(log.lines(t, "metrics")) == 1 }, time.Minute, 10*time.Millisecond)
			url := fmt.Sprint("http://", log.lines(t, "listening")[0]["address"], "/soap")
			at := fmt.Sprint(log.lines(t, "metrics")[0]["address"])
			client := clientOf(address, at)
			before := scrape(t, client)

			set := invoke(t, url, "session", "set", "c0ffee00", "uid=precious")
			require.Equal(t, exitDone, set.code, set.err)
			for range 3 {
				require.Equal(t, exitDone, invoke(t, url, "session", "get", "c0ffee00").code)
			}
			require.Equal(t, exitNoSession, invoke(t, url, "session", "get", "decaf000").code)
			var after map[string]float64
			// A call is counted after its response is written, so the caller may be faster.
			require.Eventually(t, func() bool {
				after = scrape(t, client)
				return after[`memcachedsoap_requests_total{operation="getSession"}`] == 4
			}, time.Minute, 10*time.Millisecond)

			for metric, want := range map[string]float64{
				`memcachedsoap_requests_total{operation="setSession"}`:                        1,
				`memcachedsoap_request_faults_total{operation="getSession"}`:                  1,
				`memcachedsoap_request_duration_seconds_count{operation="getSession"}`:        4,
				`memcachedsoap_faults_total{type="SessionNotFoundFault"}`:                     1,
				`memcachedsoap_faults_total{type="StoreUnavailableFault"}`:                    0,
				`memcachedsoap_session_hits_total`:                                            3,
				`memcachedsoap_session_misses_total`:                                          1,
				`memcachedsoap_store_cas_conflicts_total`:                                     0,
				`memcachedsoap_turned_away_requests_total`:                                    0,
				`memcachedsoap_request_duration_seconds_bucket{operation="status",le="+Inf"}`: 0,
			} {
				value, there := after[metric]
				assert.True(t, there, metric)
				assert.Equal(t, want, value-before[metric], metric)
			}
			assert.Greater(t, after["memcachedsoap_received_bytes_total"], before["memcachedsoap_received_bytes_total"])
			assert.Positive(t, after["go_goroutines"])
			assert.Equal(t, 1.0, after[`memcachedsoap_build_info{goversion="`+runtime.Version()+`",version="`+version+`"}`])
			assert.Regexp(t, `(?m)^version +`+regexp.QuoteMeta(version)+`$`, invoke(t, url, "stats").out)

			// Only metrics there, and no metrics elsewhere.
			assert.Equal(t, 404, statusOf(t, client, "http://metrics/soap?wsdl"))
			assert.Equal(t, 404, statusOf(t, http.DefaultClient, strings.TrimSuffix(url, "/soap")+"/metrics"))
			client.CloseIdleConnections()
			http.DefaultClient.CloseIdleConnections()
			stop()
			assert.Equal(t, exitDone, <-done)
			assert.NoFileExists(t, strings.TrimPrefix(address, "unix:"))
			assert.Empty(t, log.lines(t, "metrics are no longer served"))
		})
	}
}

// TestServeMetricsListener: without the setting there is no listener. A listener
// that cannot be opened is an error, after which no other listener is open.
func TestServeMetricsListener(t *testing.T) {
	c := &serveCommand{}
	l, err := c.metricsListener(t.Context(), httpd.InheritedSockets())
	require.NoError(t, err)
	assert.Nil(t, l)
	c.serveMetrics(t.Context(), nil, metrics.Sources{}, nil, nil)()

	socket := filepath.Join(t.TempDir(), "s")
	var errs bytes.Buffer
	code := run(t.Context(), []string{"serve", "--listen", "unix:" + socket, "--metrics-listen", "unix:" + socket + "/absent"},
		streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs.String(), "not a directory")
	assert.NoFileExists(t, socket)
}

// clientOf returns a client that connects to one address, whatever the URL.
func clientOf(setting, address string) *http.Client {
	network := "tcp"
	if strings.HasPrefix(setting, "unix:") {
		network = "unix"
	}
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}}
}

// scrape reads the metrics as Prometheus does and returns their values by name
// and labels.
func scrape(t *testing.T, client *http.Client) map[string]float64 {
	t.Helper()
	resp, err := client.Get("http://metrics/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode, string(body))
	assert.NotContains(t, string(body), "c0ffee")
	assert.NotContains(t, string(body), "precious")
	found := map[string]float64{}
	for _, row := range regexp.MustCompile(`(?m)^([a-z_]+(?:\{.*\})?) (\S+)$`).FindAllStringSubmatch(string(body), -1) {
		found[row[1]], err = strconv.ParseFloat(row[2], 64)
		require.NoError(t, err, row[0])
	}
	return found
}

func statusOf(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	resp, err := client.Get(url)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// TestMetricsOutliveTheService: a stopping service can be scraped until its last
// request is answered.
func TestMetricsOutliveTheService(t *testing.T) {
	var log logBuffer
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s"},
			streams{In: strings.NewReader(""), Out: io.Discard, Err: &log})
	}()
	require.Eventually(t, func() bool { return len(log.lines(t, "metrics")) == 1 }, time.Minute, 10*time.Millisecond)
	address := fmt.Sprint(log.lines(t, "listening")[0]["address"])
	client := clientOf("", fmt.Sprint(log.lines(t, "metrics")[0]["address"]))
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /soap HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\nbo")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return scrape(t, client)["memcachedsoap_open_connections"] == 1 }, time.Minute, 10*time.Millisecond)
	stop()
	require.Eventually(t, func() bool {
		probe, err := net.Dial("tcp", address)
		return err != nil || probe.Close() != nil
	}, time.Minute, 10*time.Millisecond)
	assert.GreaterOrEqual(t, scrape(t, client)["memcachedsoap_open_connections"], 1.0)
	_, err = io.WriteString(conn, "dy")
	require.NoError(t, err)
	client.CloseIdleConnections()
	assert.Equal(t, exitDone, <-done)
	_, err = net.Dial("tcp", fmt.Sprint(log.lines(t, "metrics")[0]["address"]))
	require.Error(t, err)
}
