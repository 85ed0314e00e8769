package explorer_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/console/explorer"
)

// gate is an answer whose receiver takes each part only when it is let through.
type gate struct {
	*httptest.ResponseRecorder

	parts chan string   // what was written before each flush
	pass  chan struct{} // lets a flush return
}

func (g *gate) FlushError() error {
	text := g.Body.String()
	g.Body.Reset()
	g.parts <- text
	<-g.pass
	return nil
}

// searching begins a search whose page is taken part by part, until it has ended.
func (s *site) searching(ctx context.Context, address string) (g *gate, ended chan struct{}) {
	g = &gate{httptest.NewRecorder(), make(chan string), make(chan struct{})}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		s.handler.ServeHTTP(g, httptest.NewRequestWithContext(ctx, http.MethodGet, explorer.Path+address, nil))
	}()
	return g, ended
}

// What a search finds is sent while it runs, few searches run at a time, and one whose
// browser has gone ends.
func TestSearchIsSentWhileItRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	for range 3 {
		s.create(attributes("uid", "dwho"))
	}
	address := s.ask("uid", "dwho", "all", "yes")
	ctx, gone := context.WithCancel(t.Context())
	first, firstEnded := s.searching(ctx, address)
	second, secondEnded := s.searching(t.Context(), address)
	assert.Contains(t, <-first.parts, "<h1>Search</h1>")
	assert.Contains(t, <-second.parts, "<h1>Search</h1>")
	assert.Equal(t, http.StatusServiceUnavailable, s.get(address).status, "two run already")

	first.pass <- struct{}{}
	assert.Len(t, rowsOf(answer{body: <-first.parts}), 1, "while the search waits")
	gone()
	close(first.pass)
	go func() {
		for range first.parts { // the other parts
		}
	}()
	<-firstEnded
	close(first.parts)
	assert.Contains(t, first.Body.String(), "The search is not complete.")

	second.pass <- struct{}{}
	rows := map[string]bool{}
	for range 3 {
		for row := range rowsOf(answer{body: <-second.parts}) {
			rows[row] = true
		}
		second.pass <- struct{}{}
	}
	<-secondEnded
	for row := range rowsOf(answer{body: second.Body.String()}) {
		rows[row] = true
	}
	assert.Len(t, rows, 3)
	assert.Contains(t, answer{body: second.Body.String()}.text(), "3 sessions looked at; 3 have the value. The search is complete")
	require.Equal(t, 200, s.get(address).status)
}
