//go:build !unix

package memcached

// peeker would look at what has arrived on a connection. On this system nobody
// can look without waiting.
type peeker struct{}

func newPeeker(any) *peeker { return nil }

// peek sees nothing: only what is in the buffer is noticed.
func (c *conn) peek() []byte { return nil }

// usable says whether an idle connection has no unread bytes in its buffer. If
// the server has closed it, the first command fails and is repeated.
func (c *conn) usable() bool { return c.reader.Buffered() == 0 }
