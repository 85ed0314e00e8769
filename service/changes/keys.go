package changes

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"memcachedsoap/sessionstore/secretfile"
)

const (
	minKey  = 32       // bytes of a key
	maxKeys = 16       // of a file
	maxFile = 16 << 10 // bytes

	scheme      = "Peer"       // of Authorization
	proofHeader = "Peer-Proof" // of the answer
)

// Keys are the secrets that the instances share. Requests are signed with the first
// one, and all of them are accepted. Methods may be called from any goroutine. The zero
// value has none, and accepts nothing.
type Keys struct{ current atomic.Pointer[[]string] }

// ReadFile takes over the keys of a file: one in each line, of 32 characters at least.
// Empty lines and lines that begin with # say nothing. Only the owner of the file and
// its group may read it. After an error the keys of before stay.
func (k *Keys) ReadFile(path string) error {
	text, err := secretfile.Read(path, maxFile)
	if err != nil {
		return fmt.Errorf("changes: %w", err)
	}
	keys, err := parseKeys(string(text))
	if err != nil {
		return fmt.Errorf("changes: %s: %w", path, err)
	}
	k.current.Store(&keys)
	return nil
}

// parseKeys parses the text of a key file. Errors never show what may be a key.
func parseKeys(text string) (keys []string, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case len(line) < minKey:
			return nil, fmt.Errorf("line %d: a key has %d characters at least; openssl rand -hex 32 prints one", number, minKey)
		case len(keys) == maxKeys:
			return nil, fmt.Errorf("line %d: there are more than %d keys", number, maxKeys)
		}
		keys = append(keys, line)
	}
	if len(keys) == 0 {
		return nil, errors.New("it has no key; openssl rand -hex 32 prints one")
	}
	return keys, nil
}

func (k *Keys) all() []string {
	if keys := k.current.Load(); keys != nil {
		return *keys
	}
	return nil
}

// sign signs a request to the relay with a URL. It returns the function that says
// whether an answer proves that its sender has the key.
func (k *Keys) sign(r *http.Request, relay string) (proves func(http.Header) bool) {
	keys := k.all()
	if len(keys) == 0 {
		return func(http.Header) bool { return false }
	}
	key, nonce := keys[0], rand.Text()
	r.Header.Set("Authorization", scheme+" "+nonce+"."+requestMAC(key, nonce, relay, r))
	want := answerMAC(key, nonce)
	return func(h http.Header) bool { return hmac.Equal([]byte(want), []byte(h.Get(proofHeader))) }
}

// verify says whether a request is signed with one of the keys, for the relay with a
// URL, and returns the proof for the answer.
func (k *Keys) verify(r *http.Request, relay string) (proof string, ok bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	credentials, isPeer := strings.CutPrefix(values[0], scheme+" ")
	nonce, mac, signed := strings.Cut(credentials, ".")
	if !isPeer || !signed {
		return "", false
	}
	for _, key := range k.all() {
		if hmac.Equal([]byte(mac), []byte(requestMAC(key, nonce, relay, r))) {
			return answerMAC(key, nonce), true
		}
	}
	return "", false
}

// requestMAC signs the relay that is meant, so that nobody else can pass a request on to
// it. The texts of requests and answers differ, so that no proof is a request.
func requestMAC(key, nonce, relay string, r *http.Request) string {
	return macOf(key, "memcachedsoap request\n"+nonce+"\n"+r.Method+" "+relay+r.URL.Path+"?"+r.URL.RawQuery)
}

func answerMAC(key, nonce string) string { return macOf(key, "memcachedsoap answer\n"+nonce) }

func macOf(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
