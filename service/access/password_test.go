package access_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

func TestHashPassword(t *testing.T) {
	t.Parallel()
	first, err := access.HashPassword("grüße")
	require.NoError(t, err)
	second, err := access.HashPassword("grüße")
	require.NoError(t, err)
	assert.NotEqual(t, first, second, "each hash has a salt of its own")
	assert.True(t, strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1$"), first)
	for password, want := range map[string]string{
		"":                        "access: the password is empty",
		strings.Repeat("x", 1025): "access: the password has 1025 bytes; use at most 1024",
		"\xff":                    "access: the password is not UTF-8",
		"a\nb":                    "access: the password has a control character, which HTTP Basic does not allow",
	} {
		_, err := access.HashPassword(password)
		require.EqualError(t, err, want)
	}
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	key, hash := access.NewKey()
	other, _ := access.NewKey()
	assert.NotEqual(t, key, other)
	assert.Len(t, key, 47)
	assert.Equal(t, access.HashKey(key), hash)
	// printf %s secret | sha256sum
	assert.Equal(t, "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", access.HashKey("secret"))
}

func TestCanonicalName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CN=portal,O=Example":        "CN=portal,O=Example",
		" cn = portal , o= Example ": "CN=portal,O=Example",
		`CN=a\, b\ ,O=x`:             `CN=a\, b\ ,O=x`,
		"dns:Portal.Example.com":     "DNS:portal.example.com",
		"URI:spiffe://example/Job":   "URI:spiffe://example/Job",
		"email:a@example.com":        "EMAIL:a@example.com",
		"portal":                     "", "": "", "CN=": "", "=a": "", "CN=a,": "", "DNS:": "",
	} {
		name, ok := access.CanonicalName(text)
		assert.Equal(t, want, name, text)
		assert.Equal(t, want != "", ok, text)
	}
}
