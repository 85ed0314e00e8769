package lemonldap

import (
	"crypto/rand"
	"math/big"
	"strconv"
)

// Token returns what clients of the SOAP dialect decrypt before they ask for all
// sessions: a time and a number, encrypted with LemonLDAP::NG's key. It proves nothing
// here. Without a key, a random one makes it look the same; a client that cannot decrypt
// a token sends none.
func (s *Sessions) Token() string {
	key := s.options.key()
	if key == nil {
		key = NewCipher([]byte(rand.Text()))
	}
	number, err := rand.Int(rand.Reader, big.NewInt(1<<16))
	if err != nil {
		panic(err) // never: the program ends instead
	}
	return key.Encrypt(strconv.FormatInt(s.options.now().Unix(), 10) + "_" + number.String())
}
