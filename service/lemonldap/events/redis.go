package events

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"memcachedsoap/sessionstore/secretfile"
)

// Redis says how a Redis server is reached.
type Redis struct {
	options *redis.Options
}

var errRedisURL = errors.New("it must be redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// with TLS")

// ParseRedis reads the URL of a Redis server. The error does not quote it, because it
// may have a password.
func ParseRedis(text string) (*Redis, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errRedisURL
	}
	o, err := redis.ParseURL(text)
	if err != nil {
		return nil, errRedisURL
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.ContextTimeoutEnabled = redisTimeout, redisTimeout, redisTimeout, true
	o.MaxRetries, o.DialerRetries = -1, 1 // this package retries
	o.PoolSize = 2                        // one to publish, one to receive
	// A Redis before 6, and a user with few rights, need not know more than AUTH,
	// SELECT, PING, PUBLISH and SUBSCRIBE.
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Redis{options: o}, nil
}

// Address returns where the server is.
func (r *Redis) Address() string { return r.options.Addr }

// HasTLS says whether the URL asks for TLS.
func (r *Redis) HasTLS() bool { return r.options.TLSConfig != nil }

// HasPassword says whether the URL has a password.
func (r *Redis) HasPassword() bool { return r.options.Password != "" }

// TrustCA makes the authorities in a PEM file those that may sign the certificate of the
// server, instead of the authorities of the system.
func (r *Redis) TrustCA(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s has no certificate in PEM form", path)
	}
	r.options.TLSConfig = &tls.Config{ServerName: r.options.TLSConfig.ServerName, MinVersion: tls.VersionTLS12, RootCAs: roots}
	return nil
}

// LoginFrom takes the password, or USER:PASSWORD, from the first line of a file that not
// everybody may read. It is read for each new connection.
func (r *Redis) LoginFrom(path string) error {
	r.options.CredentialsProviderContext = func(context.Context) (user, password string, err error) { return readLogin(path) }
	_, _, err := readLogin(path)
	return err
}

const maxLogin = 4096

func readLogin(path string) (user, password string, err error) {
	text, err := secretfile.Read(path, maxLogin)
	if err != nil {
		return "", "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", "", fmt.Errorf("the first line of %s must be PASSWORD or USER:PASSWORD", path)
	}
	if name, secret, both := strings.Cut(line, ":"); both {
		return name, secret, nil
	}
	return "", line, nil
}

const (
	// redisTimeout bounds connecting to Redis, and one exchange with it.
	redisTimeout = 2 * time.Second
	// Bounds of what waits for Redis. A message that is older than the caches of
	// LemonLDAP::NG is of no use.
	maxWaiting      = 50_000
	maxWaitingBytes = 32 << 20
	// maxBatch is how many messages are published in one exchange.
	maxBatch = 256
	// An exchange that fails is repeated after a pause that doubles between these.
	shortestPause = 100 * time.Millisecond
	longestPause  = 2 * time.Second
	// lastMoment is how long a Broker that closes tries to publish what waits.
	lastMoment = 2 * time.Second
	// redisCheck is how long a subscription that receives nothing is not checked.
	redisCheck = 3 * time.Second
)

// link is the connection of a Broker to Redis.
type link struct {
	broker *Broker
	client *redis.Client
	pubsub *redis.PubSub
	own    recent // what was published and may come back

	wake, emptied chan struct{}

	mu       sync.Mutex
	queue    []message
	first    int64 // position of the first one
	bytes    int
	dropping bool // messages were dropped since the last one that was published

	wanted   sync.Mutex
	channels map[string]int // that are read, and how many subscribers want them
}

// voidLogger drops what the library logs: this package logs what fails.
type voidLogger struct{}

func (voidLogger) Printf(context.Context, string, ...any) {}

//nolint:gochecknoglobals // the logger of the library is global
var silence = sync.OnceFunc(func() { redis.SetLogger(voidLogger{}) })

func newLink(b *Broker, r *Redis) *link {
	silence()
	l := &link{
		broker: b, client: redis.NewClient(r.options), channels: map[string]int{Channel: 1},
		wake: make(chan struct{}, 1), emptied: make(chan struct{}, 1),
	}
	l.pubsub = l.client.Subscribe(b.ctx)
	return l
}

// close closes the connections.
func (l *link) close() {
	if n := l.waiting(); n > 0 {
		l.broker.counts.lost.Add(int64(n))
		l.broker.logger.Warn("log-outs were not published to Redis: the service stops", "messages", n)
	}
	_ = l.client.Close() // nothing is in use any more
}

func (l *link) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// add puts a message into the queue. If it is full, the oldest message is dropped.
func (l *link) add(m message) {
	l.mu.Lock()
	l.queue = append(l.queue, m)
	l.bytes += len(m.body)
	dropped := l.dropLocked(func(message) bool { return len(l.queue) > maxWaiting || l.bytes > maxWaitingBytes })
	first := l.noteLocked(dropped)
	l.mu.Unlock()
	signal(l.wake)
	if first {
		l.logDropped()
	}
}

// dropLocked drops the oldest messages as long as they are to be dropped.
func (l *link) dropLocked(drop func(oldest message) bool) (dropped int) {
	for len(l.queue) > 0 && drop(l.queue[0]) {
		l.bytes -= len(l.queue[0].body)
		l.queue[0] = message{}
		l.queue = l.queue[1:]
		l.first++
		dropped++
	}
	return dropped
}

// noteLocked counts dropped messages and says whether they are the first ones.
func (l *link) noteLocked(dropped int) (first bool) {
	l.broker.counts.lost.Add(int64(dropped))
	first = dropped > 0 && !l.dropping
	l.dropping = l.dropping || dropped > 0
	return first
}

func (l *link) logDropped() {
	l.broker.logger.Warn("log-outs are not published to Redis: too many wait, or they are too old")
}

// head returns the oldest messages that are not too old, at most [maxBatch], and the
// position behind them.
func (l *link) head() (batch []message, end int64) {
	l.mu.Lock()
	oldest := time.Now().Add(-remembered)
	first := l.noteLocked(l.dropLocked(func(m message) bool { return m.at.Before(oldest) }))
	batch = slices.Clone(l.queue[:min(len(l.queue), maxBatch)])
	end = l.first + int64(len(batch))
	l.mu.Unlock()
	if first {
		l.logDropped()
	}
	return batch, end
}

// published takes the messages before a position out of the queue.
func (l *link) published(n int, end int64) {
	l.broker.counts.published.Add(int64(n))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropping = false
	l.dropLocked(func(message) bool { return l.first < end })
	if len(l.queue) == 0 {
		signal(l.emptied)
	}
}

// drain waits until the queue is empty, for a moment at most.
func (l *link) drain() {
	timeout := time.NewTimer(lastMoment)
	defer timeout.Stop()
	for l.waiting() > 0 {
		select {
		case <-l.emptied:
		case <-timeout.C:
			return
		}
	}
}

// publish publishes what is in the queue until the context ends.
func (l *link) publish(ctx context.Context) {
	logger, pause := l.broker.logger, shortestPause
	failing := false
	for {
		batch, end := l.head()
		if len(batch) == 0 {
			select {
			case <-l.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		err := l.send(ctx, batch)
		if err == nil {
			l.published(len(batch), end)
			l.broker.counts.redisFailing.Set(0)
			if failing {
				logger.Info("log-outs are published to Redis again")
			}
			failing, pause = false, shortestPause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		l.broker.counts.redisFailing.Set(1)
		if !failing {
			logger.Warn("could not publish log-outs to Redis: they wait", "error", err)
		}
		failing = true
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// send publishes messages in one exchange. After an error some may have been published.
func (l *link) send(ctx context.Context, batch []message) error {
	ctx, cancel := context.WithTimeout(ctx, 2*redisTimeout)
	defer cancel()
	_, err := l.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, m := range batch {
			l.own.add(m.channel + m.body)
			p.Publish(ctx, m.channel, m.body)
		}
		return nil
	})
	return err //nolint:wrapcheck // for the log only
}

// signal wakes one who waits for c, unless that was done already.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
