//go:build interop

package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A tab reports everything that a page does wrong.
func TestTabReportsErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ page, want string }{
		"an inline script":          {`<script>document.title = 'x'</script>`, "Content Security Policy"},
		"an inline style":           {`<p style="color: red">`, "Content Security Policy"},
		"an event handler":          {`<img src="/missing" onerror="alert(1)">`, "Content Security Policy"},
		"an image of another host":  {`<img src="http://other.example/x.png">`, "other.example"},
		"a file that is not there":  {`<img src="/missing">`, "404"},
		"an exception of a script":  {`<script src="/throws.js"></script>`, "thrown"},
		"an error of the console":   {`<script src="/reports.js"></script>`, "reported"},
		"a request to another host": {`<script src="/asks.js"></script>`, "other.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src 'self'")
				switch r.URL.Path {
				case "/":
					w.Header().Set("Content-Type", "text/html")
					_, _ = w.Write([]byte("<!DOCTYPE html><html lang=en><title>x</title>" + tt.page))
				case "/throws.js":
					_, _ = w.Write([]byte("throw new Error('thrown')"))
				case "/reports.js":
					_, _ = w.Write([]byte("console.error('reported')"))
				case "/asks.js":
					_, _ = w.Write([]byte("fetch('http://other.example/').catch(() => {})"))
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
			t.Cleanup(server.Close)
			b := openTab(t, server.URL)
			b.expect("") // everything
			assert.Eventually(t, func() bool {
				b.mu.Lock()
				defer b.mu.Unlock()
				return strings.Contains(strings.Join(b.errors, "\n"), tt.want)
			}, ample, poll, "%q", b.errors)
		})
	}
}

// axe-core and the other checks find what hinders people.
func TestAxeFindsWhatHinders(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>x</title><link rel="icon" href="data:,"><input><p style="color: #eee">pale`))
	}))
	t.Cleanup(server.Close)
	b := openTab(t, server.URL)
	var found []string
	for _, v := range violations(t, b) {
		found = append(found, v.ID)
	}
	assert.Subset(t, found, []string{"color-contrast", "html-has-lang", "label"})
}
