package httpd

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// stopAcceptingTCP makes the kernel drop the packets that request a new connection.
// Connections that are being set up, or wait to be accepted, stay open. Closing the
// listener would reset them and lose the requests that clients have already sent on
// them. A client whose packet was dropped sends it again after one second (RFC 6298
// section 2). The listener is closed by then, so the connection is refused.
func stopAcceptingTCP(l *net.TCPListener) error {
	const (
		flags    = 13 // offset in the TCP header (RFC 9293 section 3.1)
		syn, ack = 0x02, 0x10
		all      = 1<<18 - 1 // bytes of a packet to keep: more than a packet has
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
