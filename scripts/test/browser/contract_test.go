//go:build interop

package browser

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

// storeSession stores a session with hostile text.
func storeSession(s *service, id string) {
	s.call("setSession", id, `<attributes><entry><key>&lt;img src=x onerror=alert(1)&gt;</key><value>]]&gt;&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;</value></entry></attributes>`)
}

// A person stores and reads a session with the form of each operation, and sees the
// messages, whatever is in them.
func TestTryIt(t *testing.T) {
	t.Parallel()
	s := startService(t, "--principal", "uid")
	b := openTab(t, s.url("/"))
	b.click(`a[href="?op=setSession"]`)
	b.fill("#field-id", "decaf")
	wsdltest.Validate(t, []byte(b.text("[data-request]")))
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-status]').textContent.startsWith('Status 200')`)
	assert.Contains(t, b.text("[data-answer]"), "<id>decaf</id>")
	assert.Contains(t, b.text("[data-answer]"), "\n", "the answer is laid out")
	assert.Regexp(t, `^Status 200, \d+ characters in [\d.]+ ms$`, b.text("[data-status]"))

	storeSession(s, "bad")
	b.open(s.url("/?op=getSession"))
	for id, want := range map[string]string{"decaf": "<value>traveller</value>", "bad": "&lt;script&gt;alert(1)&lt;/script&gt;"} {
		b.fill("#field-id", id)
		b.click("form.try button[type=submit]")
		b.await(`document.querySelector('[data-answer]').textContent.includes('<id>` + id + `</id>')`)
		assert.Contains(t, b.text("[data-answer]"), want)
	}
	assert.Equal(t, 0, evaluate[int](b, `document.querySelectorAll('main script, main img').length`))

	b.expect("status of 500")
	b.fill("#field-id", `</id>"'&`)
	wsdltest.Validate(t, []byte(b.text("[data-request]")))
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-answer]').textContent.includes('InvalidSessionIdFault')`)
	assert.Contains(t, b.text("[data-status]"), "Status 500")
}

// The command of each page is what a shell needs to send the same message.
func TestCopyAsCurl(t *testing.T) {
	t.Parallel()
	s := startService(t, "--principal", "uid")
	b := openTab(t, s.url("/?op=setSession"))
	for _, id := range []string{"decaf", `it's $HOME "and" \ more` + "`id`"} {
		b.fill("#field-id", id)
		message, command := b.text("[data-request]"), b.text("[data-command]")
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "printf '%s\\n' "+strings.TrimPrefix(command, "curl")).Output()
		require.NoError(t, err)
		assert.Contains(t, string(out), message)
		out, err = exec.CommandContext(t.Context(), "bash", "-c", command+" --silent").Output()
		require.NoError(t, err)
		want := "InvalidSessionIdFault"
		if id == "decaf" {
			want = "<id>decaf</id>"
		}
		assert.Contains(t, string(out), want)
	}
	b.click("[data-curl]")
	b.await(`/clipboard|below/.test(document.querySelector('[data-status]').textContent)`)

	b.run(withoutScripts())
	b.open(s.url("/?op=setSession"))
	command := b.text(".without-script code")
	out, err := exec.CommandContext(t.Context(), "bash", "-c", command+" --silent").Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "<setSessionResult>")
}

// Without scripts every page still reads, and the form says what it needs.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := startService(t)
	b := openTab(t, s.url("/"), withoutScripts())
	assert.Contains(t, b.text("main"), "Every program that reaches this address")
	for _, o := range wsdl.Operations() {
		b.open(s.url("/?op=" + o.Name))
		text := b.text("main")
		assert.Contains(t, text, "needs JavaScript")
		assert.NotContains(t, text, "Copy as curl")
		assert.Contains(t, text, o.Text)
	}
}

// authFile returns the path of an auth file with callers.
func authFile(t *testing.T, callers ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callers.yaml")
	for _, caller := range callers {
		name, roles, _ := strings.Cut(caller, ":")
		cmd := exec.CommandContext(t.Context(), program, "auth", "add", "--file", path, name, "--roles", roles, "--password-stdin")
		cmd.Stdin = strings.NewReader(password + "\n")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return path
}

// password is that of all callers.
const password = "a-long-password"

// With callers the form takes a key, which it keeps nowhere, or leaves it to the browser
// to ask for a password.
func TestTryItWithCredentials(t *testing.T) {
	t.Parallel()
	callers := authFile(t, "portal:admin")
	cmd := exec.CommandContext(t.Context(), program, "auth", "add", "--file", callers, "batch", "--roles", "read,write", "--key")
	key, err := cmd.Output()
	require.NoError(t, err)
	s := startService(t, "--auth-file", callers)
	assert.Contains(t, s.call("getSession", "decaf", ""), "has no credentials", "the service asks for them")

	b := openTab(t, s.url("/?op=setSession"))
	b.fill("#key-of-caller", "wrong")
	b.expect("status of 401")
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-status]').textContent.startsWith('Status 401')`)
	b.fill("#key-of-caller", strings.TrimSpace(string(key)))
	assert.Contains(t, b.text("[data-command]"), `-H "Authorization: Bearer $KEY"`)
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-status]').textContent.startsWith('Status 200')`)
	b.open(s.url("/?op=setSession"))
	assert.Empty(t, evaluate[string](b, `document.querySelector('#key-of-caller').value`))
	assert.Equal(t, 0, evaluate[int](b, `localStorage.length + sessionStorage.length`))

	b = openTab(t, s.url("/?op=setSession"), signedIn("portal", password))
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-status]').textContent.startsWith('Status 200')`)
}
