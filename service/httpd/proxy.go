package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

func loopback() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// peer returns the address at the other end of the connection. For a unix socket it
// is the loopback address: the peer is on this machine.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return loopback()
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return loopback()
	}
	return addr.Unmap()
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, prefix := range s.options.TrustedProxies {
		if prefix.Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}

// client returns the address of the client: that of the peer, or, if the peer is a
// trusted proxy, the last address in X-Forwarded-For that is not a trusted proxy.
func (s *Server) client(r *http.Request) netip.Addr {
	addr := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values(echo.HeaderXForwardedFor), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

// address returns the address of the endpoint as the client of this request knows
// it. The last element of a header is what the nearest proxy has added.
// X-Forwarded-Prefix is the path that the proxy maps to the root of this server.
func (s *Server) address(r *http.Request) string {
	if s.options.PublicURL != "" {
		return s.options.PublicURL
	}
	scheme, host, prefix := "http", r.Host, ""
	if r.TLS != nil {
		scheme = "https"
	}
	if s.trusts(peer(r)) {
		if proto := forwarded(r, echo.HeaderXForwardedProto); proto == "http" || proto == "https" {
			scheme = proto
		}
		if outer := forwarded(r, "X-Forwarded-Host"); isHost(outer) {
			host = outer
		}
		if outer := forwarded(r, "X-Forwarded-Prefix"); isPrefix(outer) {
			prefix = strings.TrimSuffix(outer, "/")
		}
	}
	if !isHost(host) {
		host = "localhost"
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
			host = local.String()
		}
	}
	path := EndpointPath
	if r.URL.Path == CGIPath {
		path = CGIPath // it may be the only path that a proxy forwards
	}
	return scheme + "://" + host + prefix + path
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

// forwarded returns the last element of a header that proxies append to.
func forwarded(r *http.Request, name string) string {
	values := r.Header.Values(name)
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// isHost reports whether text looks like HOST or HOST:PORT.
func isHost(text string) bool {
	return text != "" && len(text) <= 255 && only(text, hostCharacters)
}

// isPrefix reports whether text is the path of a URL, escaped as it must be.
func isPrefix(text string) bool {
	return strings.HasPrefix(text, "/") && len(text) <= 255 && only(text, hostCharacters+"/~%!$&'()*+,;=@")
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"

func only(text, characters string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(characters, r) })
}
