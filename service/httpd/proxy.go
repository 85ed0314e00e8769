package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

func loopback() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// peer returns the address at the other end of the connection of a request, see [peerOf].
func peer(r *http.Request) netip.Addr {
	if c := connOf(r.Context()); c != nil {
		return c.peer
	}
	addr, _ := peerOf(r.RemoteAddr)
	return addr
}

// isUnix reports whether the peer of a request is on a unix socket.
func isUnix(r *http.Request) bool {
	if c := connOf(r.Context()); c != nil {
		return c.unix
	}
	_, unix := peerOf(r.RemoteAddr)
	return unix
}

// peerOf returns the address of a peer, and whether it is on a unix socket: only a network
// has ports. There it is the loopback address: the peer is on this machine.
func peerOf(remote string) (addr netip.Addr, unix bool) {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return loopback(), true
	}
	if addr, err = netip.ParseAddr(host); err != nil {
		return loopback(), false
	}
	return addr.Unmap(), false
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, prefix := range s.options.TrustedProxies {
		if prefix.Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}

// address returns the address of the endpoint as the client of this request knows
// it.
func (s *Server) address(r *http.Request) string {
	if s.options.PublicURL != "" {
		return s.options.PublicURL
	}
	f := s.forwarded(r)
	scheme := f.schemeOf(r)
	path := EndpointPath
	if r.URL.Path == CGIPath {
		path = CGIPath // it may be the only path that a proxy forwards
	}
	return scheme + "://" + f.authority(r, scheme) + f.prefix + path
}

// schemeOf returns the scheme of a request as the client knows it.
func (f forwarded) schemeOf(r *http.Request) string {
	switch {
	case f.scheme != "":
		return f.scheme
	case r.TLS != nil:
		return "https"
	}
	return "http"
}

// authority returns the host of a request, and its port unless it is the default of
// the scheme, as the client knows them.
func (f forwarded) authority(r *http.Request, scheme string) string {
	host := f.host
	if host == "" {
		host = r.Host
	}
	if !isHost(host) {
		host = "localhost"
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
			return local.String()
		}
	}
	if f.port != "" && !hasPort(host) {
		host += ":" + f.port
	}
	return withoutDefaultPort(host, scheme)
}

// withoutDefaultPort returns a host as browsers write it in an origin: without the
// port if it is the default of the scheme.
func withoutDefaultPort(host, scheme string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// hasPort reports whether a host is followed by a port. The colons of an IPv6 address
// are in brackets.
func hasPort(host string) bool {
	return strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']')
}

// maxUser is the greatest length in bytes of a user's name in the log.
const maxUser = 256

// user returns the name of the user that a trusted proxy has authenticated, for
// example by Basic authentication or a client certificate. It is only for the log.
func (s *Server) user(r *http.Request) string {
	name := r.Header.Get("X-Forwarded-User")
	if name == "" || !s.trusts(peer(r)) {
		return ""
	}
	return strings.ToValidUTF8(name[:min(len(name), maxUser)], "")
}

// isHost reports whether text looks like HOST or HOST:PORT.
func isHost(text string) bool {
	return text != "" && len(text) <= 255 && only(text, hostCharacters)
}

// isPrefix reports whether text is the path of a URL, escaped as it must be. In a link, two
// slashes at its beginning would name another host.
func isPrefix(text string) bool {
	return strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") && len(text) <= 255 && only(text, hostCharacters+"/~%!$&'()*+,;=@")
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"

func only(text, characters string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(characters, r) })
}
