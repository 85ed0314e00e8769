//go:build !unix

package memcached

import "net"

// stream writes commands to a connection and reads their answers.
type stream struct{ net.Conn }

func newStream(nc net.Conn) *stream { return &stream{nc} }

// send writes a command.
func (s *stream) send(command []byte) error {
	_, err := s.Write(command)
	return err //nolint:wrapcheck // an io.Writer's error is its writer's
}
