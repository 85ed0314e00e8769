package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/strictyaml"
)

// writeConfig writes a config file and returns its path.
func writeConfig(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "config.yaml")
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// parseServe parses the command line of serve.
func parseServe(t *testing.T, args ...string) *serveCommand {
	t.Helper()
	g := new(grammar)
	parser, err := newParserOf(g)
	require.NoError(t, err)
	_, err = parser.Parse(append([]string{"serve"}, args...))
	require.NoError(t, err)
	return &g.Serve
}

// A flag takes precedence over a variable, and a variable over the file.
func TestConfigPrecedence(t *testing.T) {
	path := writeConfig(t, "max-depth: 10\nmax-attributes: 11\nmax-namespaces: 12\nlegacy-booking: false\nservers: [a, 'b=2']\n")
	t.Setenv("MEMCACHEDSOAP_MAX_DEPTH", "20")
	t.Setenv("MEMCACHEDSOAP_MAX_ATTRIBUTES", "21")
	t.Setenv("MEMCACHEDSOAP_CONFIG", path)
	c := parseServe(t, "--max-depth=30")
	assert.Equal(t, []int{30, 21, 12}, []int{c.MaxDepth, c.MaxAttributes, c.MaxNamespaces})
	assert.False(t, c.LegacyBooking)
	assert.Equal(t, []string{"a", "b=2"}, c.Servers)
	assert.True(t, parseServe(t, "--legacy-booking").LegacyBooking)

	t.Setenv("MEMCACHEDSOAP_CONFIG", "/nowhere")
	assert.Equal(t, 10, func() int {
		t.Setenv("MEMCACHEDSOAP_MAX_DEPTH", "10")
		return parseServe(t, "--config", path).MaxDepth
	}(), "the flag names the file")
	t.Setenv("MEMCACHEDSOAP_CONFIG", "")
	assert.Equal(t, 64, parseServe(t).MaxNamespaces, "no file is read")
}

// Without --config and its variable no file is read, wherever it is.
func TestNoConfigByDefault(t *testing.T) {
	for _, dir := range []string{".", ".config/memcachedsoap", "memcachedsoap"} {
		home := t.TempDir()
		t.Chdir(home)
		t.Setenv("HOME", home)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("max-depth: 10\n"), 0o600))
		assert.Equal(t, 600, parseServe(t).MaxDepth)
	}
}

// Every form that a value can have.
func TestConfigValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]func(*serveCommand) (got, want any){
		"max-body: 1048576":                          func(c *serveCommand) (any, any) { return c.MaxBody, byteSize(1 << 20) },
		"max-body: '1 MiB'":                          func(c *serveCommand) (any, any) { return c.MaxBody, byteSize(1 << 20) },
		"session-ttl: 60":                            func(c *serveCommand) (any, any) { return c.SessionTTL, seconds(60) },
		"allow-anonymous: true":                      func(c *serveCommand) (any, any) { return c.AllowAnonymous, true },
		"allow-anonymous: True":                      func(c *serveCommand) (any, any) { return c.AllowAnonymous, true },
		"servers: a,b":                               func(c *serveCommand) (any, any) { return c.Servers, []string{"a", "b"} },
		"servers:\n- a\n- b":                         func(c *serveCommand) (any, any) { return c.Servers, []string{"a", "b"} },
		`principal: ["a,b", 'c d']`:                  func(c *serveCommand) (any, any) { return c.Principal, []string{"a,b", "c d"} },
		`trusted-proxies: ["10.0.0.0/8", "::1/128"]`: func(c *serveCommand) (any, any) { return len(c.TrustedProxies), 2 },
		`allowed-hosts: "*"`:                         func(c *serveCommand) (any, any) { return c.AllowedHosts, []string{"*"} },
		"log-level: WARN":                            func(c *serveCommand) (any, any) { return c.LogLevel.String(), "WARN" },
		"key-prefix: 123":                            func(c *serveCommand) (any, any) { return c.KeyPrefix, "123" },
		"key-prefix: 'true'":                         func(c *serveCommand) (any, any) { return c.KeyPrefix, "true" },
		"servers: a\nstandby: b\nstandby-writes: no": func(c *serveCommand) (any, any) { return string(c.StandbyWrites), "no" },
		"":                             func(c *serveCommand) (any, any) { return c.MaxDepth, 600 },
		"# nothing\n":                  func(c *serveCommand) (any, any) { return c.MaxDepth, 600 },
		"\xef\xbb\xbfmax-depth: 7\r\n": func(c *serveCommand) (any, any) { return c.MaxDepth, 7 },
	} {
		got, expect := want(parseServe(t, "--config", writeConfig(t, text)))
		assert.Equal(t, expect, got, text)
	}
}

// A config file that is wrong: exit code 2, the line, the reason and what is expected.
func TestBadConfigFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a typo", "# one\nmax-dpth: 7", `line 2: unknown setting "max-dpth": is max-depth meant?`},
		{"an underscore", "max_depth: 7", `line 1: unknown setting "max_depth": is max-depth meant?`},
		{"a variable", "MEMCACHEDSOAP_MAX_DEPTH: 7", `line 1: unknown setting "MEMCACHEDSOAP_MAX_DEPTH": is max-depth meant?`},
		{"a flag", "--max-depth: 7", `line 1: unknown setting "--max-depth": is max-depth meant?`},
		{"a negated flag", "no-md5-key: true", `line 1: unknown setting "no-md5-key": write md5-key: false`},
		{"a setting of replicate", "two-way: true", `line 1: unknown setting "two-way": it is a setting of replicate, and this file is for serve`},
		{"an unknown name", "colour: red", `line 1: unknown setting "colour": memcachedsoap config example prints all settings of serve`},
		{"a long name", strings.Repeat("max-depth", 100) + ": 7", `line 1: unknown setting "` + "max-depthmax-depthmax-depthmax-depthmax-" + `…": memcachedsoap config example prints all settings of serve`},
		{"a name with lines", `"max\ndepth": 7`, `line 1: unknown setting "max\ndepth": is max-depth meant?`},
		{"help", "help: true", `line 1: unknown setting "help": memcachedsoap config example prints all settings of serve`},
		{"a file in the file", "config: other.yaml", "line 1: config cannot be in the file: a file names no other one"},
		{"twice", "max-depth: 7\nmax-body: 1MiB\nmax-depth: 7", "line 3: the field max-depth is already in line 1"},
		{"a word as number", "max-depth: deep", `line 1: max-depth: "deep" is not valid: use a whole number, such as 600`},
		{"a fraction", "max-depth: 7.5", `line 1: max-depth: "7.5" is not valid: use a whole number, such as 600`},
		{"a list as number", "max-depth: [7]", "line 1: max-depth: a list is not valid: use a whole number, such as 600"},
		{"a mapping", "servers: {a: b}", "line 1: servers: a mapping is not valid: use a list of texts, such as [ONE, TWO]"},
		{"a list in a list", "servers: [[a]]", "line 1: servers has an item that is no text: use a list of texts, such as [ONE, TWO]"},
		{"a bool in quotes", "md5-key: 'true'", `line 1: md5-key: "true" is not valid: use true or false, without quotes`},
		{"yes as bool", "md5-key: yes", `line 1: md5-key: "yes" is not valid: use true or false, without quotes`},
		{"a bool as text", "key-prefix: true", `line 1: key-prefix: "true" is not valid: use a text in one line, in quotes if it is true or false`},
		{"no value", "servers:", "line 1: servers has no value: leave the line out for the default"},
		{"null", "max-depth: ~", "line 1: max-depth has no value: leave the line out for the default"},
		{"an empty text", "key-prefix: ''", "line 1: key-prefix has no value: leave the line out for the default"},
		{"an empty list", "listen: []", "line 1: listen has no value: leave the line out for the default"},
		{"an empty item", "listen: ['']", "line 1: listen has no value: leave the line out for the default"},
		{"no unit", "call-timeout: 10", `line 1: call-timeout: "10" is not valid: use a time with the unit ms, s, m or h, such as 10s`},
		{"a size", "max-body: 4MB", `line 1: max-body: "4MB" is not valid: use a number of bytes, or of KiB, MiB or GiB, such as 4MiB`},
		{"seconds", "session-ttl: 1h", `line 1: session-ttl: "1h" is not valid: use a whole number of seconds, such as 3600`},
		{"no such value", "on-dead-server: hope", `line 1: on-dead-server: "hope" is not valid: use one of fail, rehash`},
		{"no such level", "log-level: loud", `line 1: log-level: "loud" is not valid: use one of debug, info, warn, error`},
		{"no such certificate", "tls-client-auth: maybe", `line 1: tls-client-auth: "maybe" is not valid: use one of optional, required`},
		{"no network", "trusted-proxies: [10.0.0.0/8, proxy]", `line 1: trusted-proxies: "10.0.0.0/8 proxy" is not valid: use a list of networks, such as [127.0.0.0/8, 10.1.0.0/16]`},
		{"two lines", "key-prefix: |\n  a\n  b", "line 1: key-prefix must be a text in one line"},
		{"a tag", "key-prefix: !secret a", "line 1: key-prefix has a tag, which is not allowed"},
		{"an anchor", "servers: &s [a]", "line 1: the field servers has an anchor or an alias, which is not allowed"},
		{"an alias in a list", "servers: [&s a, *s]", "line 1: servers has an anchor or an alias, which is not allowed"},
		{"a bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "line 1: the field a has an anchor or an alias, which is not allowed"},
		{"a merge", "<<: {max-depth: 7}", `line 1: unknown setting "<<": memcachedsoap config example prints all settings of serve`},
		{"a star", "max-depth: 7\nallowed-hosts: *", "line 2: not YAML: did not find expected alphabetic or numeric character: put quotes around a value that begins with *"},
		{"a tab", "servers:\n\t- a", "line 2: not YAML: found character that cannot start any token: use spaces instead of the tab"},
		{"a list without end", "max-depth: 7\nservers: [a", "line 2: not YAML: did not find expected ',' or ']'"},
		{"a list", "- a", "line 1: the file must have fields, such as name: VALUE"},
		{"another document", "max-depth: 7\n---\nmax-body: 1MiB", "line 2: the file has a second document; write everything into one"},
		{"not UTF-8", "max-depth: \xff", "line 1: not YAML: invalid leading UTF-8 octet"},
		{"a deep nesting", "servers: " + strings.Repeat("[", 20000), "line 1: not YAML: exceeded max depth of 10000"},
		{"too large", "#" + strings.Repeat("x", strictyaml.MaxFile), "the file is larger than 1048576 bytes, the limit"},
		{"a password", "lemonldap-events: redis://:secret@redis:6379", "line 1: lemonldap-events has a password: a config file must not have one. Use the setting that names a file with the password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := writeConfig(t, c.text)
			for _, args := range [][]string{{"serve", "--config", path}, {"config", "check", path}, {"config", "show", path}} {
				o := invokeWith(t, "", args...)
				assert.Equal(t, exitUsage, o.code)
				assert.Equal(t, "memcachedsoap: "+path+": "+c.want+"\n", o.err)
			}
		})
	}
}

// No form of a URL with a password that the daemon may take gets into a config file or
// into what the program prints.
func TestConfigPasswords(t *testing.T) {
	t.Parallel()
	for url, shown := range map[string]string{ //nolint:gosec // no passwords of anything
		"redis://:secret@redis:6379":    "redis://:xxxxx@redis:6379",
		"REDIS://me:secret@redis":       "redis://me:xxxxx@redis",
		"rediss://m@e:secret@redis":     "rediss://m%40e:xxxxx@redis",
		"redis://:@secret@redis":        "redis://:xxxxx@redis",
		"redis://me:s%2Fecret@redis":    "redis://me:xxxxx@redis",
		"redis://me:secret%zz@redis":    "xxxxx",
		"redis://me:secret@redis:port":  "xxxxx",
		"redis://me:se/cret@redis:6379": "xxxxx",
		"redis://redis:6379":            "redis://redis:6379",
		"https://sso.example.com/soap":  "https://sso.example.com/soap",
		"unix:/run/s?mode=0660":         "unix:/run/s?mode=0660",
		"cache1:11211":                  "cache1:11211",
	} {
		assert.Equal(t, shown, withoutPassword(url))
		o := invokeWith(t, "", "config", "check", writeConfig(t, "lemonldap: true\nlemonldap-events: '"+url+"'\n"))
		assert.Equal(t, shown != url, strings.Contains(o.err, "lemonldap-events has a password"), o.err)
		assert.NotContains(t, o.err, "secret")
	}
}

// What only several settings show names the lines of those that are in the file.
func TestConfigCombinations(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "session-ttl: 100\n\nmax-session-ttl: 10\n")
	o := invokeWith(t, "", "config", "check", path)
	assert.Equal(t, exitUsage, o.code)
	assert.Equal(t, "memcachedsoap: serve: --session-ttl must not be longer than --max-session-ttl; 0 never expires ("+path+": session-ttl in line 1, max-session-ttl in line 3)\n", o.err)

	path = writeConfig(t, "from: a:1\nto: [a:1]\n")
	o = invokeWith(t, "", "replicate", "--config", path)
	assert.Equal(t, "memcachedsoap: replicate: --from and --to both have a:1: a pool and its copy need servers of their own ("+path+": from in line 1, to in line 2)\n", o.err)
	o = invokeWith(t, "", "replicate", "--config", path, "--to", "b:1", "--reconcile", "1ms")
	assert.Equal(t, "memcachedsoap: replicate: --reconcile must be at least 1s\n", o.err)
}

// Files that are no config files.
func TestUnreadableConfigFiles(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/nowhere/config.yaml": "the file cannot be read: no such file or directory",
		t.TempDir():            "not a regular file",
		"/dev/null":            "not a regular file",
	} {
		o := invokeWith(t, "", "serve", "--config", path)
		assert.Equal(t, exitUsage, o.code)
		assert.Equal(t, "memcachedsoap: "+path+": "+want+"\n", o.err)
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for words, want := range map[[2]string]int{
		{"", ""}: 0, {"a", ""}: 1, {"", "ab"}: 2, {"servers", "servers"}: 0, {"server", "servers"}: 1, {"kitten", "sitting"}: 3,
	} {
		assert.Equal(t, want, editDistance(words[0], words[1]), words)
	}
}

// FuzzConfigFile: any text is read or rejected, with a reason in one line.
func FuzzConfigFile(f *testing.F) {
	for _, text := range []string{"max-depth: 7\nservers: [a, b]\n", "a: &a [*a]\n", "servers: {a: b}", "max-dpth: 7", "\t", "#"} {
		f.Add([]byte(text))
	}
	parser, err := newParser()
	require.NoError(f, err)
	daemon := parser.Model.Children[0]
	path := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		file, err := readConfig(path, daemon)
		if err != nil {
			assert.Regexp(t, `\A\PC+\z`, usageError("%v", err).Error())
			return
		}
		for _, c := range file.settings {
			assert.Equal(t, c.flag, file.find(c.flag).flag)
		}
	})
}
