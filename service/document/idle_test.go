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

// With an idle timeout, answers say when an unused session expires. The absolute end
// is among the attributes, and the service ignores what callers send for it.
func TestIdleTime(t *testing.T) {
	e := newEndpointOf(t, memory.New(memory.Options{}), sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: lifetime, Idle: 600 * time.Second},
	}, document.Options{}, soap.Limits{})
	const unused = `<expiresIn>(600|59\d)</expiresIn>`
	forged := entry("uid", `<value>dwho</value>`) + entry("_session_end", `<value>1</value>`)
	end := func(answer string) string {
		return between(t, answer, `<key>_session_end</key><value>`, `</value>`)
	}

	stored := e.call(t, setSession("ab12", forged))
	assert.Regexp(t, unused, stored)
	got := e.call(t, getSession("ab12"))
	assert.Regexp(t, unused, got)
	assert.Regexp(t, `^\d{10}$`, end(got))
	first := end(got)

	// The next change accepts the version that was read.
	for _, change := range []string{
		`<set>` + entry("_session_end", `<undef>true</undef>`) + `</set>`, `<remove><key>_session_end</key></remove>`,
	} {
		updated := e.call(t, updateSession("ab12", change+`<ifVersion>`+versionOf(t, got)+`</ifVersion>`))
		got = e.call(t, getSession("ab12"))
		assert.Equal(t, versionOf(t, updated), versionOf(t, got))
		assert.Equal(t, first, end(got), change)
	}

	for ttl, want := range map[string]string{
		``:                  unused,
		`<ttl>0</ttl>`:      unused,
		`<ttl>1000</ttl>`:   `<expiresIn>(1000|99\d)</expiresIn>`,
		`<ttl>-1</ttl>`:     `<expiresIn>(7200[01]|719\d\d)</expiresIn>`,
		`<ttl>999999</ttl>`: `<expiresIn>(7200[01]|719\d\d)</expiresIn>`,
	} {
		assert.Regexp(t, want, e.call(t, element("touchSession", `<id>ab12</id>`+ttl)), ttl)
	}
	e.call(t, updateSession("ab12", `<set></set><ttl>300</ttl>`))
	assert.NotEqual(t, first, end(e.call(t, getSession("ab12"))), "a time to live sets another end")
	assert.Regexp(t, `<expiresIn>(30[01]|29\d)</expiresIn>`, e.call(t, getSession("ab12")))
}
