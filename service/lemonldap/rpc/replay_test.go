package rpc_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore/perldata"
)

// exchange is the recording of one request of a client of LemonLDAP::NG 2.16.1 or 2.23.4,
// and the answer of its server or of one that was written for the recordings. The
// characters of Request and Response are bytes.
type exchange struct {
	Name     string `json:"name"`
	Request  string `json:"request"`
	Response string `json:"response"`
}

func recorded(tb testing.TB) []exchange {
	tb.Helper()
	file, err := os.Open("testdata/exchanges.jsonl")
	require.NoError(tb, err)
	defer file.Close()
	var all []exchange
	for lines := json.NewDecoder(bufio.NewReader(file)); ; {
		var x exchange
		err := lines.Decode(&x)
		if err == io.EOF {
			return all
		}
		require.NoError(tb, err)
		all = append(all, x)
	}
}

// latin1 returns characters as bytes.
func latin1(text string) []byte {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		b = append(b, byte(r))
	}
	return b
}

func (x exchange) answer(t *testing.T) (status int, date, text string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(latin1(x.Response))), nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header.Get("Date"), string(body)
}

// differs are the answers that are not those of LemonLDAP::NG, with the reason. A
// difference that a client of SOAP::Lite cannot see is none.
var differs = map[string]struct {
	reason string
	fault  string // its code, if the answer is a fault
	want   any    // the result, if it is none
}{
	"soap-06-getAttributes-after-set-losses": {reason: "LemonLDAP::NG loses lists of one item and the form of bytes", want: map[string]any{
		"error": "0", "attributes": map[string]any{
			"_session_id": "ID", "_session_kind": "SSO", "_utime": "1795372659", "cn": "Jörg Dœ", "empty": "",
			"hash": map[string]any{"n": map[string]any{"x": "1"}, "k": "v"}, "lst": []any{"a", "b", "c"}, "mail": "a@b.c", "num": "42",
			"one": []any{"only"}, "uid": "jdoe", "xml": `<a>&"`,
		},
	}},
	"soap-07-setAttributes-via-sessions-fault500": {reason: "the role decides, not the path", want: "1"},
	"soap-08-newSession-via-sessions-fault500":    {reason: "the role decides, not the path"},
	"soap-14-error-op-bug":                        {reason: "not about sessions", fault: "soap:Client"},
	"soap-15-getCookies-ok":                       {reason: "authentication is the portal's", fault: "soap:Client"},
	"soap-16-getCookies-bad-password":             {reason: "authentication is the portal's", fault: "soap:Client"},
	"soap-17-getCookies-empty":                    {reason: "authentication is the portal's", fault: "soap:Client"},
	"soap-18-isAuthorizedURI":                     {reason: "policy is the handler's", fault: "soap:Client"},
	"soap-19-isAuthorizedURI-bad-uri-fault":       {reason: "policy is the handler's", fault: "soap:Client"},
	"soap-21-unknown-operation-fault":             {reason: "the client is to blame for an unknown operation", fault: "soap:Client"},
	"soap-23-config-lastCfg":                      {reason: "the configuration is the portal's", fault: "soap:Client"},
	"soap-40-sessions-when-REST-also-enabled-400": {reason: "the message decides, not the path", want: map[string]any{"error": "1"}},
	"rest223-39-getAttributes":                    {reason: "the message decides, not the path", want: map[string]any{"error": "1"}},
	"nonllng-server-16-setAttributes":             {reason: "memcached may forget a persistent session", fault: "soap:Client"},
}

var (
	anyID   = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	callID  = regexp.MustCompile(`<[^>]*xsi:type="xsd:string">([0-9a-f]{32,64})</`) // the first parameter
	aMethod = regexp.MustCompile(`<soap:Body><\w+:(\w+)`)
)

// player replays recordings in their order. A session that a recording needs, and that
// no recording has created, is made from the answer.
type player struct {
	*endpoint
	ids map[string]string // of ours, by those of the recordings
}

// TestRecordedExchanges sends every recorded request and compares what SOAP::Lite reads
// in the answers.
func TestRecordedExchanges(t *testing.T) {
	t.Parallel()
	all := recorded(t)
	require.Greater(t, len(all), 45)
	p := &player{endpoint: newEndpoint(t, settings{}), ids: map[string]string{}}
	left := len(differs)
	for _, x := range all {
		if _, ok := differs[x.Name]; ok {
			left--
		}
		p.play(t, x)
	}
	assert.Zero(t, left, "the table names recordings only")
}

// TestPersistentSessionsOnRequest replays the recording that the table refuses.
func TestPersistentSessionsOnRequest(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{persistent: true})
	id := e.create(t, "")
	assert.Equal(t, "1", e.call(t, "setAttributes", str(id), `<p><_session_kind xsi:type="xsd:string">Persistent</_session_kind></p>`))
	assert.Equal(t, "Persistent", e.attributes(t, id)["_session_kind"])
	_, err := e.sessions.Get(t.Context(), lemonldap.Global, id)
	require.NoError(t, err)
}

func (p *player) play(t *testing.T, x exchange) {
	t.Helper()
	status, date, want := x.answer(t)
	if at, err := http.ParseTime(date); err == nil {
		p.clock.Store(at.Unix())
	}
	request := latin1(x.Request)
	operation := string(aMethod.FindSubmatch(request)[1]) //nolint:nilaway // each is a call
	if operation == "" {
		operation = "getAttributes"
	}
	p.prepare(t, operation, request, status, want)
	for theirs, ours := range p.ids {
		request = bytes.ReplaceAll(request, []byte(theirs), []byte(ours)) // of the same length
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	assert.Empty(t, w.Header().Values("Set-Cookie"), x.Name)
	code, answer := w.Code, w.Body.String()

	difference, known := differs[x.Name]
	switch {
	case known && difference.fault != "":
		require.Equal(t, 500, code, "%s %s", x.Name, answer)
		assert.Equal(t, difference.fault, soaplitetest.ParseFault(t, answer).Code, x.Name)
	case known:
		require.Equal(t, 200, code, "%s %s", x.Name, answer)
		if difference.want != nil {
			assert.Equal(t, difference.want, normal(soaplitetest.Data(response(t, answer))), x.Name)
		}
	case status == http.StatusInternalServerError:
		require.Equal(t, 500, code, "%s %s", x.Name, answer)
		f := soaplitetest.ParseFault(t, answer)
		assert.Equal(t, soaplitetest.ParseFault(t, want).Code, f.Code, x.Name)
		assert.NotContains(t, f.Reason, "/")
		assert.Empty(t, f.Detail.Content)
	default:
		p.compare(t, x.Name, operation, want, code, answer)
	}
}

// compare compares two answers that are no faults.
func (p *player) compare(t *testing.T, name, operation, want string, code int, answer string) {
	t.Helper()
	require.Equal(t, 200, code, "%s %s", name, answer)
	ours, theirs := soaplitetest.Data(response(t, answer)), soaplitetest.Data(response(t, want))
	assert.Equal(t, elementOf(want), elementOf(answer), "the element of the result of %s", name)
	switch operation {
	case "getCipheredToken":
		return // each is another one
	case "newSession":
		a, _ := ours.(map[string]any)
		b, _ := theirs.(map[string]any)
		p.ids[b["_session_id"].(string)] = a["_session_id"].(string) //nolint:forcetypeassert // the test fails
		assert.InDelta(t, p.clock.Load(), number(t, a["_utime"]), 1)
		a["_utime"] = b["_utime"]
	}
	assert.Equal(t, normal(theirs), normal(ours), "%s\n%s\n%s", name, want, answer)
}

// elementOf returns the start of an answer's Body up to the name of the result.
func elementOf(answer string) string {
	return regexp.MustCompile(`<soap:Body>(<[^>]*><\w+)`).FindStringSubmatch(answer)[1]
}

// normal returns data without ids, which differ, and with a list of one item as that
// item: LemonLDAP::NG sends lists as repeated elements.
func normal(v any) any {
	switch v := v.(type) {
	case string:
		return anyID.ReplaceAllString(v, "ID")
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, normal(item))
		}
		return list
	case map[string]any:
		hash := map[string]any{}
		for name, held := range v {
			if name == "successLogin" {
				if list, ok := held.([]any); ok && len(list) == 1 {
					held = list[0]
				}
			}
			if !strings.HasPrefix(name, "_session") && anyID.MatchString(name) {
				hash[name] = normal(held) // keys of a list of sessions: made by prepare
				continue
			}
			hash[name] = normal(held)
		}
		return hash
	}
	return v
}

// prepare makes the sessions that an exchange needs.
func (p *player) prepare(t *testing.T, operation string, request []byte, status int, want string) {
	t.Helper()
	if status != 200 {
		return
	}
	if operation == "get_key_from_all_sessions" {
		p.empty(t)
		for id, held := range response(t, want).Hash().All() {
			if _, whole := held.Hash().Get("_session_id"); !whole {
				held.Hash().Set("other", perldata.BytesOf("not asked for"))
			}
			p.store(t, id, held.Hash())
		}
		p.ids = map[string]string{}
		return
	}
	found := callID.FindSubmatch(request)
	if found == nil || p.ids[string(found[1])] != "" {
		return
	}
	id := string(found[1])
	if _, err := p.sessions.Get(t.Context(), lemonldap.Global, id); err == nil {
		return
	}
	result := response(t, want)
	switch operation {
	case "getAttributes":
		if attributes, ok := result.Hash().Get("attributes"); ok {
			p.store(t, id, attributes.Hash())
		}
	case "setAttributes", "deleteSession":
		h := perldata.NewHash(1)
		h.Set("_utime", perldata.IntOf(p.clock.Load()))
		p.store(t, id, h)
	}
}

func (p *player) store(t *testing.T, id string, attributes *perldata.Hash) {
	t.Helper()
	require.NoError(t, p.sessions.Merge(t.Context(), lemonldap.Global, id, attributes, nil, true))
}

// empty deletes all sessions. Their tombstones would refuse sessions with the same ids:
// the endpoint begins again.
func (p *player) empty(t *testing.T) {
	t.Helper()
	at := p.clock.Load()
	p.endpoint = newEndpoint(t, settings{})
	p.clock.Store(at)
}

func number(t *testing.T, v any) int64 {
	t.Helper()
	text, _ := v.(string)
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}
