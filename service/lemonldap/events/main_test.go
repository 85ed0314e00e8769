package events

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/sessionstore/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ample is more than anything takes here.
const ample = 30 * time.Second

// instance is a Broker that a server answers with.
type instance struct {
	*Broker

	url string
	log *logtest.Buffer
}

// start starts an instance. Its options may be adjusted, and how its server passes
// requests on.
func start(t *testing.T, adjust func(o *Options), pass func(b *Broker) http.Handler) *instance {
	t.Helper()
	log := new(logtest.Buffer)
	o := Options{
		Digits: func(key string) (string, bool) { return key, len(key) == 32 },
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	}
	if adjust != nil {
		adjust(&o)
	}
	b := New(o)
	handler := http.Handler(b)
	if pass != nil {
		handler = pass(b)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		b.Close()
		server.Close()
	})
	return &instance{b, server.URL, log}
}

// subscribe subscribes to channels.
func (i *instance) subscribe(t *testing.T, channels string) *websocket.Conn {
	t.Helper()
	before := len(i.subscribers)
	conn, answer, err := websocket.Dial(t.Context(), i.url+SubscribePath+"?channels="+channels, nil)
	require.NoError(t, err)
	if answer.Body != nil {
		require.NoError(t, answer.Body.Close())
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	require.Greater(t, len(i.subscribers), before)
	return conn
}

// receive returns the next message of a subscription.
func receive(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	kind, text, err := conn.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, websocket.MessageText, kind)
	return string(text)
}

// publish sends a message as the client of LemonLDAP::NG does, without a Content-Type.
func (i *instance) publish(t *testing.T, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.url+PublishPath, strings.NewReader(body))
	require.NoError(t, err)
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// mustPublish publishes a message.
func (i *instance) mustPublish(t *testing.T, body string) {
	t.Helper()
	answer := i.publish(t, body) //nolint:bodyclose // publish closes it
	require.Equal(t, http.StatusOK, answer.StatusCode)
	var result map[string]int
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&result))
	require.Equal(t, map[string]int{"result": 1}, result)
}

// deleted publishes a deletion.
func (i *instance) deleted(digits string) { i.Deleted(context.Background(), digits) }

// value returns a metric.
func (i *instance) value(t *testing.T, name string) float64 {
	t.Helper()
	for _, m := range i.Metrics() {
		if m.Name == name {
			return m.Value
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// becomes waits until a metric has a value.
func (i *instance) becomes(t *testing.T, name string, value float64) {
	t.Helper()
	require.Eventually(t, func() bool { return i.value(t, name) == value }, ample, 10*time.Millisecond, name)
}

// unlogOf is the message of a deletion, as subscribers get it.
func unlogOf(digits string) string {
	return `{"channel":"llng_events","action":"unlog","id":"` + digits + `"}`
}
