package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

// longPassword is a password without a warning.
const longPassword = "correct horse battery"

// callersFile is an auth file that commands under test edit.
type callersFile struct {
	*testing.T

	path string
}

func newCallersFile(t *testing.T, text string) callersFile {
	t.Helper()
	f := callersFile{t, filepath.Join(t.TempDir(), "callers.yaml")}
	if text != "" {
		require.NoError(t, os.WriteFile(f.path, []byte(text), 0o600))
	}
	return f
}

// auth runs a command with an input, which must succeed, and returns what it prints.
func (f callersFile) auth(stdin, command string, args ...string) string {
	f.Helper()
	o := f.try(stdin, command, args...)
	require.Zero(f, o.code, o.err)
	return o.out
}

func (f callersFile) try(stdin, command string, args ...string) outcome {
	f.Helper()
	return invokeWith(f.T, stdin, append([]string{"auth", command, "--file", f.path}, args...)...)
}

func (f callersFile) text() string {
	f.Helper()
	text, err := os.ReadFile(f.path)
	require.NoError(f, err)
	return string(text)
}

// callers returns the callers of the file by their names.
func (f callersFile) callers() map[string]access.Entry {
	f.Helper()
	file, err := access.ParseFile([]byte(f.text()))
	require.NoError(f, err)
	callers := map[string]access.Entry{}
	for _, e := range file.Callers {
		callers[e.Name] = e
	}
	return callers
}

// TestAuthAdd: each kind of credential stands in the file as the service reads it,
// secrets as hashes.
func TestAuthAdd(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	assert.Equal(t, "added\n", f.auth(longPassword+"\n", "add", "portal", "--roles", "read,write", "--roles=find", "--password-stdin"))
	info, err := os.Stat(f.path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	key := f.auth("", "add", "batch", "--roles", "admin", "--key", "--certificate", "CN=batch,O=Example", "--certificate=DNS:batch.example.com",
		"--address", "10.1.0.0/16,::1", "--address=unix", "--dialects", "contract,perl", "--hide", "mail,phone", "--rate", "100", "--quota", "0.5")
	assert.Regexp(t, `\Amsk_[\w-]{43}\n\z`, key, "nothing but the key, for scripts")
	f.auth(longPassword, "add", "wcf", "--roles", "read", "--password-stdin", "--digest-password-stdin")
	f.auth(longPassword+"\r\n", "add", "cxf", "--roles", "read", "--digest-password-stdin")

	callers := f.callers()
	require.Len(t, callers, 4)
	portal, batch, wcf, cxf := callers["portal"], callers["batch"], callers["wcf"], callers["cxf"]
	assert.Equal(t, []string{"read", "write", "find"}, portal.Roles)
	assert.Regexp(t, `\A\$argon2id\$`, portal.Password[0])
	assert.Empty(t, portal.DigestPassword)
	assert.Equal(t, access.Texts{access.HashKey(strings.TrimSuffix(key, "\n"))}, batch.Key)
	assert.Equal(t, access.Texts{"CN=batch,O=Example", "DNS:batch.example.com"}, batch.Certificate)
	assert.Equal(t, []string{"10.1.0.0/16", "::1", "unix"}, batch.Addresses)
	assert.Equal(t, []string{"contract", "perl"}, batch.Dialects)
	assert.Equal(t, []string{"mail", "phone"}, batch.Hide)
	assert.Equal(t, []float64{100, 0.5}, []float64{batch.Rate, batch.Quota})
	assert.Len(t, wcf.Password, 1)
	assert.Equal(t, access.Texts{longPassword}, wcf.DigestPassword)
	assert.Empty(t, cxf.Password)
	assert.Equal(t, access.Texts{longPassword}, cxf.DigestPassword)
}

// TestAuthChange: what is not given stays, and secrets are replaced unless the old
// one is to be kept.
func TestAuthChange(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	f.auth(longPassword, "add", "portal", "--roles", "read", "--password-stdin", "--digest-password-stdin", "--key", "--address", "unix", "--rate", "5")
	old := f.callers()["portal"]

	assert.Equal(t, "changed\n", f.auth("", "add", "portal", "--change", "--roles", "read,write", "--quota", "2", "--remove", "rate,addresses"))
	changed := f.callers()["portal"]
	assert.Equal(t, []string{"read", "write"}, changed.Roles)
	assert.Equal(t, []float64{0, 2}, []float64{changed.Rate, changed.Quota})
	assert.Empty(t, changed.Addresses)
	assert.Equal(t, old.Password, changed.Password)

	f.auth("", "add", "portal", "--change", "--key")
	replaced := f.callers()["portal"]
	assert.Len(t, replaced.Key, 1)
	assert.NotEqual(t, old.Key, replaced.Key)

	f.auth("another good password", "add", "portal", "--change", "--key", "--password-stdin", "--digest-password-stdin", "--keep-old")
	rotated := f.callers()["portal"]
	assert.Equal(t, replaced.Key[0], rotated.Key[1], "the new one comes first")
	assert.Equal(t, old.Password[0], rotated.Password[1])
	assert.Equal(t, access.Texts{"another good password", longPassword}, rotated.DigestPassword)
	assert.Contains(t, f.auth("", "list"), "2 passwords; 2 digest passwords; 2 keys")
	assert.Equal(t, exitFailed, f.try("", "add", "portal", "--change", "--key", "--keep-old").code, "two are the most")
	assert.Equal(t, rotated.Key, f.callers()["portal"].Key)

	f.auth("", "add", "portal", "--change", "--drop-old", "--remove", "digest-password")
	dropped := f.callers()["portal"]
	assert.Equal(t, rotated.Key[:1], dropped.Key)
	assert.Equal(t, rotated.Password[:1], dropped.Password)
	assert.Empty(t, dropped.DigestPassword)
	text := f.text()
	f.auth("", "add", "portal", "--change", "--drop-old")
	assert.Equal(t, text, f.text(), "nothing is old any more")
}

func TestAuthRemove(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	f.auth("", "add", "a", "--roles", "read", "--key")
	f.auth("", "add", "b", "--roles", "read", "--key")
	assert.Equal(t, "removed\n", f.auth("", "remove", "a"))
	assert.NotContains(t, f.callers(), "a")
	o := f.try("", "remove", "a")
	assert.Equal(t, exitFailed, o.code)
	assert.Contains(t, o.err, "no caller in "+f.path+" has this name")
	assert.JSONEq(t, `{"name": "b", "removed": true}`, f.auth("", "remove", "b", "--json"))
	assert.Empty(t, f.callers())
	assert.Equal(t, "NAME  ROLES  CREDENTIALS  RESTRICTIONS\n", f.auth("", "list"))
	f.auth("", "add", "c", "--roles", "read", "--key")
	assert.Len(t, f.callers(), 1)
}

// TestAuthList: all about the callers but secrets and hashes.
func TestAuthList(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	key := f.auth(longPassword, "add", "portal", "--roles", "read,write", "--password-stdin", "--digest-password-stdin", "--key")
	f.auth("", "add", "batch", "--roles", "find", "--certificate", "CN=a\u202eb", "--address", "10.0.0.0/8,unix", "--dialects", "contract", "--hide", "mail", "--rate", "2.5", "--quota", "1")
	text, document := f.auth("", "list"), f.auth("", "list", "--json")
	assert.Equal(t, `NAME    ROLES        CREDENTIALS                                                  RESTRICTIONS
portal  read, write  password; digest password; key                               -
batch   find         certificate "CN=a\u202eb"; address 10.0.0.0/8; address unix  dialect contract; does not see mail; 2.5 calls a second; 1 new sessions a second
`, text)
	assert.JSONEq(t, `{"callers": [
		{"name": "portal", "roles": ["read", "write"], "passwords": 1, "digestPasswords": 1, "keys": 1, "certificates": [],
			"addresses": [], "dialects": ["contract", "lemonldap"], "hide": [], "rate": null, "quota": null},
		{"name": "batch", "roles": ["find"], "passwords": 0, "digestPasswords": 0, "keys": 0, "certificates": ["CN=a\u202eb"],
			"addresses": ["10.0.0.0/8", "unix"], "dialects": ["contract"], "hide": ["mail"], "rate": 2.5, "quota": 1}
	]}`, document)
	portal := f.callers()["portal"]
	for _, secret := range []string{longPassword, strings.TrimSpace(key), portal.Password[0], portal.Key[0], portal.Key[0][7:20]} {
		assert.NotContains(t, text+document, secret)
	}
}

func TestAuthJSON(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	var added struct {
		Name  string
		Added bool
		Key   string
	}
	require.NoError(t, json.Unmarshal([]byte(f.auth("", "add", "a", "--roles", "read", "--key", "--json")), &added))
	assert.Equal(t, "a", added.Name)
	assert.True(t, added.Added)
	assert.Equal(t, access.Texts{access.HashKey(added.Key)}, f.callers()["a"].Key)
	assert.JSONEq(t, `{"name": "a", "changed": true}`, f.auth("", "add", "a", "--change", "--rate", "1", "--json"))
}

// TestAuthRefuses: a command that is wrong changes nothing, and says what is wrong
// without a secret.
func TestAuthRefuses(t *testing.T) {
	t.Parallel()
	const text = "# mine\ncallers:\n  - name: a\n    roles: [read]\n    addresses: [10.0.0.0/8]\n"
	for _, tt := range []struct {
		stdin string
		args  []string
		code  int
		want  string
	}{
		{"", []string{"add", "b"}, exitUsage, "--roles is missing: read, write"},
		{"", []string{"add", "b", "--roles", "root", "--key"}, exitUsage, `unknown role "root"; the roles are read`},
		{"", []string{"add", "b", "--roles", "read"}, exitUsage, "the caller b has no credentials"},
		{"", []string{"add", "b", "--roles", "read,", "--key"}, exitUsage, "--roles: a value is empty"},
		{"", []string{"add", "b", "--roles", "read", "--key", "--dialects="}, exitUsage, "--dialects: a value is empty"},
		{"", []string{"add", "b", "--roles", "read,read", "--key"}, exitUsage, "the role read is there twice"},
		{"", []string{"add", "b", "--roles", "read", "--key", "--dialects", "soap"}, exitUsage, `unknown dialect "soap"`},
		{"", []string{"add", "b", "--roles", "read", "--key", "--dialects", "perl"}, exitUsage, "has the dialect perl but not the role perl"},
		{"", []string{"add", "b", "--roles", "read", "--key", "--rate", "0"}, exitUsage, "must be a number a second"},
		{"", []string{"add", "b", "--roles", "read", "--key", "--quota=-1"}, exitUsage, "must be a number a second"},
		{"", []string{"add", "b", "--roles", "read", "--key", "--rate", "NaN"}, exitUsage, "must be a number a second"},
		{"", []string{"add", "b", "--roles", "read", "--certificate", "portal"}, exitUsage, `the certificate "portal" must be a subject`},
		{"", []string{"add", "b", "--roles", "read", "--certificate="}, exitUsage, "certificate must be a text"},
		{"", []string{"add", "b", "--roles", "read", "--certificate", "CN=\xff"}, exitUsage, "certificate must be a text"},
		{"", []string{"add", "b", "--roles", "read", "--address", "localhost"}, exitUsage, `the address "localhost" must be an IP address`},
		{"", []string{"add", "b", "--roles", "read", "--address", "10.0.0.0/8"}, exitUsage, "the caller b has the same address as a in line 3"},
		{"", []string{"add", "a:b", "--roles", "read", "--key"}, exitUsage, `the name "a:b" must have`},
		{"", []string{"add", "", "--roles", "read", "--key"}, exitUsage, "name must be a text"},
		{"", []string{"add", "\xff", "--roles", "read", "--key"}, exitUsage, "name must be a text"},
		{"", []string{"add", "a", "--roles", "read", "--key"}, exitFailed, "exists in FILE: add --change"},
		{"", []string{"add", "b", "--change", "--key"}, exitFailed, "no caller in FILE has this name"},
		{"", []string{"add", "a", "--change"}, exitUsage, "nothing to change"},
		{"", []string{"add", "a", "--change", "--keep-old"}, exitUsage, "--keep-old needs"},
		{"", []string{"add", "a", "--change", "--key", "--keep-old", "--drop-old"}, exitUsage, "exclude each other"},
		{"", []string{"add", "a", "--roles", "read", "--key", "--keep-old"}, exitUsage, "need --change"},
		{"", []string{"add", "a", "--change", "--remove", "roles"}, exitUsage, "--remove must be one of"},
		{"", []string{"add", "a", "--change", "--remove", "addresses"}, exitUsage, "the caller a has no credentials"},
		{longPassword, []string{"add", "a", "--change", "--password-stdin", "--remove", "password"}, exitUsage, "the field password is both set and removed"},
		{"", []string{"add", "b", "--roles", "read", "--password-stdin"}, exitUsage, "the password is empty"},
		{"\n", []string{"add", "b", "--roles", "read", "--password-stdin"}, exitUsage, "the password is empty"},
		{"one\ntwo\n", []string{"add", "b", "--roles", "read", "--password-stdin"}, exitUsage, "standard input must be one line"},
		{"sec\x00ret", []string{"add", "b", "--roles", "read", "--password-stdin"}, exitUsage, "the password has a control character"},
		{"secret\xff", []string{"add", "b", "--roles", "read", "--password-stdin"}, exitUsage, "the password is not UTF-8"},
		{strings.Repeat("s", access.MaxPassword+1), []string{"add", "b", "--roles", "read", "--digest-password-stdin"}, exitUsage, "use at most 1024"},
		{strings.Repeat("s", 1<<20), []string{"add", "b", "--roles", "read", "--password-stdin"}, exitUsage, "use at most 1024"},
		{"", []string{"add", "b", "--roles", "read", "--password-stdin=secret"}, exitUsage, "--password-stdin"},
		{"", []string{"remove", "b"}, exitFailed, "no caller in FILE has this name"},
		{"", []string{"remove", ""}, exitFailed, "no caller in FILE has this name"},
		{"", []string{"list", "a"}, exitUsage, "unexpected argument"},
	} {
		f := newCallersFile(t, text)
		o := f.try(tt.stdin, tt.args[0], tt.args[1:]...)
		assert.Equal(t, tt.code, o.code, tt.args)
		assert.Contains(t, o.err, strings.ReplaceAll(tt.want, "FILE", f.path), tt.args)
		assert.Equal(t, text, f.text(), tt.args)
		if secret := strings.TrimSpace(tt.stdin); secret != "" {
			assert.NotContains(t, o.err, secret)
		}
	}
}

// TestAuthBadFile: a file with a mistake is named with line and reason, and no
// command changes it.
func TestAuthBadFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ //nolint:gosec // of no password
		"callers:\n  - name: a\n    roles: [raed]\n    addresses: [unix]\n":              `: line 3: unknown role "raed"; the roles are read, write`,
		"callers:\n  - name: a\n    roles: [read]\n    pasword: x\n":                     `: line 4: unknown field "pasword" of a caller`,
		"callers:\n  - name: a\n    roles: [read]\n    password: geheim\n":               ": line 4: password: not the hash of a password",
		"callers:\n  - name: a\n   roles: [read]\n":                                      ": line 3: not YAML: ",
		"callers:\n  - {name: a, roles: [read], addresses: [unix]}\n  - {name: a}\n":     ": line 3: the caller a has no roles",
		"callers:\n  - name: a\n    roles: [read]\n    addresses: [unix]\n    name: b\n": ": line 5: the field name is already in line 2",
		"callers: []\n---\ncallers: []\n":                                                ": line 2: the file has a second document",
		"callers: []\n# " + strings.Repeat("x", access.MaxFile):                          ": the file is larger than 1048576 bytes, the limit",
		" ": ": the file is empty",
	} {
		for _, args := range [][]string{{"add", "b", "--roles", "read", "--key"}, {"add", "a", "--change", "--key"}, {"remove", "a"}, {"list"}, {"check"}} {
			f := newCallersFile(t, text)
			o := f.try("", args[0], args[1:]...)
			assert.Equal(t, exitUsage, o.code, args)
			assert.Contains(t, o.err, f.path+want, args)
			assert.NotContains(t, o.err, "geheim")
			assert.Equal(t, text, f.text())
		}
	}
	f := newCallersFile(t, "")
	for _, command := range []string{"list", "check"} {
		assert.Contains(t, f.try("", command).err, f.path+": the file cannot be read: no such file or directory")
	}
	assert.Contains(t, f.try("", "remove", "a").err, f.path+": the file cannot be read: no such file or directory")
	assert.Contains(t, f.try("", "add", "a", "--change", "--key").err, "no caller in "+f.path+" has this name")
	assert.NoFileExists(t, f.path)
	assert.Equal(t, exitUsage, invokeWith(t, "", "auth", "list").code, "--file is required")
}

// TestAuthFileOfOthers: a file that other users may write is refused, one that they
// can read gets a warning.
func TestAuthFileOfOthers(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	f.auth("", "add", "a", "--roles", "read", "--key")
	text := f.text()
	for _, args := range [][]string{{"add", "b", "--roles", "read", "--key"}, {"remove", "a"}, {"list"}, {"check"}} {
		for _, mode := range []fs.FileMode{0o602, 0o620, 0o666} {
			require.NoError(t, os.Chmod(f.path, mode))
			o := f.try("", args[0], args[1:]...)
			assert.Equal(t, exitUsage, o.code)
			assert.Contains(t, o.err, fmt.Sprintf("%s: other users may write the file (mode %04o), and could make themselves callers: run chmod go-w", f.path, mode))
		}
		require.NoError(t, os.WriteFile(f.path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(f.path, 0o644)) //nolint:gosec // what is warned of
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"auth", args[0], "--file", f.path}, args[1:]...), streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		assert.Zero(t, code)
		assert.Equal(t, "memcachedsoap: warning: every user of this machine can read "+f.path+": run chmod o-r\n", errs.String())

		require.NoError(t, os.WriteFile(f.path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(f.path, 0o640))               //nolint:gosec // for the group of the service
		require.NoError(t, os.Chmod(filepath.Dir(f.path), 0o777)) //nolint:gosec // what is warned of
		errs.Reset()
		code = run(t.Context(), append([]string{"auth", args[0], "--file", f.path}, args[1:]...), streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		assert.Zero(t, code)
		assert.Equal(t, "memcachedsoap: warning: every user of this machine can replace "+f.path+": run chmod o-w for its folder\n", errs.String())
		require.NoError(t, os.Chmod(filepath.Dir(f.path), 0o700)) //nolint:gosec // a folder
		require.NoError(t, os.WriteFile(f.path, []byte(text), 0o600))
	}
}

func TestAuthWarnsOfAShortPassword(t *testing.T) {
	t.Parallel()
	f := newCallersFile(t, "")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"auth", "add", "--file", f.path, "a", "--roles", "read", "--password-stdin"},
		streams{In: strings.NewReader("geheim"), Out: &out, Err: &errs})
	assert.Zero(t, code)
	assert.Equal(t, "memcachedsoap: warning: the password has fewer than 12 characters\n", errs.String())
}

// TestAuthKeepsAHandEditedFile: only the lines of the caller change.
func TestAuthKeepsAHandEditedFile(t *testing.T) {
	t.Parallel()
	const text = `# Who may call the session service.

callers:

  # The intranet; ask Ann before you change it.
  - name:  portal      # PHP
    roles: [ read, write ]
    addresses: [10.1.0.0/16]

  - addresses: # of the two batch servers
      - 10.2.0.1
      - 10.2.0.2
    name: batch
    roles: [admin]
`
	f := newCallersFile(t, text)
	f.auth("", "add", "new", "--roles", "read", "--address", "unix")
	added := text + "  - name: new\n    roles: [read]\n    addresses: [unix]\n"
	assert.Equal(t, added, f.text())
	f.auth("", "add", "batch", "--change", "--rate", "5", "--roles", "read")
	assert.Equal(t, strings.Replace(added, "roles: [admin]\n", "roles: [read]\n    rate: 5\n", 1), f.text())
	f.auth("", "remove", "new")
	f.auth("", "remove", "batch")
	kept, _, _ := strings.Cut(text, "\n  - addresses")
	assert.Equal(t, kept, f.text())
}

// TestAuthAtOnce: processes that add callers at the same time lose none.
func TestAuthAtOnce(t *testing.T) {
	t.Parallel()
	const processes, each = 4, 5
	f := newCallersFile(t, "")
	path := program(t)
	var running sync.WaitGroup
	for p := range processes {
		running.Go(func() {
			for i := range each {
				out, err := exec.Command(path, "auth", "add", "--file", f.path, fmt.Sprintf("c%d-%d", p, i), "--roles=read", "--key").CombinedOutput()
				assert.NoError(t, err, string(out))
			}
		})
	}
	running.Wait()
	assert.Len(t, f.callers(), processes*each)
	entries, err := os.ReadDir(filepath.Dir(f.path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file is left")
}

// TestAuthHelp: the help names no form in which a secret would be an argument.
func TestAuthHelp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"add", "list", "remove", "check"} {
		help := invokeWith(t, "", "auth", command, "--help").out
		assert.Regexp(t, `(?s)Exit codes: 0 success; .*--file=FILE.*--json`, help)
		assert.NotRegexp(t, `--(digest-)?(password|key)(-stdin)?=`, help)
	}
}
