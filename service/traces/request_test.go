package traces_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/traces"
	"memcachedsoap/service/traces/tracestest"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	sampled = "00-" + traceID + "-b7ad6b7169203331-01"
)

// What a request says of its trace is taken if it is valid, and bounded. Everything else
// begins a trace of its own.
func TestParents(t *testing.T) {
	long := "a=" + strings.Repeat("x", 200) + ",b=" + strings.Repeat("y", 200)
	for name, c := range map[string]struct {
		header http.Header
		taken  bool
		state  string
	}{
		"none":             {http.Header{}, false, ""},
		"valid":            {http.Header{"Traceparent": {sampled}, "Tracestate": {"a=1,b=2"}}, true, "a=1,b=2"},
		"several states":   {http.Header{"Traceparent": {sampled}, "Tracestate": {"a=1", "b=2"}}, true, "a=1,b=2"},
		"long state":       {http.Header{"Traceparent": {sampled}, "Tracestate": {long}}, true, long},
		"too long state":   {http.Header{"Traceparent": {sampled}, "Tracestate": {long + ",c=" + strings.Repeat("z", 200)}}, true, ""},
		"malformed state":  {http.Header{"Traceparent": {sampled}, "Tracestate": {"a=\x00,;;"}}, true, ""},
		"several parents":  {http.Header{"Traceparent": {sampled, strings.Replace(sampled, "0af", "1af", 1)}}, false, ""},
		"of the future":    {http.Header{"Traceparent": {"cc" + sampled[2:] + "-more"}}, true, ""},
		"long":             {http.Header{"Traceparent": {"cc" + sampled[2:] + "-" + strings.Repeat("x", 30<<10)}}, false, ""},
		"with more":        {http.Header{"Traceparent": {sampled + "-more"}}, false, ""},
		"version ff":       {http.Header{"Traceparent": {"ff" + sampled[2:]}}, false, ""},
		"upper case":       {http.Header{"Traceparent": {strings.ToUpper(sampled)}}, false, ""},
		"no trace":         {http.Header{"Traceparent": {"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01"}}, false, ""},
		"no span":          {http.Header{"Traceparent": {"00-" + traceID + "-" + strings.Repeat("0", 16) + "-01"}}, false, ""},
		"text":             {http.Header{"Traceparent": {"<script>"}}, false, ""},
		"state alone":      {http.Header{"Tracestate": {"a=1"}}, false, ""},
		"not of the trace": {http.Header{"B3": {traceID + "-b7ad6b7169203331-1"}, "Baggage": {"user=precious"}}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			collector := tracestest.Start(t)
			opened, err := open(t, io.Discard, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})
			require.NoError(t, err)
			record(t, opened, c.header)
			require.NoError(t, opened.Close())
			s := collector.Wait(t, "contract/getSession", 1)[0]
			assert.Equal(t, c.taken, hex.EncodeToString(s.TraceId) == traceID)
			assert.Equal(t, c.taken, hex.EncodeToString(s.ParentSpanId) == "b7ad6b7169203331")
			assert.Equal(t, c.state, s.TraceState)
			assert.NotContains(t, collector.Text(), "precious")
		})
	}
}

// The sampler decides, and who calls decides if it says so.
func TestSamplers(t *testing.T) {
	unsampled := sampled[:len(sampled)-1] + "0"
	for _, c := range []struct {
		sampler, arg, propagators, parent string
		recorded                          bool
	}{
		{"", "", "", "", true},
		{"", "", "", unsampled, false},
		{"", "", "none", unsampled, true},
		{"", "", "baggage", unsampled, true},
		{"", "", "tracecontext,baggage", unsampled, false},
		{"always_off", "", "", sampled, false},
		{"always_on", "", "", unsampled, true},
		{"traceidratio", "0", "", sampled, false},
		{"traceidratio", "1", "", unsampled, true},
		{"parentbased_traceidratio", "0", "", sampled, true},
		{"parentbased_traceidratio", "0", "", "", false},
		{"parentbased_always_off", "", "", "", false},
	} {
		t.Run(strings.Join([]string{c.sampler, c.arg, c.propagators, c.parent}, " "), func(t *testing.T) {
			collector := tracestest.Start(t)
			opened, err := open(t, io.Discard, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": c.sampler,
				"OTEL_TRACES_SAMPLER_ARG": c.arg, "OTEL_PROPAGATORS": c.propagators,
			})
			require.NoError(t, err)
			h := http.Header{}
			if c.parent != "" {
				h.Set("Traceparent", c.parent)
			}
			record(t, opened, h)
			require.NoError(t, opened.Close())
			assert.Equal(t, c.recorded, len(collector.Spans()) == 1)
		})
	}
}

// A program is part of the trace that its environment names.
func TestHeaders(t *testing.T) {
	for parent, want := range map[string]map[string]string{
		sampled:               {"traceparent": sampled, "tracestate": "a=1"},
		"":                    {},
		"evil\r\nX-Header: 1": {},
	} {
		t.Setenv("TRACEPARENT", parent)
		t.Setenv("TRACESTATE", "a=1")
		assert.Equal(t, want, traces.Headers(t.Context()))
	}
}
