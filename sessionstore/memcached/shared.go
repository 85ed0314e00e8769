package memcached

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
)

// Shared is a server that two pools have, by its names in both.
type Shared struct{ One, Other string }

// SharedServers returns the servers that both pools have, whatever addresses and key
// prefixes the pools have for them: each server of one gets a token, and those of
// other are asked for it. unknown counts the servers of both that did not answer.
func SharedServers(ctx context.Context, one, other *Backend) (shared []Shared, unknown int) {
	tokens, silent := make([]string, len(one.servers)), new(atomic.Int64)
	one.each(func(i int, s *server) {
		if tokens[i] = one.token(ctx, s); tokens[i] == "" {
			silent.Add(1)
		}
	})
	found := make([]string, len(other.servers))
	other.each(func(i int, s *server) {
		switch item, err := s.get(ctx, one.prefix+tokenKey); {
		case err == nil:
			found[i] = string(item.Image)
		case !errors.Is(err, backend.ErrNotFound):
			silent.Add(1)
		}
	})
	for i, token := range found {
		if j := slices.Index(tokens, token); token != "" && j >= 0 {
			shared = append(shared, Shared{one.servers[j].name, other.servers[i].name})
		}
	}
	return shared, int(silent.Load())
}
