//go:build !linux

package httpd

import "net"

// turnAwayTCP does nothing where there is no way to do it: a connection that
// is made in the very moment in which the listener is closed is then reset.
func turnAwayTCP(*net.TCPListener) error { return nil }
