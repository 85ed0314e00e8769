package events

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"memcachedsoap/service/access"
	"memcachedsoap/service/requestlog"
)

// The paths that a [Broker] answers.
const (
	PublishPath   = "/publish"
	SubscribePath = "/subscribe"
)

const (
	// maxChannels bounds the channels of one subscriber.
	maxChannels = 16
	// takeTime is how long a subscriber may take nothing.
	takeTime = 10 * time.Second
	// checkEvery is how often it is checked that the caller of a subscription is still
	// in the auth file.
	checkEvery = time.Minute
	// gather is how many messages are taken from the hub at once.
	gather = 256
)

// Handler returns what answers portals and handlers; nil if the Broker is nil.
func (b *Broker) Handler() http.Handler {
	if b == nil {
		return nil
	}
	return b
}

// ServeHTTP answers portals and handlers.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path == PublishPath && r.Method == http.MethodPost:
		b.servePublish(w, r)
	case r.URL.Path == SubscribePath && r.Method == http.MethodGet:
		b.serveSubscribe(w, r)
	case r.URL.Path == PublishPath:
		w.Header().Set("Allow", http.MethodPost)
		b.refuse(w, http.StatusMethodNotAllowed, "Use POST.")
	case r.URL.Path == SubscribePath:
		w.Header().Set("Allow", http.MethodGet)
		b.refuse(w, http.StatusMethodNotAllowed, "Use GET, and ask for a WebSocket.")
	default:
		b.refuse(w, http.StatusNotFound, "There is no such path.")
	}
}

// refuse answers with a sentence.
func (b *Broker) refuse(w http.ResponseWriter, status int, sentence string) {
	b.counts.refused.Inc()
	answer(w, status, map[string]any{"error": sentence})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	text, err := json.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text) // else the client has gone
}

// authorize answers a request that is not allowed, and returns false then.
func (b *Broker) authorize(w http.ResponseWriter, r *http.Request, role access.Role) bool {
	ctx := r.Context()
	err := allowed(ctx, role)
	if c := access.CallerOf(ctx); c != nil {
		requestlog.Add(ctx, slog.String("caller", c.Name))
	}
	if err == nil {
		err = access.SpendCall(ctx)
	}
	if err == nil {
		return true
	}
	var unauthenticated *access.UnauthenticatedError
	var limit *access.LimitError
	switch {
	case errors.As(err, &unauthenticated):
		for _, challenge := range unauthenticated.Challenges {
			w.Header().Add("WWW-Authenticate", challenge)
		}
		b.refuse(w, http.StatusUnauthorized, "The request has no credentials of a caller: send the key of one as Authorization: Bearer.")
	case errors.As(err, &limit):
		w.Header().Set("Retry-After", strconv.Itoa(int(max(limit.RetryAfter, time.Second)/time.Second)))
		b.refuse(w, http.StatusTooManyRequests, "The caller sends too many requests. Send fewer a second.")
	case errors.Is(err, access.ErrBusy):
		w.Header().Set("Retry-After", "1")
		b.refuse(w, http.StatusServiceUnavailable, "Too many passwords wait to be checked. Send the request again.")
	default:
		b.refuse(w, http.StatusForbidden, "The caller lacks the role "+role.String()+" or may not use the dialect of LemonLDAP::NG.")
	}
	return false
}

// allowed returns why the sender of a request may not do what needs a role, or nil.
func allowed(ctx context.Context, role access.Role) error {
	if err := access.Authenticate(ctx); err != nil {
		return err
	}
	if err := access.RequireDialect(ctx, access.LemonLDAPDialect); err != nil {
		return err
	}
	return access.Require(ctx, role)
}

// servePublish publishes the message that a portal or handler sends.
func (b *Broker) servePublish(w http.ResponseWriter, r *http.Request) {
	if !b.authorize(w, r, access.Write) {
		return
	}
	select {
	case b.publishers <- struct{}{}:
		defer func() { <-b.publishers }()
	default:
		w.Header().Set("Retry-After", "1")
		b.refuse(w, http.StatusServiceUnavailable, "Too many messages are being published. Send this one again.")
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		err = errTooLong
	}
	var m message
	if err == nil {
		m, err = parseMessage("", text)
	}
	switch {
	case err == nil:
		b.counts.received.Inc()
		b.publish(m)
		answer(w, http.StatusOK, map[string]any{"result": 1})
	case errors.Is(err, errTooLong):
		b.refuse(w, http.StatusRequestEntityTooLarge, "The message is longer than 64 KiB. Send a shorter one.")
	case errors.Is(err, errNoChannel):
		b.refuse(w, http.StatusBadRequest, `The message names no channel: its member "channel" must have 1 to 64 of the characters A-Z a-z 0-9 _ . : / -.`)
	case errors.Is(err, errNotObject):
		b.refuse(w, http.StatusBadRequest, `The body is no JSON object. Send one with the member "channel".`)
	default:
		b.refuse(w, http.StatusBadRequest, "The request ended before its body was complete. Send it again.")
	}
}

// channelsOf returns the channels for which a request asks, or none if one is invalid.
func channelsOf(r *http.Request) map[string]bool {
	channels := make(map[string]bool)
	for _, list := range r.URL.Query()["channels"] {
		for name := range strings.SplitSeq(list, ",") {
			if !channelName.MatchString(name) {
				return nil
			}
			channels[name] = true
		}
	}
	if len(channels) > maxChannels {
		return nil
	}
	return channels
}

// serveSubscribe gives a portal or handler the messages of its channels, until it goes.
func (b *Broker) serveSubscribe(w http.ResponseWriter, r *http.Request) {
	if !b.authorize(w, r, access.Read) {
		return
	}
	channels := channelsOf(r)
	if len(channels) == 0 {
		b.refuse(w, http.StatusBadRequest, "Name 1 to 16 channels, separated by commas: /subscribe?channels="+Channel+".")
		return
	}
	select {
	case b.subscribers <- struct{}{}:
		defer func() {
			b.lastSeen.Store(time.Now().Unix())
			<-b.subscribers
		}()
	default:
		w.Header().Set("Retry-After", "10")
		b.refuse(w, http.StatusServiceUnavailable, "Too many portals and handlers are subscribed.")
		return
	}
	from := b.hub.position()                 // once it has the answer it misses nothing
	conn, err := websocket.Accept(w, r, nil) // refuses the pages of other origins
	if err != nil {
		b.counts.refused.Inc()
		return
	}
	// No close frame: the client of LemonLDAP::NG would take it for a message.
	defer conn.CloseNow() //nolint:errcheck // it is not used any more
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	if b.link != nil {
		for channel := range channels {
			defer b.link.want(channel)()
		}
	}
	s := subscriber{broker: b, conn: conn, channels: channels, from: from, request: r.Context(), open: conn.CloseRead(ctx)}
	s.run() //nolint:contextcheck // the subscription outlives the request, and has both contexts
}
