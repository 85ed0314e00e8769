//go:build interop

package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// images has the screenshots of the pages of documentation.
const images = "../../../docs/images"

// forDocs keeps a screenshot as build/screenshots/NAME.png. RECORD=1 in the environment
// makes it the one of the documentation.
func (b *tab) forDocs(name string) {
	b.t.Helper()
	b.screenshot(name)
	if os.Getenv("RECORD") == "" {
		return
	}
	image, err := os.ReadFile(filepath.Join(results, name+".png"))
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(images, 0o750))
	require.NoError(b.t, os.WriteFile(filepath.Join(images, name+".png"), image, 0o600))
}

// Screenshots of the service pages, for those who look at what has changed.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.call("setSession", "c0ffee00c0ffee00c0ffee00c0ffee00", `<attributes><entry><key>uid</key><value>dwho</value></entry></attributes>`)
	b := openTab(t, s.url("/"))
	b.screenshot("operations")
	b.open(s.url("/?op=getSession"))
	b.click("form.try button[type=submit]")
	b.await(`document.querySelector('[data-status]').textContent.startsWith('Status 200')`)
	b.run(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`))
	b.forDocs("service")
	for name, actions := range map[string][]action{"night": {dark()}, "phone": {phone()}} {
		b := openTab(t, s.url("/?op=getSession"), actions...)
		b.screenshot("service-" + name)
	}
}
