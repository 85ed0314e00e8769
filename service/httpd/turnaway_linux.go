package httpd

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// turnAwayTCP makes the kernel drop the packets that ask for a new connection.
// Connections that are being set up, or wait to be accepted, are not harmed:
// closing the listener would reset them, with the requests that clients have
// sent on them already. Who is dropped asks again a second later (RFC 6298
// section 2) and is refused then, by which time the listener is closed.
func turnAwayTCP(l *net.TCPListener) error {
	const (
		flags    = 13 // offset in the TCP header (RFC 9293 section 3.1)
		syn, ack = 0x02, 0x10
		all      = 1<<18 - 1 // bytes of a packet to keep: more than there are
	)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: all},
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	var failure error
	err = raw.Control(func(fd uintptr) {
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		failure = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	return nil
}
