//go:build !linux

package httpd

import "net"

// stopAcceptingTCP does nothing: other systems have no way to do it. A connection
// that is set up while the listener is closed is reset.
func stopAcceptingTCP(*net.TCPListener) error { return nil }
