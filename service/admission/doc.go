// Package admission bounds what all requests in flight take together: how many are
// worked on, and the bytes of what they have received, decompressed and decoded and
// of their answers. A request beyond a bound waits briefly and is then rejected, so
// that the service never needs more memory than it may use.
//
// Waiting and working have bounds of their own. A body that is being received, and
// an answer that is being sent, depend on a peer that may be slow or hostile; they
// take nothing from the requests that are worked on. Large requests take nothing
// from small ones: a request that needs more than a small share draws from a pool of
// its own.
package admission
