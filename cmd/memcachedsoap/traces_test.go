package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/traces/tracestest"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// startTracing starts a collector for what is started afterwards.
func startTracing(t *testing.T) *tracestest.Collector {
	t.Helper()
	collector := tracestest.Start(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	return collector
}

// Names, ids and values that no trace may contain.
const (
	tracedID       = "5fbc010fecf1bbba68cf4d2fac579077"
	otherTracedID  = "7fbc010fecf1bbba68cf4d2fac579077"
	tracedUser     = "dorothea"
	tracedValue    = "wxyz-precious"
	tracedCaller   = "portal"
	tracedPassword = "secret-of-portal"
)

// The whole way of a call is one trace, from the program that calls to memcached. What the
// collector gets of calls of all kinds contains no id, no value and no name of a person.
func TestServeTraces(t *testing.T) {
	collector := startTracing(t)
	file, key := authFile(t)
	pool := "unix:" + startMemcached(t, filepath.Join(t.TempDir(), "cache"))
	metrics := "unix:" + filepath.Join(t.TempDir(), "m")
	s := startServe(t, "--servers", pool, "--store-timeout", "10s", "--auth-file", file, "--principal", "uid", "--lemonldap",
		"--metrics-listen", metrics)
	caller := strings.Replace(s.url, "://", "://"+tracedCaller+":"+tracedPassword+"@", 1)

	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	t.Setenv("TRACEPARENT", "00-"+trace+"-"+parent+"-01")
	done(t, caller, "session", "set", tracedID, "uid="+tracedUser, "mail="+tracedValue)
	t.Setenv("TRACEPARENT", "")
	set := collector.Wait(t, "contract/setSession", 1)[0]
	assert.Equal(t, trace, hex.EncodeToString(set.TraceId))
	assert.Equal(t, parent, hex.EncodeToString(set.ParentSpanId))
	assert.Equal(t, "memcachedsoap", set.Resource["service.name"])
	var names []string
	for _, below := range collector.Below(set) {
		names = append(names, strings.TrimSuffix(below.Name, " "+strings.TrimPrefix(pool, "unix:")))
		assert.Equal(t, trace, hex.EncodeToString(below.TraceId))
	}
	assert.Subset(t, names, []string{"wait for password", "get", "add get", "add append"})
	require.Eventually(t, func() bool {
		for _, line := range s.log.lines(t, "request") {
			if line["trace_id"] == trace && line["operation"] == "setSession" {
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond, "the log names the trace")

	done(t, caller, "session", "get", tracedID)
	require.Equal(t, exitNoSession, invoke(t, caller, "session", "get", otherTracedID).code)
	gets := collector.Wait(t, "contract/getSession", 2)
	assert.Empty(t, gets[0].Get("memcachedsoap.fault"))
	assert.Equal(t, "SessionNotFoundFault", gets[1].Get("memcachedsoap.fault"))
	assert.Equal(t, "STATUS_CODE_UNSET", gets[1].Status.GetCode().String(), "the service has not failed")
	assert.Equal(t, "miss", collector.Below(gets[1])[0].Get("memcachedsoap.result"))

	tool := sent{authorization: []string{"Bearer " + key}}
	for _, message := range []string{
		operationCall("findSessions", "<principal>"+tracedUser+"</principal>"),
		operationCall("getSessions", "<ids><id>"+tracedID+"</id><id>"+otherTracedID+"</id></ids>"),
		strings.Replace(perlCall, "ab12", tracedID, 1),
		operationCall("bogus", tracedValue),
		operationCall("getSession", "<id>"+tracedID+"</id><more>"+tracedValue+"</more>"),
	} {
		s.post(t, tool, message)
	}
	s.post(t, sent{authorization: basic(tracedCaller, tracedPassword+"x")}, operationCall("getSession", ""))
	s.rest(t, http.MethodGet, "/sessions/global/"+tracedID+"/"+tracedValue+"?q="+tracedValue, key)
	s.rest(t, "PROPFIND", "/sessions/"+tracedID+"/"+tracedID, key)
	s.post(t, tool, operationCall("deleteSessions", "<principal>"+tracedUser+"</principal>"))
	collector.Wait(t, "contract/deleteSessions", 1)
	collector.Wait(t, "lemonldap/getSession", 1)
	require.Zero(t, s.stop())

	text := collector.Text()
	for _, secret := range []string{tracedID, otherTracedID, tracedUser, tracedValue, tracedCaller, tracedPassword, key, "tool", "PROPFIND"} {
		assert.NotContains(t, text, secret)
		assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	assert.Contains(t, text, "_OTHER")
	for _, of := range collector.Spans() {
		if of.Kind.String() == "SPAN_KIND_SERVER" {
			assert.Contains(t, []string{"/soap", "/sessions/*"}, of.Get("http.route"))
			assert.NotEmpty(t, of.Get("http.response.status_code"))
		}
	}
}

// rest sends a request of LemonLDAP::NG.
func (s *served) rest(t *testing.T, method, path, key string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, strings.TrimSuffix(s.url, "/soap")+path, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	http.DefaultClient.CloseIdleConnections()
}

// A failure of a server is one of the call, too. The metrics count the spans.
func TestServeTracesAFailure(t *testing.T) {
	collector := startTracing(t)
	server := memcachedtest.StartUnix(t)
	url, _, stop := startService(t, "--servers", server.Addr)
	server.Kill()
	require.Equal(t, exitUnavailable, invoke(t, url, "session", "get", tracedID).code)
	get := collector.Wait(t, "contract/getSession", 1)[0]
	assert.Equal(t, "STATUS_CODE_ERROR", get.Status.GetCode().String())
	assert.Equal(t, "StoreUnavailableFault", get.Get("error.type"))
	assert.NotEmpty(t, collector.Below(get)[0].Get("error.type"))
	require.Zero(t, stop())
}

// A collector that nobody has started slows no call, and the stop only for a moment.
func TestServeWithoutCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	metrics := filepath.Join(t.TempDir(), "m")
	url, log, stop := startService(t, "--metrics-listen", "unix:"+metrics)
	require.Equal(t, exitNoSession, invoke(t, url, "session", "get", tracedID).code)
	client := clientOf("unix:", metrics)
	require.Eventually(t, func() bool { return scrape(t, client)["memcachedsoap_trace_spans_failed_total"] == 1 }, time.Minute, 10*time.Millisecond)
	client.CloseIdleConnections()
	require.Zero(t, stop())
	assert.Len(t, log.lines(t, "the collector does not take the traces: spans are lost until it does"), 1)
}

// A variable that cannot be used stops serve and replicate at once, in one sentence, which
// config check has for them.
func TestInvalidTraces(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "jaeger")
	empty := writeConfig(t, "")
	pools := []string{"--from", "127.0.0.1:1", "--to", "127.0.0.1:2"}
	for _, args := range [][]string{
		{"serve"},
		append([]string{"replicate"}, pools...),
		{"config", "check", empty},
		append([]string{"config", "check", empty, "--for", "replicate", "--"}, pools...),
	} {
		var errs bytes.Buffer
		code := run(t.Context(), args, streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		assert.Equal(t, exitUsage, code)
		assert.Equal(t, "memcachedsoap: OTEL_TRACES_EXPORTER must be one of otlp, none\n", errs.String())
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	assert.Zero(t, invokeWith(t, "", "config", "check", empty).code)
}

// The replicator records what it copies.
func TestReplicateTraces(t *testing.T) {
	collector := startTracing(t)
	from, to := memcachedtest.StartUnix(t), memcachedtest.StartUnix(t)
	r := startReplicator(t, from.Addr, to.Addr)
	r.awaitReady(t)
	source := openPool(t, memcached.Options{Servers: []string{from.Addr}})
	require.NoError(t, source.Add(t.Context(), tracedID, backend.Item{Image: []byte(tracedValue), ExpiresIn: time.Hour}))
	require.Eventually(t, func() bool {
		for _, s := range collector.Spans() {
			if s.Name == "replicate" && len(collector.Below(s)) > 0 {
				return true
			}
		}
		return false
	}, time.Minute, 5*time.Millisecond)
	require.Zero(t, r.stop())
	assert.NotContains(t, collector.Text(), tracedID)
	assert.NotContains(t, collector.Text(), tracedValue)
}
