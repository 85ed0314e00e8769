//go:build unix

package memcached

import "syscall"

// usable says, without waiting, whether an idle connection is still open and has
// no unread bytes. A server that was stopped or restarted has closed it; unread
// bytes would be taken for the next answer. If this is known before a command is
// sent, its outcome is not in question.
func (c *conn) usable() bool {
	if c.reader.Buffered() > 0 {
		return false
	}
	source, ok := c.nc.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := source.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	err = raw.Read(func(fd uintptr) bool {
		_, err := syscall.Read(int(fd), c.peeked[:])
		// Any result but "no bytes yet" means closed, or unread bytes.
		open = err == syscall.EAGAIN || err == syscall.EINTR
		return true
	})
	return err == nil && open
}
