package access

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// table finds the callers of one auth file. Nothing changes it but verified.
type table struct {
	byName        map[string]*Caller
	byKey         map[keyHash]*Caller
	byCertificate map[string]*Caller
	byNetwork     map[netip.Prefix]*Caller
	lengths       []int // of the networks, the longest first
	unix          *Caller

	withHash   []*Caller // that have a password
	tokens     bool      // a message may contain the credentials of a caller
	challenges []string
	verified   verified
}

func newTable(file *File, realm string) *table {
	t := &table{
		byName: map[string]*Caller{}, byKey: map[keyHash]*Caller{}, byCertificate: map[string]*Caller{}, byNetwork: map[netip.Prefix]*Caller{},
	}
	for _, e := range file.Callers {
		t.add(e.caller)
	}
	slices.Sort(t.lengths)
	slices.Reverse(t.lengths)
	t.lengths = slices.Compact(t.lengths)
	if t.withHash != nil {
		t.challenges = append(t.challenges, `Basic realm="`+realm+`", charset="UTF-8"`)
	}
	if len(t.byKey) > 0 {
		t.challenges = append(t.challenges, `Bearer realm="`+realm+`"`)
	}
	return t
}

func (t *table) add(c *Caller) {
	t.byName[c.Name] = c
	if c.HasPassword() {
		t.withHash = append(t.withHash, c)
	}
	t.tokens = t.tokens || c.HasPassword() || len(c.DigestPasswords) > 0
	for _, key := range c.keys {
		t.byKey[key] = c
	}
	for _, name := range c.certificates {
		t.byCertificate[name] = c
	}
	for _, network := range c.networks {
		t.byNetwork[network] = c
		t.lengths = append(t.lengths, network.Bits())
	}
	if c.unix {
		t.unix = c
	}
}

// ofAddress returns the caller whose network contains the address of a client, that of
// the longest one if several do. It is nil if none does.
func (t *table) ofAddress(from Sent) *Caller {
	if from.Unix {
		return t.unix
	}
	addr := from.Address.Unmap().WithZone("")
	for _, length := range t.lengths {
		if network, err := addr.Prefix(length); err == nil { // it fails for longer ones than the address
			if c := t.byNetwork[network]; c != nil {
				return c
			}
		}
	}
	return nil
}

// ofCertificate returns the caller with one of the names of a certificate. several is
// true if the names are those of two callers.
func (t *table) ofCertificate(names []string) (found *Caller, several bool) {
	for _, name := range names {
		c := t.byCertificate[name]
		if c == nil {
			continue
		}
		if found != nil && found != c {
			return nil, true
		}
		found = c
	}
	return found, false
}

// compareWith returns the caller with whose hashes a password is compared: the claimed
// one, or if that has no password or does not exist, another one, always the same for a
// name. It is nil if no caller has a password.
func (t *table) compareWith(claimed *Caller, name digest) *Caller {
	if claimed != nil && claimed.HasPassword() {
		return claimed
	}
	if len(t.withHash) == 0 {
		return nil
	}
	return t.withHash[binary.NativeEndian.Uint64(name[:8])%uint64(len(t.withHash))]
}

// maxVerified bounds the passwords that are known to be right.
const maxVerified = 1024

// verified remembers which passwords were right. Reading takes no lock.
type verified struct {
	callers atomic.Pointer[map[digest]*Caller]
	writing sync.Mutex
}

// get returns the caller whose name and password have this digest, or nil.
func (v *verified) get(text digest) *Caller {
	if callers := v.callers.Load(); callers != nil {
		return (*callers)[text]
	}
	return nil
}

// add remembers that a password was right. The map is copied: that is rare.
func (v *verified) add(text digest, c *Caller) {
	v.writing.Lock()
	defer v.writing.Unlock()
	callers := map[digest]*Caller{}
	if old := v.callers.Load(); old != nil && len(*old) < maxVerified {
		callers = maps.Clone(*old)
	}
	callers[text] = c
	v.callers.Store(&callers)
}
