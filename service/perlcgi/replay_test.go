package perlcgi_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/perlcgi"
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// exchange is the recording of one request to the original: Perl 5.36,
// SOAP::Lite 1.27, Apache::Session::Memorycached 2.2.1. The characters of
// Request and Response are bytes.
type exchange struct {
	Name     string          `json:"name"`
	Request  string          `json:"request"`
	Response string          `json:"response"`
	Items    map[string]item `json:"items"` // in memcached afterwards
}

type item struct {
	Flags uint32 `json:"flags"`
	Hex   string `json:"hex"`
}

func recorded(t *testing.T) map[string]exchange {
	t.Helper()
	file, err := os.Open("testdata/exchanges.jsonl")
	require.NoError(t, err)
	defer file.Close()
	all := map[string]exchange{}
	for lines := json.NewDecoder(bufio.NewReader(file)); ; {
		var x exchange
		err := lines.Decode(&x)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all[x.Name] = x
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

var newID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// replay sends a recorded request with replaced ids and returns the answer.
func (e *endpoint) replay(t *testing.T, x exchange, oldID, newID string) (int, string) {
	t.Helper()
	raw := latin1(x.Request)
	if oldID != "" {
		require.Contains(t, string(raw), oldID)
		raw = bytes.ReplaceAll(raw, []byte(oldID), []byte(newID)) // of the same length
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (x exchange) answer(t *testing.T) (int, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(latin1(x.Response))), nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

// TestRecordedExchanges sends every recorded request and compares what a client
// reads, and what memcached has then, with the recordings of the original. Only the
// exchanges in the table differences may differ.
func TestRecordedExchanges(t *testing.T) {
	all := recorded(t)
	require.Greater(t, len(all), 200)
	for name := range differences {
		require.Contains(t, all, name, "of the table")
	}
	server := memcachedtest.Start(t)
	for name, x := range all {
		if name == "items" || strings.HasPrefix(name, "getback-") && all["set-"+name[len("getback-"):]].Name == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			p := &player{t: t, endpoint: connect(t, server), all: all}
			p.play(x)
		})
	}
}

func connect(t *testing.T, server *memcachedtest.Server) *endpoint {
	t.Helper()
	items, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	return newEndpointOver(t, items, perlcgi.Options{CreateOnGet: true})
}

// player plays one exchange.
type player struct {
	*endpoint

	t   *testing.T
	all map[string]exchange
}

func (p *player) play(x exchange) {
	switch kind, rest, _ := strings.Cut(x.Name, "-"); kind {
	case "getback":
		p.getBack(x, p.all["set-"+rest])
	case "down":
		server := memcachedtest.Start(p.t)
		p.endpoint = connect(p.t, server)
		server.Stop()
		p.compare(x, "", "")
	case "hung":
		server := memcachedtest.Start(p.t)
		items, err := memcached.New(memcached.Options{Servers: []string{server.Addr}, Timeout: 50 * time.Millisecond})
		require.NoError(p.t, err)
		p.endpoint = newEndpointOver(p.t, items, perlcgi.Options{CreateOnGet: true})
		server.Freeze()
		defer server.Thaw()
		p.compare(x, "", "")
	case "getid", "foreign":
		p.preload(p.all["items"].Items)
		p.preload(x.Items)
		p.compare(x, "", "")
	default:
		answer := p.compare(x, "", "")
		p.compareItems(x, answer)
	}
}

// getBack gets the session that the request before has created.
func (p *player) getBack(x, set exchange) {
	_, answer := set.answer(p.t)
	code, ours := p.replay(p.t, set, "", "")
	if code != 200 {
		require.NotEmpty(p.t, differences[x.Name].differs, ours)
		return // there is none, and the table knows
	}
	oldID, id := newID.FindString(answer), newID.FindString(ours)
	if oldID == "" {
		p.compare(x, "", "")
		return
	}
	assert.Contains(p.t, p.compare(x, oldID, id), id)
}

func (p *player) preload(items map[string]item) {
	for key, it := range items {
		image, err := hex.DecodeString(it.Hex)
		require.NoError(p.t, err)
		err = p.backend.Add(p.t.Context(), key, backend.Item{Image: image, Flags: it.Flags})
		if err != nil {
			require.ErrorIs(p.t, err, backend.ErrExists)
		}
	}
}

// compare sends the request and compares what a client reads in the answers.
func (p *player) compare(x exchange, oldID, id string) string {
	p.t.Helper()
	wantCode, want := x.answer(p.t)
	code, answer := p.replay(p.t, x, oldID, id)
	if m, ok := differences[x.Name]; ok {
		m.compare(p.t, code, answer)
		return answer
	}
	require.Equal(p.t, wantCode, code, answer)
	if code == 500 {
		original, ours := soaplitetest.ParseFault(p.t, want), soaplitetest.ParseFault(p.t, answer)
		assert.Equal(p.t, original.Code, ours.Code, answer)
		assert.Empty(p.t, ours.Detail)
		const invalid = "Invalid session ID: "
		assert.Equal(p.t, strings.HasPrefix(original.Reason, invalid), strings.HasPrefix(ours.Reason, invalid), answer)
		return answer
	}
	if strings.HasPrefix(want, "<") {
		// Each creates an id of its own.
		original := newID.ReplaceAllString(want, "ID")
		ours := newID.ReplaceAllString(answer, "ID")
		wantName, wantResult := response(p.t, original)
		name, result := response(p.t, ours)
		assert.Equal(p.t, wantName, name)
		assert.Equal(p.t, soaplitetest.Data(wantResult), soaplitetest.Data(result), "%s\n%s", want, answer)
	}
	return answer
}

// compareItems compares the item that a request has stored with that of the
// original.
func (p *player) compareItems(x exchange, answer string) {
	p.t.Helper()
	_, want := x.answer(p.t)
	oldID, id := newID.FindString(want), newID.FindString(answer)
	original, made := x.Items[oldID]
	m := differences[x.Name]
	if strings.Contains(answer, "Fault>") || !made && m.stored == nil {
		return
	}
	got, err := p.backend.Get(p.t.Context(), id)
	require.NoError(p.t, err)
	assert.EqualValues(p.t, 1, got.Flags)
	assert.Greater(p.t, got.ExpiresIn, lifetime/2) // the original's never expires
	assert.LessOrEqual(p.t, got.ExpiresIn, lifetime)
	ours, err := storable.Codec{}.Decode(got.Image)
	require.NoError(p.t, err)
	if m.stored != nil {
		want := maps.Clone(m.stored)
		want["_session_id"] = id
		assert.Equal(p.t, want, soaplitetest.Data(perldata.HashOf(ours)))
		return
	}
	assert.Equal(p.t, original.Flags, got.Flags)
	image, err := hex.DecodeString(original.Hex)
	require.NoError(p.t, err)
	expected, err := storable.Codec{}.Decode(image)
	require.NoError(p.t, err)
	expected.Set(sessionstore.IDAttribute, perldata.BytesOf(id))
	assert.Equal(p.t, stored(perldata.HashOf(expected)), stored(perldata.HashOf(ours)))
}
