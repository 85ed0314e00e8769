package events

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/coder/websocket"

	"memcachedsoap/service/access"
	"memcachedsoap/service/requestlog"
)

// subscriber is a portal or handler that reads the messages of some channels. It keeps
// no messages: they are in the hub, once for all subscribers.
type subscriber struct {
	broker   *Broker
	conn     *websocket.Conn
	channels map[string]bool
	from     int64           // position of the last message before it
	request  context.Context //nolint:containedctx // of the record of the request
	open     context.Context //nolint:containedctx // ends when the client has gone, or sends anything
}

// run sends messages until the subscriber goes, does not take them, is no caller any
// more, or the Broker closes.
func (s *subscriber) run() {
	buffer := make([]message, 0, gather)
	position := s.from
	if !s.catchUp(position, buffer) {
		return
	}
	check := time.NewTicker(s.broker.checkEvery)
	defer check.Stop()
	for {
		batch, ok := s.broker.hub.after(position, buffer)
		if !ok {
			s.slow()
			return
		}
		if !s.send(batch) {
			return
		}
		position += int64(len(batch))
		select {
		case <-s.broker.hub.next(position):
		case <-check.C:
			if allowed(s.request, access.Read) != nil {
				requestlog.Add(s.request, slog.String("closed", "the caller may not read any more"))
				return
			}
		case <-s.open.Done():
			return
		}
	}
}

// catchUp sends the unlog messages up to a position. Other messages must not come twice.
func (s *subscriber) catchUp(until int64, buffer []message) bool {
	for position := int64(0); ; {
		batch := s.broker.hub.unlogsAfter(position, buffer)
		batch = slices.DeleteFunc(batch, func(m message) bool { return m.position > until })
		if len(batch) == 0 {
			return true
		}
		position = batch[len(batch)-1].position
		if !s.send(batch) {
			return false
		}
	}
}

// send sends the messages that are for the subscriber. It returns false if it does not
// take them.
func (s *subscriber) send(batch []message) bool {
	for _, m := range batch {
		if !s.channels[m.channel] {
			continue
		}
		if err := s.write(m); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				s.slow()
			}
			return false
		}
	}
	return true
}

func (s *subscriber) write(m message) error {
	ctx, cancel := context.WithTimeout(s.open, s.broker.takeTime)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, []byte(m.web())) //nolint:wrapcheck // the caller logs nothing of it
}

// slow notes that the subscriber takes too few messages. It may connect again.
func (s *subscriber) slow() {
	s.broker.counts.slow.Inc()
	requestlog.Add(s.request, slog.String("closed", "the client takes too few messages"))
}
