package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/memcached/selector"
)

// records are the SRV records (RFC 2782) of a name.
type records struct {
	name     string
	resolver *net.Resolver
	prefix   string // of each server
}

func newRecords(place string, resolver *net.Resolver) (*records, error) {
	name, secured := strings.CutPrefix(place, tlsPrefix)
	if a, err := selector.ParseAddress(name); err != nil || a.Network() != "tcp" || strings.Contains(name, ":") {
		return nil, errors.New("the name of SRV records has no port: use srv:NAME")
	}
	r := &records{name: name, resolver: resolver}
	if secured {
		r.prefix = tlsPrefix
	}
	return r, nil
}

// ask asks for the records. Their order says nothing, and Go's resolver shuffles
// them: the servers are sorted by priority, name and port.
func (r *records) ask(ctx context.Context) (list, error) {
	_, found, err := r.resolver.LookupSRV(ctx, "", "", r.name)
	if err != nil {
		return list{}, fmt.Errorf("asking for the SRV records: %w", err)
	}
	if len(found) > maxNodes {
		return list{}, fmt.Errorf("the list has more than %d servers", maxNodes)
	}
	for _, s := range found {
		s.Target = strings.ToLower(strings.TrimSuffix(s.Target, "."))
	}
	slices.SortFunc(found, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	var l list
	weights := weightsOf(found)
	for i, s := range found {
		server := r.prefix + net.JoinHostPort(s.Target, strconv.Itoa(int(s.Port)))
		if _, err := selector.ParseAddress(server); err != nil {
			return list{}, fmt.Errorf("the record of %q: %w", server, err)
		}
		if weights[i] != 1 {
			server += "=" + strconv.Itoa(weights[i])
		}
		l.servers = append(l.servers, server)
	}
	return l, nil
}

// weightsOf returns the weights, divided by what they have in common: equal ones are
// no weights. 0 counts as 1, the smallest weight that a server can have.
func weightsOf(found []*net.SRV) []int {
	weights, common := make([]int, len(found)), 0
	for i, s := range found {
		weights[i] = max(int(s.Weight), 1)
		for a, b := weights[i], common; ; a, b = b, a%b {
			if b == 0 {
				common = a
				break
			}
		}
	}
	for i := range weights {
		weights[i] /= common
	}
	return weights
}
