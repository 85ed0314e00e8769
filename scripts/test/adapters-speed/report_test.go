package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	r := &report{
		settings: settings{rounds: 3, pages: 9},
		parallel: []*handler{
			{title: "ours", times: []time.Duration{70e6, 60e6, 90e6}, kept: []int{20, 20, 20}, calls: [2]float64{1, 0.95}},
			{title: "theirs", times: []time.Duration{2e9}, kept: []int{20, 3}},
		},
		examples: []*example{
			{
				name: "php/session", median: [kinds]time.Duration{1e6, 3e6, 4500e3},
				calls: [kinds][2]float64{reading: {1, 0}, changing: {1, 1}},
			},
			{name: "java/x", err: errors.New("no java")},
		},
	}
	text := r.markdown()
	assert.Contains(t, text, "| ours | 70 ms | 60 ms | 20 |\n| theirs | 2000 ms | 2000 ms | 3 |\n")
	assert.Contains(t, text, "| php/session | 1.0 ms | 2.0 ms | 3.5 ms | 1.00 + 0.00 | 1.00 + 1.00 |\n")
	assert.Contains(t, text, "made 1.00 reading and 0.95 writing exchanges")
	assert.Contains(t, text, "java/x was left out")
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, len(line), 121, line)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rounds", "0"}, {"-pages", "-1"}, {"more"}, {"-unknown"}} {
		_, err := parse(args, io.Discard)
		require.Error(t, err, args)
	}
	s, err := parse([]string{"-rounds", "2", "-client", "php"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, 2, s.rounds)
	assert.Equal(t, "php", s.clients)
}

func TestCounts(t *testing.T) {
	t.Parallel()
	answer := `<stat><name>getSession_requests</name><value>3</value></stat><stat><name>getSessions_requests</name><value>1</value></stat>` +
		`<stat><name>updateSession_requests</name><value>5</value></stat><stat><name>stats_requests</name><value>9</value></stat>`
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) })) //nolint:errcheck // a test
	defer service.Close()
	n, err := (&servers{soap: service.URL}).counts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [2]int{4, 5}, n)
}

// A page that fails is an error, and so is one of a session that could not be opened.
func TestParallel(t *testing.T) {
	t.Parallel()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("key") {
			http.Error(w, "locked", http.StatusInternalServerError)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "sessionid", Value: "x"}) //nolint:gosec // on loopback
		_, _ = fmt.Fprint(w, "answer 21\n")
	}))
	defer broken.Close()
	_, _, err := parallel(t.Context(), broken.URL+"/?handler=x")
	require.ErrorContains(t, err, "locked")
	sound := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "answer 21\n") }))
	defer sound.Close()
	_, kept, err := parallel(t.Context(), sound.URL+"/?handler=x")
	require.NoError(t, err)
	assert.Equal(t, requests, kept)
}
