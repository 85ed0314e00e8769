package document_test

import (
	"crypto/md5" //nolint:gosec // as Perl has it
	"encoding/hex"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
	"memcachedsoap/wsdl"
)

func getSessions(ids ...string) string {
	var list strings.Builder
	for _, id := range ids {
		list.WriteString(`<id>` + id + `</id>`)
	}
	return element("getSessions", `<ids>`+list.String()+`</ids>`)
}

var idElement = regexp.MustCompile(`<id>([^<]*)</id>`)

// idsOf returns the ids in an answer, in their order.
func idsOf(answer string) []string {
	ids := []string{}
	for _, match := range idElement.FindAllStringSubmatch(answer, -1) {
		ids = append(ids, match[1])
	}
	return ids
}

func TestManySessions(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.call(t, setSession("a1", fixture))
	e.call(t, setSession("b2", ``))
	one := between(t, e.call(t, getSession("a1")), "<getSessionResult>", "</getSessionResult>")
	two := between(t, e.call(t, getSession("b2")), "<getSessionResult>", "</getSessionResult>")
	left := regexp.MustCompile(`<expiresIn>\d+</expiresIn>`)
	answer := left.ReplaceAllString(e.call(t, getSessions("b2", "cd34", "a1", "b2")), "")
	one, two = left.ReplaceAllString(one, ""), left.ReplaceAllString(two, "")
	assert.Equal(t, `<getSessionsResponse xmlns="`+wsdl.Namespace+`"><getSessionsResult><session>`+two+`</session><session>`+one+
		`</session><session>`+two+`</session></getSessionsResult></getSessionsResponse>`, answer)

	for _, none := range []string{``, `<ids/>`, `<ids` + nilled + `/>`} {
		assert.Equal(t, element("getSessionsResponse", `<getSessionsResult></getSessionsResult>`), e.call(t, element("getSessions", none)))
	}
	assert.Len(t, idsOf(e.call(t, getSessions(strings.Split(strings.Repeat("a1 ", sessionstore.MaxBatch-1)+"b2", " ")...))), sessionstore.MaxBatch)
	f := e.fault(t, getSessions(strings.Split(strings.Repeat("a1 ", sessionstore.MaxBatch)+"b2", " ")...))
	assert.Equal(t, "soap:Client", f.Code)
	assert.Contains(t, f.Reason, "1001 sessions; the limit is 1000")

	var report wsdl.StatsResponse
	require.NoError(t, xml.Unmarshal([]byte(e.call(t, element("stats", ``))), &report))
	stats := map[string]string{}
	for _, stat := range report.StatsResult.Service.Stat {
		stats[stat.Name] = stat.Value
	}
	assert.Equal(t, strconv.Itoa(2+3+sessionstore.MaxBatch), stats["get_hits"])
	assert.Equal(t, "1", stats["get_misses"])
}

// A session that cannot be written is a fault that names it, never an answer without
// it.
func TestUnreadableAmongMany(t *testing.T) {
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.call(t, setSession("a1", ``))
	e.put(t, "c0de", "\x05\x0b\x03\x00\x00\x00\x01\x1a\x0a\x01x\x00\x00\x00\x01k") // a hash with code in it
	e.put(t, "d0d0", doubling(t))
	for _, id := range []string{"c0de", "d0d0"} {
		f := e.fault(t, getSessions(id, "a1"))
		assert.Equal(t, "soap:Server", f.Code)
		assert.Contains(t, f.Detail.Inner, `<UnreadableSessionFault xmlns="`+wsdl.Namespace+`"><id>`+id+`</id><reason>`)
	}
}

func TestEntriesOfAllSessionsAreBounded(t *testing.T) {
	e := newEndpoint(t, document.Options{MaxEntries: 5}, soap.Limits{})
	three := entry("a", `<list><item/><item/></list>`)
	for _, id := range []string{"a1", "b2"} {
		e.call(t, setSession(id, three))
	}
	e.call(t, setSession("c3", entry("a", ``)+entry("b", ``)))
	assert.Equal(t, []string{"a1", "c3"}, idsOf(e.call(t, getSessions("a1", "c3"))))
	f := e.fault(t, getSessions("a1", "b2"))
	assert.Equal(t, "soap:Client", f.Code)
	assert.Equal(t, "The sessions together have more entries than one answer may have. Ask for fewer sessions in one call.", f.Reason)
}

// Sessions that the store accepts may be too large for one answer: when the store
// reads them, or when they are written.
func TestLargeAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		sessions int
		text     string
	}{
		"to read":  {9, strings.Repeat("v", 1_000_000)},
		"to write": {12, strings.Repeat("&", 600_000)}, // five times as long as XML
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpointOver(t, memory.New(memory.Options{MaxBytes: 1 << 30}), document.Options{}, soap.Limits{})
			ids := make([]string, c.sessions)
			for i := range ids {
				h := perldata.NewHash(1)
				h.Set("k", perldata.TextOf(c.text))
				ref, err := e.store.Create(t.Context(), h, sessionstore.DefaultTTL)
				require.NoError(t, err)
				ids[i] = string(ref.ID)
			}
			f := e.fault(t, getSessions(ids...))
			assert.Equal(t, "soap:Client", f.Code)
			assert.Contains(t, f.Reason, "Ask for fewer sessions")
			assert.Regexp(t, `^<PayloadTooLargeFault xmlns="`+wsdl.Namespace+`"><limit>\d+</limit><actual>\d+</actual></PayloadTooLargeFault>$`, f.Detail.Inner)
			assert.Equal(t, ids[:2], idsOf(e.call(t, getSessions(ids[:2]...))))
		})
	}
}

// A text that Perl shares may be much longer as XML than in the store.
func TestSharedTexts(t *testing.T) {
	shared := perldata.RefTo(&perldata.Scalar{Value: perldata.TextOf(strings.Repeat("v", 500_000))})
	items := make([]perldata.Value, 1000)
	for i := range items {
		items[i] = shared
	}
	h := perldata.NewHash(1)
	h.Set("k", perldata.ListOf(items...))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	require.Less(t, len(image), 600_000)
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	e.put(t, "ab12", string(image))
	e.call(t, setSession("cd34", ``))
	for _, payload := range []string{getSession("ab12"), getSessions("ab12")} {
		assert.Contains(t, e.fault(t, payload).Detail.Inner, `<id>ab12</id><reason>it is longer than one answer may be, counted up to the attribute k;`)
	}
	assert.Contains(t, e.fault(t, getSessions("cd34", "ab12")).Detail.Inner, `<PayloadTooLargeFault `)
}

func TestPrincipals(t *testing.T) {
	e := newEndpointOver(t, memory.New(memory.Options{}), document.Options{}, soap.Limits{}, "uid", "mail")
	for id, uid := range map[string]string{"a1": "dwho", "b2": "dwho", "c3": "zoë"} {
		e.call(t, setSession(id, entry("uid", `<value>`+uid+`</value>`)+entry("mail", `<value>`+uid+`@example.org</value>`)))
	}
	find := func(arguments string) []string { return idsOf(e.call(t, element("findSessions", arguments))) }
	assert.ElementsMatch(t, []string{"a1", "b2"}, find(`<principal>dwho</principal>`))
	assert.ElementsMatch(t, []string{"a1", "b2"}, find(`<principal>dwho@example.org</principal><attribute>mail</attribute>`))
	assert.Equal(t, []string{"c3"}, find(`<principal>zoë</principal><attribute></attribute>`))
	assert.Empty(t, find(`<principal>nobody</principal>`))

	f := e.fault(t, element("findSessions", `<principal>dwho</principal><attribute>name</attribute>`))
	assert.Equal(t, "soap:Client", f.Code)
	assert.NotContains(t, f.Reason, "dwho")

	answer := e.call(t, element("deleteSessions", `<principal>dwho</principal>`))
	assert.True(t, strings.HasPrefix(answer, `<deleteSessionsResponse xmlns="`+wsdl.Namespace+`"><deleteSessionsResult><id>`), answer)
	assert.ElementsMatch(t, []string{"a1", "b2"}, idsOf(answer))
	assert.Empty(t, find(`<principal>dwho</principal>`))
	assert.Contains(t, e.fault(t, getSession("a1")).Detail.Inner, `<SessionNotFoundFault `)
	assert.Contains(t, e.fault(t, setSession("b2", ``)).Detail.Inner, `<SessionDeletedFault `)
	assert.Equal(t, element("deleteSessionsResponse", `<deleteSessionsResult></deleteSessionsResult>`),
		e.call(t, element("deleteSessions", `<principal>dwho</principal>`)))
	assert.Equal(t, []string{"c3"}, find(`<principal>zoë</principal>`))
}

// A number or boolean is found by its text, as Perl has it: by what an answer without types
// shows. It counts as the principal of that text.
func TestTypedPrincipals(t *testing.T) {
	t.Parallel()
	items := memory.New(memory.Options{})
	e := newEndpointOver(t, items, document.Options{}, soap.Limits{}, "uid")
	find := func(principal string) []string {
		return idsOf(e.call(t, element("findSessions", `<principal>`+principal+`</principal>`)))
	}
	for _, c := range []struct{ value, text, other string }{
		{typedValue("int", "42"), "42", "42.0"},
		{typedValue("int", " -0042 "), "-42", "-0042"},
		{typedValue("int", "9223372036854775807"), "9223372036854775807", "9.22337203685478e+18"},
		{typedValue("double", "3"), "3.0", "3"},
		{typedValue("double", "2.50"), "2.5", "2.50"},
		{typedValue("boolean", "true"), "1", "true"},
		{typedValue("boolean", "false"), "0", "false"},
	} {
		e.call(t, setSession("a1", entry("uid", c.value)))
		e.call(t, setSession("b2", entry("uid", `<value>`+c.text+`</value>`)))
		assert.Contains(t, e.call(t, getSession("a1")), entry("uid", `<value>`+c.text+`</value>`))
		assert.ElementsMatch(t, []string{"a1", "b2"}, find(c.text), c.value)
		assert.Empty(t, find(c.other), c.value)
		key := md5.Sum([]byte(c.text)) //nolint:gosec // as Perl has it
		item, err := items.Get(t.Context(), hex.EncodeToString(key[:]))
		require.NoError(t, err)
		assert.Equal(t, "b2", string(item.Image), "the lookup key of both is the same")

		e.call(t, updateSession("b2", `<set>`+entry("uid", c.value)+`</set>`))
		assert.ElementsMatch(t, []string{"a1", "b2"}, find(c.text), "the text became a number")
		e.call(t, updateSession("a1", `<set>`+entry("uid", typedValue("int", "7"))+`</set>`))
		assert.Equal(t, []string{"b2"}, find(c.text))
		assert.Equal(t, []string{"a1"}, find("7"))
		assert.Equal(t, []string{"b2"}, idsOf(e.call(t, element("deleteSessions", `<principal>`+c.text+`</principal>`))))
		assert.Contains(t, e.fault(t, getSession("b2")).Detail.Inner, `<SessionNotFoundFault `)
		e.call(t, element("deleteSession", `<id>a1</id>`))
		require.NoError(t, items.Delete(t.Context(), "a1"))
		require.NoError(t, items.Delete(t.Context(), "b2"))
	}
}
