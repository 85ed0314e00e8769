//go:build interop

package browser

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The walk of somebody who has just started the service: read a session in the browser,
// find its user, log the user out, and see it in the console and in the audit log.
func TestWalk(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	id := e.login("dwho", "mail", "dwho@badwolf.example", "roles", "traveller")
	e.login("dwho")
	e.login("rtyler")
	step := 0
	b := openTab(t, e.url("/"), signedIn("ops", "ops"))
	keep := func(what string) {
		step++
		b.screenshot(fmt.Sprintf("walk-%d-%s", step, what))
		weigh(t, b)
	}
	keep("service")

	b.click(`a[href="?op=getSession"]`)
	b.fill("#field-id", string(id))
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-answer]').textContent.includes('<value>dwho@badwolf.example</value>')`)
	keep("getSession")

	b.click(`nav a[data-path="console/sessions"]`)
	b.fill("#user-value", "dwho")
	b.click(`#by-user + form button`)
	b.appears("table")
	assert.Contains(t, b.text("main"), "2 sessions")
	keep("user")

	b.click("details.danger summary")
	b.click("details.danger button")
	b.appears("#remaining")
	assert.Equal(t, []string{"2", "2", "0"}, []string{b.text("#before"), b.text("#ended"), b.text("#remaining")})
	keep("logged-out")

	b.expect("status of 500")
	b.click(`nav li:first-child a`)
	b.click(`a[href="?op=getSession"]`)
	b.fill("#field-id", string(id))
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-answer]').textContent.includes('SessionNotFoundFault')`)

	b.click(`nav a[data-path="console"]`)
	b.appears(`nav a[data-path="console"][aria-current]`)
	b.await(part("operations", "deleteSessions"))
	b.await(part("faults", "SessionNotFoundFault"))
	b.await(`document.querySelector('[data-live="chart-calls"] .line-0') !== null`)
	keep("chart")

	lines := e.audited("ops", "deleteSessions")
	require.Len(t, lines, 1)
	assert.Equal(t, "ok", lines[0]["outcome"])
	assert.Contains(t, lines[0]["dialect"], "console")
	assert.Len(t, lines[0]["sessions"], 2)
}
