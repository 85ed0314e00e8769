package seal

import (
	"sync/atomic"

	"memcachedsoap/sessionstore/metric"
)

// Reason says why a content cannot be opened.
type Reason string

// The reasons. Their texts are those of the metric.
const (
	NoKeys     Reason = "no_keys"     // there is no key file
	UnknownKey Reason = "unknown_key" // no key of the file has the name
	WrongKey   Reason = "wrong_key"   // the key of that name is another one
	OtherID    Reason = "other_id"    // it was sealed for another id
	Damaged    Reason = "damaged"     // it was changed since it was sealed
)

// OpenError says that a content cannot be opened.
type OpenError struct {
	Reason Reason
	Key    string // the name of the key that sealed it; "" if that is not known
}

func (e *OpenError) Error() string {
	switch e.Reason {
	case NoKeys:
		return "seal: it is encrypted, and the service has no keys (--encrypt-key-file)"
	case UnknownKey:
		return "seal: it is encrypted with the key " + e.Key + ", which the service does not have"
	case WrongKey:
		return "seal: it is encrypted with another key named " + e.Key + " than the service has"
	case OtherID:
		return "seal: it was encrypted for another id"
	default:
		return "seal: the encrypted item is damaged"
	}
}

// Keyring seals and opens with the keys of a file. Its zero value has no keys: it
// seals nothing and opens nothing. It may be used from any goroutine.
type Keyring struct {
	keys atomic.Pointer[keys]

	sealed, old metric.Counter
	broken      metric.Gauge      // 1 if the file had an error when it was last read
	failures    [5]metric.Counter // by reasons
}

// reasons are the reasons in the order of the metrics.
func reasons() [5]Reason { return [...]Reason{NoKeys, UnknownKey, WrongKey, OtherID, Damaged} }

// ReadFile takes the keys of a file: the first one seals from now on, all of them
// open. An error names the line and what is wrong with it, and leaves the keys as
// they were.
func (r *Keyring) ReadFile(path string) error {
	read, err := readFile(path)
	if err != nil {
		r.broken.Set(1)
		return err
	}
	r.keys.Store(read)
	r.broken.Set(0)
	return nil
}

// Keys returns how many keys open, and the name of the one that seals; "" means
// that new content stays plain.
func (r *Keyring) Keys() (n int, writing string) {
	k := r.keys.Load()
	if k == nil {
		return 0, ""
	}
	if k.writing != nil {
		writing = k.writing.name
	}
	return len(k.byName), writing
}

// Seal appends the sealed content to dst. Only Open with the same context opens
// it. If new content stays plain, it returns dst and false.
func (r *Keyring) Seal(dst, content []byte, context string) ([]byte, bool) {
	k := r.keys.Load()
	if k == nil || k.writing == nil {
		return dst, false
	}
	r.sealed.Inc()
	return k.writing.seal(dst, content, context), true
}

// Open returns the content that was sealed, in memory of its own. Errors are
// [*OpenError].
func (r *Keyring) Open(content []byte, context string) ([]byte, error) {
	opened, err := r.open(content, context)
	if err == nil {
		return opened, nil
	}
	for i, reason := range reasons() {
		if reason == err.Reason {
			r.failures[i].Inc()
		}
	}
	return nil, err
}

func (r *Keyring) open(content []byte, context string) ([]byte, *OpenError) {
	k := r.keys.Load()
	if k == nil {
		return nil, &OpenError{Reason: NoKeys}
	}
	s, ok := take(content)
	if !ok {
		return nil, &OpenError{Reason: Damaged}
	}
	with := k.byName[s.name]
	switch {
	case with == nil:
		return nil, &OpenError{Reason: UnknownKey, Key: s.name}
	case with.check != s.key:
		return nil, &OpenError{Reason: WrongKey, Key: s.name}
	case checkOf(context) != s.check:
		return nil, &OpenError{Reason: OtherID, Key: s.name}
	}
	opened, err := with.derive(s.salt).Open(nil, nil, s.box, authenticated(s.header, context))
	if err != nil {
		return nil, &OpenError{Reason: Damaged, Key: s.name}
	}
	if with != k.writing {
		r.old.Inc()
	}
	return opened, nil
}

// Metrics returns the metrics of the keyring.
func (r *Keyring) Metrics() []metric.Metric {
	_, writing := r.Keys()
	all := []metric.Metric{
		metric.Switch("seal_writes", "Whether sessions are stored encrypted.", writing != ""),
		r.broken.Metric("seal_key_file_broken", "Whether the key file had an error when it was last read; the former keys stay in use."),
		r.sealed.Metric("sealed_total", "Sessions that were encrypted to be stored."),
		r.old.Metric("seal_old_key_reads_total", "Sessions read that another key than the first of the file has encrypted."),
	}
	for i, reason := range reasons() {
		m := r.failures[i].Metric("seal_unreadable_total", "Encrypted sessions that could not be read.")
		m.Reason = string(reason)
		all = append(all, m)
	}
	return all
}
