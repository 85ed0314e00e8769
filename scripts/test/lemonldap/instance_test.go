//go:build interop

package lemonldap

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings are settings of LemonLDAP::NG, as its configuration files have them.
type settings map[string]any

// instance is a LemonLDAP::NG with a configuration of its own.
type instance struct {
	version version
	dir     string
	further []settings // what it has beside the settings of every test
	modules []string   // folders with further Perl modules
	proxy   string     // URL of a proxy; "" without
}

// Times of LemonLDAP::NG's caches, in seconds, in tests that wait for them.
const (
	internalCache = 1
	localCache    = 4
)

// newInstance writes the configuration of an instance: that of the package with what
// the tests change, and with further settings.
func newInstance(t *testing.T, v version, further ...settings) *instance {
	t.Helper()
	// The path of a socket has at most 107 bytes, so the folder of the test is too long.
	dir, err := os.MkdirTemp("", "llng") //nolint:usetesting // see above
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	i := &instance{version: v, dir: dir, further: further}
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // some tools run as www-data
	for _, name := range []string{"conf", "cache", "sessions/lock", "psessions/lock"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755)) //nolint:gosec // see above
	}
	configuration := settings{}
	readJSON(t, filepath.Join(v.folder, "var/lib/lemonldap-ng/conf/lmConf-1.json"), &configuration)
	for _, change := range append([]settings{i.ownSettings()}, further...) {
		merge(configuration, change)
	}
	text, err := json.Marshal(configuration)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conf/lmConf-1.json"), text, 0o644)) //nolint:gosec // see above
	require.NoError(t, os.WriteFile(i.ini(), fmt.Appendf(nil, ini, dir, v.folder), 0o644))  //nolint:gosec // see above
	return i
}

const ini = `[all]
logLevel = info
checkTime = 1
[configuration]
type = File
dirName = %[1]s/conf
[portal]
staticPrefix = /static
templateDir = %[2]s/usr/share/lemonldap-ng/portal/templates
languages = en
[handler]
status = 0
useRedirectOnError = 1
[manager]
protection = none
staticPrefix = /static
templateDir = %[2]s/usr/share/lemonldap-ng/manager/htdocs/templates
languages = en
enabledModules = conf, sessions
`

// ownSettings are the settings of every test.
func (i *instance) ownSettings() settings {
	folder := func(name string) settings {
		return settings{"Directory": filepath.Join(i.dir, name), "LockDirectory": filepath.Join(i.dir, name, "lock")}
	}
	return settings{
		"portal": "http://auth.example.com/", "key": "a key of the tests", "requireToken": 0,
		"localSessionStorageOptions": settings{"cache_root": filepath.Join(i.dir, "cache")},
		"globalStorageOptions":       folder("sessions"),
		"persistentStorageOptions":   folder("psessions"),
		"locationRules": settings{
			"test1.example.com": settings{"default": "accept"}, "auth.example.com": settings{"default": "accept"},
		},
		"exportedHeaders": settings{"test1.example.com": settings{"Auth-User": "$uid", "Auth-Mail": "$mail"}},
		"reloadUrls":      settings{},
	}
}

func (i *instance) ini() string { return filepath.Join(i.dir, "lemonldap-ng.ini") }

func (i *instance) environment() []string {
	env := i.version.environment(i.ini(), i.modules...)
	if i.proxy != "" {
		env = append(env, "http_proxy="+i.proxy)
	}
	return env
}

// merge adds settings, as lemonldap-ng-cli merge does: a null removes a setting.
func merge(configuration, change settings) {
	for name, value := range change {
		inner, isMap := toSettings(value)
		old, wasMap := toSettings(configuration[name])
		switch {
		case value == nil:
			delete(configuration, name)
		case isMap && wasMap && len(inner) > 0:
			old = maps.Clone(old)
			merge(old, inner)
			configuration[name] = old
		default:
			configuration[name] = value
		}
	}
}

func toSettings(value any) (settings, bool) {
	switch m := value.(type) {
	case settings:
		return m, true
	case map[string]any:
		return m, true
	}
	return nil, false
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), path)
}

// startPSGI starts a server that runs a class of LemonLDAP::NG.
func (i *instance) startPSGI(t *testing.T, name, class string) *server {
	t.Helper()
	return startServer(t, i.dir, name, i.environment(), appOf(class))
}

// appOf returns the program that runs a class of LemonLDAP::NG. As behind a reverse
// proxy, the address of the user is in X-Forwarded-For.
func appOf(class string) string {
	return fmt.Sprintf(`use %[1]s; my $app = %[1]s->run({}); sub {
		my $env = shift;
		$env->{REMOTE_ADDR} = $env->{HTTP_X_FORWARDED_FOR} // '127.0.0.1';
		$app->($env) }`, class)
}
