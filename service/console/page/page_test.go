package page_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service/access"
	"memcachedsoap/service/admission"
	"memcachedsoap/service/console/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newPages returns the frame and a page with a form.
func newPages() (*page.Pages, page.Page) {
	p := page.New(page.Options{Console: true, Logger: slog.New(slog.DiscardHandler)})
	files := fstest.MapFS{"main.html": {Data: []byte(`{{define "main"}}<h1>{{.Data}}</h1><input name="{{.TokenField}}" value="{{.Token}}">{{end}}`)}}
	return p, page.Page{Title: "Title", Template: p.Parse(files, "main.html"), Data: "<b>data</b>"}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// Every answer has the policy, and no page needs an exception from it.
func TestPolicy(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Render(w, r, 200, main) })
	w := get(pages, "/console")
	for name, answer := range map[string]*httptest.ResponseRecorder{"page": w, "asset": get(p.Assets(), "/console/assets/"+asset(t, w, "style"))} {
		assert.Equal(t, 200, answer.Code, name)
		assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'", answer.Header().Get("Content-Security-Policy"), name)
		assert.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"), name)
	}
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Contains(t, w.Body.String(), "<h1>&lt;b&gt;data&lt;/b&gt;</h1>")
	assert.NotRegexp(t, `(?i)<script>|<style|\son[a-z]+=|style=|https?://`, w.Body.String())
}

var assetName = regexp.MustCompile(`(?:href|src)="([^"]*/assets/(style|script|icon)-[0-9a-f]{12}\.\w+)"`)

// asset returns the name of an asset of a page.
func asset(t *testing.T, w *httptest.ResponseRecorder, kind string) string {
	t.Helper()
	for _, found := range assetName.FindAllStringSubmatch(w.Body.String(), -1) {
		if found[2] == kind {
			return found[1][strings.LastIndexByte(found[1], '/')+1:]
		}
	}
	t.Fatalf("the page has no %s: %s", kind, w.Body)
	return ""
}

// The links lead to the paths of the service, whatever is before them and however many
// slashes the browser has sent.
func TestLinks(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Render(w, r, 200, main) })
	for _, seen := range []string{"/console", "/console/", "/console//", "/console/sessions", "/console/sessions/a%2Fb/c"} {
		w := get(pages, seen)
		links := assetName.FindAllStringSubmatch(w.Body.String(), -1)
		require.Len(t, links, 3)
		for _, link := range links {
			at, err := url.Parse("https://sso.example/apps" + seen)
			require.NoError(t, err)
			to, err := at.Parse(link[1])
			require.NoError(t, err)
			assert.Equal(t, "/apps/console/assets/"+asset(t, w, link[2]), to.Path, seen)
		}
	}
	w := httptest.NewRecorder()
	page.Redirect(w, httptest.NewRequest(http.MethodPost, "/console/sessions/x", nil), "console/sessions")
	assert.Equal(t, "../../console/sessions", w.Header().Get("Location"))
	assert.Equal(t, 303, w.Code)
}

// Browsers keep assets, whose names change with them, and get them compressed.
func TestAssets(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest(http.MethodGet, "/console", nil), 200, main)
	name := asset(t, w, "script")
	plain := get(p.Assets(), "/console/assets/"+name)
	assert.Equal(t, "public, max-age=31536000, immutable", plain.Header().Get("Cache-Control"))
	assert.Equal(t, "text/javascript; charset=utf-8", plain.Header().Get("Content-Type"))
	zipped := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/?asset="+name, nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	require.True(t, p.ServeAsset(zipped, r))
	assert.Equal(t, "gzip", zipped.Header().Get("Content-Encoding"))
	assert.Less(t, zipped.Body.Len(), plain.Body.Len())
	assert.Equal(t, 404, get(p.Assets(), "/console/assets/script.js").Code)
	assert.False(t, p.ServeAsset(nil, httptest.NewRequest(http.MethodGet, "/?wsdl", nil)))
}

// Only a form that this browser has got from the service changes something.
func TestToken(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest(http.MethodGet, "/console", nil), 200, main)
	require.Len(t, w.Result().Cookies(), 1)
	cookie := w.Result().Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	assert.Contains(t, w.Body.String(), `value="`+cookie.Value+`"`)

	post := func(token string, cookies ...*http.Cookie) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/console", strings.NewReader(url.Values{"token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		return r
	}
	other := *cookie //nolint:gosec // that of the service, with another value
	other.Value = strings.Repeat("A", len(cookie.Value))
	assert.True(t, page.CheckToken(post(cookie.Value, cookie)))
	assert.False(t, page.CheckToken(post("", cookie)))
	assert.False(t, page.CheckToken(post(cookie.Value)))
	assert.False(t, page.CheckToken(post(cookie.Value, &other)))
	assert.False(t, page.CheckToken(post("", &http.Cookie{Name: cookie.Name}))) //nolint:gosec // what a browser may send

	again := httptest.NewRecorder()
	p.Render(again, post("", cookie), 200, main)
	assert.Empty(t, again.Result().Cookies(), "the browser keeps its token")
	assert.Contains(t, again.Body.String(), cookie.Value)
}

// A caller gets only pages that its roles allow.
func TestRequire(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Render(w, r, 200, main) })
	h := p.Require(access.Stats, pages)
	assert.Equal(t, 200, get(h, "/console").Code, "without an auth file")

	hash, err := access.HashPassword("secret")
	require.NoError(t, err)
	file, err := access.ParseFile([]byte("callers:\n  - name: ops\n    roles: [stats]\n    password: " + hash + "\n  - name: app\n    roles: [read]\n    password: " + hash + "\n"))
	require.NoError(t, err)
	guard := access.NewGuard(file, access.Options{Tokens: true})
	ask := func(name, password string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/console", nil)
		var sent access.Sent
		if name != "" {
			r.SetBasicAuth(name, password)
			sent.Authorization = r.Header["Authorization"]
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(guard.Begin(t.Context(), sent)))
		return w
	}
	assert.Equal(t, 200, ask("ops", "secret").Code)
	assert.Contains(t, ask("ops", "secret").Body.String(), "<strong>ops</strong>")
	assert.Equal(t, 403, ask("app", "secret").Code)
	assert.Contains(t, ask("app", "secret").Body.String(), "lacks the role stats")
	for _, w := range []*httptest.ResponseRecorder{ask("", ""), ask("ops", "wrong")} {
		assert.Equal(t, 401, w.Code)
		assert.Regexp(t, "^Basic ", w.Header().Get("WWW-Authenticate"))
		assert.NotContains(t, w.Body.String(), "data&lt;")
	}
}

// The page that refuses a large one has the assets of that one: a proxy may publish no others.
func TestBusy(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	main.Data, main.Public = strings.Repeat("x", admission.Free), true
	admitted := admission.New(admission.Options{Memory: 8 * admission.Free, Wait: time.Nanosecond})
	other := admitted.Begin(t.Context())
	require.NoError(t, (admission.Admission{}).Send(other, admission.Free+1))
	defer other.End()
	request := admitted.Begin(t.Context())
	defer request.End()
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(request), 200, main)
	assert.Equal(t, 503, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.Contains(t, w.Body.String(), "The service cannot answer now.")
	assert.NotContains(t, w.Body.String(), "xx")
	assert.Contains(t, w.Body.String(), `href="?asset=style-`)
}

// All files together are light.
func TestWeight(t *testing.T) {
	t.Parallel()
	p, main := newPages()
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest(http.MethodGet, "/console", nil), 200, main)
	total := w.Body.Len()
	for _, kind := range []string{"style", "script", "icon"} {
		total += get(p.Assets(), "/console/assets/"+asset(t, w, kind)).Body.Len()
	}
	assert.Less(t, total, 40_000, "150,000 bytes, without what a page shows")
}
