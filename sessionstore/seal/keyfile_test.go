package seal

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func line(t *testing.T, name string) string {
	t.Helper()
	l, err := NewKey(name)
	require.NoError(t, err)
	return l + "\n"
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func keyring(t *testing.T, text string) *Keyring {
	t.Helper()
	r := new(Keyring)
	require.NoError(t, r.ReadFile(write(t, text)))
	return r
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	a, b := line(t, "a"), line(t, "2026-11_b.C")
	for text, want := range map[string]string{
		a:                                    "1 a",
		b + a:                                "2 2026-11_b.C",
		strings.TrimSpace(a):                 "1 a",
		"# comment\r\n\n  " + a + "\n":       "1 a",
		"plain\n" + a + b:                    "2 ",
		"\n#plain\n" + a:                     "1 a",
		line(t, strings.Repeat("x", 32)) + b: "2 " + strings.Repeat("x", 32),
	} {
		n, writing := keyring(t, text).Keys()
		assert.Equal(t, want, fmt.Sprint(n, " ", writing), "%q", text)
	}
}

func TestWrongKeyFile(t *testing.T) {
	t.Parallel()
	good := line(t, "good")
	encoded := strings.TrimSpace(strings.TrimPrefix(good, "good:"))
	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	long := base64.StdEncoding.EncodeToString([]byte("a key of more than thirty-two byt"))
	var many strings.Builder
	for i := range 65 {
		many.WriteString(line(t, fmt.Sprint("k", i)))
	}
	for name, tt := range map[string]struct{ text, want string }{
		"empty":           {"", "it has no key; memcachedsoap encrypt-key prints one"},
		"only comments":   {"# x\n\n", "it has no key"},
		"only plain":      {"plain\n", "it has no key"},
		"plain later":     {good + "plain\n", "line 2: plain stands once, before the keys"},
		"plain twice":     {"plain\nplain\n" + good, "line 2: plain stands once"},
		"no name":         {encoded, "line 1: it is not NAME:KEY"},
		"empty name":      {":" + encoded, "line 1: it is not NAME:KEY"},
		"long name":       {strings.Repeat("x", 33) + ":" + encoded, "line 1: it is not NAME:KEY"},
		"space":           {"a b:" + encoded, "line 1: it is not NAME:KEY"},
		"umlaut":          {"ä:" + encoded, "line 1: it is not NAME:KEY"},
		"control":         {"a\x00:" + encoded, "line 1: it is not NAME:KEY"},
		"byte order mark": {"\ufeff" + good, "line 1: it is not NAME:KEY"},
		"named plain":     {"plain:" + encoded, "line 1: it is not NAME:KEY"},
		"short":           {good + "\nx:" + short, "line 3: the key named x is not the base64 of 32 bytes"},
		"long":            {"x:" + long, "line 1: the key named x is not the base64 of 32 bytes"},
		"no key":          {"x:", "line 1: the key named x is not the base64"},
		"hexadecimal":     {"x:" + strings.Repeat("ab", 32), "line 1: the key named x is not the base64"},
		"no padding":      {"x:" + strings.TrimRight(encoded, "="), "line 1: the key named x is not the base64"},
		"text behind":     {"x:" + encoded + " # old", "line 1: the key named x is not the base64"},
		"loose bits":      {"x:" + encoded[:42] + "B=", "line 1: the key named x is not the base64"},
		"zeros":           {"x:" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "line 1: the key named x is not random"},
		"same name":       {good + line(t, "good"), "line 2: there is another key named good"},
		"same key":        {good + "#\nother:" + encoded, "line 3: it has the key of line 1"},
		"many":            {many.String(), "line 65: there are more than 64 keys"},
		"huge":            {good + strings.Repeat("#\n", 40_000), "is larger than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := new(Keyring).ReadFile(write(t, tt.text))
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), encoded[:8], "the key is not shown")
		})
	}
}

func TestFileThatOthersRead(t *testing.T) {
	t.Parallel()
	path := write(t, line(t, "a"))
	r := new(Keyring)
	for mode, allowed := range map[os.FileMode]bool{
		0o400: true, 0o600: true, 0o440: true, 0o640: true,
		0o644: false, 0o660: false, 0o604: false, 0o602: false, 0o601: false, 0o620: false, 0o777: false,
	} {
		require.NoError(t, os.Chmod(path, mode))
		err := r.ReadFile(path)
		if allowed {
			require.NoError(t, err, "%o", mode)
		} else {
			require.ErrorContains(t, err, fmt.Sprintf("has mode %04o: others must not read it", mode))
		}
	}
	require.ErrorContains(t, r.ReadFile(t.TempDir()), "is not a file")
	require.ErrorContains(t, r.ReadFile(path+"x"), "no such file")
}

// A file with an error leaves the keys as they were.
func TestFormerKeysStay(t *testing.T) {
	t.Parallel()
	r := keyring(t, line(t, "a"))
	sealed, ok := r.Seal(nil, []byte("x"), "id")
	require.True(t, ok)
	require.Error(t, r.ReadFile(write(t, "nonsense")))
	assert.EqualValues(t, 1, value(t, r.Metrics(), "seal_key_file_broken"))
	content, err := r.Open(sealed, "id")
	require.NoError(t, err)
	assert.Equal(t, "x", string(content))
}

func TestNewKeyNames(t *testing.T) {
	t.Parallel()
	first, second := line(t, "a"), line(t, "a")
	assert.NotEqual(t, first, second)
	for _, name := range []string{"", "plain", "a b", "a:b", "#a", strings.Repeat("x", 33), "ä", "a\n"} {
		_, err := NewKey(name)
		assert.Error(t, err, "%q", name)
	}
}
