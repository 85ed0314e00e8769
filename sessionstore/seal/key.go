package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
)

const (
	format     = 1
	checkBytes = 4
	saltBytes  = 16
	nonceBytes = 12
	tagBytes   = 16
)

// key is one key of a file.
type key struct {
	name  string
	root  []byte // the pseudorandom key of HKDF, from which keys are derived
	check [checkBytes]byte
}

// newKey makes the key of a secret.
func newKey(name string, secret []byte) *key {
	// HKDF fails only for lengths that it does not have.
	root, _ := hkdf.Extract(sha256.New, secret, []byte("memcachedsoap"))
	check, _ := hkdf.Expand(sha256.New, root, "check", checkBytes)
	return &key{name: name, root: root, check: [checkBytes]byte(check)}
}

// derive returns the cipher for one sealing. Its nonces are random, and stand
// before what it encrypts.
func (k *key) derive(salt []byte) cipher.AEAD {
	// Nothing here fails with the lengths that are used.
	derived, _ := hkdf.Expand(sha256.New, k.root, "seal"+string(salt), keyBytes)
	block, _ := aes.NewCipher(derived)
	aead, _ := cipher.NewGCMWithRandomNonce(block)
	return aead
}

// seal appends the sealed content to dst.
func (k *key) seal(dst, content []byte, context string) []byte {
	start := len(dst)
	check := checkOf(context)
	dst = append(dst, format, byte(len(k.name)))
	dst = append(dst, k.name...)
	dst = append(dst, k.check[:]...)
	dst = append(dst, check[:]...)
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	dst = append(dst, salt...)
	return k.derive(salt).Seal(dst, nil, content, authenticated(dst[start:], context)) //nolint:gosec // it makes a random nonce itself
}

// authenticated returns what is authenticated beside the content. The length of a
// header is in it, so that no two pairs have the same.
func authenticated(header []byte, context string) []byte {
	return append(append(make([]byte, 0, len(header)+len(context)), header...), context...)
}

// sealed is a sealed content, taken apart.
type sealed struct {
	header []byte // before the box
	name   string
	key    [checkBytes]byte
	check  [checkBytes]byte // of the context
	salt   []byte
	box    []byte // nonce, encrypted content, tag
}

// take takes a sealed content apart. It says whether it has the form of one.
func take(b []byte) (sealed, bool) {
	if len(b) < 2 || b[0] != format {
		return sealed{}, false
	}
	named := 2 + int(b[1])
	length := named + 2*checkBytes + saltBytes
	if len(b) < length+nonceBytes+tagBytes {
		return sealed{}, false
	}
	s := sealed{
		header: b[:length], name: string(b[2:named]),
		key: [checkBytes]byte(b[named:]), check: [checkBytes]byte(b[named+checkBytes:]),
		salt: b[length-saltBytes : length], box: b[length:],
	}
	return s, checkName(s.name) == nil
}
