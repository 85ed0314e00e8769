package events

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/events/redistest"
	"memcachedsoap/sessionstore/certificatetest"
)

// withRedis makes an instance publish to Redis.
func withRedis(t *testing.T, url string, adjust ...func(r *Redis)) func(o *Options) {
	t.Helper()
	r, err := ParseRedis(url)
	require.NoError(t, err)
	for _, a := range adjust {
		a(r)
	}
	return func(o *Options) { o.Redis = r }
}

// listener is a portal with the Redis broker.
type listener struct{ messages <-chan *redis.Message }

func listen(t *testing.T, server *redistest.Server, channels ...string) listener {
	t.Helper()
	subscription := server.Client().Subscribe(t.Context(), channels...)
	t.Cleanup(func() { _ = subscription.Close() })
	for range channels {
		_, err := subscription.Receive(t.Context())
		require.NoError(t, err)
	}
	return listener{subscription.Channel(redis.WithChannelSize(10_000))}
}

// next returns the next message.
func (l listener) next(t *testing.T) string {
	t.Helper()
	select {
	case m := <-l.messages:
		require.NotNil(t, m)
		return m.Payload
	case <-time.After(ample):
		t.Fatal("no message has come")
		return ""
	}
}

// subscribedTo waits until instances read a channel of Redis.
func subscribedTo(t *testing.T, server *redistest.Server, channel string, n int64) {
	t.Helper()
	client := server.Client()
	require.Eventually(t, func() bool {
		numbers, err := client.PubSubNumSub(t.Context(), channel).Result()
		return err == nil && numbers[channel] == n
	}, ample, 5*time.Millisecond)
}

// A burst of deletions is published, each once and in order.
func TestPublishToRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	portal := listen(t, server, Channel)
	i := start(t, withRedis(t, server.URL()), nil)
	const burst = 1000
	for n := range burst {
		i.deleted(fmt.Sprintf("%032x", n))
	}
	for n := range burst {
		require.Equal(t, unlogMessage(fmt.Sprintf("%032x", n)).body, portal.next(t))
	}
	i.becomes(t, "lemonldap_redis_published_total", burst)
	assert.InDelta(t, 0, i.value(t, "lemonldap_redis_failing"), 0)
	assert.InDelta(t, 0, i.value(t, "lemonldap_redis_lost_total"), 0)
}

// While Redis is away deletions wait, and nobody waits for them.
func TestRedisComesBack(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(s *redistest.Server) (repair func()){
		"killed": func(s *redistest.Server) func() { s.Kill(); return s.Restart },
		"frozen": func(s *redistest.Server) func() { s.Freeze(); return s.Thaw },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			i := start(t, withRedis(t, server.URL()), nil)
			i.deleted("01")
			i.becomes(t, "lemonldap_redis_published_total", 1)
			subscribedTo(t, server, Channel, 1)
			repair := fault(server)
			conn := i.subscribe(t, Channel)
			for n := range 1000 {
				i.deleted(fmt.Sprintf("%032x", n))
			}
			i.mustPublish(t, `{"channel":"llng_events","action":"newConf"}`)
			assert.Equal(t, unlogOf("01"), receive(t, conn), "subscribers get messages without Redis")
			require.Eventually(t, func() bool { return i.log.Count("could not publish log-outs to Redis") == 1 }, ample, 10*time.Millisecond)
			assert.InDelta(t, 1001, i.value(t, "lemonldap_redis_waiting"), 0)
			assert.InDelta(t, 1, i.value(t, "lemonldap_redis_failing"), 0)
			repair()
			portal := listen(t, server, Channel)
			i.becomes(t, "lemonldap_redis_waiting", 0)
			last := ""
			for last != `{"action":"newConf"}` {
				last = portal.next(t)
			}
			require.Eventually(t, func() bool { return i.log.Count("published to Redis again") == 1 }, ample, 10*time.Millisecond)
			subscribedTo(t, server, Channel, 2) // this instance hears others again
			require.NoError(t, server.Client().Publish(t.Context(), Channel, `{"action":"unlog","id":"99"}`).Err())
			for last = ""; last != unlogOf("99"); {
				last = receive(t, conn)
			}
		})
	}
}

// Instances pass on each other's messages over Redis, each once.
func TestRedisConnectsInstances(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one, two := start(t, withRedis(t, server.URL()), nil), start(t, withRedis(t, server.URL()), nil)
	here, there := one.subscribe(t, Channel+",llng_status"), two.subscribe(t, Channel+",llng_status")
	subscribedTo(t, server, Channel, 2)
	subscribedTo(t, server, "llng_status", 2)
	portal := listen(t, server, Channel, "llng_status")
	one.deleted("5e")
	one.mustPublish(t, `{"channel":"llng_events","action":"newConf","cfgNum":7}`)
	one.mustPublish(t, `{"channel":"llng_status","user":"dwho"}`)
	one.mustPublish(t, `{"channel":"llng_status","user":"dwho"}`)
	for _, want := range []string{`{"action":"unlog","id":"5e"}`, `{"action":"newConf","cfgNum":7}`, `{"user":"dwho"}`, `{"user":"dwho"}`} {
		assert.Equal(t, want, portal.next(t))
	}
	client := server.Client()
	require.NoError(t, client.Publish(t.Context(), Channel, `no JSON`).Err())
	require.NoError(t, client.Publish(t.Context(), "llng_status", `{"action": "end"}`).Err())
	for _, want := range []string{
		unlogOf("5e"), `{"channel":"llng_events","action":"newConf","cfgNum":7}`,
		`{"channel":"llng_status","user":"dwho"}`, `{"channel":"llng_status","user":"dwho"}`, `{"channel":"llng_status","action":"end"}`,
	} {
		assert.Equal(t, want, receive(t, here))
		assert.Equal(t, want, receive(t, there))
	}
	require.NoError(t, there.CloseNow())
	subscribedTo(t, server, "llng_status", 2) // here, and the portal of the test
}

// What waits for too long, or is too much, is dropped, counted and logged once.
func TestDroppedMessages(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Kill()
	i := start(t, withRedis(t, server.URL()), nil)
	old := unlogMessage("01")
	old.at = time.Now().Add(-remembered - time.Second)
	i.Broker.publish(old)
	i.becomes(t, "lemonldap_redis_lost_total", 1)
	for n := range maxWaiting + 10 {
		i.link.add(unlogMessage(fmt.Sprintf("%032x", n)))
	}
	assert.InDelta(t, 11, i.value(t, "lemonldap_redis_lost_total"), 0)
	assert.InDelta(t, maxWaiting, i.value(t, "lemonldap_redis_waiting"), 0)
	require.Eventually(t, func() bool { return i.log.Count("too many wait") == 1 }, ample, 10*time.Millisecond)
	i.Close()
	assert.Equal(t, 1, i.log.Count("the service stops"))
}

// A service that stops publishes what waits.
func TestStopPublishes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	portal := listen(t, server, Channel)
	i := start(t, withRedis(t, server.URL()), nil)
	for n := range 1000 {
		i.deleted(fmt.Sprintf("%032x", n))
	}
	i.Close()
	for n := range 1000 {
		require.Contains(t, portal.next(t), fmt.Sprintf("%032x", n))
	}
}

// A user of Redis needs few rights. The password may come from a file, which is read
// again, and is never logged.
func TestRedisLogin(t *testing.T) {
	t.Parallel()
	args := strings.Fields("--user default off --user all on nopass &* +@all " +
		"--user events on >secret-1 >secret-2 resetchannels &llng* +auth +select +ping +publish +subscribe +unsubscribe")
	server := redistest.Start(t, args...)
	all, err := redis.ParseURL("redis://all:x@" + server.Addr)
	require.NoError(t, err)
	all.Protocol = 2
	client := redis.NewClient(all)
	t.Cleanup(func() { _ = client.Close() })
	subscription := client.Subscribe(t.Context(), Channel)
	t.Cleanup(func() { _ = subscription.Close() })
	_, err = subscription.Receive(t.Context())
	require.NoError(t, err)
	portal := listener{subscription.Channel()}

	file := filepath.Join(t.TempDir(), "login")
	require.NoError(t, os.WriteFile(file, []byte("events:secret-9\n"), 0o600))
	fromURL := start(t, withRedis(t, "redis://events:secret-1@"+server.Addr+"/1"), nil)
	fromFile := start(t, withRedis(t, server.URL(), func(r *Redis) { require.NoError(t, r.LoginFrom(file)) }), nil)
	fromURL.deleted("01")
	assert.Equal(t, unlogMessage("01").body, portal.next(t))
	fromFile.deleted("02")
	require.Eventually(t, func() bool { return fromFile.log.Count("could not publish") == 1 }, ample, 10*time.Millisecond)
	assert.Zero(t, fromFile.log.Count("secret-"), fromFile.log.String())
	require.NoError(t, os.WriteFile(file, []byte("events:secret-2\n"), 0o600))
	assert.Equal(t, unlogMessage("02").body, portal.next(t))
}

// With rediss the certificate must be that of the server, of an authority of the file.
func TestRedisOverTLS(t *testing.T) {
	t.Parallel()
	authority, other := certificatetest.NewAuthority(t, "redis"), certificatetest.NewAuthority(t, "other")
	cert, key := authority.Issue("redis")
	server := redistest.StartTLS(t, cert, key)
	trusting := start(t, withRedis(t, "rediss://"+server.Addr, func(r *Redis) { require.NoError(t, r.TrustCA(authority.CA())) }), nil)
	refusing := start(t, withRedis(t, "rediss://"+server.Addr, func(r *Redis) { require.NoError(t, r.TrustCA(other.CA())) }), nil)
	trusting.deleted("5e")
	trusting.becomes(t, "lemonldap_redis_published_total", 1)
	refusing.deleted("5e")
	require.Eventually(t, func() bool { return refusing.log.Count("certificate signed by unknown authority") == 1 }, ample, 10*time.Millisecond)
	r, err := ParseRedis("rediss://host")
	require.NoError(t, err)
	require.Error(t, r.TrustCA(key))
	require.Error(t, r.TrustCA(key+".absent"))
}

func TestParseRedis(t *testing.T) {
	t.Parallel()
	for text, address := range map[string]string{
		"redis://redis.example.com":                "redis.example.com:6379",
		"rediss://user:p%40ss@redis.example.com/3": "redis.example.com:6379",
		"redis://[::1]:7000":                       "[::1]:7000",
	} {
		r, err := ParseRedis(text)
		require.NoError(t, err, text)
		assert.Equal(t, address, r.Address())
		assert.Equal(t, text[:7] == "rediss:", r.HasTLS())
	}
	for _, text := range []string{
		"", "web", "redis.example.com:6379", "redis://", "http://redis.example.com", "unix:///run/redis.sock",
		"redis://secret@redis.example.com/x", "redis://u:secret@host:port", "redis://host?read_timeout=9h", "redis://u:secret@host\n",
	} {
		_, err := ParseRedis(text)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "secret")
	}
	r, err := ParseRedis("redis://host")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "login")
	require.Error(t, r.LoginFrom(file), "absent")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, r.LoginFrom(file), "empty")
	for text, want := range map[string][2]string{"secret": {"", "secret"}, "u:a:b\r\nmore": {"u", "a:b"}} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		user, password, err := readLogin(file)
		require.NoError(t, err)
		assert.Equal(t, want, [2]string{user, password})
	}
}

// Entries are kept for some seconds and as often as they were added.
func TestRecent(t *testing.T) {
	t.Parallel()
	var r recent
	before := time.Now()
	r.add("a")
	r.add("a")
	assert.True(t, r.since("a", before))
	assert.False(t, r.since("a", time.Now().Add(time.Hour)))
	assert.False(t, r.since("b", before))
	assert.True(t, r.take("a"))
	assert.True(t, r.take("a"))
	assert.False(t, r.take("a"))
	var many sync.WaitGroup
	for range 4 {
		many.Go(func() {
			for n := range maxRecent {
				r.add(strconv.Itoa(n))
			}
		})
	}
	many.Wait()
	assert.LessOrEqual(t, len(r.now)+len(r.old), 2*maxRecent)
}
