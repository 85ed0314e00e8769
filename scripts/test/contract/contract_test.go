package contract

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/wsdl"
)

func TestSessions(t *testing.T) {
	list, err := Entries(50)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, entry := range list.Entry {
		names[entry.Key] = true
		assert.NotEmpty(t, entry.Value)
	}
	assert.Len(t, names, 50)

	sessions, err := NewSessions(3, 24)
	require.NoError(t, err)
	bodies := map[string]bool{}
	for _, session := range sessions {
		for _, r := range []*load.Request{session.Get, session.Sets[0], session.Sets[1]} {
			parsed, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Message)))
			require.NoError(t, err)
			body, err := io.ReadAll(parsed.Body)
			require.NoError(t, err)
			assert.Len(t, body, r.Body)
			bodies[string(body)] = true
		}
	}
	assert.Len(t, bodies, 9, "all messages differ")
}

func TestAttributesOfASession(t *testing.T) {
	sessions, err := NewSessions(2, 30)
	require.NoError(t, err)
	attributes, err := sessions[1].Attributes()
	require.NoError(t, err)
	assert.Len(t, attributes, 30)
	assert.Equal(t, "user1-0", attributes["uid"])
	assert.Equal(t, "dwho", attributes["_user"])
	var message struct {
		Entries []wsdl.Entry `xml:"Body>setSession>attributes>entry"`
	}
	_, body, _ := bytes.Cut(sessions[1].Sets[0].Message, []byte("\r\n\r\n"))
	require.NoError(t, xml.Unmarshal(body, &message))
	assert.Len(t, message.Entries, 30)
	for _, entry := range message.Entries {
		assert.Equal(t, attributes[entry.Key], entry.Value, entry.Key)
	}
}

// Connections have sessions of their own, and write each with another value in turn.
func TestSources(t *testing.T) {
	sessions, err := NewSessions(7, 1)
	require.NoError(t, err)
	for _, source := range Sources(sessions, 3, false) {
		assert.Contains(t, string(source(1).Message), "<getSession ")
	}
	sent := make([]map[string]int, 3) // by request, with how often
	for c, source := range Sources(sessions, 3, true) {
		sent[c] = map[string]int{}
		for i := range 16 { // 8 of each operation, 2 sessions, 2 values
			sent[c][string(source(i).Message)]++
		}
		assert.Len(t, sent[c], 2+2*2)
		for message := range sent[c] {
			for other := range c {
				assert.NotContains(t, sent[other], message)
			}
		}
	}
}
