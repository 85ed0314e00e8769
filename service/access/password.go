package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Bounds of a password.
const (
	// MaxPassword is the greatest length of a password in bytes.
	MaxPassword = 1024
	// maxBcryptPassword is how many bytes bcrypt looks at.
	maxBcryptPassword = 72
)

// Bounds of what the check of a password may take: a hash beyond them is refused when
// the auth file is read, not when a caller waits.
const (
	maxBcryptCost  = 14       // a second
	maxArgonMemory = 64 << 10 // KiB
	maxArgonTime   = 16
	maxArgonLanes  = 16
)

// What HashPassword uses: the second choice of RFC 9106 has 64 MiB, which a service
// with little memory does not have; OWASP recommends this for Argon2id.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonLength = 32
)

// CheckPassword returns an error that says why a password cannot be one: it is empty,
// too long, not UTF-8 or has control characters, which HTTP Basic does not allow (RFC
// 7617 section 2).
func CheckPassword(password string) error {
	switch {
	case password == "":
		return errors.New("access: the password is empty")
	case len(password) > MaxPassword:
		return fmt.Errorf("access: the password has %d bytes; use at most %d", len(password), MaxPassword)
	case !utf8.ValidString(password):
		return errors.New("access: the password is not UTF-8")
	case strings.ContainsFunc(password, unicode.IsControl):
		return errors.New("access: the password has a control character, which HTTP Basic does not allow")
	}
	return nil
}

// HashPassword returns what the auth file stores of a password: an Argon2id hash in
// PHC form. The error is that of [CheckPassword].
func HashPassword(password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails: it ends the program instead
	sum := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonLength)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, argonMemory, argonTime, argonLanes, encode(salt), encode(sum)), nil
}

// checkHash returns an error that says why a text is not the hash of a password that
// the service can check.
func checkHash(hash string) error {
	if isArgon(hash) {
		_, err := parseArgon(hash)
		return err
	}
	cost, err := bcrypt.Cost([]byte(hash))
	switch {
	case err != nil || len(hash) != 60:
		return errors.New(`not the hash of a password: use "memcachedsoap auth add", or a bcrypt or Argon2id hash`)
	case cost > maxBcryptCost:
		return fmt.Errorf("the cost %d of the bcrypt hash is more than %d: each check would take seconds", cost, maxBcryptCost)
	}
	return nil
}

// matches reports whether a password has a hash that [checkHash] accepts.
func matches(hash, password string) bool {
	if !isArgon(hash) {
		password = password[:min(len(password), maxBcryptPassword)]
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	}
	a, err := parseArgon(hash)
	if err != nil {
		return false
	}
	sum := argon2.IDKey([]byte(password), a.salt, a.time, a.memory, a.lanes, uint32(len(a.sum)))
	return subtle.ConstantTimeCompare(sum, a.sum) == 1
}

const argonPrefix = "$argon2id$"

func isArgon(hash string) bool { return strings.HasPrefix(hash, argonPrefix) }

// argonHash is an Argon2id hash.
type argonHash struct {
	memory, time uint32
	lanes        uint8
	salt, sum    []byte
}

// parseArgon parses a hash in PHC form: $argon2id$v=19$m=19456,t=2,p=1$SALT$SUM.
func parseArgon(hash string) (argonHash, error) {
	malformed := errors.New("not an Argon2id hash in PHC form, such as $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH")
	parts := strings.Split(strings.TrimPrefix(hash, argonPrefix), "$")
	if len(parts) != 4 || parts[0] != "v="+strconv.Itoa(argon2.Version) {
		return argonHash{}, malformed
	}
	settings := strings.Split(parts[1], ",")
	if len(settings) != 3 {
		return argonHash{}, malformed
	}
	var numbers [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		text, ok := strings.CutPrefix(settings[i], name)
		n, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || n == 0 {
			return argonHash{}, malformed
		}
		numbers[i] = n
	}
	if numbers[0] > maxArgonMemory || numbers[1] > maxArgonTime || numbers[2] > maxArgonLanes {
		return argonHash{}, fmt.Errorf("the Argon2id hash needs more than m=%d,t=%d,p=%d for each check", maxArgonMemory, maxArgonTime, maxArgonLanes)
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[2])
	sum, sumErr := base64.RawStdEncoding.DecodeString(parts[3])
	if saltErr != nil || sumErr != nil || len(salt) < 8 || len(sum) < 16 || len(sum) > 64 {
		return argonHash{}, malformed
	}
	return argonHash{memory: uint32(numbers[0]), time: uint32(numbers[1]), lanes: uint8(numbers[2]), salt: salt, sum: sum}, nil
}

// keyHash is the SHA-256 hash of a key. A key is random, so that a fast hash protects
// it: nobody can try 2^128 keys.
type keyHash [sha256.Size]byte

const (
	keyHashPrefix = "sha256:"
	keyPrefix     = "msk_" // lets people and secret scanners recognise a key
	keyBytes      = 32
)

// NewKey returns a new random key, and what the auth file stores of it.
func NewKey() (key, hash string) {
	random := make([]byte, keyBytes)
	rand.Read(random) // never fails: it ends the program instead
	key = keyPrefix + base64.RawURLEncoding.EncodeToString(random)
	return key, HashKey(key)
}

// HashKey returns what the auth file stores of a key.
func HashKey(key string) string {
	sum := hashOfKey(key)
	return keyHashPrefix + hex.EncodeToString(sum[:])
}

func hashOfKey(key string) keyHash { return sha256.Sum256([]byte(key)) }

// parseKeyHash parses what the auth file stores of a key.
func parseKeyHash(text string) (keyHash, error) {
	var hash keyHash
	digits, ok := strings.CutPrefix(text, keyHashPrefix)
	if n, err := hex.Decode(hash[:], []byte(digits[:min(len(digits), 2*len(hash))])); !ok || err != nil || n != len(hash) || len(digits) != 2*len(hash) {
		return keyHash{}, errors.New(`not the hash of a key: use "memcachedsoap auth add --key", or sha256: and the 64 hexadecimal digits of the SHA-256 hash of a random key`)
	}
	return hash, nil
}
