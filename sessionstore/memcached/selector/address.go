package selector

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

// Address says where a server listens. It is a [net.Addr].
type Address struct {
	network string // "tcp" or "unix"
	target  string // "host:port" or the path of a socket
	tls     bool
}

// Network returns "tcp" or "unix".
func (a Address) Network() string { return a.network }

// String returns "host:port" or the path of a socket.
func (a Address) String() string { return a.target }

// IsTLS says whether the server speaks TLS.
func (a Address) IsTLS() bool { return a.tls }

// IsName says whether the host is a name, whose IP address may change.
func (a Address) IsName() bool {
	_, err := netip.ParseAddrPort(a.target)
	return a.network == "tcp" && err != nil
}

// tlsPrefix begins the address of a server that speaks TLS. It is no part of the name
// of the server.
const tlsPrefix = "tls:"

// ParseAddress reads "host", "host:port", "[v6]", "[v6]:port", "unix:/path"
// and "/path", and "tls:" before one that has a host. It does not resolve names.
func ParseAddress(text string) (Address, error) {
	if plain, found := strings.CutPrefix(text, tlsPrefix); found {
		a, err := ParseAddress(plain)
		switch {
		case err != nil:
			return a, err
		case a.network != "tcp" || a.tls || strings.Trim(plain, "0123456789") == "":
			return Address{}, errors.New("tls: stands once, before a host: use tls:HOST:PORT")
		}
		a.tls = true
		return a, nil
	}
	path := strings.TrimPrefix(text, "unix:")
	if path != text || strings.HasPrefix(text, "/") {
		if !filepath.IsAbs(path) {
			return Address{}, errors.New("the path of a socket must begin with /")
		}
		return Address{network: "unix", target: filepath.Clean(path)}, nil
	}
	host, port, err := splitHostPort(text)
	if err != nil {
		return Address{}, err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return Address{}, fmt.Errorf("port %q is invalid: use 1 to 65535", port)
	}
	if !isHost(host) {
		return Address{}, fmt.Errorf("host %q is neither a host name nor an IP address", host)
	}
	return Address{network: "tcp", target: net.JoinHostPort(strings.ToLower(host), port)}, nil
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
		return "", "", errors.New("the form must be host:port")
	}
	if bracketed && !strings.Contains(host, ":") {
		return "", "", errors.New("only an IPv6 address may be in brackets")
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
