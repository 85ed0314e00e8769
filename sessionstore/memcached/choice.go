package memcached

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
)

// Hash names the rule by which a key gets its server: that of the other
// programs on the pool.
type Hash string

// The rules.
const (
	// CacheMemcached is that of Cache::Memcached 1.30: as many buckets for each
	// server as it has weight, in configured order, and the key's CRC-32.
	CacheMemcached Hash = "cache-memcached"
	// LibmemcachedKetama is libmemcached 1.1.4 with libketama compatibility
	// (OPT_LIBKETAMA_COMPATIBLE of php-memcached), weighted.
	LibmemcachedKetama Hash = "libmemcached-ketama"
	// FastKetama is Cache::Memcached::Fast 0.28 with ketama_points, whose
	// ring is its own.
	FastKetama Hash = "cache-memcached-fast-ketama"
	// Fast is Cache::Memcached::Fast 0.28 without ketama_points, whose weights
	// may have fractions. With whole ones it is CacheMemcached.
	Fast Hash = "cache-memcached-fast"
	// Modula is libmemcached with OPT_HASH=HASH_CRC and the distribution that
	// it has unless told otherwise, which knows no weights.
	Modula Hash = "modula"
)

// choice says which servers have a key, by their index in configured order.
type choice struct {
	choose func(key string) int
	chain  func(key string) []int // while servers are dead; nil if the rule knows no others
}

// newChoice makes the choice among servers. The error says which setting does
// not fit, and names no package.
func newChoice(o Options, servers []member) (choice, error) {
	c, err := choiceByKey(o, servers)
	switch {
	case err != nil || !o.HashKeyPrefix:
		return c, err
	case o.Hash != Fast && o.Hash != FastKetama:
		return choice{}, fmt.Errorf("a key prefix is hashed by %s and %s only", Fast, FastKetama)
	case o.KeyPrefix == "":
		return choice{}, errors.New("there is no key prefix to hash")
	}
	return choice{choose: func(key string) int { return c.choose(o.KeyPrefix + key) }}, nil
}

func choiceByKey(o Options, servers []member) (choice, error) {
	none := choice{}
	if o.KetamaPoints < 0 || o.KetamaPoints > maxKetamaPoints {
		return none, fmt.Errorf("ketama points are from 1 to %d", maxKetamaPoints)
	}
	if o.KetamaPoints != 0 && o.Hash != FastKetama {
		return none, fmt.Errorf("ketama points are for %s only", FastKetama)
	}
	for _, s := range servers {
		if err := s.check(o.Hash); err != nil {
			return none, fmt.Errorf("server %q: %w", s.name, err)
		}
	}
	switch o.Hash {
	case "", CacheMemcached:
		b := newBuckets(servers)
		return choice{b.choose, b.chain}, nil
	case Modula:
		return choice{choose: newBuckets(servers).choose}, nil
	case LibmemcachedKetama:
		return choice{choose: newLibmemcachedKetama(servers).choose}, nil
	case Fast:
		r, err := newFastCircle(servers)
		if err != nil {
			return none, err
		}
		return choice{choose: r.choose}, nil
	case FastKetama:
		r := newFastKetama(servers, cmp.Or(o.KetamaPoints, DefaultKetamaPoints))
		if len(r.points) == 0 {
			return none, errors.New("the weights are too small: no server has a point on the ring")
		}
		return choice{choose: r.choose}, nil
	}
	return none, fmt.Errorf("%q is no way to choose servers", o.Hash)
}

// buckets is the choice of Cache::Memcached 1.30 (sub init_buckets and sub
// get_sock): each server stands in it as often as it has weight. With one
// bucket for each server it is libmemcached's modula, too.
type buckets []int

func newBuckets(servers []member) buckets {
	var b buckets
	for i, s := range servers {
		for range int(s.weight) {
			b = append(b, i)
		}
	}
	return b
}

func (b buckets) choose(key string) int { return b[crcHash(key)%uint64(len(b))] }

// tries is how often Cache::Memcached looks for a server that takes
// connections when it stores (sub get_sock). It looks once more when it reads.
const tries = 20

// chain returns the servers that Cache::Memcached 1.30 tries for a key, in its
// order, each once. A server that is not in it never gets the key.
func (b buckets) chain(key string) []int {
	hash := crcHash(key)
	chain := make([]int, 0, 4)
	var again []byte
	for try := 1; try <= tries; try++ {
		if server := b[hash%uint64(len(b))]; !slices.Contains(chain, server) {
			chain = append(chain, server)
		}
		// "stupid, but works", says the original: the number of the try
		// goes before the key, and hashes add up.
		again = append(strconv.AppendInt(again[:0], int64(try), 10), key...)
		hash += crcHash(again)
	}
	return chain
}

// crcHash is sub _hashfunc of Cache::Memcached 1.30, and libmemcached's
// HASH_CRC.
func crcHash[Bytes string | []byte](key Bytes) uint64 {
	return uint64(crc32.ChecksumIEEE([]byte(key))>>16) & 0x7fff
}
