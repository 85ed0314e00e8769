package memcached

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// defaultPort is memcached's.
const defaultPort = "11211"

// address says where a server listens.
type address struct {
	network string // "tcp" or "unix"
	target  string // "host:port" or the path of a socket
}

// Network and String make an address a [net.Addr], as gomemcache wants it.
func (a address) Network() string { return a.network }
func (a address) String() string  { return a.target }

// named says whether the server is given by a name, which may come to mean
// another address.
func (a address) named() bool {
	_, err := netip.ParseAddrPort(a.target)
	return a.network == "tcp" && err != nil
}

// parseAddress reads "host", "host:port", "[v6]", "[v6]:port", "unix:/path"
// and "/path". A name is looked up when a connection is made, not here.
func parseAddress(text string) (address, error) {
	path := strings.TrimPrefix(text, "unix:")
	if path != text || strings.HasPrefix(text, "/") {
		if !filepath.IsAbs(path) {
			return address{}, errors.New("the path of a socket must begin with /")
		}
		return address{network: "unix", target: filepath.Clean(path)}, nil
	}
	host, port, err := splitHostPort(text)
	if err != nil {
		return address{}, err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return address{}, fmt.Errorf("%q is no port from 1 to 65535", port)
	}
	if !isHost(host) {
		return address{}, fmt.Errorf("%q is no host name and no address", host)
	}
	return address{network: "tcp", target: net.JoinHostPort(strings.ToLower(host), port)}, nil
}

func splitHostPort(text string) (host, port string, err error) {
	bracketed := strings.HasPrefix(text, "[")
	switch {
	case bracketed && strings.HasSuffix(text, "]"):
		text += ":" + defaultPort
	case !bracketed && strings.Count(text, ":") > 1:
		return "", "", errors.New("an IPv6 address must be in brackets")
	case !strings.Contains(text, ":"):
		return text, defaultPort, nil
	}
	host, port, err = net.SplitHostPort(text)
	if err != nil {
		return "", "", errors.New("it is not of the form host:port")
	}
	if bracketed && !strings.Contains(host, ":") {
		return "", "", errors.New("only an IPv6 address is in brackets")
	}
	return host, port, nil
}

func isHost(host string) bool {
	if strings.Contains(host, ":") {
		_, err := netip.ParseAddr(host)
		return err == nil
	}
	if host == "" || len(host) > 253 {
		return false
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}
