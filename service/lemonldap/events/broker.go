package events

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// Options adjusts a [Broker].
type Options struct {
	// Redis is the server to which messages are published, and from which those of
	// others are read; nil: none.
	Redis *Redis
	// Digits returns the id, as LemonLDAP::NG knows it, of the session that is stored
	// under a key of the pool. ok is false if no session has such a key.
	Digits func(key string) (digits string, ok bool)
	Logger *slog.Logger // nil means slog.Default()
}

// Broker passes messages on between portals, handlers and this service. All methods may
// be called from any goroutine. A nil Broker does nothing.
type Broker struct {
	options Options
	logger  *slog.Logger
	hub     hub
	link    *link  // to Redis; nil without
	heard   recent // ids of unlog messages that everybody has got
	delay   time.Duration

	subscribers chan struct{} // has a token for each
	publishers  chan struct{} // has a token for each request
	lastSeen    atomic.Int64  // when there was a subscriber, in seconds of Unix time
	counts      counts

	takeTime, checkEvery time.Duration // constants but in tests

	ctx    context.Context //nolint:containedctx // ends with the Broker, as its goroutines do
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

type counts struct {
	deletions, foreign              metric.Counter // by this service, and seen in the change stream
	received                        metric.Counter // messages that came over /publish
	slow, refused                   metric.Counter // subscribers
	published, fromRedis, redisGaps metric.Counter
	lost                            metric.Counter // messages for Redis
	gaps, unread                    metric.Counter // of the change stream
	redisFailing                    metric.Gauge
}

const (
	// maxSubscribers bounds the subscribers: each process of a portal or handler is one.
	maxSubscribers = 4096
	// maxPublishers bounds the requests to publish at the same time.
	maxPublishers = 64
	// A changed session is looked at after a pause between these, which each instance
	// chooses: the deletion by this process is known then, and with Redis the message
	// of the first instance keeps the others from publishing the same one.
	shortestDelay = 250 * time.Millisecond
	longestDelay  = 1500 * time.Millisecond
)

// New starts a Broker. Close it after the store whose deletions it publishes.
func New(o Options) *Broker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Broker{
		options: o, logger: o.Logger, delay: shortestDelay, ctx: ctx, cancel: cancel,
		subscribers: make(chan struct{}, maxSubscribers), publishers: make(chan struct{}, maxPublishers),
		takeTime: takeTime, checkEvery: checkEvery,
	}
	if b.logger == nil {
		b.logger = slog.Default()
	}
	if o.Redis != nil {
		b.delay += rand.N(longestDelay - shortestDelay) //nolint:gosec // no secret
		b.link = newLink(b, o.Redis)
		b.ended.Go(func() { b.link.publish(ctx) })
		b.ended.Go(func() { b.link.listen(ctx) })
	}
	return b
}

// Close closes all subscriptions, gives what waits for Redis a last moment, and waits
// until everything has stopped.
func (b *Broker) Close() {
	if b == nil {
		return
	}
	if b.link != nil {
		b.link.drain()
	}
	b.cancel()
	b.ended.Wait()
	if b.link != nil {
		b.link.close()
	}
}

// Deleted publishes that this service has deleted a session. It never blocks.
func (b *Broker) Deleted(_ context.Context, digits string) {
	b.counts.deletions.Inc()
	b.unlog(digits)
}

// unlog publishes that a session was deleted.
func (b *Broker) unlog(digits string) {
	b.heard.add(digits)
	b.publish(unlogMessage(digits))
}

// publish gives a message to the subscribers of this instance and to Redis.
func (b *Broker) publish(m message) {
	b.hub.add(m)
	if b.link != nil {
		b.link.add(m)
	}
}

// fromRedis gives a message of others to the subscribers of this instance.
func (b *Broker) fromRedis(m message) {
	b.counts.fromRedis.Inc()
	if m.unlog != "" {
		b.heard.add(m.unlog)
	}
	b.hub.add(m)
}

// hasReaders says whether somebody reads what is published, or may come back for what
// he has missed.
func (b *Broker) hasReaders() bool {
	return b.link != nil || len(b.subscribers) > 0 || time.Since(time.Unix(b.lastSeen.Load(), 0)) < remembered
}

// Metrics returns the metrics of the Broker. It implements [metric.Source].
func (b *Broker) Metrics() []metric.Metric {
	if b == nil {
		return nil
	}
	c := &b.counts
	all := []metric.Metric{
		c.deletions.Metric("lemonldap_deletions_total", "Sessions deleted by this service: subscribers get a message at once, Redis when it answers."),
		c.foreign.Metric("lemonldap_foreign_deletions_total", "Sessions deleted by other programs and instances, or evicted; a message is sent in the same way."),
		c.unread.Metric("lemonldap_unread_changes_total", "Changes on the servers of which it is not known whether they were deletions: too many waited, or the session could not be read."),
		c.gaps.Metric("lemonldap_change_gaps_total", "How often changes on a server may have been missed, so that deletions by other programs were not published."),
		metric.GaugeOf("lemonldap_subscribers", "Portals and handlers that are connected to /subscribe.", float64(len(b.subscribers))),
		c.slow.Metric("lemonldap_slow_subscribers_total", "Subscriptions that were closed because the client took no messages."),
		c.refused.Metric("lemonldap_refused_subscribers_total", "Requests to /publish and /subscribe that were refused."),
		c.received.Metric("lemonldap_received_messages_total", "Messages that portals and handlers have published over /publish."),
	}
	if b.link == nil {
		return all
	}
	return append(all,
		c.redisFailing.Metric("lemonldap_redis_failing", "Whether the last attempt to publish to Redis has failed: messages wait."),
		metric.GaugeOf("lemonldap_redis_waiting", "Messages that wait to be published to Redis.", float64(b.link.waiting())),
		c.published.Metric("lemonldap_redis_published_total", "Messages that were published to Redis."),
		c.lost.Metric("lemonldap_redis_lost_total", "Messages that were not published to Redis, because it was away for too long or too many waited."),
		c.fromRedis.Metric("lemonldap_redis_received_total", "Messages of others that came from Redis."),
		c.redisGaps.Metric("lemonldap_redis_gaps_total", "How often the subscription to Redis was interrupted, so that messages of others may have been missed."),
	)
}
