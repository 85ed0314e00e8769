package wsdltest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRelay(t *testing.T) {
	t.Parallel()
	response := envelope(soap11, deleted)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		response := `<?xml version="1.0"?>` + response
		switch string(body) {
		case "invalid":
			response = strings.ReplaceAll(response, "false", "no")
		case "status":
			w.WriteHeader(http.StatusBadRequest)
		}
		io.WriteString(w, response) //nolint:errcheck // the client sees it
	}))
	t.Cleanup(service.Close)

	tb := &recorder{TB: t}
	r := NewRelay(tb, strings.TrimPrefix(service.URL, "http://"))
	client := &http.Client{Transport: &http.Transport{}}
	post := func(message string) {
		response, err := client.Post("http://"+r.Addr+"/soap", "text/xml", strings.NewReader(message))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	post("one")
	head, err := client.Head("http://" + r.Addr + "/soap")
	require.NoError(t, err)
	require.NoError(t, head.Body.Close())
	post("two")
	client.CloseIdleConnections()
	got := r.Exchanges(t)
	require.Len(t, got, 2)
	assert.Contains(t, string(got[0].Request), "POST /soap HTTP/1.1\r\n")
	assert.True(t, strings.HasSuffix(string(got[0].Request), "\r\n\r\none"), "%q", got[0].Request)
	assert.Equal(t, 200, got[1].Status)
	assert.Equal(t, `<?xml version="1.0"?>`+response, string(got[1].Response))
	assert.Empty(t, r.Exchanges(t), "the call before has returned them")

	post("good")
	tb.end()
	assert.Empty(t, tb.errors)

	for request, failure := range map[string]string{"invalid": "'no' is not a valid value", "status": "HTTP status 400"} {
		tb = &recorder{TB: t}
		r = NewRelay(tb, strings.TrimPrefix(service.URL, "http://"))
		post(request)
		tb.end()
		require.Len(t, tb.errors, 1, request)
		assert.Contains(t, tb.errors[0], failure)
	}

	// Data that is not HTTP fails the test, and is not ignored.
	tb = &recorder{TB: t}
	r = NewRelay(tb, strings.TrimPrefix(service.URL, "http://"))
	other, err := net.Dial("tcp", r.Addr)
	require.NoError(t, err)
	_, err = io.WriteString(other, "no HTTP\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(other)
	require.NoError(t, err)
	require.NoError(t, other.Close())
	tb.end()
	require.Len(t, tb.errors, 1)
	assert.Contains(t, tb.errors[0], "cannot parse")
}
