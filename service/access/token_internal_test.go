package access

import (
	"crypto/sha1" //nolint:gosec // the profile has no other hash
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// However many passwords of a name are being checked, a right digest is no guess: it
// waits for none of them.
func TestARightDigestWaitsForNoCheck(t *testing.T) {
	t.Parallel()
	file, err := ParseFile([]byte("callers: [{name: portal, roles: [read], digest-password: secret-of-portal}]"))
	require.NoError(t, err)
	g := NewGuard(file, Options{Tokens: true})
	sent := Sent{Address: netip.MustParseAddr("10.0.0.1")}
	for range 2 * freeGuesses {
		g.attempts.begin(guess{client: clientOf(sent), name: g.digestOf("portal", "")})
	}
	sum := sha1.Sum([]byte("n" + "t" + "secret-of-portal")) //nolint:gosec // see the import
	token := Token{Name: "portal", Digest: sum[:], Nonce: []byte("n"), CreatedText: "t"}
	c, err := g.checkDigest(g.table.Load(), sent, token)
	require.NoError(t, err)
	require.Equal(t, "portal", c.Name)
}
