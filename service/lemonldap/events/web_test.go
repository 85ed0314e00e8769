package events

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

// What a portal publishes reaches all subscribers of the channel, and so do deletions.
func TestSubscribers(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	one, both, other := i.subscribe(t, Channel), i.subscribe(t, Channel+"%2Cllng_status"), i.subscribe(t, "llng_status")
	i.mustPublish(t, `{"action":"newConf","channel":"llng_events"}`)
	i.deleted("5e")
	i.mustPublish(t, `{"user":"dwho","channel":"llng_status"}`)
	for _, conn := range []*websocket.Conn{one, both} {
		assert.Equal(t, message{channel: Channel, body: `{"action":"newConf"}`}.web(), receive(t, conn))
		assert.Equal(t, unlogOf("5e"), receive(t, conn))
	}
	for _, conn := range []*websocket.Conn{both, other} {
		assert.Equal(t, message{channel: "llng_status", body: `{"user":"dwho"}`}.web(), receive(t, conn))
	}
	assert.InDelta(t, 2, i.value(t, "lemonldap_received_messages_total"), 0)
	assert.InDelta(t, 1, i.value(t, "lemonldap_deletions_total"), 0)
	require.NoError(t, one.CloseNow())
	i.becomes(t, "lemonldap_subscribers", 2)
}

// A subscriber that connects again has missed no deletion. Other messages do not come
// twice.
func TestNewSubscribersGetEarlierDeletions(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	old := unlogMessage("01")
	old.at = time.Now().Add(-remembered - time.Second)
	i.Broker.publish(old)
	i.deleted("5e")
	i.mustPublish(t, `{"action":"newConf","channel":"llng_events"}`)
	i.mustPublish(t, `{"action":"unlog","id":"5f","channel":"llng_events"}`)
	conn := i.subscribe(t, Channel)
	i.mustPublish(t, `{"action":"newConf","n":2,"channel":"llng_events"}`)
	assert.Equal(t, unlogOf("5e"), receive(t, conn))
	assert.Equal(t, unlogOf("5f"), receive(t, conn))
	assert.Equal(t, message{channel: Channel, body: `{"action":"newConf","n":2}`}.web(), receive(t, conn))
}

// A burst reaches every subscriber, in order.
func TestBurst(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	connections := make([]*websocket.Conn, 8)
	for n := range connections {
		connections[n] = i.subscribe(t, Channel)
	}
	const burst = 1000
	for n := range burst {
		i.deleted(fmt.Sprintf("%032x", n))
	}
	for _, conn := range connections {
		for n := range burst {
			require.Equal(t, unlogOf(fmt.Sprintf("%032x", n)), receive(t, conn))
		}
	}
}

// A subscriber that takes nothing is closed. It delays nobody, and when it connects again
// it gets what it has missed.
func TestSlowSubscriber(t *testing.T) {
	t.Parallel()
	i := start(t, nil, func(b *Broker) http.Handler {
		b.takeTime = 200 * time.Millisecond
		return b
	})
	slow, err := net.Dial("tcp", strings.TrimPrefix(i.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = slow.Close() })
	_, err = fmt.Fprint(slow, "GET /subscribe?channels=llng-logs,llng_events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	require.NoError(t, err)
	i.becomes(t, "lemonldap_subscribers", 1)
	fast := i.subscribe(t, Channel)
	i.deleted("5e")
	long := `{"channel":"llng-logs","data":"` + strings.Repeat("x", 60_000) + `"}`
	for i.value(t, "lemonldap_slow_subscribers_total") == 0 {
		i.mustPublish(t, long)
	}
	i.deleted("5f")
	assert.Equal(t, unlogOf("5e"), receive(t, fast))
	assert.Equal(t, unlogOf("5f"), receive(t, fast))
	i.becomes(t, "lemonldap_subscribers", 1)
	again := i.subscribe(t, Channel+",llng-logs")
	assert.Equal(t, unlogOf("5e"), receive(t, again), "long messages do not take its place")
	assert.Equal(t, unlogOf("5f"), receive(t, again))
}

// What subscribers have not taken is kept up to a bound, once for all.
func TestBounds(t *testing.T) {
	t.Parallel()
	var h hub
	m := message{channel: "c", body: strings.Repeat("x", 1<<20), at: time.Now()}
	for range 40 {
		h.add(m)
	}
	assert.LessOrEqual(t, h.bytes, maxKeptBytes)
	assert.Len(t, h.kept, 16)
	m.body = ""
	for range 2 * maxKept {
		h.add(m)
	}
	assert.Len(t, h.kept, maxKept)
	_, ok := h.after(40, nil)
	assert.False(t, ok)
	m.unlog = "5e"
	for range 2 * maxUnlogs {
		h.add(m)
	}
	assert.Len(t, h.unlogs, maxUnlogs)
	m.at = time.Now().Add(remembered + time.Minute)
	h.add(m)
	assert.Len(t, h.unlogs, 1)
}

// The frames are those that the client of LemonLDAP::NG understands: one frame of text a
// message, and the end without a close frame.
func TestFrames(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(i.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprint(conn, "GET /subscribe?channels=llng_events HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: localhost:8080\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	require.NoError(t, err)
	i.becomes(t, "lemonldap_subscribers", 1)
	i.deleted("5e")
	i.deleted("5f")
	text := unlogOf("5e")
	frame := "\x81" + string(rune(len(text)))
	want := frame + text + frame + unlogOf("5f")
	buffer := make([]byte, 0, 4096)
	for !strings.HasSuffix(string(buffer), want) {
		n, err := conn.Read(buffer[len(buffer):cap(buffer)])
		require.NoError(t, err)
		buffer = buffer[:len(buffer)+n]
	}
	assert.True(t, strings.HasPrefix(string(buffer), "HTTP/1.1 101 "), string(buffer))
	go i.Close()
	n, err := conn.Read(buffer[:cap(buffer)])
	assert.Zero(t, n, "%q", buffer[:n])
	require.Error(t, err)
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		sentence             string
	}{
		"no JSON":           {"POST", "/publish", "unlog", 400, "no JSON object"},
		"no channel":        {"POST", "/publish", `{"action":"unlog"}`, 400, "names no channel"},
		"too long":          {"POST", "/publish", `{"channel":"c","x":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "64 KiB"},
		"GET":               {"GET", "/publish", "", 405, "Use POST"},
		"POST to subscribe": {"POST", "/subscribe?channels=c", "", 405, "WebSocket"},
		"no channels":       {"GET", "/subscribe", "", 400, "1 to 16 channels"},
		"a bad name":        {"GET", "/subscribe?channels=a,,b", "", 400, "1 to 16 channels"},
		"too many channels": {"GET", "/subscribe?channels=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "", 400, "1 to 16 channels"},
		"no WebSocket":      {"GET", "/subscribe?channels=c", "", 426, "WebSocket"},
		"another path":      {"GET", "/other", "", 404, "no such path"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), c.method, i.url+c.target, strings.NewReader(c.body))
			require.NoError(t, err)
			answer, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer answer.Body.Close()
			text := make([]byte, 4096)
			n, _ := answer.Body.Read(text)
			assert.Equal(t, c.status, answer.StatusCode)
			assert.Contains(t, string(text[:n]), c.sentence)
		})
	}
}

// The pages of other origins do not read which sessions were deleted.
func TestOrigins(t *testing.T) {
	t.Parallel()
	i := start(t, nil, nil)
	_, answer, err := websocket.Dial(t.Context(), i.url+"/subscribe?channels=c", &websocket.DialOptions{ //nolint:bodyclose // Dial does
		HTTPHeader: http.Header{"Origin": {"https://evil.example"}},
	})
	require.Error(t, err)
	assert.Equal(t, http.StatusForbidden, answer.StatusCode)
}

const callers = `
callers:
  - name: portal
    roles: [read, write]
    key: KEY1
  - name: handler
    roles: [read]
    key: KEY2
  - name: soap
    roles: [admin]
    dialects: [contract]
    key: KEY3
`

// guarded is an instance that knows the callers of a file.
func guarded(t *testing.T) (i *instance, guard *access.Guard, keys []string) {
	t.Helper()
	text := callers
	for n := range 3 {
		key, hash := access.NewKey()
		keys = append(keys, key)
		text = strings.Replace(text, fmt.Sprintf("KEY%d", n+1), hash, 1)
	}
	path := filepath.Join(t.TempDir(), "callers.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	file, err := access.Load(path)
	require.NoError(t, err)
	guard = access.NewGuard(file, access.Options{})
	i = start(t, nil, func(b *Broker) http.Handler {
		b.checkEvery = 10 * time.Millisecond
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.ServeHTTP(w, r.WithContext(guard.Begin(r.Context(), access.Sent{Authorization: r.Header["Authorization"]})))
		})
	})
	return i, guard, keys
}

// Subscribing needs the role read, and publishing write.
func TestAccess(t *testing.T) {
	t.Parallel()
	i, _, keys := guarded(t)
	bearer := func(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }
	for name, c := range map[string]struct {
		header             http.Header
		publish, subscribe int
	}{
		"nobody":            {nil, 401, 401},
		"a wrong key":       {bearer("msk_wrong"), 401, 401},
		"a portal":          {bearer(keys[0]), 200, 101},
		"a handler":         {bearer(keys[1]), 403, 101},
		"for the WSDL only": {bearer(keys[2]), 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.url+PublishPath, strings.NewReader(`{"channel":"c"}`))
			require.NoError(t, err)
			if c.header != nil {
				r.Header = c.header.Clone()
			}
			answer, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			assert.NoError(t, answer.Body.Close())
			assert.Equal(t, c.publish, answer.StatusCode)
			if answer.StatusCode == http.StatusUnauthorized {
				assert.NotEmpty(t, answer.Header["Www-Authenticate"])
			}
			conn, answer, err := websocket.Dial(t.Context(), i.url+"/subscribe?channels=c", &websocket.DialOptions{HTTPHeader: c.header}) //nolint:bodyclose // Dial does
			require.Equal(t, c.subscribe, answer.StatusCode)
			if err == nil {
				assert.NoError(t, conn.CloseNow())
			}
		})
	}
}

// A caller who is removed from the auth file loses its subscription.
func TestRemovedCaller(t *testing.T) {
	t.Parallel()
	i, guard, keys := guarded(t)
	conn, _, err := websocket.Dial(t.Context(), i.url+"/subscribe?channels="+Channel, &websocket.DialOptions{ //nolint:bodyclose // Dial does
		HTTPHeader: http.Header{"Authorization": {"Bearer " + keys[1]}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	i.deleted("5e")
	assert.Equal(t, unlogOf("5e"), receive(t, conn))
	guard.Replace(&access.File{})
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	_, _, err = conn.Read(ctx)
	require.Error(t, err)
	require.NoError(t, ctx.Err())
}
