package live

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/console/page"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/metric"
)

const (
	testedEvery = 10 * time.Millisecond
	ample       = 30 * time.Second
)

// serving is a console that a server answers with.
type serving struct {
	*Console
	*instance

	url  string
	stop func()
}

func serve(t *testing.T) *serving {
	t.Helper()
	s := &serving{Console: newConsole(newPages(t), self(), noon, testedEvery), instance: newInstance()}
	mux := http.NewServeMux()
	mux.HandleFunc(page.ConsolePath, s.ServePage)
	mux.HandleFunc(EventsPath, s.ServeEvents)
	server := httptest.NewServer(mux)
	s.url, s.stop = server.URL, s.Start(t.Context(), s.sources())
	t.Cleanup(func() {
		s.stop()
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

// events opens a stream and returns what reads its next event.
func (s *serving) events(t *testing.T) (next func() event, answer *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+EventsPath, nil)
	require.NoError(t, err)
	answer, err = http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewReader(answer.Body)
	return func() (e event) {
		for {
			line, err := lines.ReadString('\n')
			require.NoError(t, err)
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				require.NoError(t, json.Unmarshal([]byte(data), &e))
				return e
			}
		}
	}, answer
}

// The stream tells what has changed, in the parts of the page.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := serve(t)
	next, answer := s.events(t) //nolint:bodyclose // the test does when it ends
	assert.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	first := next()
	assert.Contains(t, first.Parts["operations"], "No operation was called")
	assert.NotEmpty(t, first.Boot)
	s.calls(5, "getSession", "", time.Millisecond)
	s.set(func() { s.rows = []backend.ServerStats{row("a:1", false)} })
	require.Eventually(t, func() bool {
		e := next()
		return strings.Contains(e.Parts["operations"], ">getSession<") && strings.Contains(e.Parts["warnings"], "a:1 has not answered")
	}, ample, 10*time.Millisecond)

	answered, err := http.Get(s.url + page.ConsolePath)
	require.NoError(t, err)
	defer answered.Body.Close()
	var body strings.Builder
	_, err = bufio.NewReader(answered.Body).WriteTo(&body)
	require.NoError(t, err)
	for name, part := range next().Parts {
		assert.Contains(t, body.String(), `data-live="`+name+`"`, part)
	}
}

// A stream begins with when the browser connects again.
func TestEventsBeginWithRetry(t *testing.T) {
	t.Parallel()
	answer, err := http.Get(serve(t).url + EventsPath)
	require.NoError(t, err)
	defer answer.Body.Close()
	begin := make([]byte, len(retryTime)+len("event: state\n"))
	_, err = io.ReadFull(answer.Body, begin)
	require.NoError(t, err)
	assert.Equal(t, retryTime+"event: state\n", string(begin))
}

// Streams are bounded, and a page that is closed gives its one back.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var opened []io.Closer
	for range maxStreams {
		next, answer := s.events(t) //nolint:bodyclose // the test does when it ends
		next()
		opened = append(opened, answer.Body)
	}
	_, refused := s.events(t) //nolint:bodyclose // the test does when it ends
	assert.Equal(t, http.StatusServiceUnavailable, refused.StatusCode)
	assert.Equal(t, "5", refused.Header.Get("Retry-After"))
	require.NoError(t, opened[0].Close())
	require.Eventually(t, func() bool {
		_, answer := s.events(t) //nolint:bodyclose // the test does when it ends
		return answer.StatusCode == http.StatusOK
	}, ample, 10*time.Millisecond)
}

// Before the first sample there is a page, which says so.
func TestNothingSampled(t *testing.T) {
	t.Parallel()
	c := New(newPages(t), self(), noon)
	w := httptest.NewRecorder()
	c.ServePage(w, httptest.NewRequest(http.MethodGet, page.ConsolePath, nil))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), "Nothing was sampled yet")
}

// What others wrote is text in the page.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>` + "\u2028\n--></svg>"
	s := newSampled()
	one := Neighbour{Instance: Instance{Command: hostile, Host: hostile, Version: hostile, Placement: hostile, Settings: map[string]string{"Limits": hostile}}, Servers: []string{hostile}, Seen: noon}
	one.Replication = &Replication{Active: true, MetricsAt: hostile}
	s.instance.neighbours = []Neighbour{one}
	s.rows = []backend.ServerStats{row(hostile, true, "version", hostile, "uptime", hostile, "curr_items", hostile), row(hostile+"2", false)}
	s.metrics = []metric.Metric{aboutServer("watch_lag_seconds", 1, hostile), {Name: "server_refused", Value: 1, Server: hostile, Tier: "principal", Reason: hostile}}
	s.indexes = []index.ServerState{{Server: hostile, Since: noon, Reason: hostile}}
	s.calls(1, "getSession", hostile, time.Millisecond)
	s.tick(t, 0)
	s.tick(t, sampleEvery)
	c := New(newPages(t), self(), noon)
	c.sampler = s.sampler
	w := httptest.NewRecorder()
	c.ServePage(w, httptest.NewRequest(http.MethodGet, page.ConsolePath, nil))
	event, err := c.event()
	require.NoError(t, err)
	for _, text := range []string{w.Body.String(), string(event)} {
		assert.NotContains(t, text, "<script>alert")
		assert.NotContains(t, text, "<img")
		assert.NotContains(t, text, "</svg>\"")
	}
	assert.Equal(t, 3, strings.Count(string(event), "\n"), "an event is one line of data")
}
