package access

import (
	"context"
	"crypto/sha1" //nolint:gosec // the profile has no other hash
	"crypto/subtle"
	"time"
)

// Token is a UsernameToken of WS-Security: the credentials that a message contains.
type Token struct {
	Name     string
	Password string // "" with a digest
	// Digest is the SHA-1 sum of Nonce, CreatedText and the password; nil if the token
	// has the password itself. With a digest there are a Nonce and a Created.
	Digest      []byte
	Nonce       []byte    // nil if there is none
	CreatedText string    // Created as sent; "" if there is none
	Created     time.Time // when the message was made
}

// String returns a word: what is printed of a token has no secret.
func (Token) String() string { return "token" }

// GoString returns the same word.
func (Token) GoString() string { return "token" }

// AuthenticateToken finds the caller of the request of a context by the token in its
// message. The caller wins over that of the address. Errors: [*UnauthenticatedError],
// [ErrBusy].
func AuthenticateToken(ctx context.Context, t Token) error {
	r := of(ctx)
	if r == nil {
		return nil
	}
	g, now := r.guard, time.Now()
	if t.CreatedText != "" && !isCurrent(t.Created, now) {
		return g.unauthenticated(Expired, nil)
	}
	var c *Caller
	var err error
	if t.Digest == nil {
		c, err = g.checkPassword(ctx, g.table.Load(), r.sent, t.Name, t.Password)
	} else {
		c, err = g.checkDigest(g.table.Load(), r.sent, t)
	}
	if err != nil {
		return err
	}
	if r.caller != nil && r.caller != c && !r.byAddress {
		return g.unauthenticated(SeveralCallers, c)
	}
	// After the check, so that only callers fill the store.
	if t.Nonce != nil {
		if t.CreatedText == "" {
			t.Created = now
		}
		if refusal := g.nonces.add(c.Name, t.Nonce, t.Created, now); refusal != 0 {
			return g.unauthenticated(refusal, c)
		}
	}
	r.caller, r.byAddress, r.byToken = c, false, true
	return nil
}

// CheckTimestamp returns an error if the message of the request of a context was made
// too long ago or in the future, or if it has expired. A time that is zero is not
// known. Errors: [*UnauthenticatedError].
func CheckTimestamp(ctx context.Context, created, expires time.Time) error {
	r, now := of(ctx), time.Now()
	if r != nil && (!created.IsZero() && !isCurrent(created, now) || !expires.IsZero() && now.After(expires)) {
		return r.guard.unauthenticated(Expired, nil)
	}
	return nil
}

// checkDigest returns the caller with the name and the password of a token with a
// digest.
func (g *Guard) checkDigest(t *table, from Sent, token Token) (*Caller, error) {
	guess := guess{client: clientOf(from), name: g.digestOf(token.Name, ""), text: g.digestOf(token.Name, string(token.Digest))}
	claimed := t.byName[token.Name]
	if _, wait := g.attempts.look(guess); wait > 0 {
		return nil, g.delayed(claimed, wait)
	}
	var passwords [MaxValid]string // an unknown name takes as long: it has empty ones
	if claimed != nil {
		copy(passwords[:], claimed.DigestPasswords)
	}
	right := false
	for _, password := range passwords {
		right = token.matches(password) && password != "" || right
	}
	if !right || token.Nonce == nil || token.CreatedText == "" {
		g.attempts.fail(guess)
		return nil, g.unauthenticated(WrongCredentials, claimed)
	}
	g.attempts.succeed(guess)
	return claimed, nil
}

// matches reports whether the digest is that of a password (Username Token Profile 1.0
// section 3.1).
func (t Token) matches(password string) bool {
	text := make([]byte, 0, 256)
	text = append(text, t.Nonce...)
	text = append(text, t.CreatedText...)
	text = append(text, password...)
	sum := sha1.Sum(text) //nolint:gosec // see the import
	return subtle.ConstantTimeCompare(sum[:], t.Digest) == 1
}
