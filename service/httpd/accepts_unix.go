//go:build unix

package httpd

import (
	"os"

	"golang.org/x/sys/unix"
)

// accepts reports whether a file is a socket that accepts connections.
func accepts(file *os.File) bool {
	raw, err := file.SyscallConn()
	if err != nil {
		return false
	}
	listens := 0
	if raw.Control(func(fd uintptr) { listens, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ACCEPTCONN) }) != nil {
		return false
	}
	return err == nil && listens != 0
}
