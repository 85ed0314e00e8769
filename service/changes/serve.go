package changes

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/service/requestlog"
)

// Paths of a relay.
const (
	Path        = "/changes" // the stream; the other paths are below it
	clockPath   = Path + "/clock"
	barrierPath = Path + "/barrier"
	indexPath   = Path + "/index"
)

const (
	contentType = "text/plain; charset=utf-8"
	// maxQuestions bounds the questions that are answered at the same time. Others
	// are refused.
	maxQuestions = 64
	// answerTime bounds the answer to a question.
	answerTime = 2 * time.Second
	// takeTime is how long a reader may take nothing.
	takeTime = 10 * time.Second
	// stateEvery is how often the state is told.
	stateEvery = 50 * time.Millisecond
	// confirmed answers that an epoch still holds.
	confirmed = "yes"
	// gather is how long events are gathered before they are sent.
	gather = time.Millisecond
	// maxBatch is how many events are sent at once.
	maxBatch = 512
)

// ServeHTTP answers the requests of the other instances.
func (p *Peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !p.authorize(w, r) {
		return
	}
	d := p.direct.Load()
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, "use GET")
	case d == nil || p.leaving.Load():
		refuse(w, http.StatusServiceUnavailable, "this instance does not watch the servers itself")
	case r.URL.Path == Path:
		p.serveStream(w, r, d)
	default:
		p.serveQuestion(w, r, d)
	}
}

// refuse answers with a reason in plain text.
func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.Error(w, reason, status)
}

// authorize answers a request that is not allowed, and returns false then. Without
// an auth file only the key counts.
func (p *Peer) authorize(w http.ResponseWriter, r *http.Request) bool {
	if proof, ok := p.options.Keys.verify(r, p.options.URL); ok {
		w.Header().Set(proofHeader, proof)
		return true
	}
	ctx := r.Context()
	err := error(&access.UnauthenticatedError{Refusal: access.NoCredentials})
	if _, guarded := access.SentBy(ctx); guarded {
		if err = access.Authenticate(ctx); err == nil {
			err = access.Require(ctx, access.Admin)
		}
		if c := access.CallerOf(ctx); c != nil {
			requestlog.Add(ctx, slog.String("caller", c.Name))
		}
	}
	if err == nil {
		return true
	}
	p.counts.refused.Inc()
	var unauthenticated *access.UnauthenticatedError
	switch {
	case errors.As(err, &unauthenticated):
		for _, challenge := range unauthenticated.Challenges {
			w.Header().Add("WWW-Authenticate", challenge)
		}
		w.Header().Add("WWW-Authenticate", scheme)
		refuse(w, http.StatusUnauthorized, "the request proves neither the key of the instances nor a caller")
	case errors.Is(err, access.ErrBusy):
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "too many passwords wait to be checked")
	default:
		refuse(w, http.StatusForbidden, "the caller lacks the role admin")
	}
	return false
}

// serveQuestion answers a question.
func (p *Peer) serveQuestion(w http.ResponseWriter, r *http.Request, d *direct) {
	select {
	case p.questions <- struct{}{}:
		defer func() { <-p.questions }()
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "too many questions")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	query := r.URL.Query()
	answer := ""
	switch r.URL.Path {
	case clockPath:
		answer = strconv.FormatInt(d.hub.clock().Microseconds(), 10)
	case barrierPath:
		server, err := strconv.Atoi(query.Get("server"))
		if err != nil || server < 0 || server >= len(p.samples) || query.Get("stream") != d.hub.id {
			refuse(w, http.StatusGone, "this is another stream")
			return
		}
		if err := d.pool.Barrier(ctx, server); err != nil {
			refuse(w, http.StatusServiceUnavailable, "the change stream of the server is not connected")
			return
		}
		answer = strconv.FormatInt(d.hub.position(), 10)
	case indexPath:
		if p.followers.Index == nil {
			break
		}
		if epoch := query.Get("epoch"); epoch == "" {
			answer = p.followers.Index.Prove(ctx, query.Get("identity"))
		} else if p.followers.Index.Confirm(ctx, query.Get("identity"), epoch) {
			answer = confirmed
		}
	default:
		refuse(w, http.StatusNotFound, "there is no such question")
		return
	}
	if answer == "" {
		refuse(w, http.StatusConflict, "the index is not complete")
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = io.WriteString(w, answer+"\n") //nolint:gosec // plain text; else the reader has gone
}

// serveStream tells the changes until the reader goes, or this instance does not watch
// any more.
func (p *Peer) serveStream(w http.ResponseWriter, r *http.Request, d *direct) {
	select {
	case p.readers <- struct{}{}:
		defer func() { <-p.readers }()
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "too many readers")
		return
	}
	s := &served{peer: p, direct: d, w: w, control: http.NewResponseController(w), position: d.hub.position()}
	if after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64); err == nil && r.URL.Query().Get("stream") == d.hub.id {
		s.position = after // if these events are gone, that is a gap
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Accel-Buffering", "no")
	// The server's deadlines are for requests that end.
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		refuse(w, http.StatusInternalServerError, "the connection has no deadlines")
		return
	}
	s.run(r.Context())
}

// served is a stream to one reader. It keeps no events: they are in the hub, once for
// all readers.
type served struct {
	peer     *Peer
	direct   *direct
	w        http.ResponseWriter
	control  *http.ResponseController
	position int64 // of the last event that was sent
	lines    []byte
}

func (s *served) run(ctx context.Context) {
	p, hub := s.peer, s.direct.hub
	first := hello{stream: hub.id, position: s.position, pool: p.identity, index: p.indexIdentity()}
	s.lines = append(s.lines, first.line()...)
	events := make([]event, 0, maxBatch)
	var told time.Time
	for {
		var now relayState
		tell := time.Since(told) >= stateEvery
		if tell {
			now = p.state(s.direct) // what it says is true of the events up to here
			told = time.Now()
		}
		for until := hub.position(); s.position < until; {
			batch, ok := hub.after(s.position, events)
			if !ok {
				s.position = hub.position()
				s.lines = appendGap(s.lines, s.position)
				p.counts.slow.Inc()
				break
			}
			for _, e := range batch {
				s.lines = appendEvent(s.lines, e)
			}
			s.position += int64(len(batch))
			if !s.send() {
				return
			}
		}
		if tell {
			s.lines = appendState(s.lines, now)
		}
		if !s.send() || !s.wait(ctx, told) {
			return
		}
	}
}

// wait waits for the next event or the next state. It returns false at the end.
func (s *served) wait(ctx context.Context, told time.Time) bool {
	timer := time.NewTimer(time.Until(told.Add(stateEvery)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.direct.hub.next(s.position):
	case <-s.direct.hub.ended:
		return false
	case <-ctx.Done():
		return false
	}
	select {
	case <-time.After(gather):
		return true
	case <-ctx.Done():
		return false
	}
}

// send sends the lines. It returns false if the reader does not take them.
func (s *served) send() bool {
	if len(s.lines) == 0 {
		return true
	}
	if s.control.SetWriteDeadline(time.Now().Add(s.peer.options.takeTime)) != nil {
		return false
	}
	_, err := s.w.Write(s.lines)
	s.lines = s.lines[:0]
	return err == nil && s.control.Flush() == nil
}
