package lemonldap_test

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
)

// The recordings are calls of programs of LemonLDAP::NG 2.16.1 (216-...), 2.23.4 and
// @lemonldap-ng/session-rest 0.9.3, with the answers of its REST server or of a stand-in.
// A character is a byte.
//
//go:embed testdata/recordings.json
var recordings []byte

type recording struct {
	Name, Method, Target, Body, Answer, Date string
	Status                                   int
}

func (r recording) bytes(text string) string { return string(perldata.AppendLatin1(nil, text)) }

// deviation is an answer that differs from that of LemonLDAP::NG's own server.
type deviation struct {
	status int    // 0: as recorded
	answer string // "": it is not compared
	page   string // what the page says of it; "": only the id, the time or a stand-in differ
	reason string
}

// What the page for administrators says of deviations.
const (
	pageAbsent = "`GET /sessions/TYPE/ID/KEY` of an absent attribute answers `null`."
	pageKind   = "`POST /sessions/TYPE` gives the session the kind of its type"
	pageSecret = "creates sessions, and one with the role `find` lists them, without a `__secret`."
	pageBytes  = "Bytes come back as they came: LemonLDAP::NG encodes raw UTF-8 twice."
	pageAuth   = "`POST /sessions/TYPE/ID?auth` is refused: authentication is the portal's."
	pageData   = "takes one attribute, a list of them or `null`."
	pageID     = "is refused. LemonLDAP::NG says that it has stored it."
)

// deviations are all of them.
var deviations = map[string]deviation{
	"rest223-05-GET":                     {200, `null`, pageAbsent, "an absent attribute is null; LemonLDAP::NG sends an error page labelled JSON"},
	"rest223-19-POST":                    {200, "", pageKind, "a new session has the kind of its type; LemonLDAP::NG takes the last ?kind= that the worker saw"},
	"rest223h-19-POST":                   {200, "", pageKind, "a new session has the kind of its type; LemonLDAP::NG takes the last ?kind= that the worker saw"},
	"216-rest-09-create-POST":            {200, "", "", "a new session has another id and time"},
	"rest223-11-PUT":                     {200, "", pageSecret, "who may write needs no secret to create a session"},
	"rest223h-11-PUT":                    {200, "", pageSecret, "who may write needs no secret to create a session"},
	"216-rest-11-put-without-secret-400": {200, "", pageSecret, "who may write needs no secret to create a session"},
	"rest223-27-GET":                     {200, "", pageBytes, "bytes come back as they came; LemonLDAP::NG encodes them twice"},
	"cli216-01-POST":                     {200, "", pageSecret, "who may find needs no secret to list sessions"},
	"cli216-09-POST":                     {200, "", pageSecret, "who may find needs no secret to list sessions"},
	"cli223-01-POST":                     {200, "", pageSecret, "who may find needs no secret to list sessions"},
	"cli223-11-POST":                     {200, "", pageSecret, "who may find needs no secret to list sessions"},
	"cli223-18-POST":                     {200, "", pageSecret, "who may find needs no secret to list sessions"},
	"rest223-41-POST":                    {403, "", pageAuth, "authentication is the portal's"},
	"216-auth-basic-04":                  {200, "", "", "a session has its id; the stand-in sends none"},
	"rest223-43-POST":                    {200, "", pageData, "a search may ask for one attribute; LemonLDAP::NG dies"},
	"rest223-53-PUT":                     {400, "", pageID, "an id that no session can have is refused; LemonLDAP::NG says that it has stored it"},
}

// afterDeletion are changes of sessions that were deleted.
var afterDeletion = []string{"dropin223-100-PUT", "rest223-30-PUT"}

func TestRecordings(t *testing.T) {
	t.Parallel()
	var all []recording
	require.NoError(t, json.Unmarshal(recordings, &all))
	require.Greater(t, len(all), 100)
	now := time.Now()
	server := memcachedtest.Start(t)
	options := lemonldap.Options{Persistent: true, Now: func() time.Time { return now }}
	without := newSite(t, settings{Options: options, own: server}) // the key of 216-... is not known
	cipher := lemonldap.NewCipher([]byte("qwertyui"))
	options.Key = func() *lemonldap.Cipher { return cipher }
	with := newSite(t, settings{Options: options, own: server})
	known := map[string]bool{}
	for _, r := range all {
		known[r.Name] = true
		t.Run(r.Name, func(t *testing.T) {
			if r.Date != "" {
				var err error
				now, err = http.ParseTime(r.Date)
				require.NoError(t, err)
			}
			s := *with
			if strings.HasPrefix(r.Name, "216-") && r.Status == http.StatusOK {
				s = *without
			}
			s.TB = t
			s.flush()
			s.seed(r)
			status, answer := s.call(r.Method, r.Target, r.bytes(r.Body))
			want := r.bytes(r.Answer)
			d, differs := deviations[r.Name]
			switch {
			case differs:
				require.Equal(t, d.status, status, answer)
				if d.answer != "" {
					require.Equal(t, d.answer, answer)
					assert.NotEqual(t, decoded(t, want), decoded(t, answer), "no deviation any more")
				}
				return
			case r.Status == http.StatusOK:
				require.Equal(t, r.Status, status, answer)
			default:
				require.Equal(t, r.Status/100, status/100, answer)
			}
			if r.Method == http.MethodDelete && status == http.StatusOK {
				want = strings.ReplaceAll(want, `"1"`, `1`) // for Perl they are the same
			}
			if status == http.StatusOK && r.Method != http.MethodHead {
				assert.Equal(t, decoded(t, want), decoded(t, answer))
			}
		})
	}
	for name := range deviations {
		assert.True(t, known[name], name)
	}
}

// TestDocumentedDeviations: the page names each difference from LemonLDAP::NG's server,
// and a test knows each difference that the page names.
func TestDocumentedDeviations(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/lemonldap.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Differences from LemonLDAP::NG's own REST server\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	points := strings.Split(section, "\n- ")[1:]
	for i := range points {
		points[i] = strings.Join(strings.Fields(points[i]), " ")
	}
	tested := []string{ // without a recording
		"send no secret, and work therefore.",                      // TestRecordings: cli216-..., cli223-...
		"`?hash=1` always means the SHA-256",                       // TestRecordings: rest223h-...
		"The answer to `DELETE` has the number 1, not the string.", // TestMerge
		"Unknown and deleted sessions are 400",                     // TestBadInput
		"A list that cannot be completed is broken off",            // TestLongLists
		"A session that cannot be read is `null`",                  // TestListsOfUnreadableSessions
		"prints `Error on session`, and ends with status 1",        // TestREST, with LemonLDAP::NG itself
		"A secret can be used again within its 15 seconds.",        // TestSecrets
	}
	for name, d := range deviations {
		if d.page != "" && !slices.Contains(tested, d.page) {
			tested = append(tested, d.page)
		}
		assert.NotEmpty(t, d.reason, name)
	}
	known := func(point string) bool {
		return slices.ContainsFunc(tested, func(text string) bool { return strings.Contains(point, text) })
	}
	for _, text := range tested {
		assert.True(t, slices.ContainsFunc(points, func(point string) bool { return strings.Contains(point, text) }), "the page does not say: %s", text)
	}
	for _, point := range points {
		assert.True(t, known(point), "no test knows: %s", point)
	}
}

// seed stores what the recorded answer shows.
func (s *site) seed(r recording) {
	s.Helper()
	if slices.Contains(afterDeletion, r.Name) {
		s.want(http.StatusOK, http.MethodPut, r.Target, `{"uid":"dwho"}`)
		s.want(http.StatusOK, http.MethodDelete, r.Target, "")
		return
	}
	if r.Status != http.StatusOK || r.Method == http.MethodPut {
		return
	}
	target, err := url.Parse(strings.NewReplacer("[", "%5B", "]", "%5D").Replace(r.Target))
	require.NoError(s, err)
	parts := strings.Split(strings.Trim(target.Path, "/"), "/")
	answer := r.bytes(r.Answer)
	if r.Method == http.MethodPost {
		s.seedList(parts[1], target.Query().Get("search"), answer)
		return
	}
	place := strings.Join([]string{"", parts[0], parts[1], parts[2]}, "/")
	if target.Query().Get("hash") != "" {
		place += "?hash=1"
	}
	switch {
	case r.Method != http.MethodGet:
		answer = `{"uid":"dwho"}`
	case len(parts) == 4 && !strings.HasPrefix(parts[3], "["):
		answer = `{"` + parts[3] + `":"` + answer + `"}`
		if r.Answer == "" {
			answer = `{}`
		}
	}
	s.want(http.StatusOK, http.MethodPut, place, answer)
}

// seedList stores the sessions of a list, so that a search finds them.
func (s *site) seedList(kind, search, answer string) {
	v, err := perljson.Parse([]byte(answer), perljson.Limits{})
	if err != nil {
		return
	}
	field, value, _ := strings.Cut(search, ",")
	for id, session := range v.Hash().All() {
		if session.Hash() == nil {
			continue // the answer is about one session
		}
		if len(id) != 64 && len(id) != 32 {
			continue
		}
		if field != "" {
			session.Hash().Set(field, perldata.BytesOf(value))
		}
		body, err := perljson.Append(nil, session, perljson.Limits{})
		require.NoError(s, err)
		s.want(http.StatusOK, http.MethodPut, "/sessions/"+kind+"/"+id, string(body))
	}
}

// decoded returns an answer as LemonLDAP::NG's client decodes it: the values, in which
// numbers are their values and absent attributes do not count.
func decoded(t *testing.T, answer string) any {
	t.Helper()
	v, err := perljson.Parse([]byte(answer), perljson.Limits{})
	if err != nil {
		return answer // a bare string
	}
	return perl(v)
}

func perl(v perldata.Value) any {
	if b, ok := perljson.IsBoolean(v); ok {
		return b
	}
	switch v.Kind() {
	case perldata.KindList:
		items := []any{}
		for _, item := range v.List().Items {
			items = append(items, perl(item))
		}
		return items
	case perldata.KindHash:
		m := map[string]any{}
		for name, value := range v.Hash().All() {
			m[name] = perl(value)
		}
		return m
	case perldata.KindInt:
		return float64(v.Int())
	case perldata.KindUndef:
		return nil
	case perldata.KindText: // characters are the same whether they were escaped or are UTF-8
		return v.Str()
	default:
		if v.Form() == perldata.FormNumber {
			var f float64
			_ = json.Unmarshal([]byte(v.Str()), &f)
			return f
		}
		return v.Str()
	}
}
