package selector

import (
	"hash/crc32"
	"slices"
	"strconv"
)

// buckets is the rule of Cache::Memcached 1.30 (sub init_buckets and sub
// get_sock): each server has as many buckets as its weight. With one bucket a
// server it is also libmemcached's modula.
type buckets []int

func newBuckets(servers []Server) buckets {
	var b buckets
	for i, s := range servers {
		for range int(s.weight) {
			b = append(b, i)
		}
	}
	return b
}

func (b buckets) pick(key string) int { return b[crcHash(key)%uint64(len(b))] }

// tries is how often Cache::Memcached looks for a server that accepts
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
		// The original says "stupid, but works": it puts the number of the try
		// before the key, and adds the hashes up.
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
