package contract_test

import (
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/console/contract"
	"memcachedsoap/service/console/page"
	"memcachedsoap/wsdl"
)

var href = regexp.MustCompile(`<a href="([^"]*wsdl)"`)

// The page names the operations, and its link leads to the contract, below any path.
func TestPage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path, address, prefix, public string
		seen                          string // the URL that the browser shows
		contract                      string
	}{
		"root":                    {path: "/", address: "http://localhost/soap", seen: "http://localhost/", contract: "http://localhost/soap?wsdl"},
		"endpoint":                {path: "/soap", address: "http://localhost/soap", seen: "http://localhost/soap", contract: "http://localhost/soap?wsdl"},
		"endpoint below a prefix": {path: "/soap", address: "https://sso.example/apps/soap", prefix: "/apps", seen: "https://sso.example/apps/soap", contract: "https://sso.example/apps/soap?wsdl"},
		"endpoint below a prefix that the proxy does not name": {path: "/soap", address: "http://localhost/soap", seen: "https://sso.example/apps/soap", contract: "https://sso.example/apps/soap?wsdl"},
		"root below a prefix":                              {path: "/", address: "https://sso.example/apps/soap", prefix: "/apps", seen: "https://sso.example/apps", contract: "https://sso.example/apps/soap?wsdl"},
		"root below a prefix that the proxy does not name": {path: "/", address: "http://localhost/soap", seen: "https://sso.example/apps/", contract: "https://sso.example/apps/soap?wsdl"},
		"root of a public URL":                             {path: "/", address: "https://sso.example/x", public: "https://sso.example/x", seen: "http://localhost/", contract: "https://sso.example/x?wsdl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contract.New(page.New(page.Options{Logger: slog.New(slog.DiscardHandler)}), contract.Options{PublicURL: tt.public})
			w := httptest.NewRecorder()
			c.Serve(w, httptest.NewRequest(http.MethodGet, tt.path, nil), tt.address, tt.prefix)
			require.Equal(t, 200, w.Code)
			assert.Equal(t, "text/html; charset=UTF-8", w.Header().Get("Content-Type"))
			links := href.FindAllStringSubmatch(w.Body.String(), -1)
			require.NotEmpty(t, links)
			seen, err := url.Parse(tt.seen)
			require.NoError(t, err)
			link, err := seen.Parse(html.UnescapeString(links[0][1]))
			require.NoError(t, err)
			assert.Equal(t, tt.contract, link.String())
			for _, operation := range wsdl.Descriptions() {
				assert.Contains(t, w.Body.String(), operation.Name)
			}
		})
	}
}
