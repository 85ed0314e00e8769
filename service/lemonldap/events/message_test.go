package events

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, body, web, unlog string }{
		"an unlog":        {`{"id":"5e","channel":"llng_events","action":"unlog"}`, `{"action":"unlog","id":"5e"}`, `{"channel":"llng_events","action":"unlog","id":"5e"}`, "5e"},
		"several lines":   {"{\n \"action\" : \"newConf\",\n\"channel\":\"llng_events\"}\n", `{"action":"newConf"}`, `{"channel":"llng_events","action":"newConf"}`, ""},
		"nothing else":    {`{"channel":"c"}`, `{}`, `{"channel":"c"}`, ""},
		"another channel": {`{"channel":"llng_status","action":"unlog","id":"5e"}`, `{"action":"unlog","id":"5e"}`, `{"channel":"llng_status","action":"unlog","id":"5e"}`, ""},
		"UTF-8":           {`{"channel":"llng-logs","data":"é😀"}`, `{"data":"\u00e9\ud83d\ude00"}`, `{"channel":"llng-logs","data":"\u00e9\ud83d\ude00"}`, ""},
		"Latin-1":         {"{\"channel\":\"llng-logs\",\"data\":\"\xe9\"}", `{"data":"\u00e9"}`, `{"channel":"llng-logs","data":"\u00e9"}`, ""},
		"large numbers":   {`{"channel":"c","n":12345678901234567890,"x":1.50}`, `{"n":12345678901234567890,"x":1.50}`, `{"channel":"c","n":12345678901234567890,"x":1.50}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := parseMessage("", []byte(c.text))
			require.NoError(t, err)
			assert.Equal(t, c.body, m.body)
			assert.Equal(t, c.web, m.web())
			assert.Equal(t, c.unlog, m.unlog)
			again, err := parseMessage(m.channel, []byte(m.body))
			require.NoError(t, err)
			assert.Equal(t, m.body, again.body, "what comes back from Redis is recognized")
		})
	}
	m := unlogMessage("5e")
	parsed, err := parseMessage(m.channel, []byte(m.body))
	require.NoError(t, err)
	assert.Equal(t, []string{m.body, m.unlog}, []string{parsed.body, parsed.unlog})
}

func TestBadMessages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"":                             errNotObject,
		"null":                         errNotObject,
		`["channel"]`:                  errNotObject,
		`{"channel":"c"} {}`:           errNotObject,
		`{"action":"unlog","id":"5e"}`: errNoChannel,
		`{"channel":""}`:               errNoChannel,
		`{"channel":7}`:                errNoChannel,
		`{"channel":"a b"}`:            errNoChannel,
		`{"channel":"a\u000ab"}`:       errNoChannel,
		`{"channel":"` + strings.Repeat("c", 65) + `"}`:                      errNoChannel,
		`{"channel":"c","data":"` + strings.Repeat("x", maxMessage) + `"}`:   errTooLong,
		`{"channel":"c","data":"` + strings.Repeat("é", maxMessage/6) + `"}`: errTooLong, // escaped
	} {
		_, err := parseMessage("", []byte(text))
		assert.ErrorIs(t, err, want, "%.60s", text)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"action":"unlog","id":"5e","channel":"llng_events"}`))
	f.Add([]byte("{\"channel\":\"a\",\"b\":\"\xff\\u2028<>\",\"c\":[1.0e5,{}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseMessage("", text)
		if err != nil {
			return
		}
		web := m.web()
		require.LessOrEqual(t, len(web), maxMessage)
		for i := range len(web) {
			require.True(t, web[i] >= ' ' && web[i] <= '~', "one line of ASCII: %q", web)
		}
		again, err := parseMessage("", []byte(web))
		require.NoError(t, err)
		require.Equal(t, web, again.web())
		require.Equal(t, m.unlog, again.unlog)
	})
}
