package sessionstore

import (
	"slices"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/perldata"
)

// ReplicaRules know what the items are that a store, its index and its guard keep:
// with them a replicator decides which of two copies of an item is right. Methods may
// be called from any goroutine.
type ReplicaRules struct {
	codec   Codec
	ignored []string
}

// NewReplicaRules makes ReplicaRules for sessions in the form of a codec. Attributes
// that are ignored are the signatures of client_memcached.pl: it puts them into the
// copies that it makes.
func NewReplicaRules(c Codec, ignored []string) *ReplicaRules {
	return &ReplicaRules{codec: c, ignored: slices.Clone(ignored)}
}

// IsSession says whether a session, its tombstone or a lookup key is under a key.
func (*ReplicaRules) IsSession(key string) bool { return isID(key) }

// IsLookupKey says whether an item under such a key is a lookup key.
func (*ReplicaRules) IsLookupKey(item backend.Item) bool {
	return item.Flags == 0 && !item.Deleted && isGlobalID(string(item.Image))
}

// IsVersioned says whether every server keeps the version of an item: it is a
// tombstone, or a session whose flags leave room for the version.
func (*ReplicaRules) IsVersioned(key string, item backend.Item) bool {
	const known = storableFlag | gzipFlag | sealedFlag | chosenIDFlag
	return isID(key) && (item.Deleted || item.Flags&storableFlag != 0 && item.Flags&^known == 0)
}

// IsLog says whether a key is that of a list of a principal's sessions.
func (*ReplicaRules) IsLog(key string) bool { return index.IsList(key) }

// MergeLogs merges two copies of such a list ([index.MergeLists]).
func (*ReplicaRules) MergeLogs(a, b backend.Item) (merged backend.Item, equal bool, news [2][]string) {
	return index.MergeLists(a, b, isID)
}

// LogSessions returns the sessions in such a list.
func (*ReplicaRules) LogSessions(log backend.Item) []string { return index.ListedIDs(log, isID) }

// DeletionOf returns the name of the record of a session's deletion.
func (*ReplicaRules) DeletionOf(id string) (name string) { return guard.RecordName(id) }

// DeletionName returns the name in the key of such a record, and whether it is one.
func (*ReplicaRules) DeletionName(key string) (name string, ok bool) { return guard.NameOfRecord(key) }

// MergeDeletions returns the record of the later deletion.
func (*ReplicaRules) MergeDeletions(a, b backend.Item) backend.Item { return guard.MergeRecords(a, b) }

// Outlives says whether a session is a newer login than the deletion that a record
// remembers. A session that cannot be read is none.
func (r *ReplicaRules) Outlives(id string, session, record backend.Item) bool {
	attributes, err := r.read(id, session)
	return err == nil && guard.Allows(record, attributes, time.Now())
}

// Ignored says whether two sessions differ only in ignored attributes, and which of
// the two is the one without them; -1 if both have some, or none.
func (r *ReplicaRules) Ignored(id string, a, b backend.Item) (same bool, right int) {
	if len(r.ignored) == 0 {
		return false, -1
	}
	x, errA := r.read(id, a)
	y, errB := r.read(id, b)
	if errA != nil || errB != nil {
		return false, -1
	}
	signed := [2]bool{r.strip(x), r.strip(y)}
	switch {
	case !new(comparison).hashes(x, y, 0):
		return false, -1
	case signed[0] == signed[1]:
		return true, -1
	case signed[0]:
		return true, 1
	default:
		return true, 0
	}
}

// Signed says whether a session has an ignored attribute, or, if none is named, one
// that looks like the signature of client_memcached.pl.
func (r *ReplicaRules) Signed(id string, session backend.Item) bool {
	attributes, err := r.read(id, session)
	if err != nil {
		return false
	}
	if len(r.ignored) > 0 {
		return r.strip(attributes)
	}
	for name, v := range attributes.All() {
		if looksSigned(name, v) {
			return true
		}
	}
	return false
}

// looksSigned says whether an attribute is the signature with which
// client_memcached.pl is delivered: two moments with a '#' between them, NOW#LISTED.
func looksSigned(name string, v perldata.Value) bool {
	now, listed, ok := strings.Cut(v.Str(), "#")
	return ok && strings.HasPrefix(name, "master") && isMoment(now) && isMoment(listed)
}

func isMoment(text string) bool {
	const digits = 10 // of the seconds since 1970, until the year 2286
	return len(text) == digits && strings.Trim(text, "0123456789") == ""
}

// strip removes the ignored attributes, and says whether there were any.
func (r *ReplicaRules) strip(attributes *perldata.Hash) bool {
	before := attributes.Len()
	attributes.DeleteAll(r.ignored)
	return attributes.Len() < before
}

func (r *ReplicaRules) read(id string, item backend.Item) (*perldata.Hash, error) {
	image, err := imageOf(ID(id), item)
	if err != nil {
		return nil, err
	}
	return r.codec.DecodeWithin(slices.Clone(image), nil) // it takes the image over
}

// comparison compares two values. A small graph can contain itself, or have a huge
// number of paths: what takes more than maxComparisonSteps or maxComparisonDepth is
// not equal.
type comparison struct {
	steps int
	// characters says that strings are equal if they have the same characters, as for
	// Perl, whether they are bytes or text.
	characters bool
}

const (
	maxComparisonSteps = 1 << 20
	maxComparisonDepth = 64
)

func (c *comparison) tooLong(depth int) bool {
	c.steps++
	return c.steps > maxComparisonSteps || depth > maxComparisonDepth
}

// hashes says whether two hashes have the same values, in any order: Perl has none.
func (c *comparison) hashes(a, b *perldata.Hash, depth int) bool {
	if a.Len() != b.Len() || a.Class != b.Class || c.tooLong(depth) {
		return false
	}
	for name, v := range a.All() {
		if w, ok := b.Get(name); !ok || !c.values(v, w, depth+1) {
			return false
		}
	}
	return true
}

func isString(v perldata.Value) bool {
	return v.Kind() == perldata.KindBytes || v.Kind() == perldata.KindText
}

// charactersOf returns a string as text: for Perl a byte is the character of that number.
func charactersOf(v perldata.Value) string {
	if v.Kind() == perldata.KindText {
		return v.Str()
	}
	return perldata.Latin1ToUTF8(v.Str())
}

func (c *comparison) values(a, b perldata.Value, depth int) bool {
	if c.characters && isString(a) && isString(b) {
		return charactersOf(a) == charactersOf(b)
	}
	if a.Kind() != b.Kind() || a.Class() != b.Class() || c.tooLong(depth) {
		return false
	}
	switch a.Kind() {
	case perldata.KindUndef:
		return true
	case perldata.KindHash:
		return c.hashes(a.Hash(), b.Hash(), depth)
	case perldata.KindList:
		return slices.EqualFunc(a.List().Items, b.List().Items, func(v, w perldata.Value) bool { return c.values(v, w, depth+1) })
	case perldata.KindRef:
		return c.values(a.Ref(), b.Ref(), depth+1)
	case perldata.KindInt:
		return a.Int() == b.Int()
	case perldata.KindFloat:
		return a.Float() == b.Float()
	case perldata.KindBytes, perldata.KindText:
		return a.Str() == b.Str()
	}
	return false
}
