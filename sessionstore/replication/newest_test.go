//go:build newest

package replication_test

// mixed says that the sides of a pair have different versions of memcached.
const mixed = true
