//go:build !unix

package memcached

import "errors"

// peeker would look at what has arrived on a connection. On this system nobody
// can look without waiting.
type peeker struct{}

func newPeeker(any) *peeker { return nil }

// errNothing says that nothing has arrived on a connection that is open.
var errNothing = errors.New("memcached: nothing has arrived")

// peek sees nothing: only what is in the buffer is noticed. If the server has closed
// the connection, the first command fails and is repeated.
func (*peeker) peek() ([]byte, error) { return nil, errNothing }
