package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"memcachedsoap/sessionstore/secretfile"
)

const (
	keyBytes    = 32       // of a key: AES-256
	maxNameLen  = 32       // of its name
	maxKeys     = 64       // of a file
	maxFileSize = 64 << 10 // bytes, comments included
	plainLine   = "plain"  // in the place of the first key
	nameGrammar = "letters, digits, '.', '_' and '-', at most 32"
)

var validName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// NewKey returns a line of a key file with a new random key.
func NewKey(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	secret := make([]byte, keyBytes)
	_, _ = rand.Read(secret) // never fails
	return name + ":" + base64.StdEncoding.EncodeToString(secret), nil
}

func checkName(name string) error {
	switch {
	case !validName.MatchString(name):
		return errors.New("seal: the name of a key has " + nameGrammar)
	case name == plainLine:
		return errors.New("seal: the name of a key must not be " + plainLine)
	}
	return nil
}

// keys are the keys of one file. They do not change.
type keys struct {
	byName  map[string]*key
	writing *key // nil: what is stored stays plain
}

// readFile reads a key file that only its owner and its group can read.
func readFile(path string) (*keys, error) {
	text, err := secretfile.Read(path, maxFileSize)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	parsed, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", path, err)
	}
	return parsed, nil
}

// parse parses the text of a key file: a key in each line, as NewKey makes it. The
// first one seals, all of them open. The line "plain" before the keys says that new
// content stays plain. Empty lines and lines that begin with # say nothing.
// Errors never show what may be a key.
func parse(text []byte) (*keys, error) {
	parsed := &keys{byName: make(map[string]*key)}
	plain := false
	secrets := make(map[[keyBytes]byte]int) // the line of each
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line == plainLine {
			if plain || len(parsed.byName) > 0 {
				return nil, fmt.Errorf("line %d: %s stands once, before the keys", number, plainLine)
			}
			plain = true
			continue
		}
		k, secret, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if parsed.byName[k.name] != nil {
			return nil, fmt.Errorf("line %d: there is another key named %s", number, k.name)
		}
		if former := secrets[secret]; former > 0 {
			return nil, fmt.Errorf("line %d: it has the key of line %d", number, former)
		}
		secrets[secret] = number
		if parsed.byName[k.name] = k; len(parsed.byName) > maxKeys {
			return nil, fmt.Errorf("line %d: there are more than %d keys", number, maxKeys)
		}
		if parsed.writing == nil && !plain {
			parsed.writing = k
		}
	}
	if len(parsed.byName) == 0 {
		return nil, errors.New("it has no key; memcachedsoap encrypt-key prints one")
	}
	return parsed, nil
}

// parseKey parses NAME:KEY.
func parseKey(line string) (*key, [keyBytes]byte, error) {
	var secret [keyBytes]byte
	name, encoded, ok := strings.Cut(line, ":")
	if !ok || checkName(name) != nil {
		return nil, secret, errors.New("it is not NAME:KEY; a name has " + nameGrammar)
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(decoded) != keyBytes {
		return nil, secret, fmt.Errorf("the key named %s is not the base64 of %d bytes", name, keyBytes)
	}
	copy(secret[:], decoded)
	if bytes.Count(decoded, decoded[:1]) == keyBytes {
		return nil, secret, fmt.Errorf("the key named %s is not random", name)
	}
	return newKey(name, secret[:]), secret, nil
}

// checkOf returns bytes that tell two texts apart by mistake, not by intent.
func checkOf(text string) [checkBytes]byte {
	sum := sha256.Sum256([]byte(text))
	return [checkBytes]byte(sum[:checkBytes])
}
