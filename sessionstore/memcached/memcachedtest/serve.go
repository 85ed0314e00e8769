package memcachedtest

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
)

// Serve calls handle for each connection to a server that is no memcached, and returns
// the address. The connection is closed when handle returns or the test ends.
func Serve(tb testing.TB, handle func(net.Conn)) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("memcachedtest: %v", err)
	}
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			handled := make(chan struct{})
			running.Go(func() {
				defer close(handled)
				defer nc.Close()
				handle(nc)
			})
			running.Go(func() {
				select {
				case <-handled:
				case <-ended:
					nc.Close()
				}
			})
		}
	})
	tb.Cleanup(func() {
		close(ended)
		listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

// ServeLines answers each line that a client sends to a server that is no memcached.
func ServeLines(tb testing.TB, answer func(line string) string) string {
	tb.Helper()
	return Serve(tb, func(nc net.Conn) {
		for lines := bufio.NewScanner(nc); lines.Scan(); {
			if _, err := io.WriteString(nc, answer(lines.Text())); err != nil {
				return
			}
		}
	})
}
