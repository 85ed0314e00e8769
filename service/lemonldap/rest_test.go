package lemonldap_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore"
)

const (
	global = "/sessions/global/" + id64
	ok     = `{"result":1}`
)

func TestMerge(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	assert.Equal(t, ok, s.want(200, "PUT", global, `{"a":1,"b":"x","_session_id":"other","__secret":"s"}`))
	assert.Equal(t, ok, s.want(200, "PUT", global, `{"a":null,"c":[true,false,null,1.50]}`))
	assert.JSONEq(t, `{"b":"x","c":[true,false,null,1.50],"_session_id":"`+id64+`"}`, s.want(200, "GET", global, ""))
	assert.Equal(t, ok, s.want(200, "PUT", global+"/b", `{"k":["v"]}`))
	assert.Equal(t, ok, s.want(200, "PUT", global+"/c", `null`))
	assert.JSONEq(t, `{"b":{"k":["v"]},"_session_id":"`+id64+`"}`, s.want(200, "GET", global, ""))
	assert.Equal(t, ok, s.want(200, "DELETE", global, ""))
	s.want(400, "DELETE", global, "")
	s.want(400, "GET", global, "")
	assert.Contains(t, s.want(400, "PUT", global, `{"a":1,"_utime":1}`), "was deleted")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.want(200, "PUT", global, "{\"uid\":\"dwho\",\"a/b\":1,\"100%\":\"p\",\"n\":5,\"t\":true,\"l\":[1],\"cl\xe9\":\"J\xf6rg\",\"text\":\"\\u20ac\"}")
	for key, want := range map[string]string{
		"uid": "dwho", "a%2Fb": "1", "100%25": "p", "n": "5", "t": "true", "l": "[1]", "cl%E9": "J\xf6rg", "nokey": "null", "text": "€",
		"[uid,nokey]": `{"uid":"dwho","nokey":null}`, "%5Buid%2Cn%5D": `{"uid":"dwho","n":5}`, "[uid,uid]": `{"uid":"dwho"}`,
		"[cl%E9]": "{\"cl\xe9\":\"J\xf6rg\"}",
	} {
		assert.Equal(t, want, s.want(200, "GET", global+"/"+key, ""), key)
	}
	s.want(200, "PUT", global+"/x%2Fy%25", `"z"`)
	assert.Equal(t, "z", s.want(200, "GET", global+"/x%2Fy%25", ""))
}

func TestCreate(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	for kind, name := range map[string]string{"global": "SSO", "saml": "SAML", "cas": "CAS", "oidc": "OIDC", "offline": "OIDCI"} {
		answer := s.want(200, "POST", "/sessions/"+kind, `{"uid":"dwho"}`)
		assert.Contains(t, answer, `"_session_kind":"`+name+`"`)
		assert.Contains(t, answer, `"_utime":`)
		_, id, _ := strings.Cut(answer, `"_session_id":"`)
		s.want(200, "GET", "/sessions/"+kind+"/"+id[:64], "")
		if other := "saml"; kind != other {
			s.want(400, "GET", "/sessions/"+other+"/"+id[:64], "")
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	for i := range 5 {
		s.want(200, "PUT", fmt.Sprintf("/sessions/global/%064x", i), fmt.Sprintf(`{"_whatToTrace":"u%d","n":%d,"cn":"a, b","k":"K"}`, i%2, i))
		s.want(200, "PUT", fmt.Sprintf("/sessions/saml/%032x", i), `{"_saml_id":"x"}`)
	}
	count := func(target, body string) int {
		return strings.Count(s.want(200, "POST", target, body), `"_session_id"`)
	}
	assert.Equal(t, 5, count("/sessions/global/?all=1", `{"data":null}`))
	assert.Equal(t, 5, count("/sessions/saml?all=1", `{}`))
	assert.Equal(t, 3, count("/sessions/global/?all=1&search=_whatToTrace,u0", `{"data":null}`))
	assert.Equal(t, 5, count("/sessions/global/?all=1&search=cn,a,%20b", `{"data":null}`))
	assert.Equal(t, 1, count("/sessions/global/?all=1&search=n,4", `{"data":null}`))
	assert.Equal(t, 0, count("/sessions/global/?all=1&search=k,nobody", `{"data":null}`))
	assert.Equal(t, `{}`, s.want(200, "POST", "/sessions/global/?all=1&search=_whatToTrace,nobody", `{"data":null}`))
	one := fmt.Sprintf("%064x", 4)
	answer := s.want(200, "POST", "/sessions/global/?all=1&search=n,4", `{"data":"n"}`)
	assert.Equal(t, `{"`+one+`":{"n":4}}`, answer)
	answer = s.want(200, "POST", "/sessions/global/?all=1&search=n,4", `{"data":["n","no"]}`)
	assert.Equal(t, `{"`+one+`":{"n":4,"no":null}}`, answer)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{handler: lemonldap.HandlerOptions{MaxBody: 1 << 20}})
	s.want(200, "PUT", global, `{"uid":"dwho"}`)
	for _, c := range []struct {
		status             int
		method, path, body string
	}{
		{400, "GET", "/sessions/nonsense/" + id64, ""},
		{400, "GET", "/sessions", ""},
		{400, "GET", "/sessions/global", ""},
		{400, "GET", "/sessions/global/abc", ""},
		{400, "GET", "/sessions/global/" + strings.ToUpper("abcdef") + id64[6:], ""},
		{400, "PUT", "/sessions/global/hello", `{}`},
		{400, "PUT", "/sessions/global/..%2f..%2fetc", `{}`},
		{400, "PUT", "/sessions/global/" + id64 + "/a/b", `1`},
		{400, "PUT", "/sessions/global/hello?hash=1", `{}`},
		{400, "PUT", global, ``},
		{400, "PUT", global, `{`},
		{400, "PUT", global, `[]`},
		{400, "PUT", global, `"text"`},
		{400, "PUT", global, `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`},
		{400, "PUT", global, `{"a":` + strings.Repeat(`{"b":`, 400) + `1` + strings.Repeat("}", 400) + `}`},
		{413, "PUT", global, `{"a":"` + strings.Repeat("x", 2<<20) + `"}`},
		{413, "PUT", global, `{"a":"` + strings.Repeat("x", 1<<20-20) + `"}`}, // memcached's limit
		{400, "PUT", "/sessions/persistent/" + id32, `{"a":1}`},
		{400, "GET", "/sessions/persistent/" + id32, ""},
		{400, "POST", "/sessions/persistent", `{}`},
		{400, "DELETE", "/sessions/persistent/" + id32, ""},
		{400, "POST", "/sessions/persistent/?all=1", `{}`},
		{400, "PUT", global, `{"_session_kind":"Persistent"}`},
		{400, "POST", "/sessions/global?all=1", ``},
		{400, "POST", "/sessions/global?all=1", `{"data":5}`},
		{400, "POST", "/sessions/global?all=1", `{"data":[["a"]]}`},
		{403, "POST", global + "?auth", `user=dwho&password=dwho`},
		{405, "POST", global, `{}`},
		{405, "PATCH", global, `{}`},
		{405, "DELETE", global + "/uid", ``},
	} {
		answer := s.want(c.status, c.method, c.path, c.body)
		assert.True(t, strings.HasPrefix(answer, `{"error":"`), answer)
		assert.NotContains(t, answer, id64)
	}
	assert.Equal(t, "dwho", s.want(200, "GET", global+"/uid", ""))
	s.memcached.Stop()
	s.want(503, "GET", global, "")
	s.want(503, "PUT", global, `{}`)
	s.want(503, "POST", "/sessions/global?all=1", `{}`)
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	cipher := lemonldap.NewCipher([]byte("a key"))
	s := newSite(t, settings{Options: lemonldap.Options{Key: func() *lemonldap.Cipher { return cipher }, Now: func() time.Time { return now }}})
	secret := func(c *lemonldap.Cipher, ahead int64) string {
		return c.Encrypt(strconv.FormatInt(now.Unix()+ahead, 10))
	}
	other := lemonldap.NewCipher([]byte("another key"))
	for _, c := range []struct {
		secret string
		status int
	}{
		{`"` + secret(cipher, 0) + `"`, 200},
		{`"` + secret(cipher, 15) + `"`, 200},
		{`"` + secret(cipher, -15) + `"`, 200},
		{`"` + secret(cipher, 16) + `"`, 400},
		{`"` + secret(cipher, -16) + `"`, 400},
		{`"` + secret(other, 0) + `"`, 400},
		{`"` + cipher.Encrypt("hello") + `"`, 400},
		{`"` + secret(cipher, 0)[:60] + `"`, 400},
		{`""`, 400},
		{`5`, 400},
		{`"` + strings.Repeat("A", 100_000) + `"`, 400},
	} {
		s.want(c.status, "PUT", global, `{"a":1,"__secret":`+c.secret+`}`)
		s.want(c.status, "POST", "/sessions/global/?all=1", `{"data":"a","__secret":`+c.secret+`}`)
	}
	s.want(200, "PUT", global, `{"a":2}`)
	assert.NotContains(t, s.want(200, "GET", global, ""), "secret")
	text, opened := cipher.Decrypt(cipher.Encrypt("0123456789abcdefX"))
	assert.True(t, opened)
	assert.Equal(t, "0123456789abcdefX", text)
}

// The end of a session follows from its attributes, and from nothing else.
func TestLifetimes(t *testing.T) {
	t.Parallel()
	const timeout, idle = 20 * time.Hour, time.Hour
	plain := newSite(t, settings{Options: lemonldap.Options{Timeout: timeout, Persistent: true}})
	withIdle := newSite(t, settings{Options: lemonldap.Options{Timeout: timeout, Idle: idle}, own: plain.memcached})
	at := func(offset time.Duration) string { return strconv.FormatInt(time.Now().Add(offset).Unix(), 10) }
	for name, c := range map[string]struct {
		site *site
		kind string
		body string
		want time.Duration // 0: never
	}{
		"a login":              {plain, "global", `{"_utime":` + at(0) + `}`, timeout},
		"an hour ago":          {plain, "global", `{"_utime":` + at(-time.Hour) + `}`, timeout - time.Hour},
		"as a string":          {plain, "global", `{"_utime":"` + at(-time.Hour) + `"}`, timeout - time.Hour},
		"a token of 2 minutes": {plain, "global", `{"_utime":` + at(2*time.Minute-timeout) + `}`, 2 * time.Minute},
		"offline for 60 days":  {plain, "offline", `{"_utime":` + at(60*24*time.Hour-timeout) + `}`, 60 * 24 * time.Hour},
		"the last century":     {plain, "global", `{"_utime":5}`, time.Second},
		"no number":            {plain, "global", `{"_utime":"soon"}`, time.Second},
		"without _utime":       {plain, "saml", `{"a":1}`, 0},
		"empty _utime":         {plain, "global", `{"_utime":""}`, 0},
		"persistent":           {plain, "persistent", `{"_utime":` + at(0) + `}`, 0},
		"kind Persistent":      {plain, "global", `{"_session_kind":"Persistent","_utime":` + at(0) + `}`, 0},
		"seen now":             {withIdle, "global", `{"_utime":` + at(-time.Hour) + `,"_lastSeen":"` + at(0) + `"}`, idle},
		"seen before":          {withIdle, "global", `{"_utime":` + at(-time.Hour) + `,"_lastSeen":` + at(-time.Minute) + `}`, idle - time.Minute},
		"seen near the end":    {withIdle, "global", `{"_utime":` + at(10*time.Minute-timeout) + `,"_lastSeen":` + at(0) + `}`, 10 * time.Minute},
		"never seen":           {withIdle, "global", `{"_utime":` + at(-time.Hour) + `}`, timeout - time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := *c.site
			s.TB = t
			typ, err := lemonldap.TypeOf(c.kind)
			require.NoError(t, err)
			digits := fmt.Sprintf("%064x", time.Now().UnixNano())
			for range 2 { // a save does not lengthen it
				s.want(200, "PUT", "/sessions/"+c.kind+"/"+digits, c.body)
				id, err := typ.ID(digits)
				require.NoError(t, err)
				session, err := s.store.Get(t.Context(), id)
				if c.want == time.Second && err != nil {
					return // it has ended already
				}
				require.NoError(t, err)
				if c.want == 0 {
					assert.Zero(t, session.ExpiresIn)
				} else {
					assert.InDelta(t, c.want.Seconds(), session.ExpiresIn.Seconds(), 30)
				}
			}
		})
	}
}

// A login that is newer than the deletion under the same id passes.
func TestNewerLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	s.want(200, "PUT", global, `{"_utime":1}`)
	s.want(200, "PUT", global, fmt.Sprintf(`{"_utime":%d}`, time.Now().Unix()))
	s.want(200, "DELETE", global, "")
	s.want(400, "PUT", global, fmt.Sprintf(`{"_utime":%d}`, time.Now().Add(-time.Minute).Unix()))
	s.want(400, "PUT", global, fmt.Sprintf(`{"_utime":%d}`, time.Now().Add(30*24*time.Hour).Unix()))
	assert.Equal(t, ok, s.want(200, "PUT", global, fmt.Sprintf(`{"_utime":%d,"_lastAuthnUTime":%d}`, time.Now().Unix(), time.Now().Unix()+2)))
}

func TestMergesOfManyWriters(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	var wg sync.WaitGroup
	const writers, each = 8, 10
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				status, answer := s.call(http.MethodPut, global, fmt.Sprintf(`{"w%d_%d":%d}`, w, i, i))
				assert.Equal(t, 200, status, answer)
			}
		})
	}
	wg.Wait()
	session, err := s.store.Get(t.Context(), sessionstore.ID(id64))
	require.NoError(t, err)
	assert.Equal(t, writers*each+1, session.Attributes.Len())
}
