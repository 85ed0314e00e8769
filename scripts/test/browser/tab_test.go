//go:build interop

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// results is the folder of the screenshots.
const results = "../../../build/screenshots"

// action is a step in a tab.
type action = chromedp.Action[chromedp.Void]

// poll is the time between two looks at what is awaited.
const poll = 5 * time.Millisecond

// browser is the Chromium of all tabs. It starts with the first of them.
var browser = sync.OnceValues(func() (context.Context, error) {
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, // which does not work for root
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"))...)
	ctx, end := chromedp.NewContext(allocator)
	closeBrowser = func() {
		end()
		endAllocator()
	}
	return ctx, chromedp.Do(ctx)
})

// closeBrowser closes the browser.
var closeBrowser = func() {}

// tab is a tab of its own browser context, with its own cookies and credentials. It
// fails the test if a page breaks the Content-Security-Policy, throws an error, loads
// something that is not there or that is of another host.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // that of the tab

	mu       sync.Mutex
	errors   []string
	expected []*regexp.Regexp
	host     string // of all requests
}

// openTab opens a tab, of the size of a desk unless actions change it, and a URL in it.
func openTab(t *testing.T, address string, actions ...action) *tab {
	t.Helper()
	parent, err := browser()
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	b := &tab{t: t}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	t.Cleanup(b.requireNoErrors)
	b.ctx, cancel = context.WithTimeout(ctx, 3*ample)
	t.Cleanup(cancel)
	b.run(send(network.Enable, network.EnableParams{}), send(cdplog.Enable, cdp.Empty{}), send(runtime.Enable, cdp.Empty{}),
		chromedp.EmulateViewport(1200, 900))
	b.run(actions...)
	b.open(address)
	return b
}

// send is the action of a command of the browser's protocol.
func send[P, R any](command cdp.Command[P, R], parameters P) action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, parameters)
		return err
	})
}

// phone makes the screen that of a small telephone, 360 pixels wide.
func phone() action { return chromedp.EmulateViewport(360, 740) }

// dark makes the colours those of a screen at night.
func dark() action {
	return send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
}

// withoutScripts makes the browser run none.
func withoutScripts() action {
	return send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// signedIn makes the browser send the name and the password with each request, as after
// a challenge that a person has answered.
func signedIn(name, password string) action {
	return send(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Authorization": basic(name, password)}})
}

// listen takes the events of the tab.
func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.fail(fmt.Sprintf("exception: %s %s", e.ExceptionDetails.Text, arguments([]*runtime.RemoteObject{e.ExceptionDetails.Exception})))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			b.fail("console.error: " + arguments(e.Args))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Source == cdplog.EntrySourceSecurity {
			b.fail(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && u.Host != b.allowedHost() && u.Scheme != "data" && u.Scheme != "about" {
			b.fail("request to another host: " + e.Request.URL)
		}
	}
}

func arguments(list []*runtime.RemoteObject) string {
	texts := make([]string, len(list))
	for i, a := range list {
		if a != nil {
			texts[i] = string(a.Value) + a.Description
		}
	}
	return strings.Join(texts, " ")
}

func (b *tab) allowedHost() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.host
}

func (b *tab) fail(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errors = append(b.errors, text)
}

// expect says that errors that match are those that the test is about, such as "status
// of 409": a request that a script sends is an error for the browser then.
func (b *tab) expect(pattern string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, regexp.MustCompile(pattern))
}

func (b *tab) requireNoErrors() {
	b.mu.Lock()
	defer b.mu.Unlock()
next:
	for _, text := range b.errors {
		for _, pattern := range b.expected {
			if pattern.MatchString(text) {
				continue next
			}
		}
		assert.Fail(b.t, "the browser reports an error", text)
	}
}

// run does what the actions say, in their order.
func (b *tab) run(actions ...action) {
	b.t.Helper()
	err := chromedp.Do(b.ctx, actions...)
	b.require(err)
}

// require ends the test with what the tab shows if there is an error.
func (b *tab) require(err error) {
	b.t.Helper()
	if err == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), ample)
	defer cancel()
	shown, shownErr := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + document.body.innerText`))
	require.NoError(b.t, err, "the browser reports %q and shows %.3000s%v", b.errors, shown, shownErr)
}

// open opens a URL in the tab.
func (b *tab) open(address string) {
	b.t.Helper()
	u, err := url.Parse(address)
	require.NoError(b.t, err)
	b.mu.Lock()
	b.host = u.Host
	b.mu.Unlock()
	b.run(chromedp.Navigate(address))
}

// click clicks on the element of a selector, once it is visible. If that leads to another
// page, it returns when the browser has begun to show that page.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.appears(selector)
	click := chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)
	if !evaluate[bool](b, fmt.Sprintf(`(e => !!(e.closest('a[href]:not([href^="#"])') || e.type === 'submit' && !e.closest('form.try')))(document.querySelector(%q))`, selector)) {
		b.run(click)
		return
	}
	before := evaluate[float64](b, `performance.timeOrigin`)
	b.run(click)
	require.Eventually(b.t, func() bool {
		another, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`performance.timeOrigin !== %v && !!document.querySelector('body > *')`, before)))
		return err == nil && another // between two pages there may be none
	}, ample, poll, "a click on %s leads nowhere", selector)
}

// appears waits until the element of a selector is visible.
func (b *tab) appears(selector string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// fill replaces the text of a field, as with the keyboard.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.appears(selector)
	b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).value = ''", selector)),
		chromedp.SendKeys(chromedp.CSS(selector), text))
}

// text returns the visible text of the element of a selector, once there is one.
func (b *tab) text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(selector), chromedp.NodeVisible))
	b.require(err)
	return text
}

// await waits until an expression of JavaScript is true.
func (b *tab) await(expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(ample)))
	b.require(err)
}

// evaluate returns the value of an expression of JavaScript, or that of its promise. The
// policy of the page does not bind it.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	b.require(err)
	return value
}

// screenshot keeps what the tab shows as build/screenshots/NAME.png.
func (b *tab) screenshot(name string) {
	b.t.Helper()
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.require(err)
	require.NoError(b.t, os.MkdirAll(results, 0o750))
	require.NoError(b.t, os.WriteFile(filepath.Join(results, name+".png"), image, 0o600))
}

// modules installs the packages of package.json into build, and returns their folder.
var modules = sync.OnceValues(func() (string, error) {
	const folder = "../../../build/browser"
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", err
	}
	list, err := os.ReadFile("package.json")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "package.json"), list, 0o600); err != nil {
		return "", err
	}
	if out, err := exec.Command("npm", "--prefix", folder, "install", "--silent", "--no-audit", "--no-fund", "--prefer-offline").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Join(folder, "node_modules"), nil
})

// violation is what axe-core says of a rule.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// violations returns what axe-core complains of on the page.
func violations(t *testing.T, b *tab) []violation {
	t.Helper()
	b.await(`document.readyState === 'complete'`)
	modules, err := modules()
	require.NoError(t, err)
	script, err := os.ReadFile(filepath.Join(modules, "axe-core/axe.min.js"))
	require.NoError(t, err)
	return evaluate[[]violation](b, string(script)+"\n;axe.run().then(r => r.violations)")
}

// accessible requires that axe-core finds nothing to complain of on the page, and that
// the page needs no horizontal scrolling.
func accessible(t *testing.T, b *tab) {
	t.Helper()
	found := violations(t, b)
	listed, err := json.MarshalIndent(found, "", " ")
	require.NoError(t, err)
	assert.Empty(t, found, "%s", listed)
	over := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	assert.LessOrEqual(t, over, 0, "the page is wider than the window")
}

// openDetails opens what a page has folded.
func openDetails() action {
	return chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`)
}

// keyboard requires that Tab leads to everything that can be used, in the order of the
// page, and that each place shows that it has the focus.
func keyboard(t *testing.T, b *tab) {
	t.Helper()
	const mark = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
		.filter(e => e.checkVisibility() && !e.disabled).map((e, i) => e.dataset.place = i).length`
	places := evaluate[int](b, mark)
	b.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	next := 0
	for range 2 * places { // the browser also stops at what scrolls
		b.run(chromedp.KeyEvent(kb.Tab))
		at := evaluate[string](b, `document.activeElement.dataset.place ?? ''`)
		if at == "" {
			continue
		}
		assert.Equal(t, strconv.Itoa(next), at, "the order of Tab")
		assert.True(t, evaluate[bool](b, `getComputedStyle(document.activeElement).outlineStyle !== 'none'`), "place %s shows no focus", at)
		if next++; next == places {
			break
		}
	}
	assert.Equal(t, places, next, "places that Tab reaches")
}
