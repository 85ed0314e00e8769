package contract_test

import (
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/service/console/contract"
	"memcachedsoap/service/console/page"
	"memcachedsoap/service/console/page/pagetest"
	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newContract(o contract.Options) *contract.Contract {
	return contract.New(page.New(page.Options{Logger: slog.New(slog.DiscardHandler)}), o)
}

// get returns the page of a query.
func get(c *contract.Contract, query, address string) (status int, body string) {
	w := httptest.NewRecorder()
	c.Serve(w, httptest.NewRequest(http.MethodGet, "/soap"+query, nil), address, "")
	return w.Code, w.Body.String()
}

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
			w := httptest.NewRecorder()
			newContract(contract.Options{PublicURL: tt.public}).Serve(w, httptest.NewRequest(http.MethodGet, tt.path, nil), tt.address, tt.prefix)
			require.Equal(t, 200, w.Code)
			assert.Equal(t, "text/html; charset=UTF-8", w.Header().Get("Content-Type"))
			links := href.FindAllStringSubmatch(w.Body.String(), -1)
			require.NotEmpty(t, links)
			seen, err := url.Parse(tt.seen)
			require.NoError(t, err)
			link, err := seen.Parse(html.UnescapeString(links[0][1]))
			require.NoError(t, err)
			assert.Equal(t, tt.contract, link.String())
			for _, operation := range wsdl.Operations() {
				assert.Contains(t, w.Body.String(), operation.Name)
			}
		})
	}
}

var sample = regexp.MustCompile(`(?s)<pre [^>]*data-xml>(.*?)</pre>`)

// The page of an operation has all that the contract says of it, and samples that the
// schema allows.
func TestOperations(t *testing.T) {
	t.Parallel()
	c := newContract(contract.Options{})
	_, index := get(c, "", "http://localhost/soap")
	var messages [][]byte
	for _, o := range wsdl.Operations() {
		assert.Contains(t, index, `<a href="?op=`+o.Name+`">`)
		status, body := get(c, "?op="+o.Name, "http://localhost/soap")
		require.Equal(t, 200, status)
		assert.Contains(t, body, html.EscapeString(o.Text))
		for _, e := range append(o.Request, o.Response...) {
			assert.Contains(t, body, "<code>"+e.Name+"</code>")
		}
		for _, e := range o.Request {
			assert.Contains(t, body, `data-element="`+e.Name+`"`)
		}
		for _, f := range o.Faults {
			assert.Contains(t, body, "<h3><code>"+f.Name+"</code></h3>")
		}
		samples := sample.FindAllStringSubmatch(body, -1)
		require.Len(t, samples, 2, o.Name)
		for _, s := range samples {
			messages = append(messages, []byte(html.UnescapeString(s[1])))
		}
		assert.Contains(t, string(messages[len(messages)-2]), "<"+o.Name+" xmlns")
		assert.Contains(t, string(messages[len(messages)-1]), "<"+o.Name+"Response xmlns")
	}
	wsdltest.Validate(t, messages...)
	status, body := get(c, "?op=%3Cscript%3E", "http://localhost/soap")
	assert.Equal(t, 404, status)
	assert.NotContains(t, body, "<script>")
}

// Who must sign in learns how, and others do not see it.
func TestCallers(t *testing.T) {
	t.Parallel()
	_, open := get(newContract(contract.Options{}), "?op=getSession", "http://localhost/soap")
	_, guarded := get(newContract(contract.Options{Callers: true}), "?op=getSession", "http://localhost/soap")
	assert.NotContains(t, open, `type="password"`)
	assert.Contains(t, guarded, `type="password" autocomplete="off" data-bearer`)
	assert.Contains(t, guarded, "curl --user NAME")
}

// An address that a proxy or an operator has made up ends no quotation, on the page and
// in the programs that people copy from it.
func TestHostileAddress(t *testing.T) {
	t.Parallel()
	address := `http://a.example/'"><script>alert(1)</script>$(id)` + "`id`" + `&;\soap`
	c := newContract(contract.Options{PublicURL: address})
	for _, query := range []string{"", "?op=setSession"} {
		_, body := get(c, query, address)
		assert.NotContains(t, body, "<script>", query)
		_, program, _ := strings.Cut(body, `<h2 id="samples">`)
		program, _, _ = strings.Cut(html.UnescapeString(program), "<footer")
		assert.NotContains(t, program, "$(id)", query)
		assert.NotContains(t, program, "`id`", query)
	}
	_, body := get(c, "", address)
	assert.Contains(t, body, "http://a.example/%27%22%3E%3Cscript%3Ealert%281%29%3C/script%3E%24%28id%29%60id%60%26%3B%5Csoap")
}

// What a request says becomes neither an element nor an attribute of a page.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	c := newContract(contract.Options{})
	_, unknown := get(c, "?op=harmless", "http://localhost/soap")
	_, index := get(c, "", "http://localhost/soap")
	for _, text := range pagetest.Hostile() {
		if text != "" {
			_, body := get(c, "?op="+url.QueryEscape(text), "http://localhost/soap")
			pagetest.RequireContained(t, body, unknown)
		}
		_, body := get(c, "", "http://localhost/"+text)
		pagetest.RequireContained(t, body, index)
	}
}
