package replication

import (
	"time"

	"memcachedsoap/sessionstore/backend"
)

// grain is [backend.VersionGrain] as a time.
const grain = 20 * time.Millisecond

// Right returns what two copies of an item become that both are there, as a replicator of
// both ways decides. If a has no version, another program has stored it just now. deletion
// is asked for the record of the deletion of the session, which may be nil, if it
// matters.
func Right(key string, a, b backend.Item, rules Rules, deletion func() (*backend.Item, error)) (backend.Item, error) {
	q := question{
		key: key, sides: [2]sight{{item: a, found: true}, {item: b, found: true}}, twoWay: true,
		now: time.Now(), rules: rules,
	}
	if a.Version.Credible() == 0 {
		q.sides[0].reported = q.now.Add(grain) // the version of b may be rounded up
	}
	d := decide(q)
	if d.verdict == inquire {
		record, err := deletion()
		if err != nil {
			return backend.Item{}, err
		}
		q.asked, q.deletion = true, record
		d = decide(q)
	}
	if d.verdict == write {
		return d.target, nil
	}
	return b, nil // they are equal
}
