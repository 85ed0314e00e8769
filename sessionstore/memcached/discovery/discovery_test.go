package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

const ample = 30 * time.Second

// fakeEndpoint answers as a configuration endpoint does.
type fakeEndpoint struct {
	mu      sync.Mutex
	payload string
	raw     string // instead of an answer
	old     bool   // it has the old command only
	silent  bool
	asked   []string
}

func (f *fakeEndpoint) set(change func(f *fakeEndpoint)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeEndpoint) answer(command string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, command)
	switch {
	case f.silent:
		return ""
	case f.raw != "":
		return f.raw
	case command == "config get cluster" && !f.old:
		return fmt.Sprintf("CONFIG cluster 0 %d\r\n%s\r\nEND\r\n", len(f.payload), f.payload)
	case command == "get AmazonElastiCache:cluster":
		return fmt.Sprintf("VALUE AmazonElastiCache:cluster 0 %d\r\n%s\r\nEND\r\n", len(f.payload), f.payload)
	}
	return "ERROR\r\n"
}

// start starts the endpoint and returns its place.
func (f *fakeEndpoint) start(t *testing.T) string {
	t.Helper()
	return "cfg:" + memcachedtest.ServeLines(t, f.answer)
}

func discover(t *testing.T, o Options) *Discovery {
	t.Helper()
	d, err := New(o)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	const payload = "12\ncache1.example.com|10.0.0.1|11211 |10.0.0.2|11212 v6|::1|11213 |2001:db8::1|1\n"
	want := []string{"cache1.example.com:11211", "10.0.0.2:11212", "v6:11213", "[2001:db8::1]:1"}
	for _, old := range []bool{false, true} {
		f := &fakeEndpoint{payload: payload, old: old}
		d := discover(t, Options{Place: f.start(t)})
		servers, err := d.Take(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, servers)
		assert.EqualValues(t, 12, d.taken.version)
	}
}

// The endpoint and the servers speak TLS.
func TestSecuredEndpoint(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "authority")
	c, err := connect.New(connect.Options{CAFile: authority.CA()})
	require.NoError(t, err)
	// memcached has the list as an item for engines before 1.4.14.
	server := memcachedtest.StartTLS(t, authority)
	list := "3\ncache1|10.0.0.1|11211\n"
	_, err = server.Command(t.Context(), fmt.Sprintf("set AmazonElastiCache:cluster 0 0 %d\r\n%s", len(list), list))
	require.NoError(t, err)
	d := discover(t, Options{Place: "cfg:" + server.Listed(), Connector: c})
	servers, err := d.Take(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"tls:cache1:11211"}, servers)
}

func TestEndpointAnswersBadly(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"ERROR\r\n":                                                     "it is no configuration endpoint",
		"END\r\n":                                                       "it is no configuration endpoint",
		"CONFIG cluster 0 999999999\r\n":                                "unexpected answer",
		"CONFIG cluster 0 -1\r\n":                                       "unexpected answer",
		"CONFIG cluster 0 x\r\n":                                        "unexpected answer",
		"CONFIG cluster 0 3\r\n12\n\r\nMORE\r\n":                        "unexpected answer",
		"CONFIG cluster 0 3\r\n12\nabEND\r\n":                           "unexpected answer",
		"CONFIG cluster 0 3\r\n12\n\r\nEND\r\n":                         "the list has no servers",
		"CONFIG cluster 0 2\r\nx\n\r\nEND\r\n":                          "is no number",
		"CONFIG cluster 0 7\r\n1\na|b|c\r\nEND\r\n":                     "is invalid: use 1 to 65535",
		"CONFIG cluster 0 5\r\n1\na|b\r\nEND\r\n":                       "has not the form NAME|ADDRESS|PORT",
		"CONFIG cluster 0 10\r\n1\na=3|b|1\n\r\nEND\r\n":                "neither a host name",
		"VALUE x 0 1\r\n1\r\nEND\r\n":                                   "unexpected answer",
		strings.Repeat("x", 8<<10):                                      "reading the answer",
		"CONFIG cluster 0 4008\r\n1\n" + strings.Repeat("a|b|1 ", 1001): "the list has more than 1000",
	} {
		if strings.HasSuffix(want, "1000") {
			text := "1\n" + strings.Repeat("a|b|1 ", 1001)
			raw = fmt.Sprintf("CONFIG cluster 0 %d\r\n%s\r\nEND\r\n", len(text), text)
		}
		f := &fakeEndpoint{raw: raw}
		d := discover(t, Options{Place: f.start(t)})
		_, err := d.ask(t.Context())
		assert.ErrorContains(t, err, want, raw)
	}
}

// A wait for the list ends, says so once, and gets the list as soon as it is there.
func TestTakeWaits(t *testing.T) {
	t.Parallel()
	f := &fakeEndpoint{payload: "1\na|b|1\n", silent: true}
	place := f.start(t)
	var log logtest.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	d := discover(t, Options{Place: place, Timeout: 10 * time.Millisecond, Wait: 300 * time.Millisecond, Logger: logger})
	_, err := d.Take(t.Context())
	require.ErrorContains(t, err, "does not tell its list")
	assert.Contains(t, log.String(), "trying again")

	d = discover(t, Options{Place: place, Timeout: 100 * time.Millisecond, Wait: ample, Logger: logger})
	time.AfterFunc(150*time.Millisecond, func() { f.set(func(f *fakeEndpoint) { f.silent = false }) })
	servers, err := d.Take(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"a:1"}, servers)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = d.Take(ctx)
	require.Error(t, err, "a stopping service does not wait")
}

// A change is announced and not taken; an older version is no change.
func TestWatch(t *testing.T) {
	t.Parallel()
	f := &fakeEndpoint{payload: "5\na|x|1 b|x|2\n"}
	var log logtest.Buffer
	d := discover(t, Options{
		Place: f.start(t), Interval: 5 * time.Millisecond, Timeout: ample, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	_, err := d.Take(t.Context())
	require.NoError(t, err)
	d.Watch()
	assert.Equal(t, "no", d.Change())
	for _, change := range []struct{ payload, want string }{
		{"4\nz|x|9\n", "no"}, // older than the list that was taken
		{"6\na|x|1 c|x|3\n", "added c:3, removed b:2"},
		{"5\na|x|1 b|x|2\n", "added c:3, removed b:2"}, // of a server that lags behind
		{"7\nb|x|2 a|x|1\n", "another order"},
		{"8\na|x|1 b|x|2\n", "no"},
		{"9\na|x|1\n", "removed b:2"},
	} {
		var before int
		f.set(func(f *fakeEndpoint) { f.payload, before = change.payload, len(f.asked) })
		require.Eventually(t, func() bool {
			asked := 0
			f.set(func(f *fakeEndpoint) { asked = len(f.asked) })
			return asked > before+2 && d.Change() == change.want
		}, ample, 10*time.Millisecond, change.want)
		assert.InDelta(t, map[bool]float64{true: 1}[change.want != "no"], d.Metrics()[0].Value, 0)
	}
	assert.Equal(t, []string{"a:1", "b:2"}, d.taken.servers)
	assert.Equal(t, 3, strings.Count(log.String(), "the list of servers has changed"))
	assert.Equal(t, 1, strings.Count(log.String(), "is again the one"))

	f.set(func(f *fakeEndpoint) { f.raw = "ERROR\r\n" })
	require.Eventually(t, func() bool { return d.Metrics()[1].Value > 2 }, ample, 10*time.Millisecond)
	assert.Equal(t, "removed b:2", d.Change(), "no answer is no change")
	assert.Equal(t, 1, strings.Count(log.String(), "could not look at the list"))
}

func TestNewRejects(t *testing.T) {
	t.Parallel()
	for place, want := range map[string]string{
		"cfg:":              "neither a host name",
		"cfg:unix:/run/m":   "a configuration endpoint has a host",
		"cfg:a:b":           "is invalid: use 1 to 65535",
		"cfg:a:1=2":         "is invalid: use 1 to 65535",
		"cfg:tls:tls:a":     "use tls:HOST:PORT",
		"srv:":              "the name of SRV records has no port",
		"srv:a:1":           "the name of SRV records has no port",
		"srv:tls:":          "the name of SRV records has no port",
		"srv:/run/m":        "the name of SRV records has no port",
		"srv:a=3":           "the name of SRV records has no port",
		"cache1:11211":      "use cfg:HOST:PORT or srv:NAME",
		"srv:tls:tls:a.b.c": "the name of SRV records has no port",
	} {
		_, err := New(Options{Place: place})
		assert.ErrorContains(t, err, want, place)
	}
	assert.True(t, IsSecured("cfg:tls:a"))
	assert.True(t, IsSecured("srv:tls:a"))
	assert.False(t, IsSecured("cfg:a"))
	assert.False(t, IsSecured("tls:a"))
}
