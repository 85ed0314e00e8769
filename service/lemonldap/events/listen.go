package events

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// maxReceived bounds the messages of Redis that wait to be read.
const maxReceived = 1024

// listen reads what others publish to Redis until the context ends. The library connects
// again by itself.
func (l *link) listen(ctx context.Context) {
	received := l.pubsub.ChannelWithSubscriptions(redis.WithChannelSize(maxReceived), redis.WithChannelHealthCheckInterval(redisCheck))
	defer l.pubsub.Close()               //nolint:errcheck // it is not used any more
	_ = l.pubsub.Subscribe(ctx, Channel) // if Redis is away, it is subscribed to later
	subscribed := false
	for {
		select {
		case <-ctx.Done():
			return
		case one, ok := <-received:
			if !ok {
				return
			}
			switch one := one.(type) {
			case *redis.Subscription:
				if one.Kind != "subscribe" || one.Channel != Channel {
					continue
				}
				if subscribed {
					l.broker.counts.redisGaps.Inc()
					l.broker.logger.Warn("the subscription to Redis was interrupted: messages of others may have been missed")
				}
				subscribed = true
			case *redis.Message:
				l.received(one)
			}
		}
	}
}

// received passes a message on, unless this process has published it.
func (l *link) received(r *redis.Message) {
	m, err := parseMessage(r.Channel, []byte(r.Payload))
	if err != nil || l.own.take(m.channel+m.body) {
		return
	}
	l.broker.fromRedis(m)
}

// want reads a channel of Redis as long as a subscriber wants it.
func (l *link) want(channel string) (release func()) {
	l.wanted.Lock()
	defer l.wanted.Unlock()
	l.channels[channel]++
	if l.channels[channel] == 1 {
		_ = l.pubsub.Subscribe(l.broker.ctx, channel) // if Redis is away, it is subscribed to later
	}
	return func() {
		l.wanted.Lock()
		defer l.wanted.Unlock()
		if l.channels[channel]--; l.channels[channel] == 0 {
			delete(l.channels, channel)
			_ = l.pubsub.Unsubscribe(l.broker.ctx, channel) // if Redis is away, nothing is subscribed to
		}
	}
}
