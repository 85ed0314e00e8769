package replication

import (
	"time"

	"memcachedsoap/sessionstore/backend"
)

// Right returns what two copies of an item become that both are there, if nothing else is
// known of them: as a replicator of both ways decides at its first comparison. deletion
// is asked for the record of the deletion of the session, which may be nil, if it
// matters.
func Right(key string, a, b backend.Item, rules Rules, deletion func() (*backend.Item, error)) (backend.Item, error) {
	q := question{
		key: key, sides: [2]sight{{item: a, found: true}, {item: b, found: true}}, twoWay: true,
		now: time.Now(), rules: rules,
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
