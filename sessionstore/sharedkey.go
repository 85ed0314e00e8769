package sessionstore

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	// sharedKeys begin the keys of the items that have shared keys.
	sharedKeys    = backend.ReservedKeys + "key:"
	sharedKeyLife = 24 * time.Hour
)

// SharedKey is a random key that all Stores on the same servers have.
type SharedKey [32]byte

// ShareKey returns the key with a name that all Stores on the servers share. If there is
// none, it is the proposed one, for a day. Who can read the sessions in the servers can
// read the key, too: it protects nothing from them. The error is an
// [*backend.UnavailableError].
func (s *Store) ShareKey(ctx context.Context, name string, proposed SharedKey) (SharedKey, error) {
	item := backend.Item{Image: hex.AppendEncode(nil, proposed[:]), ExpiresIn: sharedKeyLife}
	for try := range backend.MaxTries {
		if err := backend.Backoff(ctx, try); err != nil {
			return SharedKey{}, err
		}
		err := s.backend.Add(ctx, sharedKeys+name, item)
		if err == nil {
			return proposed, nil
		}
		if !errors.Is(err, backend.ErrExists) {
			return SharedKey{}, err
		}
		present, err := s.backend.Get(ctx, sharedKeys+name)
		if errors.Is(err, backend.ErrNotFound) {
			continue // it has expired meanwhile
		}
		if err != nil {
			return SharedKey{}, err
		}
		shared, err := hex.DecodeString(string(present.Image))
		if err != nil || len(shared) != len(proposed) {
			return SharedKey{}, backend.Unavailable("another program has stored something else under a key of this one", nil)
		}
		return SharedKey(shared), nil
	}
	return SharedKey{}, backend.Unavailable("the servers drop a key again and again", nil)
}
