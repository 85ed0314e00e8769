package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// Headers of reverse proxies that Echo does not name.
const (
	headerForwarded       = "Forwarded" // RFC 7239
	headerForwardedHost   = "X-Forwarded-Host"
	headerForwardedPort   = "X-Forwarded-Port"
	headerForwardedPrefix = "X-Forwarded-Prefix"
)

// addressHeaders returns the headers on which the address of the endpoint depends.
func addressHeaders() []string {
	return []string{
		"Host", headerForwarded, echo.HeaderXForwardedFor, headerForwardedHost, echo.HeaderXForwardedProto, headerForwardedPort, headerForwardedPrefix,
	}
}

// forwarded is what the trusted proxies say about a request. A field is "" if they do
// not say it, or if it cannot be true.
type forwarded struct {
	client                     netip.Addr // the peer, if it is not a trusted proxy
	unix                       bool       // the client is the peer on a unix socket
	scheme, host, port, prefix string
}

// forwarded reads the headers of the trusted proxies. Each proxy appends to
// X-Forwarded-For the address of its own client, so from the end of the list the
// addresses are those of the proxies before it, as long as they are trusted, and then
// that of the client. The elements that the trusted proxies have appended to the other
// headers stand as far from the end; the first of them is what the client used.
//
// Forwarded counts only without the older headers: a proxy that sends those, as Apache
// does, passes on a Forwarded that the client has made up.
func (s *Server) forwarded(r *http.Request) forwarded {
	f := forwarded{client: peer(r), unix: isUnix(r)}
	if !s.trusts(f.client) {
		return f
	}
	nodes := list(r, echo.HeaderXForwardedFor)
	hosts, schemes := list(r, headerForwardedHost), list(r, echo.HeaderXForwardedProto)
	if len(nodes)+len(hosts)+len(schemes) == 0 {
		nodes, hosts, schemes = parseForwarded(r.Header.Values(headerForwarded))
	}
	hops := 0
	for hops < len(nodes) && s.trusts(f.client) {
		hops++
		addr, ok := parseNode(nodes[len(nodes)-hops])
		if !ok {
			break
		}
		f.client, f.unix = addr, false
	}
	hops = max(hops, 1) // a proxy may say nothing about the client
	f.scheme = strings.ToLower(outermost(schemes, hops, isScheme))
	f.host = outermost(hosts, hops, isHost)
	f.port = outermost(list(r, headerForwardedPort), hops, isPort)
	f.prefix = strings.TrimRight(outermost(list(r, headerForwardedPrefix), hops, isPrefix), "/")
	return f
}

// clientText returns the address of the client of a request in text.
func (s *Server) clientText(r *http.Request) string {
	client := s.forwarded(r).client
	if c := connOf(r.Context()); c != nil && client == c.peer {
		return c.peerText
	}
	return client.String()
}

// list returns the elements of a header to which proxies append.
func list(r *http.Request, name string) []string {
	values := r.Header.Values(name)
	if len(values) == 0 {
		return nil
	}
	elements := strings.Split(strings.Join(values, ","), ",")
	for i, element := range elements {
		elements[i] = strings.Trim(element, " \t")
	}
	return elements
}

// outermost returns the first of the last hops elements that is valid, or "".
func outermost(elements []string, hops int, valid func(string) bool) string {
	for _, element := range elements[max(0, len(elements)-hops):] {
		if valid(element) {
			return element
		}
	}
	return ""
}

// parseNode parses the address of a client: an IP address, in brackets or not, with a
// port or without.
func parseNode(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap(), err == nil
}

// parseForwarded returns the parameters for, host and proto of the elements of
// Forwarded, "" for a parameter that an element does not have (RFC 7239 section 4).
func parseForwarded(values []string) (nodes, hosts, schemes []string) {
	if len(values) == 0 {
		return nil, nil, nil
	}
	for _, element := range splitFromEnd(strings.Join(values, ","), ',') {
		parameters := make(map[string]string, 4)
		for _, pair := range splitFromEnd(element, ';') {
			name, value, _ := strings.Cut(pair, "=")
			parameters[strings.ToLower(name)] = unquote(value)
		}
		nodes = append(nodes, parameters["for"])
		hosts = append(hosts, parameters["host"])
		schemes = append(schemes, parameters["proto"])
	}
	return nodes, hosts, schemes
}

// splitFromEnd splits a text at the separators outside of quotes. It reads from the
// end: what a client has sent before the elements of the trusted proxies, such as a
// single quote, then does not change how those are read.
func splitFromEnd(text string, separator byte) []string {
	var parts []string
	quoted := false
	end := len(text)
	for i := len(text) - 1; i >= 0; i-- {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == separator && !quoted:
			parts = append(parts, strings.Trim(text[i+1:end], " \t"))
			end = i
		}
	}
	parts = append(parts, strings.Trim(text[:end], " \t"))
	slices.Reverse(parts)
	return parts
}

// unquote returns the text of a quoted string (RFC 9110 section 5.6.4). A node, a host
// and a scheme have no character that needs a backslash.
func unquote(text string) string {
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		return strings.TrimSuffix(inner, `"`)
	}
	return text
}

func isScheme(text string) bool {
	return strings.EqualFold(text, "http") || strings.EqualFold(text, "https")
}

func isPort(text string) bool {
	return text != "" && len(text) <= 5 && only(text, "0123456789")
}
