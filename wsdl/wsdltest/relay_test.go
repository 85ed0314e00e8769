package wsdltest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRelay(t *testing.T) {
	t.Parallel()
	answer := envelope(soap11, deleted)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		if strings.HasSuffix(string(body), "bad") {
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, `<?xml version="1.0"?>`+strings.ReplaceAll(answer, "false", "no")) //nolint:errcheck // the client sees it
			return
		}
		io.WriteString(w, `<?xml version="1.0"?>`+answer) //nolint:errcheck // the client sees it
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
	post("two")
	client.CloseIdleConnections()
	got := r.Exchanges()
	require.Len(t, got, 2)
	assert.Contains(t, string(got[0].Request), "POST /soap HTTP/1.1\r\n")
	assert.True(t, strings.HasSuffix(string(got[0].Request), "\r\n\r\none"), "%q", got[0].Request)
	assert.Equal(t, 200, got[1].Status)
	assert.Equal(t, `<?xml version="1.0"?>`+answer, string(got[1].Answer))
	assert.Empty(t, r.Exchanges(), "they have been taken")

	post("good")
	tb.end()
	assert.Empty(t, tb.errors)

	r = NewRelay(tb, strings.TrimPrefix(service.URL, "http://"))
	post("bad")
	tb.end()
	require.Len(t, tb.errors, 1)
	assert.Contains(t, tb.errors[0], "'no' is not a valid value")
}
