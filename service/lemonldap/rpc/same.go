package rpc

import (
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
)

// The bounds of a comparison: a small message can stand for a huge graph, or for one that
// contains itself.
const (
	maxCompared = 1 << 16 // values
	maxDepth    = 64
)

// same reports whether a client that sends a value has not changed what it has read.
// SOAP::Lite's clients send numbers, booleans and characters as strings and bytes: what
// they did not change must not lose its kind by that.
func same(stored, sent perldata.Value) bool {
	left := maxCompared
	return isSame(stored, sent, &left, 0)
}

func isSame(stored, sent perldata.Value, left *int, depth int) bool {
	if *left--; *left < 0 || depth > maxDepth {
		return false
	}
	if stored.Kind() == perldata.KindRef && stored.Class() != "" {
		stored = stored.Ref() // such as a boolean of JSON
	}
	switch stored.Kind() {
	case perldata.KindUndef:
		return sent.Kind() == perldata.KindUndef
	case perldata.KindHash:
		return sent.Kind() == perldata.KindHash && isSameHash(stored.Hash(), sent.Hash(), left, depth)
	case perldata.KindList:
		return sent.Kind() == perldata.KindList && isSameList(stored.List(), sent.List(), left, depth)
	case perldata.KindBytes, perldata.KindText, perldata.KindInt, perldata.KindFloat:
		return isScalar(sent) && soaplite.Text(stored) == soaplite.Text(sent)
	default:
		return false
	}
}

func isSameHash(stored, sent *perldata.Hash, left *int, depth int) bool {
	if stored.Len() != sent.Len() {
		return false
	}
	for name, v := range stored.All() {
		if w, ok := sent.Get(name); !ok || !isSame(v, w, left, depth+1) {
			return false
		}
	}
	return true
}

func isSameList(stored, sent *perldata.List, left *int, depth int) bool {
	if len(stored.Items) != len(sent.Items) {
		return false
	}
	for i, v := range stored.Items {
		if !isSame(v, sent.Items[i], left, depth+1) {
			return false
		}
	}
	return true
}
