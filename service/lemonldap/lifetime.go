package lemonldap

import (
	"math"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/perldata"
)

// Names of attributes that LemonLDAP::NG sets.
const (
	kindAttribute     = "_session_kind"
	createdAttribute  = "_utime"    // when the session was created, in Unix time
	lastSeenAttribute = "_lastSeen" // when its user was last seen, in Unix time
)

// latest is the last end of a session: what memcached takes, in Unix time. It counts with
// 32 bits.
const latest = math.MaxInt32

// left returns how long a session still lives, 0 if it never expires. LemonLDAP::NG sends
// no time to live: the end follows from the attributes. It moves _utime on purpose, so
// that a session ends sooner or later than the timeout; the end is not cut to the
// timeout. A session whose end has passed lives for a second, the least that there is.
func (o Options) left(t Type, attributes *perldata.Hash) time.Duration {
	end, ends := o.end(t, attributes)
	if !ends {
		return 0
	}
	return max(end.Sub(o.now()), time.Second)
}

// end returns when a session ends, and whether it does.
func (o Options) end(t Type, attributes *perldata.Hash) (at time.Time, ends bool) {
	created, ok := unixTime(attributes, createdAttribute)
	if !ok || isPersistent(t, attributes) {
		return time.Time{}, false
	}
	end := created + seconds(o.Timeout)
	if o.Idle > 0 {
		if seen, ok := unixTime(attributes, lastSeenAttribute); ok {
			end = min(end, seen+seconds(o.Idle))
		}
	}
	if end >= latest {
		end = latest
	}
	whole, fraction := math.Modf(max(end, 0))
	return time.Unix(int64(whole), int64(fraction*float64(time.Second))), true
}

func seconds(d time.Duration) float64 { return float64(d / time.Second) }

// isPersistent reports whether a session is one that nothing may lose: second factors,
// consents and what LemonLDAP::NG remembers of a user.
func isPersistent(t Type, attributes *perldata.Hash) bool {
	if t.kind == persistentKind {
		return true
	}
	if attributes == nil {
		return false
	}
	kind, _ := attributes.Get(kindAttribute)
	return kind.Str() == persistentKind
}

// unixTime returns the time that an attribute holds, as Perl takes a value for a number:
// what does not begin with one is 0. There is none if the attribute is absent or empty.
func unixTime(attributes *perldata.Hash, name string) (float64, bool) {
	if attributes == nil {
		return 0, false
	}
	v, ok := attributes.Get(name)
	if !ok || v.Kind() == perldata.KindUndef {
		return 0, false
	}
	switch v.Kind() {
	case perldata.KindInt:
		return float64(v.Int()), true
	case perldata.KindFloat:
		return finite(v.Float()), true
	case perldata.KindBytes, perldata.KindText:
		return numberIn(v.Str()), v.Str() != ""
	default:
		return 0, true
	}
}

// longestTime is how many characters of a time are looked at.
const longestTime = 32

// numberIn returns the number with which a text begins.
func numberIn(text string) float64 {
	text = strings.TrimLeft(text, " \t\r\n")
	text = text[:min(len(text), longestTime)]
	end := 0
	for end < len(text) && strings.IndexByte("+-0123456789.eE", text[end]) >= 0 {
		end++
	}
	for ; end > 0; end-- {
		if f, err := strconv.ParseFloat(text[:end], 64); err == nil {
			return finite(f)
		}
	}
	return 0
}

func finite(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return min(max(f, -latest), 2*latest)
}
