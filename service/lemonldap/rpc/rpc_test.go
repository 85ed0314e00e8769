package rpc_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/rpc"
	"memcachedsoap/service/soaplite/soaplitetest"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
)

const (
	unknown = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	user    = `<p><uid xsi:type="xsd:string">dwho</uid></p>`
	none    = `<p xsi:nil="true"/>`
)

// A change merges; what is nil is removed; the id and the type of a struct do not matter.
func TestSetAttributes(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	id := e.create(t, user)
	assert.Equal(t, "1", e.call(t, "setAttributes", str(id), `<p><mail xsi:type="xsd:string">a@b.c</mail><_session_id xsi:type="xsd:string">`+unknown+`</_session_id></p>`))
	assert.Equal(t, "1", e.call(t, "setAttributes", str(id+"\n"), `<p xsi:type="apachens:Map"><item><key>uid</key><value xsi:nil="true"/></item><item><key>1 a</key><value><b/></value></item></p>`))
	assert.Equal(t, "1", e.call(t, "setAttributes", str(id), `<p/>`), "no change")
	got := e.attributes(t, id)
	assert.Equal(t, map[string]any{"_session_id": id, "_session_kind": "SSO", "_utime": got["_utime"], "mail": "a@b.c", "1 a": map[string]any{"b": map[string]any{}}}, got)
	assert.Equal(t, map[string]any{"error": "1"}, e.call(t, "getAttributes", str(unknown)))
}

// A new session has an id of its own and the present time, whatever is asked for.
func TestNewSession(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	for _, none := range []string{"", none, `<p/>`, str("")} {
		got := e.attributes(t, e.create(t, none))
		assert.Len(t, got, 3)
		assert.Equal(t, "SSO", got["_session_kind"])
	}
	id := e.create(t, `<p><_session_id xsi:type="xsd:string">`+unknown+`</_session_id><_utime xsi:type="xsd:int">1</_utime><x xsi:nil="true"/><one soapenc:arrayType="xsd:string[1]"><i>a</i></one></p>`)
	assert.NotEqual(t, unknown, id)
	got := e.attributes(t, id)
	assert.InDelta(t, time.Now().Unix(), number(t, got["_utime"]), 60)
	assert.Equal(t, []any{"a"}, got["one"])
	assert.NotContains(t, got, "x")
}

// A deleted session stays deleted, and an absent one is no fault.
func TestAbsentSessions(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	id := e.create(t, user)
	assert.Equal(t, "1", e.call(t, "deleteSession", str(id)))
	for _, absent := range []string{id, unknown, "5efe8af397fc3577e05b483aca964f1b", "short", strings.ToUpper(unknown), "../../etc/passwd", strings.Repeat("a", 10_000), " " + unknown, "é"} {
		assert.Equal(t, map[string]any{"error": "1"}, e.call(t, "getAttributes", str(absent)), absent)
		assert.Equal(t, "0", e.call(t, "setAttributes", str(absent), user), absent)
		assert.Equal(t, "0", e.call(t, "deleteSession", str(absent)), absent)
	}
	assert.Equal(t, map[string]any{"error": "1"}, e.call(t, "getAttributes", `<p xsi:type="xsd:int">12</p>`))
}

// Bad parameters are faults that say what is expected.
func TestBadParameters(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	id := str(e.create(t, user))
	for _, operation := range []string{"getAttributes", "setAttributes", "deleteSession"} {
		for _, first := range []string{"", none, str(""), str("0"), `<p><a/></p>`, `<p soapenc:arrayType="xsd:string[1]"><i>a</i></p>`} {
			f := e.fault(t, operation, first)
			assert.Equal(t, soaplitetest.Fault{Code: "soap:Server", Reason: operation + " needs the id of a session as its first parameter."}, withoutID(f))
		}
	}
	for _, second := range []string{"", none, str("x"), `<p soapenc:arrayType="xsd:string[1]"><i>a</i></p>`} {
		assert.Contains(t, e.fault(t, "setAttributes", id, second).Reason, "second parameter")
	}
	assert.Contains(t, e.fault(t, "newSession", str("x")).Reason, "first parameter")
	for _, names := range []string{`<p><a>b</a></p>`, `<p soapenc:arrayType="xsd:anyType[2]"><i>a</i><i><b/></i></p>`, `<p soapenc:arrayType="xsd:anyType[1]"><i xsi:nil="true"/></p>`} {
		assert.Contains(t, e.fault(t, "get_key_from_all_sessions", none, names).Reason, "name of an attribute")
	}
	deep := strings.Repeat("<a>", 1500) + strings.Repeat("</a>", 1500)
	for _, value := range []string{`<a xsi:type="xsd:boolean">maybe</a>`, `<a xsi:type="xsd:base64Binary">!</a>`, `<a href="#nowhere"/>`, deep} {
		assert.Equal(t, "soap:Client", e.fault(t, "setAttributes", id, `<p>`+value+`</p>`).Code)
	}
	code, answer := e.post(strings.Replace(message("getAttributes", id), "http://schemas.xmlsoap.org/soap/encoding/", "urn:other", 1))
	require.Equal(t, 500, code)
	assert.Contains(t, soaplitetest.ParseFault(t, answer).Reason, "encodingStyle")
	assert.Equal(t, "soap:Client", e.fault(t, "getCookies", str("dwho"), str("dwho")).Code)
}

// withoutID returns a fault without the request's id, which Server faults have.
func withoutID(f soaplitetest.Fault) soaplitetest.Fault {
	f.Reason, _, _ = strings.Cut(f.Reason, " [")
	return f
}

// A session that memcached must not lose is refused in every operation.
func TestPersistentSessions(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	const persistent = `<p><_session_kind xsi:type="xsd:string">Persistent</_session_kind></p>`
	f := e.fault(t, "setAttributes", str(e.create(t, "")), persistent)
	assert.Equal(t, "soap:Client", f.Code)
	assert.Contains(t, f.Reason, "--lemonldap-persistent")
	assert.Empty(t, f.Detail.Content)
	assert.Contains(t, e.fault(t, "newSession", persistent).Reason, "--lemonldap-persistent")
}

// What went wrong in the store is not an absent session.
func TestTheStoreIsDown(t *testing.T) {
	t.Parallel()
	items := &failing{Backend: memory.New(memory.Options{})}
	e := newEndpoint(t, settings{items: items})
	id := str(e.create(t, user))
	items.failing = true
	for operation, parameters := range map[string][]string{
		"newSession": nil, "getAttributes": {id}, "setAttributes": {id, user}, "deleteSession": {id}, "get_key_from_all_sessions": {none},
	} {
		f := e.fault(t, operation, parameters...)
		assert.Equal(t, "soap:Server", f.Code, operation)
		assert.NotContains(t, f.Reason, "secret of the server", operation)
		assert.Empty(t, f.Detail.Content, operation)
	}
}

// failing is a backend whose server does not answer.
type failing struct {
	backend.Backend
	failing bool
}

var errDown = &backend.UnavailableError{Reason: "no answer", Err: errors.New("secret of the server")}

func (f *failing) Get(ctx context.Context, key string) (backend.Item, error) {
	if f.failing {
		return backend.Item{}, errDown
	}
	return f.Backend.Get(ctx, key)
}

func (f *failing) Add(ctx context.Context, key string, item backend.Item) error {
	if f.failing {
		return errDown
	}
	return f.Backend.Add(ctx, key, item)
}

func (f *failing) Keys(ctx context.Context, visit func(string) error) error {
	if f.failing {
		return errDown
	}
	keys, ok := f.Backend.(interface {
		Keys(ctx context.Context, visit func(string) error) error
	})
	if !ok {
		return errDown
	}
	return keys.Keys(ctx, visit)
}

// All sessions: everything, one attribute, several; what is absent is nil.
func TestAllSessions(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	assert.Equal(t, map[string]any{}, e.call(t, "get_key_from_all_sessions", str("any token")))
	first, second := e.create(t, user), e.create(t, `<p><uid xsi:type="xsd:base64Binary">6Q==</uid><mail>m</mail></p>`)
	for _, parameters := range [][]string{nil, {none}, {str("token"), none}, {str("token"), str("")}} {
		all, _ := e.call(t, "get_key_from_all_sessions", parameters...).(map[string]any)
		require.Len(t, all, 2)
		assert.Equal(t, e.attributes(t, first), all[first])
		assert.Equal(t, e.attributes(t, second), all[second])
	}
	assert.Equal(t, map[string]any{first: map[string]any{"uid": "dwho"}, second: map[string]any{"uid": "\xe9"}},
		e.call(t, "get_key_from_all_sessions", none, str("uid")))
	assert.Equal(t, map[string]any{first: map[string]any{"mail": nil, "uid": "dwho"}, second: map[string]any{"mail": "m", "uid": "\xe9"}},
		e.call(t, "get_key_from_all_sessions", none, `<p soapenc:arrayType="xsd:string[3]"><i>mail</i><i>uid</i><i>uid</i></p>`))
	assert.Equal(t, map[string]any{first: map[string]any{}, second: map[string]any{}},
		e.call(t, "get_key_from_all_sessions", none, `<p soapenc:arrayType="xsd:string[0]"/>`))
}

// A session that cannot be read is nil in the list of all sessions.
func TestAllSessionsWithAnUnreadableOne(t *testing.T) {
	t.Parallel()
	items := memory.New(memory.Options{})
	e := newEndpoint(t, settings{items: items})
	id := e.create(t, user)
	unreadable := strings.Repeat("ab", 32)
	require.NoError(t, items.Add(t.Context(), unreadable, backend.Item{Image: []byte("abcd"), Flags: 1}))
	for _, fields := range []string{none, str("uid")} {
		all, _ := e.call(t, "get_key_from_all_sessions", none, fields).(map[string]any)
		require.Len(t, all, 2)
		assert.NotNil(t, all[id])
		assert.Contains(t, all, unreadable)
		assert.Nil(t, all[unreadable])
	}
}

// A list that is too large is a fault, never a shorter list.
func TestAllSessionsAreBounded(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{items: memory.New(memory.Options{MaxBytes: 1 << 30})}) // it evicts nothing
	half := perldata.BytesOf(strings.Repeat("x", 800<<10))
	for i := range 30 {
		h := perldata.NewHash(2)
		h.Set("large", half)
		h.Set("n", perldata.IntOf(int64(i)))
		_, err := e.sessions.Create(t.Context(), lemonldap.Global, h)
		require.NoError(t, err)
	}
	f := e.fault(t, "get_key_from_all_sessions", none)
	assert.Equal(t, "soap:Client", f.Code)
	assert.Contains(t, f.Reason, "one answer may have")
	all, _ := e.call(t, "get_key_from_all_sessions", none, str("n")).(map[string]any)
	assert.Len(t, all, 30)

	e = newEndpoint(t, settings{rpc: rpc.Options{MaxEntries: 10}})
	e.create(t, "")
	wide := perldata.NewHash(20)
	for i := range 20 {
		wide.Set("a"+strconv.Itoa(i), perldata.IntOf(1))
	}
	session, err := e.sessions.Create(t.Context(), lemonldap.Global, wide)
	require.NoError(t, err)
	assert.Contains(t, e.fault(t, "get_key_from_all_sessions", none).Reason, "limit of 10 values")
	assert.Contains(t, e.fault(t, "getAttributes", str(string(session.ID))).Reason, "limit of 10 values")

	full := errors.New("full")
	e = newEndpoint(t, settings{rpc: rpc.Options{Reserve: func(context.Context, int64) error { return full }}})
	large := perldata.NewHash(1)
	large.Set("large", half)
	_, err = e.sessions.Create(t.Context(), lemonldap.Global, large)
	require.NoError(t, err)
	assert.Equal(t, "soap:Server", e.fault(t, "get_key_from_all_sessions", none).Code)
}

// A client decrypts the token with the key of LemonLDAP::NG. Without one it gets a token
// that it cannot decrypt, and sends none.
func TestToken(t *testing.T) {
	t.Parallel()
	key := lemonldap.NewCipher([]byte("qwertyui"))
	e := newEndpoint(t, settings{key: key})
	e.clock.Store(1795372659)
	token, _ := e.call(t, "getCipheredToken", none).(string)
	text, ok := key.Decrypt(token)
	assert.True(t, ok)
	assert.Regexp(t, `^1795372659_\d+$`, text)

	token, _ = newEndpoint(t, settings{}).call(t, "getCipheredToken").(string)
	assert.Len(t, token, len("y6pWhPJ6KcZPM7IsCXIvNr1Z/3CvUkswtJX3DB4sz0DIzX0uMfJAqduIx3MP7u5HFL1i7IT0RO2ASgXEpJyyjQ=="))
	_, ok = key.Decrypt(token)
	assert.False(t, ok)
}

// The same value under two names, and an element before the payload.
func TestReferences(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, settings{})
	id := e.create(t, "")
	text := message("setAttributes", str(id), `<p><a href="#1"/><b href="#1"/><c href="#2"/></p>`)
	text = strings.Replace(text, `<soap:Body>`, `<soap:Body><x soapenc:root="0" id="2" xsi:type="xsd:string">before</x>`, 1)
	text = strings.Replace(text, `</soap:Body>`, `<soapenc:Array id="1" soapenc:arrayType="xsd:string[1]" xsi:type="soapenc:Array"><item>i</item></soapenc:Array></soap:Body>`, 1)
	code, answer := e.post(text)
	require.Equal(t, 200, code, answer)
	got := e.attributes(t, id)
	assert.Equal(t, []any{[]any{"i"}, []any{"i"}, "before"}, []any{got["a"], got["b"], got["c"]})
	all, _ := e.call(t, "get_key_from_all_sessions", none).(map[string]any)
	assert.Equal(t, got, all[id])
}
