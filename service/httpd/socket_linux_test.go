package httpd_test

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// another returns a group that this process may give to a file, if there is one besides
// its own: its number and its name.
func another(t *testing.T) (id int, name string) {
	t.Helper()
	id = os.Getgid()
	groups, err := os.Getgroups()
	require.NoError(t, err)
	if os.Geteuid() == 0 {
		groups = append(groups, 1) // daemon
	}
	for _, g := range groups {
		if g != os.Getgid() {
			id = g
		}
	}
	group, err := user.LookupGroupId(strconv.Itoa(id))
	require.NoError(t, err)
	return id, group.Name
}

// A unix socket has the mode and the group of its address, whatever the umask is.
func TestSocketHasModeAndGroup(t *testing.T) {
	id, name := another(t)
	for options, want := range map[string]struct {
		mode  fs.FileMode
		group int
	}{
		"":                         {0o666, os.Getgid()},
		"?mode=0660":               {0o660, os.Getgid()},
		"?mode=600":                {0o600, os.Getgid()},
		"?group=" + name:           {0o666, id},
		"?mode=0660&group=" + name: {0o660, id},
		"?group=" + strconv.Itoa(id) + "&mode=0777": {0o777, id},
	} {
		for _, mask := range []int{0, 0o027, 0o777} {
			path := filepath.Join(t.TempDir(), "s")
			before := syscall.Umask(mask)
			l, err := httpd.Listen(t.Context(), "unix:"+path+options, httpd.Limits{})
			assert.Equal(t, mask, syscall.Umask(before), "the umask is as it was")
			require.NoError(t, err, options)
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, want.mode, info.Mode().Perm(), options)
			owner, ok := info.Sys().(*syscall.Stat_t)
			require.True(t, ok)
			assert.Equal(t, want.group, int(owner.Gid), options)
			require.NoError(t, l.Close())
			assert.NoFileExists(t, path)
		}
	}
}

// An address that nothing can listen on is refused before it is opened.
func TestWrongAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"unix:":                              "needs a path",
		"unix:?mode=0660":                    "needs a path",
		"unix:s?mode=rw":                     `the mode "rw" must be octal`,
		"unix:s?mode=":                       `the mode "" must be octal`,
		"unix:s?mode=0":                      "must be octal, from 0001",
		"unix:s?mode=0888":                   `the mode "0888" must be octal`,
		"unix:s?mode=1777":                   `the mode "1777" must be octal`,
		"unix:s?mode=00660":                  `the mode "00660" must be octal`,
		"unix:s?mode=-660":                   "must be octal",
		"unix:s?mode=0660&mode=0600":         "mode is given twice",
		"unix:s?group=":                      `the group "" does not exist`,
		"unix:s?group=no-such-group":         `the group "no-such-group" does not exist`,
		"unix:s?group=-1":                    `the group "-1" does not exist`,
		"unix:s?group=4294967295":            "does not exist",
		"unix:s?owner=root":                  `"owner" is not an option of a unix socket`,
		"unix:s?mode=0660;group=www-data":    "semicolon",
		"unix:s?mode=%zz":                    "invalid URL escape",
		"unix:s?Mode=0660":                   `"Mode" is not an option`,
		"unix:s?mode=0660&group=no-such-one": "does not exist",
	} {
		require.ErrorContains(t, httpd.CheckAddress(address), want, address)
		_, err := httpd.Listen(t.Context(), address, httpd.Limits{})
		require.ErrorContains(t, err, want, address)
		assert.NoFileExists(t, "s")
	}
	for address, want := range map[string]string{
		"":                "missing port in address: use HOST:PORT",
		"localhost":       "missing port in address",
		"::1:80":          "too many colons in address",
		"[::1":            "missing ']' in address",
		"127.0.0.1:65536": "the port must be a number up to 65535",
		"127.0.0.1:-1":    "the port must be a number",
		"127.0.0.1:soap?": "the port must be a number",
	} {
		require.ErrorContains(t, httpd.CheckAddress(address), want, address)
	}
	for _, address := range []string{"127.0.0.1:80", ":80", ":0", ":http", "[::1]:80", "sso.invalid:80", "unix:/run/s", "systemd", "systemd:soap"} {
		assert.NoError(t, httpd.CheckAddress(address))
	}
}
