package document_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/soap"
)

// A lifetime is the end of a session in any case; the end is an attribute.
func TestLifetime(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, document.Options{}, soap.Limits{})
	uid := entry("uid", `<value>dwho</value>`)
	attributes := `<id>ab12</id><attributes>` + uid + `</attributes>`
	end := func(answer string) string {
		return between(t, answer, `<key>_session_end</key><value>`, `</value>`)
	}
	assert.Contains(t, e.call(t, element("setSession", attributes+`<ttl>60</ttl><lifetime>500</lifetime>`)), `<expiresIn>60</expiresIn>`)
	first := end(e.call(t, getSession("ab12")))
	const toTheEnd = `<expiresIn>(500|49\d)</expiresIn>`
	for _, call := range []string{
		element("touchSession", `<id>ab12</id><ttl>9000</ttl>`), element("touchSession", `<id>ab12</id><ttl>-1</ttl>`), element("touchSession", `<id>ab12</id>`),
		element("getSession", `<id>ab12</id><ttl>9000</ttl>`), element("getSessions", `<ids><id>ab12</id></ids><ttl>-1</ttl>`),
		updateSession("ab12", `<set>`+uid+`</set><ttl>9000</ttl>`), updateSession("ab12", `<remove><key>_session_end</key></remove><ttl>-1</ttl><lifetime>0</lifetime>`),
	} {
		assert.Regexp(t, toTheEnd, e.call(t, call), call)
		assert.Equal(t, first, end(e.call(t, getSession("ab12"))), call)
	}
	read := e.call(t, getSession("ab12")) // straight from the stored session
	assert.Regexp(t, toTheEnd, read)
	assert.Regexp(t, toTheEnd, e.call(t, element("setSession", `<id>ab12</id><attributes>`+attributesOf(t, read)+`</attributes><ttl>9000</ttl>`)), "it is written back")
	assert.Equal(t, first, end(e.call(t, getSession("ab12"))))

	assert.Regexp(t, `<expiresIn>(7000|69\d\d)</expiresIn>`, e.call(t, updateSession("ab12", `<set/><ttl>9000</ttl><lifetime>7000</lifetime>`)))
	assert.NotEqual(t, first, end(e.call(t, getSession("ab12"))))
	for _, none := range []string{``, `<lifetime>0</lifetime>`, `<lifetime/>`, `<lifetime` + nilled + `/>`} {
		assert.Contains(t, e.call(t, element("setSession", attributes+none)), `<expiresIn>72000</expiresIn>`)
		assert.Equal(t, uid, attributesOf(t, e.call(t, getSession("ab12"))), "a session that is stored anew has no end")
	}
	for lifetime, reason := range map[string]string{
		`-1`: "Invalid lifetime: use a positive number of seconds, or 0 for none.", `-2147483648`: "Invalid lifetime: use a positive number",
		`x`:          "Invalid lifetime: use a whole number of seconds up to 2147483647, or 0 for none.",
		`1.5`:        "Invalid lifetime: use a whole number of seconds up to 2147483647",
		`2147483648`: "Invalid lifetime: use a whole number of seconds up to 2147483647",
	} {
		for _, call := range []string{
			element("setSession", attributes+`<lifetime>`+lifetime+`</lifetime>`), element("setSession", `<attributes/><lifetime>`+lifetime+`</lifetime>`),
			updateSession("ab12", `<set/><lifetime>`+lifetime+`</lifetime>`),
		} {
			f := e.fault(t, call)
			assert.Equal(t, "soap:Client", f.Code)
			assert.Contains(t, f.Reason, reason, call)
		}
	}
	assert.Equal(t, uid, attributesOf(t, e.call(t, getSession("ab12"))), "nothing was changed")
}

// A session that gets another id keeps its end, and the time that it has until then.
func TestRenameKeepsLifetime(t *testing.T) {
	t.Parallel()
	for _, idle := range []time.Duration{0, 300 * time.Second} {
		e := newEndpointOf(t, memory.New(memory.Options{}), sessionstore.Options{
			Lifetimes: sessionstore.Lifetimes{Default: lifetime, Idle: idle},
		}, document.Options{}, soap.Limits{})
		end := func(id string) string {
			return between(t, e.call(t, getSession(id)), `<key>_session_end</key><value>`, `</value>`)
		}
		const near = `<expiresIn>(400|39\d)</expiresIn>`
		e.call(t, element("setSession", `<id>ab12</id><attributes/><ttl>400</ttl><lifetime>500</lifetime>`))
		before := end("ab12")
		assert.Regexp(t, near, e.call(t, renameSession("ab12", `<newId>cd34</newId>`)))
		assert.Regexp(t, near, e.call(t, getSession("cd34")))
		assert.Equal(t, before, end("cd34"))
		assert.Regexp(t, `<expiresIn>(500|49\d)</expiresIn>`, e.call(t, element("touchSession", `<id>cd34</id><ttl>9000</ttl>`)))
		assert.Equal(t, before, end("cd34"))
		e.call(t, element("setSession", `<id>ef56</id><attributes/><ttl>90</ttl>`))
		assert.Regexp(t, `<expiresIn>(90|8\d)</expiresIn>`, e.call(t, renameSession("ef56", `<newId>a0</newId>`)))
	}
}
