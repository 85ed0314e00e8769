package sessionstore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "abcdef0123456789", "ABCDEF", "aB", strings.Repeat("f", 64)} {
		id, err := sessionstore.ParseID(text)
		require.NoError(t, err)
		assert.Equal(t, sessionstore.ID(text), id, "case and all")
	}
	for text, reason := range map[string]string{
		"":                       "it is empty",
		strings.Repeat("f", 65):  "it is longer than 64 digits",
		"g":                      "it holds something other than hexadecimal digits",
		"abc\n":                  "it holds something other than hexadecimal digits",
		"a-b":                    "it holds something other than hexadecimal digits",
		"\u0661":                 "it holds something other than hexadecimal digits",
		"../../../../etc/passwd": "it holds something other than hexadecimal digits",
	} {
		id, err := sessionstore.ParseID(text)
		var invalid *sessionstore.InvalidIDError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, reason, invalid.Reason)
		assert.True(t, strings.HasPrefix(text, invalid.Text))
		assert.LessOrEqual(t, len(invalid.Text), 64)
		assert.Empty(t, id)
	}
}

// Everything that is an id is a key that backends take.
func TestIDsAreKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[0-9a-fA-F]{0,70}")).Draw(t, "text")
		if _, err := sessionstore.ParseID(text); err == nil {
			require.NoError(t, backend.CheckKey(text))
			require.Regexp(t, "^[0-9a-fA-F]{1,64}$", text)
		} else {
			require.NotRegexp(t, "^[0-9a-fA-F]{1,64}$", text)
		}
	})
}

func TestNewID(t *testing.T) {
	t.Parallel()
	a, b := sessionstore.NewID(), sessionstore.NewID()
	assert.NotEqual(t, a, b)
	assert.Regexp(t, "^[0-9a-f]{32}$", string(a))
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	// printf %s abc | sha256sum
	assert.Equal(t, "ba7816bf8f01", sessionstore.ID("abc").Fingerprint())
	assert.NotEqual(t, sessionstore.ID("abc").Fingerprint(), sessionstore.ID("abC").Fingerprint())
}
