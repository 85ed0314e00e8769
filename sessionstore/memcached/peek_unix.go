//go:build unix

package memcached

import "syscall"

// usable says whether an idle connection is still open and in step, without
// waiting: a server that was stopped or restarted has closed it, and bytes
// that nobody has asked for would be taken for the next answer. Knowing before
// a command is sent, we need not wonder whether it was carried out.
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
		// Anything but "nothing there yet" is the end or an intruder.
		open = err == syscall.EAGAIN || err == syscall.EINTR
		return true
	})
	return err == nil && open
}
