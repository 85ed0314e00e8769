package memcached

import "hash/crc32"

// choose returns which of n servers has the key: the rule of Cache::Memcached
// 1.30 for servers of equal weight (sub _hashfunc and sub get_sock). A single
// server is chosen without hashing, as there.
func choose(key string, n int) int {
	if n == 1 {
		return 0
	}
	hash := (crc32.ChecksumIEEE([]byte(key)) >> 16) & 0x7fff
	return int(hash) % n
}
