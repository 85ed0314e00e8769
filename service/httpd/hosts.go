package httpd

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// AnyHost is the element of [Options.AllowedHosts] that allows every host.
const AnyHost = "*"

// allowedHosts are the hosts for which a server answers. A web page reaches a service
// inside the network of its visitor, and reads the answers, if its own host name
// resolves to the address of the service (DNS rebinding). Only the Host header tells
// then, which no page can choose: it is the name of the attacker. Names without a dot
// and addresses cannot be rebound.
type allowedHosts struct {
	any   bool
	names map[string]bool // in lower case, without a dot at the end
}

// newAllowedHosts returns the hosts of the options.
func newAllowedHosts(o Options) allowedHosts {
	a := allowedHosts{names: map[string]bool{"localhost": true}}
	for _, name := range o.AllowedHosts {
		a.any = a.any || name == AnyHost
		a.names[canonicalHost(name)] = true
	}
	if o.ChangesHost != "" {
		a.names[canonicalHost(o.ChangesHost)] = true
	}
	if u, err := url.Parse(o.PublicURL); err == nil {
		a.names[canonicalHost(u.Hostname())] = true
	}
	return a
}

// allow reports whether the server answers for the Host of a request.
func (a allowedHosts) allow(host string) bool {
	if hasPort(host) {
		host = host[:strings.LastIndexByte(host, ':')]
	}
	return a.any || host == "" || isAddress(host) || isLocalName(host) || a.names[canonicalHost(host)]
}

func canonicalHost(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// isLocalName reports whether a name has no dot: only the network of the client can
// resolve it, as a name of its own.
func isLocalName(host string) bool {
	return only(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
}

func isAddress(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isForeignHost reports whether a request is for a host that is not allowed. Probes
// and the contract are exempt: they tell nothing that a page may not know, and probes
// and developers use whatever name there is.
func (s *Server) isForeignHost(r *http.Request) bool {
	return !s.hosts.allow(r.Host) && !isProbe(r.URL.Path) && !requestsContract(r)
}

// refuseForeignHost answers a request for a host that is not allowed with 421.
func (s *Server) refuseForeignHost(c echo.Context) error {
	s.foreignHosts.Inc()
	return refuseRequest(c, "host", http.StatusMisdirectedRequest, foreignHost)
}
