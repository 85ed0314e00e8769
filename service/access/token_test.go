package access_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // the profile has no other hash
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"memcachedsoap/service/access"
)

// tokenGuard returns a guard that knows text and digest, each with a password of that
// kind, both with both, and near, which has an address.
func tokenGuard(t *testing.T) *access.Guard {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("p<&>ß"), bcrypt.MinCost)
	require.NoError(t, err)
	file, err := access.ParseFile(fmt.Appendf(nil, `
callers:
  - {name: text, roles: [read], password: %[1]q}
  - {name: digest, roles: [read], digest-password: "p<&>ß"}
  - {name: both, roles: [read], password: %[1]q, digest-password: "other"}
  - {name: near, roles: [read], addresses: [10.0.0.9]}
`, hash))
	require.NoError(t, err)
	return access.NewGuard(file, access.Options{Tokens: true})
}

func from(t *testing.T, g *access.Guard, address string, authorization ...string) context.Context {
	t.Helper()
	ctx := g.Begin(t.Context(), access.Sent{Address: netip.MustParseAddr(address), Authorization: authorization})
	require.NoError(t, access.Authenticate(ctx))
	return ctx
}

// digestToken returns a token that was made at a time.
func digestToken(name, password, nonce string, created time.Time) access.Token {
	text := created.UTC().Format("2006-01-02T15:04:05.000Z")
	sum := sha1.Sum([]byte(nonce + text + password)) //nolint:gosec // see the import
	return access.Token{Name: name, Digest: sum[:], Nonce: []byte(nonce), CreatedText: text, Created: created}
}

// refusal returns how a token is refused, or 0.
func refusal(ctx context.Context, t *testing.T, token access.Token) access.Refusal {
	t.Helper()
	err := access.AuthenticateToken(ctx, token)
	if err == nil {
		return 0
	}
	e, ok := errors.AsType[*access.UnauthenticatedError](err)
	require.True(t, ok, err)
	return e.Refusal
}

func TestTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		plain := func(name, password string) access.Token { return access.Token{Name: name, Password: password} }
		with := func(change func(*access.Token)) access.Token {
			token := digestToken("digest", "p<&>ß", "n", now)
			change(&token)
			return token
		}
		at := func(age time.Duration) access.Token { return digestToken("digest", "p<&>ß", "n", now.Add(-age)) }
		for name, tt := range map[string]struct {
			token access.Token
			want  access.Refusal
		}{
			"text":                            {plain("text", "p<&>ß"), 0},
			"text, wrong":                     {plain("text", "p<&>"), access.WrongCredentials},
			"text, empty":                     {plain("text", ""), access.WrongCredentials},
			"text, no name":                   {plain("", "p<&>ß"), access.WrongCredentials},
			"text, unknown name":              {plain("nobody", "p<&>ß"), access.WrongCredentials},
			"text, name in capitals":          {plain("TEXT", "p<&>ß"), access.WrongCredentials},
			"text, blank after the name":      {plain("text ", "p<&>ß"), access.WrongCredentials},
			"text, control character":         {plain("text\u0085", "p<&>ß"), access.WrongCredentials},
			"text of one with a digest":       {plain("digest", "p<&>ß"), access.WrongCredentials},
			"text of one with an address":     {plain("near", ""), access.WrongCredentials},
			"text of one with both":           {plain("both", "p<&>ß"), 0},
			"text, the password for digests":  {plain("both", "other"), access.WrongCredentials},
			"text, made in time":              {access.Token{Name: "text", Password: "p<&>ß", CreatedText: "x", Created: now.Add(-5 * time.Minute)}, 0},
			"text, too old":                   {access.Token{Name: "text", Password: "p<&>ß", CreatedText: "x", Created: now.Add(-5*time.Minute - 1)}, access.Expired},
			"digest":                          {at(0), 0},
			"digest, wrong":                   {digestToken("digest", "p", "n", now), access.WrongCredentials},
			"digest, unknown name":            {digestToken("nobody", "", "n", now), access.WrongCredentials},
			"digest of the empty password":    {digestToken("text", "", "n", now), access.WrongCredentials},
			"digest of one with text":         {digestToken("text", "p<&>ß", "n", now), access.WrongCredentials},
			"digest of one with both":         {digestToken("both", "other", "n", now), 0},
			"digest, the password for text":   {digestToken("both", "p<&>ß", "n", now), access.WrongCredentials},
			"digest, another nonce":           {with(func(t *access.Token) { t.Nonce = []byte("m") }), access.WrongCredentials},
			"digest, another time":            {with(func(t *access.Token) { t.CreatedText = "2000-01-01T00:00:00Z" }), access.WrongCredentials},
			"digest without nonce":            {with(func(t *access.Token) { *t = digestToken("digest", "p<&>ß", "", now); t.Nonce = nil }), access.WrongCredentials},
			"digest, short":                   {with(func(t *access.Token) { t.Digest = t.Digest[:19] }), access.WrongCredentials},
			"digest, empty":                   {with(func(t *access.Token) { t.Digest = []byte{} }), access.WrongCredentials},
			"digest, five minutes old":        {at(5 * time.Minute), 0},
			"digest, older":                   {at(5*time.Minute + time.Millisecond), access.Expired},
			"digest, one minute ahead":        {at(-time.Minute), 0},
			"digest, further ahead":           {at(-time.Minute - time.Millisecond), access.Expired},
			"digest of the year 1":            {with(func(t *access.Token) { t.Created = time.Time{} }), access.Expired},
			"digest, too old and wrong, too":  {digestToken("digest", "p", "n", now.Add(-time.Hour)), access.Expired},
			"digest without a time and wrong": {with(func(t *access.Token) { t.CreatedText = "" }), access.WrongCredentials},
		} {
			g := tokenGuard(t)
			ctx := from(t, g, "10.0.0.1")
			assert.Equal(t, tt.want, refusal(ctx, t, tt.token), name)
			if tt.want == 0 {
				assert.Equal(t, tt.token.Name, access.CallerOf(ctx).Name, name)
			} else {
				assert.Nil(t, access.CallerOf(ctx), name)
			}
		}
	})
}

// A nonce is accepted once, whatever else is in the message, for each caller.
func TestReplayedTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := tokenGuard(t)
		send := func(token access.Token) access.Refusal { return refusal(from(t, g, "10.0.0.1"), t, token) }
		first := digestToken("digest", "p<&>ß", "n", time.Now())
		wrong := digestToken("digest", "p", "n", time.Now())
		assert.Equal(t, access.WrongCredentials, send(wrong))
		assert.Zero(t, send(first), "a wrong token does not use a nonce up")
		assert.Equal(t, access.Replayed, send(first))
		assert.Equal(t, access.Replayed, send(digestToken("digest", "p<&>ß", "n", time.Now().Add(time.Second))))
		assert.Equal(t, access.WrongCredentials, send(wrong), "a wrong digest learns nothing about a nonce")
		assert.Zero(t, send(digestToken("both", "other", "n", time.Now())))
		assert.Equal(t, access.Replayed, refusal(from(t, g, "10.9.9.9"), t, first), "from elsewhere")

		text := access.Token{Name: "text", Password: "p<&>ß"}
		assert.Zero(t, send(text))
		assert.Zero(t, send(text), "without a nonce each message is new")
		text.Nonce = []byte("n")
		assert.Zero(t, send(text))
		assert.Equal(t, access.Replayed, send(text))

		time.Sleep(5 * time.Minute)
		assert.Equal(t, access.Replayed, send(first))
		time.Sleep(time.Second)
		assert.Equal(t, access.Expired, send(first))
	})
}

// Of many copies of a message that arrive at the same time, one is accepted. None of
// many right messages is taken for a guess.
func TestTokensAtTheSameTime(t *testing.T) {
	t.Parallel()
	g := tokenGuard(t)
	const copies, messages = 16, 64
	var group sync.WaitGroup
	var mu sync.Mutex
	results := map[access.Refusal]int{}
	for i := range messages {
		token := digestToken("digest", "p<&>ß", strconv.Itoa(i), time.Now())
		for range copies {
			ctx := from(t, g, "10.0.0.1")
			group.Go(func() {
				got := refusal(ctx, t, token)
				mu.Lock()
				results[got]++
				mu.Unlock()
			})
		}
	}
	group.Wait()
	assert.Equal(t, map[access.Refusal]int{0: messages, access.Replayed: messages * (copies - 1)}, results)
}

// A token wins over an address, and must name the caller of other credentials.
func TestTokensAndOtherCredentials(t *testing.T) {
	t.Parallel()
	g := tokenGuard(t)
	text := access.Token{Name: "text", Password: "p<&>ß"}
	ctx := from(t, g, "10.0.0.9")
	assert.Equal(t, "near", access.CallerOf(ctx).Name)
	assert.Zero(t, refusal(ctx, t, text))
	assert.Equal(t, "text", access.CallerOf(ctx).Name)
	assert.Equal(t, access.WrongCredentials, refusal(from(t, g, "10.0.0.9"), t, access.Token{Name: "text"}))

	basic := "Basic dGV4dDpwPCY+w58=" // text:p<&>ß
	assert.Zero(t, refusal(from(t, g, "10.0.0.1", basic), t, text))
	ctx = from(t, g, "10.0.0.1", basic)
	assert.Equal(t, access.SeveralCallers, refusal(ctx, t, access.Token{Name: "both", Password: "p<&>ß"}))
	require.NoError(t, access.AuthenticateToken(t.Context(), text), "a context without a record")
}

// Wrong digests delay their caller at their address, as wrong passwords do.
func TestWrongDigestsAreDelayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := tokenGuard(t)
		nonce := 0
		send := func(address, password string) access.Refusal {
			nonce++
			return refusal(from(t, g, address), t, digestToken("digest", password, strconv.Itoa(nonce), time.Now()))
		}
		for send("10.0.0.1", "wrong") != access.TooManyAttempts {
			require.Less(t, nonce, 100)
		}
		assert.Equal(t, access.TooManyAttempts, send("10.0.0.1", "p<&>ß"))
		assert.Zero(t, send("10.0.0.2", "p<&>ß"))
		time.Sleep(2 * time.Minute)
		assert.Zero(t, send("10.0.0.1", "p<&>ß"))
	})
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, now := from(t, tokenGuard(t), "10.0.0.9"), time.Now()
		var none time.Time
		for _, tt := range []struct {
			created, expires time.Time
			valid            bool
		}{
			{none, none, true},
			{now, now.Add(5 * time.Minute), true},
			{now.Add(-5 * time.Minute), now, true},
			{now.Add(time.Minute), none, true},
			{none, now.Add(time.Hour), true},
			{now.Add(-5*time.Minute - 1), now.Add(time.Hour), false},
			{now.Add(time.Minute + 1), now.Add(time.Hour), false},
			{now, now.Add(-1), false},
			{none, now.Add(-1), false},
		} {
			err := access.CheckTimestamp(ctx, tt.created, tt.expires)
			assert.Equal(t, tt.valid, err == nil, tt)
		}
		require.NoError(t, access.CheckTimestamp(t.Context(), now.Add(-time.Hour), none), "a context without a record")
	})
}

func TestNothingOfATokenIsPrinted(t *testing.T) {
	t.Parallel()
	token := access.Token{Name: "name", Password: "secret", CreatedText: "text"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.Equal(t, "token", fmt.Sprintf(format, token))
	}
}
