package backend

// Placer is a [Pool] that may have an item on another server than [Pool.ServerOf] says.
type Placer interface {
	// PlaceOf names the server from which an item under a key was read, for people.
	PlaceOf(key string, item Item) string
	// Elsewhere says whether an item may be on a server of the pool that ServerOf does
	// not say.
	Elsewhere() bool
}

// PlaceOf names the server from which an item under a key was read. A pool that is no
// [Placer] has each key on its server.
func PlaceOf(p Pool, key string, item Item) string {
	if placer, ok := p.(Placer); ok {
		return placer.PlaceOf(key, item)
	}
	return p.Servers()[p.ServerOf(key)]
}

// Misplaced says whether a key that a scan of a server has visited is not the one that
// the pool reads: its server is another one, and the pool does not look elsewhere.
func Misplaced(p Pool, key string, server int) bool {
	if p.ServerOf(key) == server || Moves(p) {
		return false
	}
	placer, ok := p.(Placer)
	return !ok || !placer.Elsewhere()
}
