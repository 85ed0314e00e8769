package lemonldap

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"time"
)

// secretTolerance is how far the time of a secret may be from the clock: the default of
// LemonLDAP::NG's restClockTolerance.
const secretTolerance = 15 * time.Second

// Cipher encrypts as LemonLDAP::NG does with its key (Lemonldap::NG::Common::Crypto):
// base64 of an initialization vector and of AES-256-CBC of the SHA-256 of the text and
// the text, which is padded with zeros. Its methods may be called from any goroutine.
type Cipher struct{ block cipher.Block }

// NewCipher returns a cipher for LemonLDAP::NG's option key.
func NewCipher(key []byte) *Cipher {
	digest := sha256.Sum256(key)
	block, err := aes.NewCipher(digest[:])
	if err != nil {
		panic(err) // the length of the key is right
	}
	return &Cipher{block: block}
}

// Encrypt encrypts a text without zeros at its end.
func (c *Cipher) Encrypt(text string) string {
	padded := make([]byte, (len(text)+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	copy(padded, text)
	digest := sha256.Sum256(padded)
	sealed := make([]byte, aes.BlockSize, aes.BlockSize+len(digest)+len(padded))
	rand.Read(sealed) // never fails: it ends the program instead
	vector := sealed[:aes.BlockSize]
	sealed = append(append(sealed, digest[:]...), padded...)
	cipher.NewCBCEncrypter(c.block, vector).CryptBlocks(sealed[aes.BlockSize:], sealed[aes.BlockSize:])
	return base64.StdEncoding.EncodeToString(sealed)
}

// longestCipher is the greatest length of an encrypted text that Decrypt looks at: the
// programs encrypt times and ids only.
const longestCipher = 1 << 10

// Decrypt returns the text, and whether the key has encrypted it.
func (c *Cipher) Decrypt(encrypted string) (text string, ok bool) {
	if len(encrypted) > longestCipher {
		return "", false
	}
	sealed, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(sealed) < aes.BlockSize+sha256.Size || len(sealed)%aes.BlockSize != 0 {
		return "", false
	}
	opened := sealed[aes.BlockSize:]
	cipher.NewCBCDecrypter(c.block, sealed[:aes.BlockSize]).CryptBlocks(opened, opened)
	digest := sha256.Sum256(opened[sha256.Size:])
	if subtle.ConstantTimeCompare(digest[:], opened[:sha256.Size]) == 0 {
		return "", false
	}
	return string(bytes.TrimRight(opened[sha256.Size:], "\x00")), true
}

// isSecret reports whether a secret is the time of the clock, encrypted: within 15
// seconds.
func (c *Cipher) isSecret(secret string, now time.Time) bool {
	text, ok := c.Decrypt(secret)
	if !ok {
		return false
	}
	made, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false
	}
	tolerance := int64(secretTolerance / time.Second)
	return made >= now.Unix()-tolerance && made <= now.Unix()+tolerance
}
