package explorer

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"memcachedsoap/sessionstore"
)

// Ids of sessions are credentials, and values may be names of persons: neither may be in
// an address, which browsers keep and proxies log. Therefore addresses have them sealed,
// with a key that all instances on the servers share, so that each instance can open them.
// The same content has the same address.

const (
	linkKeyName = "links"
	// linkKeyAge is for how long an instance seals with a key before it looks whether the
	// others still share it.
	linkKeyAge = 30 * time.Second
	// linkKeyPause is for how long it does not ask again servers that have not answered: a
	// page has many addresses.
	linkKeyPause = time.Second
	// maxSealed bounds the sealed part of an address.
	maxSealed = 8 << 10
)

// shareKey is [service.Service.ShareKey].
type shareKey func(ctx context.Context, name string, proposed sessionstore.SharedKey) (sessionstore.SharedKey, error)

// links seals parts of addresses and opens them. Its methods may be called from any
// goroutine.
type links struct {
	share shareKey

	mu      sync.Mutex
	key     sessionstore.SharedKey
	former  sessionstore.SharedKey // that the key has replaced
	checked time.Time              // when the others were seen to share the key
	failed  time.Time              // when the servers did not answer the last time
}

func newLinks(share shareKey) *links {
	l := &links{share: share}
	rand.Read(l.key[:]) // never fails: it ends the program instead
	l.former = l.key
	return l
}

// keys returns the key to seal with and the one before it. If it is not known whether the
// others share it, the servers are asked. While they do not answer, the key is that of
// this instance.
func (l *links) keys(ctx context.Context, age time.Duration) (key, former sessionstore.SharedKey) {
	l.mu.Lock()
	key, former = l.key, l.former
	recent := time.Since(l.checked) < age || time.Since(l.failed) < linkKeyPause
	l.mu.Unlock()
	if recent {
		return key, former
	}
	shared, err := l.share(ctx, linkKeyName, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			l.failed = time.Now()
		}
		return key, former
	}
	if shared != l.key {
		l.key, l.former = shared, l.key
	}
	l.checked = time.Now()
	return l.key, l.former
}

// seal returns a text for an address.
func (l *links) seal(ctx context.Context, content string) string {
	key, _ := l.keys(ctx, linkKeyAge)
	block := sealer(key)
	nonce := nonceOf(key, content, block.NonceSize())
	return base64.RawURLEncoding.EncodeToString(block.Seal(nonce, nonce, []byte(content), nil))
}

// open returns the content of a text that an instance has sealed.
func (l *links) open(ctx context.Context, text string) (content string, ok bool) {
	if len(text) > maxSealed {
		return "", false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", false
	}
	for _, age := range []time.Duration{linkKeyAge, time.Second} { // another instance may have a newer key
		key, former := l.keys(ctx, age)
		for _, k := range []sessionstore.SharedKey{key, former} {
			if content, ok = unseal(k, sealed); ok {
				return content, true
			}
		}
	}
	return "", false
}

func unseal(key sessionstore.SharedKey, sealed []byte) (content string, ok bool) {
	block := sealer(key)
	if len(sealed) < block.NonceSize() {
		return "", false
	}
	opened, err := block.Open(nil, sealed[:block.NonceSize()], sealed[block.NonceSize():], nil)
	return string(opened), err == nil
}

func sealer(key sessionstore.SharedKey) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has the right size
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right size of blocks
	}
	return sealer
}

// nonceOf returns the nonce for a content: another content has another nonce, but for a
// chance of 2^-96.
func nonceOf(key sessionstore.SharedKey, content string, size int) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("nonce\x00" + content))
	return mac.Sum(nil)[:size]
}
