// Package layout tests the layout of the repository. Imports run in one
// direction, only one package imports each foreign module, and the top folders
// hold only the files that have a place there.
//
//	cmd → service/<dialect> → service → sessionstore → its leaves
//
// Only dialects know SOAP; service/httpd knows neither them nor the service.
package layout

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "memcachedsoap"

// mayImport lists what the packages in and below a folder may import besides
// the standard library. The longest matching folder decides. A package in a
// list stands for itself; with /... it also stands for the packages below it.
var mayImport = map[string][]string{
	"soap":                                 {"soap/...", "golang.org/x/text/..."},
	"soap/xmlscan":                         {"soap/xmlchar"},
	"soap/xmlwrite":                        {"soap/xmlchar"},
	"soap/xmlchar":                         {},
	"wsdl":                                 {"github.com/hooklift/gowsdl/soap"},
	"wsdl/wsdltest":                        {"wsdl"},
	"sessionstore":                         {"sessionstore/backend", "sessionstore/metric", "sessionstore/perldata", "sessionstore/guard", "sessionstore/index", "sessionstore/span"},
	"sessionstore/perldata":                {},
	"sessionstore/metric":                  {},
	"sessionstore/span":                    {"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/trace"},
	"sessionstore/span/spantest":           {"sessionstore/span", "go.opentelemetry.io/otel/sdk/..."},
	"sessionstore/backend":                 {"sessionstore/span"},
	"sessionstore/storable":                {"sessionstore/backend", "sessionstore/perldata"},
	"sessionstore/seal":                    {"sessionstore/metric", "sessionstore/secretfile"},
	"sessionstore/secretfile":              {},
	"sessionstore/seal/sealtest":           {"sessionstore/seal", "github.com/stretchr/testify/..."},
	"sessionstore/memory":                  {"sessionstore/backend", "sessionstore/metric"},
	"sessionstore/memcached":               {"sessionstore/backend", "sessionstore/metric", "sessionstore/memcached/connect", "sessionstore/memcached/protocol", "sessionstore/memcached/selector", "sessionstore/memcached/watch", "sessionstore/span", "github.com/bradfitz/gomemcache/..."},
	"sessionstore/memcached/connect":       {"sessionstore/backend", "sessionstore/memcached/protocol", "sessionstore/memcached/selector"},
	"sessionstore/memcached/discovery":     {"sessionstore/metric", "sessionstore/memcached/connect", "sessionstore/memcached/protocol", "sessionstore/memcached/selector"},
	"sessionstore/memcached/protocol":      {"sessionstore/backend"},
	"sessionstore/memcached/selector":      {},
	"sessionstore/memcached/watch":         {"sessionstore/backend", "sessionstore/metric", "sessionstore/memcached/protocol", "sessionstore/memcached/selector"},
	"sessionstore/memcached/memcachedtest": {"sessionstore/certificatetest"},
	"sessionstore/certificatetest":         {},
	"sessionstore/logtest":                 {},
	"sessionstore/moving":                  {"sessionstore/backend", "sessionstore/metric"},
	"sessionstore/near":                    {"sessionstore/backend", "sessionstore/metric"},
	"sessionstore/replication":             {"sessionstore/backend", "sessionstore/metric", "sessionstore/span", "golang.org/x/sync/errgroup"},
	"sessionstore/standby":                 {"sessionstore/backend", "sessionstore/metric"},
	"sessionstore/backendtest":             {"sessionstore/backend", "github.com/stretchr/testify/..."},
	"sessionstore/storetest":               {"sessionstore/...", "github.com/stretchr/testify/..."},
	"service":                              {"service", "service/access", "service/audit", "service/requestlog", "sessionstore", "sessionstore/backend", "sessionstore/metric", "sessionstore/perldata"},
	"service/access":                       {"service/certificate", "service/strictyaml", "sessionstore/metric", "sessionstore/span", "go.yaml.in/yaml/...", "golang.org/x/crypto/...", "golang.org/x/sync/...", "golang.org/x/time/rate"},
	"service/access/authfile":              {"service/access", "go.yaml.in/yaml/..."},
	"service/strictyaml":                   {"go.yaml.in/yaml/..."},
	"service/requestlog":                   {},
	"service/audit":                        {"sessionstore/metric"},
	"service/batchlog":                     {"sessionstore/metric"},
	"service/admission":                    {"sessionstore/metric", "sessionstore/span", "golang.org/x/sync/semaphore"},
	"service/certificate":                  {"sessionstore/metric"},
	"service/changes":                      {"service/access", "service/requestlog", "sessionstore/backend", "sessionstore/index", "sessionstore/metric", "sessionstore/secretfile"},
	"service/dialect":                      {"service", "service/access", "service/admission", "service/audit", "service/requestlog", "sessionstore/span", "soap"},
	"service/document":                     {"service", "service/access", "sessionstore", "sessionstore/backend", "sessionstore/perldata", "soap/...", "wsdl"},
	"service/lemonldap":                    {"service", "service/access", "service/admission", "service/audit", "service/dialect", "service/lemonldap/perljson", "service/requestlog", "sessionstore", "sessionstore/backend", "sessionstore/perldata", "soap"},
	"service/lemonldap/perljson":           {"sessionstore/perldata"},
	"service/lemonldap/rpc":                {"service", "service/access", "service/lemonldap", "service/soaplite", "sessionstore", "sessionstore/backend", "sessionstore/perldata", "soap/..."},
	"service/soaplite":                     {"sessionstore/perldata", "soap/..."},
	"service/soaplite/soaplitetest":        {"service/soaplite", "sessionstore/perldata", "soap/...", "github.com/stretchr/testify/..."},
	"service/perlcgi":                      {"service", "service/access", "service/dialect", "service/soaplite", "sessionstore", "sessionstore/backend", "sessionstore/perldata", "soap/..."},
	"service/httpd":                        {"service/access", "service/admission", "service/certificate", "service/requestlog", "sessionstore/metric", "sessionstore/span", "wsdl", "github.com/coreos/go-systemd/v22/...", "github.com/labstack/echo/...", "golang.org/x/net/...", "golang.org/x/sys/unix"},
	"service/lemonldap/events":             {"service/access", "service/requestlog", "sessionstore/backend", "sessionstore/metric", "sessionstore/secretfile", "github.com/coder/websocket/...", "github.com/redis/go-redis/..."},
	"service/lemonldap/events/redistest":   {"github.com/redis/go-redis/..."},
	"service/console/page":                 {"service/access", "service/admission"},
	"service/console/page/pagetest":        {"golang.org/x/net/html", "github.com/stretchr/testify/..."},
	"service/console/explorer":             {"service", "service/access", "service/admission", "service/audit", "service/console/page", "service/requestlog", "sessionstore", "sessionstore/backend", "sessionstore/perldata"},
	"service/console/contract":             {"scripts/clients", "service/console/page", "wsdl"},
	"service/console/live":                 {"service", "service/console/page", "service/requestlog", "sessionstore/backend", "sessionstore/index", "sessionstore/metric"},
	"service/traces":                       {"sessionstore/metric", "sessionstore/span", "go.opentelemetry.io/otel/..."},
	"service/traces/tracestest":            {"github.com/stretchr/testify/...", "go.opentelemetry.io/proto/otlp/...", "google.golang.org/grpc", "google.golang.org/protobuf/..."},
	"service/metrics":                      {"service", "sessionstore/metric", "github.com/prometheus/client_golang/prometheus/..."},
	"sessionstore/guard":                   {"sessionstore/backend", "sessionstore/metric", "sessionstore/perldata"},
	"sessionstore/index":                   {"sessionstore/backend", "sessionstore/metric", "sessionstore/perldata", "golang.org/x/sync/errgroup"},
	"cmd": {
		"service/...", "sessionstore/...", "soap/...", "wsdl",
		"github.com/KimMachineGun/automemlimit/memlimit", "github.com/alecthomas/kong", "github.com/hooklift/gowsdl/soap", "go.yaml.in/yaml/v3", "golang.org/x/term", "golang.org/x/time/rate",
	},
	"scripts/clients":        {},
	"scripts":                {"scripts/test/contract", "scripts/test/load", "scripts/test/perlsite", "scripts/test/programtest", "scripts/test/section", "service/...", "sessionstore/...", "soap/...", "wsdl", "golang.org/x/sys/unix"},
	"scripts/test/dashboard": {"go.yaml.in/yaml/..."},
	"scripts/test/docs":      {"github.com/yuin/goldmark/..."},
	"scripts/test/pagetest":  {"scripts/test/docs", "github.com/yuin/goldmark/..."},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	t.Parallel()
	packages := ownPackages(t)
	require.NotEmpty(t, packages)
	for _, p := range packages {
		assert.Empty(t, forbidden(p), p.ImportPath)
	}
}

// TestForbidden shows that the rules reject an import that breaks them.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"soap", "net/http", true},
		{"soap", module + "/soap/xmlscan", true},
		{"soap", module + "/sessionstore", false},
		{"soap/xmlscan", "golang.org/x/text/encoding", false},
		{"sessionstore", module + "/sessionstore/memory", false},
		{"sessionstore/memory", module + "/sessionstore", false},
		{"sessionstore/memory", module + "/sessionstore/backend", true},
		{"sessionstore/memory", "github.com/bradfitz/gomemcache/memcache", false},
		{"sessionstore", module + "/sessionstore/seal", false},
		{"sessionstore/memcached", "github.com/bradfitz/gomemcache/memcache", true},
		{"sessionstore/memcached/memcachedtest", module + "/soap", false},
		{"sessionstore/memcached/selector", module + "/sessionstore/backend", false},
		{"sessionstore/memcached/watch", module + "/sessionstore/memcached", false},
		{"sessionstore/memcached/watch", "github.com/bradfitz/gomemcache/memcache", false},
		{"service", module + "/service/document", false},
		{"service", module + "/soap", false},
		{"service/dialect", module + "/soap", true},
		{"service/httpd", module + "/soap", false},
		{"service/access", module + "/soap", false},
		{"service/access", module + "/service", false},
		{"service/access", module + "/service/access/authfile", false},
		{"service/access/authfile", module + "/service/access", true},
		{"service/httpd", module + "/service/access/authfile", false},
		{"service", module + "/service/access", true},
		{"service/document", module + "/service/httpd", false},
		{"service/document", "github.com/labstack/echo/v4", false},
		{"service/httpd", "github.com/labstack/echo/v4", true},
		{"cmd/memcachedsoap", module + "/service/httpd", true},
		{"cmd/memcachedsoap", "github.com/labstack/echo/v4", false},
		{"service/metrics", "github.com/prometheus/client_golang/prometheus/promhttp", true},
		{"service/metrics", module + "/service/httpd", false},
		{"cmd/memcachedsoap", "github.com/prometheus/client_golang/prometheus", false},
		{"sessionstore/span", "go.opentelemetry.io/otel/trace", true},
		{"sessionstore/span", "go.opentelemetry.io/otel/sdk/trace", false},
		{"sessionstore/memcached", "go.opentelemetry.io/otel/trace", false},
		{"service/traces", "go.opentelemetry.io/otel/sdk/trace", true},
		{"scripts/test/testreport", "github.com/stretchr/testify/assert", false},
		{"scripts/test/testreport", "github.com/yuin/goldmark", false},
		{"scripts/test/docs", "github.com/yuin/goldmark/ast", true},
		{"scripts/test/docs", module + "/service", false},
		{"elsewhere", "net/http", false},
	} {
		p := goPackage{ImportPath: module + "/" + c.from, Imports: []string{c.to}}
		assert.Equal(t, c.allowed, len(forbidden(p)) == 0, "%s imports %s", c.from, c.to)
	}
}

// forbidden returns the imports that p must not have. It returns all imports if
// no rule matches p.
func forbidden(p goPackage) []string {
	allowed, ruled := rule(strings.TrimPrefix(p.ImportPath, module+"/"))
	var found []string
	for _, path := range p.Imports {
		own := strings.TrimPrefix(path, module+"/")
		foreign := own == path && strings.Contains(strings.Split(path, "/")[0], ".")
		standard := own == path && !foreign
		if !ruled || !standard && !slices.ContainsFunc(allowed, func(pattern string) bool { return covers(pattern, own) }) {
			found = append(found, path)
		}
	}
	return found
}

func rule(pkg string) (allowed []string, found bool) {
	for folder := pkg; ; {
		if allowed, found = mayImport[folder]; found {
			return allowed, true
		}
		at := strings.LastIndexByte(folder, '/')
		if at < 0 {
			return nil, false
		}
		folder = folder[:at]
	}
}

func covers(pattern, path string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return path == folder || below && strings.HasPrefix(path, folder+"/")
}

// ownPackages lists the packages of this module that go list -deps finds.
func ownPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports", module+"/...")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)

	var own []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return own
		}
		require.NoError(t, err)
		if strings.HasPrefix(p.ImportPath, module+"/") {
			own = append(own, p)
		}
	}
}
