package live

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"memcachedsoap/service/requestlog"
)

const (
	// maxStreams bounds the pages that are open at the same time.
	maxStreams = 16
	// takeTime is how long a browser may take nothing.
	takeTime = 10 * time.Second
	// retryTime is when a browser connects again.
	retryTime = "retry: 2000\n\n"
)

// ServeEvents sends an event for each sample until the browser goes, or the context of
// the request ends. It has a write deadline of its own.
func (c *Console) ServeEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many pages of the console are open", http.StatusServiceUnavailable)
		return
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Time{}) != nil { // that of the server is for requests that end
		http.Error(w, "the connection has no deadlines", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep the events
	_, _ = io.WriteString(w, retryTime)       // it is sent with the first event
	c.send(r.Context(), w, control)
}

// send sends events until the end.
func (c *Console) send(ctx context.Context, w http.ResponseWriter, control *http.ResponseController) {
	for {
		next := c.sampler.next()
		event, err := c.event()
		if err != nil {
			requestlog.Add(ctx, slog.String("error", err.Error()))
			return
		}
		if control.SetWriteDeadline(time.Now().Add(takeTime)) != nil {
			return
		}
		if _, err := w.Write(event); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}
