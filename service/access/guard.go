package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"memcachedsoap/sessionstore/metric"
	"memcachedsoap/sessionstore/span"
)

// DefaultRealm is the default of [Options.Realm].
const DefaultRealm = "memcachedsoap"

// Options are the settings of a [Guard].
type Options struct {
	// Realm is what a challenge says of the place that needs credentials; "" means
	// DefaultRealm. [CheckRealm] says what it may be.
	Realm string
	// Tokens says that messages may contain credentials, too. A request that sends none
	// before its message is then read, if a caller has a password.
	Tokens bool
}

// CheckRealm reports whether a text can be the realm of a challenge.
func CheckRealm(realm string) bool {
	return len(realm) <= 200 && !strings.ContainsFunc(realm, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' })
}

// Guard finds the callers of requests. All methods may be called from any goroutine.
type Guard struct {
	options Options
	table   atomic.Pointer[table]
	secret  [16]byte // makes the digests of this process unlike those of others

	attempts attempts
	nonces   nonces
	checks   singleflight.Group
	slots    chan struct{} // has a token for each password that is being checked

	refused     [refusals]metric.Counter
	checked     metric.Counter
	reloadFails metric.Gauge
}

// maxChecks bounds the passwords that are checked at the same time: each takes a core
// and up to 64 MiB.
const maxChecks = 4

// NewGuard returns a guard that knows the callers of a file.
func NewGuard(file *File, o Options) *Guard {
	if o.Realm == "" {
		o.Realm = DefaultRealm
	}
	g := &Guard{options: o, slots: make(chan struct{}, min(max(runtime.GOMAXPROCS(0)/2, 1), maxChecks))}
	rand.Read(g.secret[:]) // never fails: it ends the program instead
	g.Replace(file)
	return g
}

// Replace replaces the callers by those of another file. Requests that are being
// answered keep the caller that they have.
func (g *Guard) Replace(file *File) {
	g.table.Store(newTable(file, g.options.Realm))
	g.attempts.forget() // a password that was wrong may be right now
}

// Reload replaces the callers by those of an auth file, and returns how many they are. A
// file that cannot be used changes nothing but the metric that says so.
func (g *Guard) Reload(path string) (callers int, err error) {
	file, err := Load(path)
	if err != nil {
		g.reloadFails.Set(1)
		return 0, err
	}
	g.reloadFails.Set(0)
	g.Replace(file)
	return len(file.Callers), nil
}

// Begin returns a context with a record of what a request has sent.
func (g *Guard) Begin(ctx context.Context, sent Sent) context.Context {
	return &Request{Context: ctx, guard: g, sent: sent}
}

// Metrics returns the metrics of the guard. It implements [metric.Source].
func (g *Guard) Metrics() []metric.Metric {
	all := make([]metric.Metric, 0, refusals+3)
	for refusal := NoCredentials; refusal < refusals; refusal++ {
		m := g.refused[refusal].Metric("unauthenticated_requests_total", "Requests refused because they have no caller, by what was wrong with their credentials.")
		m.Reason = refusal.String()
		all = append(all, m)
	}
	return append(all,
		g.checked.Metric("password_checks_total", "Passwords that were compared with a hash. Passwords that were right before are not."),
		metric.GaugeOf("callers", "Callers in the auth file.", float64(len(g.table.Load().byName))),
		g.reloadFails.Metric("auth_file_reload_failed", "Whether the auth file has changed and cannot be used: the callers of the last valid one stay."),
	)
}

// unauthenticated returns the error for a request without a caller, and counts it.
func (g *Guard) unauthenticated(refusal Refusal, claimed *Caller) *UnauthenticatedError {
	g.refused[refusal].Inc()
	e := &UnauthenticatedError{Refusal: refusal, Challenges: g.table.Load().challenges}
	if claimed != nil {
		e.Caller = claimed.Name
	}
	return e
}

// digest identifies a pair of texts within this process, without being of use outside.
type digest [sha256.Size]byte

// digestOf returns the digest of two texts, of which the first has no NUL.
func (g *Guard) digestOf(first, second string) digest {
	var array [256]byte
	text := append(array[:0], g.secret[:]...)
	text = append(text, first...)
	text = append(text, 0)
	text = append(text, second...)
	return sha256.Sum256(text)
}

// ErrBusy says that too many passwords wait to be checked. The same request may succeed
// later.
var ErrBusy = errors.New("access: too many passwords wait to be checked")

// checkWait is the longest time for which a password waits to be checked.
const checkWait = 2 * time.Second

// checkPassword returns the caller with this name and password. Errors:
// [*UnauthenticatedError], [ErrBusy].
func (g *Guard) checkPassword(ctx context.Context, t *table, from Sent, name, password string) (*Caller, error) {
	guess := guess{client: clientOf(from), name: g.digestOf(name, ""), text: g.digestOf(name, password)}
	claimed := t.byName[name]
	if repeated, wait := g.attempts.look(guess); repeated {
		return nil, g.unauthenticated(WrongCredentials, claimed)
	} else if wait > 0 {
		return nil, g.delayed(claimed, wait)
	}
	if c := t.verified.get(guess.text); c != nil {
		g.attempts.succeed(guess)
		return c, nil
	}
	waiting := span.Wait(ctx, span.Password)
	defer waiting.End()
	// The key of the flight is the client's, too: each counts its own failures.
	found, err, _ := g.checks.Do(string(guess.text[:])+guess.client.String(), func() (any, error) {
		return g.compare(t, guess, claimed, password)
	})
	if err != nil {
		if e, ok := errors.AsType[*UnauthenticatedError](err); ok {
			return nil, g.counted(e)
		}
		return nil, err //nolint:wrapcheck // it is our own
	}
	c, _ := found.(*Caller)
	return c, nil
}

// counted counts an error that several requests share.
func (g *Guard) counted(e *UnauthenticatedError) error {
	g.refused[e.Refusal].Inc()
	return e
}

// delayed returns the error for a request whose password is not looked at.
func (g *Guard) delayed(claimed *Caller, wait time.Duration) error {
	e := g.unauthenticated(TooManyAttempts, claimed)
	e.RetryAfter = wait
	return e
}

// compare compares a password with the hash of the claimed caller. If there is none, it
// compares it with that of another one, so that the time of the answer does not tell
// which names exist. The errors are not counted.
func (g *Guard) compare(t *table, guess guess, claimed *Caller, password string) (*Caller, error) {
	refuse := func(refusal Refusal, wait time.Duration) error {
		e := &UnauthenticatedError{Refusal: refusal, Challenges: t.challenges, RetryAfter: wait}
		if claimed != nil {
			e.Caller = claimed.Name
		}
		return e
	}
	if c := t.verified.get(guess.text); c != nil {
		return c, nil // another request was faster
	}
	with := t.compareWith(claimed, guess.name)
	if with == nil {
		return nil, refuse(WrongCredentials, 0) // no caller has a password
	}
	if wait := g.attempts.begin(guess); wait > 0 {
		return nil, refuse(TooManyAttempts, wait)
	}
	free := time.NewTimer(checkWait)
	defer free.Stop()
	select {
	case g.slots <- struct{}{}:
	case <-free.C:
		g.attempts.cancel(guess)
		return nil, ErrBusy
	}
	g.checked.Inc()
	right := false
	for _, hash := range with.passwords {
		right = right || matches(hash, password)
	}
	<-g.slots
	if !right || with != claimed {
		g.attempts.fail(guess)
		return nil, refuse(WrongCredentials, 0)
	}
	g.attempts.succeed(guess)
	t.verified.add(guess.text, claimed)
	return claimed, nil
}
