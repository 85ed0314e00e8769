// Package discovery finds the servers of a pool whose list somebody else keeps: a
// configuration endpoint, as ElastiCache and Memorystore have it, or DNS.
//
// The list is taken once, at the start: other servers have other sessions, and nothing
// here moves sessions. Afterwards it is looked at from time to time, and a change is
// announced.
package discovery
