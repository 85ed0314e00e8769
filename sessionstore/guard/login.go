package guard

import (
	"strconv"
	"time"

	"memcachedsoap/sessionstore/perldata"
)

// Deletion says when a session was deleted.
type Deletion struct {
	// Second is the second since 1970 of the deletion.
	Second int64
	// Life is how long the deletion is remembered from now on, and how long a
	// tombstone lives that is put back now.
	Life time.Duration
}

// maxAhead is how far the clock of a program that logs users in may be ahead of
// this one.
const maxAhead = 15 * time.Second

// loginAttributes have the second of a login in a session of LemonLDAP::NG. The
// first one that a session has counts.
func loginAttributes() []string { return []string{"_lastAuthnUTime", "_utime"} }

// Allows says whether a session that another program has stored after the
// deletion is a newer login: the session says that it began in a later second
// than the deletion, and not in the future. LemonLDAP::NG's AuthBasic has one
// session id a day for each user, so that a user can log in again under the id of
// a session that was deleted.
func (d Deletion) Allows(attributes *perldata.Hash, now time.Time) bool {
	login, ok := loginSecond(attributes)
	return ok && login > d.Second && login <= now.Add(maxAhead).Unix()
}

// loginSecond returns the second since 1970 of the login that a session says.
func loginSecond(attributes *perldata.Hash) (second int64, ok bool) {
	if attributes == nil {
		return 0, false
	}
	for _, name := range loginAttributes() {
		v, has := attributes.Get(name)
		if !has {
			continue
		}
		switch v.Kind() {
		case perldata.KindInt:
			return v.Int(), true
		case perldata.KindBytes, perldata.KindText:
			second, err := strconv.ParseInt(v.Str(), 10, 64)
			return second, err == nil
		default:
			return 0, false
		}
	}
	return 0, false
}
