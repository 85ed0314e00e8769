//go:build interop

package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// The pages are there in every light, on a desk and on a telephone, and nothing on them
// hinders those who cannot see them or use no mouse.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for name, actions := range map[string][]action{"desk": nil, "phone at night": {phone(), dark()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, s.url("/"), actions...)
			assert.Equal(t, "memcachedsoap", b.text("h1"))
			keyboard(t, b)
			b.run(openDetails())
			accessible(t, b)
			b.open(s.url("/?op=setSession"))
			assert.Equal(t, "setSession", b.text("h1"))
			keyboard(t, b)
			accessible(t, b)
			b.expect("status of 404")
			b.open(s.url("/?op=none"))
			assert.Equal(t, "No such operation", b.text("h1"))
			accessible(t, b)
			b.click(`a[href$="console"]`)
			b.appears(`a[href$="console"][aria-current]`)
			assert.Equal(t, "Console", b.text("h1"))
			accessible(t, b)
		})
	}
}

// The first Tab leads to a link that skips the navigation.
func TestSkipLink(t *testing.T) {
	t.Parallel()
	b := openTab(t, startService(t).url("/"))
	b.run(chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, "Skip to the content", evaluate[string](b, `document.activeElement.textContent`))
	assert.GreaterOrEqual(t, evaluate[float64](b, `document.activeElement.getBoundingClientRect().left`), 0.0, "it is visible")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.await(`document.activeElement.id === 'main'`)
	b.run(chromedp.KeyEvent(kb.Tab))
	assert.True(t, evaluate[bool](b, `document.querySelector('main').contains(document.activeElement)`))
}

// Enter in a field sends the message.
func TestTryItWithTheKeyboard(t *testing.T) {
	t.Parallel()
	b := openTab(t, startService(t).url("/?op=deleteSession"))
	b.fill("#field-id", "decaf"+kb.Enter)
	b.await(`document.querySelector('[data-answer]').textContent.includes('<deleteSessionResult>false<')`)
}

// weight is how many bytes a page may have, with all that it loads.
const weight = 150_000

// weigh requires that the page is light, and logs how soon the browser has painted it.
func weigh(t *testing.T, b *tab) {
	t.Helper()
	size := evaluate[int](b, `performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).reduce((sum, e) => sum + e.decodedBodySize, 0)`)
	sent := evaluate[int](b, `performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).reduce((sum, e) => sum + e.encodedBodySize, 0)`)
	b.await(`performance.getEntriesByName('first-contentful-paint').length`)
	painted := evaluate[float64](b, `performance.getEntriesByName('first-contentful-paint')[0].startTime`)
	t.Logf("%s: %d bytes, compressed %d; first paint after %.0f ms", evaluate[string](b, `location.pathname + location.search`), size, sent, painted)
	assert.Positive(t, size)
	assert.Less(t, size, weight)
}

// A page and all that it loads has fewer bytes than a photograph.
func TestWeight(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, path := range []string{"/", "/?op=setSession", "/console"} {
		b := openTab(t, s.url(path))
		b.appears("h1")
		weigh(t, b)
	}
}
