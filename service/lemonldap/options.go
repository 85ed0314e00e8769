package lemonldap

import "time"

// Options are the settings of [Sessions].
type Options struct {
	// Key returns the cipher of LemonLDAP::NG's option key, which may change. With it,
	// secrets that are sent are verified; nil: they are not looked at.
	Key func() *Cipher
	// Timeout is LemonLDAP::NG's option timeout: how long after _utime a session ends.
	Timeout time.Duration
	// Idle is LemonLDAP::NG's option timeoutActivity: how long after _lastSeen a session
	// ends; 0: it does not matter when its user was last seen.
	Idle time.Duration
	// Persistent allows sessions that must not be lost, which memcached may evict.
	Persistent bool
	// Indexed are the attributes by which the store finds sessions without reading all.
	Indexed []string
	// Now is the clock; nil: the clock of the system.
	Now func() time.Time
}

// key returns the cipher, or nil.
func (o Options) key() *Cipher {
	if o.Key == nil {
		return nil
	}
	return o.Key()
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}
