package access_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore/span/spantest"
)

// bcryptOf returns a cheap hash of a password.
func bcryptOf(tb testing.TB, password string) string {
	tb.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(tb, err)
	return string(hash)
}

// newGuard returns a guard for callers, each of which is a line of YAML.
func newGuard(tb testing.TB, callers ...string) *access.Guard {
	tb.Helper()
	return access.NewGuard(fileOf(tb, callers...), access.Options{})
}

func fileOf(tb testing.TB, callers ...string) *access.File {
	tb.Helper()
	file, err := access.ParseFile([]byte("callers:\n  - {" + strings.Join(callers, "}\n  - {") + "}\n"))
	require.NoError(tb, err)
	return file
}

// here is an address that no caller has.
var here = netip.MustParseAddr("192.0.2.1")

func basicOf(name, password string) access.Sent {
	return access.Sent{Address: here, Authorization: []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}}
}

// callerOf authenticates a request and returns the name of its caller.
func callerOf(g *access.Guard, sent access.Sent) (string, error) {
	ctx := g.Begin(context.Background(), sent)
	if err := access.Authenticate(ctx); err != nil {
		return "", err
	}
	return access.CallerOf(ctx).Name, nil
}

// refusalOf returns the refusal of an error.
func refusalOf(tb testing.TB, err error) access.Refusal {
	tb.Helper()
	e, ok := errors.AsType[*access.UnauthenticatedError](err)
	require.True(tb, ok, "%v", err)
	return e.Refusal
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	argon, err := access.HashPassword("grüße")
	require.NoError(t, err)
	g := newGuard(t,
		"name: new, roles: [read], password: '"+argon+"'",
		"name: two, roles: [read], password: ['"+bcryptOf(t, "old")+"', '"+bcryptOf(t, "new")+"']",
		"name: long, roles: [read], password: '"+bcryptOf(t, strings.Repeat("x", 72))+"'",
		"name: digest, roles: [read], digest-password: secret",
	)
	for range 2 { // the second time from memory
		for _, c := range [][2]string{{"new", "grüße"}, {"new", "gr\xfc\xdfe"}, {"two", "old"}, {"two", "new"}, {"long", strings.Repeat("x", 72)}} {
			name, err := callerOf(g, basicOf(c[0], c[1]))
			require.NoError(t, err, c)
			assert.Equal(t, c[0], name)
		}
		for _, c := range [][2]string{{"new", "grusse"}, {"two", "third"}, {"digest", "secret"}, {"nobody", "old"}, {"", "old"}, {"new", ""}, {"NEW", "grüße"}} {
			_, err := callerOf(g, basicOf(c[0], c[1]))
			assert.Equal(t, access.WrongCredentials, refusalOf(t, err), c)
		}
	}
}

// A password that is checked has a span, which does not say whose it is. One that was right
// before is not checked.
func TestSpanOfPassword(t *testing.T) {
	t.Parallel()
	g := newGuard(t, "name: portal, roles: [read], password: '"+bcryptOf(t, "old")+"'")
	ctx, ended := spantest.Begin(t)
	for range 2 {
		require.NoError(t, access.Authenticate(g.Begin(ctx, basicOf("portal", "old"))))
	}
	assert.Equal(t, []string{"wait for password"}, ended())
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	g := newGuard(t,
		"name: net, roles: [read], addresses: [10.0.0.0/8, 2001:db8::/32]",
		"name: part, roles: [read], addresses: [10.1.0.0/16]",
		"name: host, roles: [read], addresses: [10.1.2.3, '2001:db8::1']",
		"name: local, roles: [read], addresses: [unix]",
	)
	for address, want := range map[string]string{
		"10.9.9.9": "net", "10.1.9.9": "part", "10.1.2.3": "host", "::ffff:10.1.2.3": "host", "11.0.0.1": "",
		"2001:db8::2": "net", "2001:db8::1%eth0": "host", "2001:db9::1": "", "::": "",
	} {
		name, err := callerOf(g, access.Sent{Address: netip.MustParseAddr(address)})
		assert.Equal(t, want, name, address)
		if want == "" {
			assert.Equal(t, access.NoCredentials, refusalOf(t, err))
		}
	}
	name, err := callerOf(g, access.Sent{Address: netip.MustParseAddr("10.1.2.3"), Unix: true})
	require.NoError(t, err)
	assert.Equal(t, "local", name)
	_, err = callerOf(g, access.Sent{})
	assert.Equal(t, access.NoCredentials, refusalOf(t, err), "without an address")
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	g := newGuard(t,
		"name: a, roles: [read], certificate: ['CN=a', 'DNS:a.example']",
		"name: b, roles: [read], certificate: 'CN=b', password: '"+bcryptOf(t, "b")+"'",
		"name: net, roles: [read], addresses: [192.0.2.1]",
	)
	with := func(sent access.Sent, names ...string) access.Sent {
		sent.Address, sent.Certificate = here, names
		return sent
	}
	for _, c := range []struct {
		sent access.Sent
		want string
		err  access.Refusal
	}{
		{with(access.Sent{}, "CN=a"), "a", 0},
		{with(access.Sent{}, "CN=x", "DNS:a.example"), "a", 0},
		{with(access.Sent{}, "CN=x"), "", access.WrongCredentials},
		{with(access.Sent{}, "CN=a", "CN=b"), "", access.SeveralCallers},
		{with(basicOf("b", "b"), "CN=b"), "b", 0},
		{with(basicOf("b", "b"), "CN=x"), "b", 0},
		{with(basicOf("b", "b"), "CN=a"), "", access.SeveralCallers},
		{with(basicOf("b", "x"), "CN=b"), "", access.WrongCredentials},
		{with(access.Sent{}), "net", 0},
	} {
		name, err := callerOf(g, c.sent)
		assert.Equal(t, c.want, name, c.sent.Certificate)
		if c.err != 0 {
			assert.Equal(t, c.err, refusalOf(t, err), c.sent.Certificate)
		}
	}
}

// A wrong password is compared with a hash, whether the name exists or not: the time
// of the answer tells nothing.
func TestAnUnknownNameTakesAsLong(t *testing.T) {
	t.Parallel()
	g := newGuard(t,
		"name: a, roles: [read], password: '"+bcryptOf(t, "a")+"'",
		"name: keyed, roles: [read], key: '"+keyOfA+"'",
	)
	for i, name := range []string{"a", "keyed", "nobody", ""} {
		_, err := callerOf(g, basicOf(name, "wrong"))
		assert.Equal(t, access.WrongCredentials, refusalOf(t, err))
		assert.Equal(t, float64(i+1), metricOf(t, g, "password_checks_total", ""), name)
	}
	_, err := callerOf(g, basicOf("nobody", "a"))
	assert.Equal(t, access.WrongCredentials, refusalOf(t, err), "the password of the caller whose hash was compared")
}

func metricOf(tb testing.TB, g *access.Guard, name, reason string) float64 {
	tb.Helper()
	for _, m := range g.Metrics() {
		if m.Name == name && m.Reason == reason {
			return m.Value
		}
	}
	tb.Fatal("no metric " + name)
	return 0
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	password, key := "name: a, roles: [read], password: '"+bcryptOf(t, "a")+"'", "name: b, roles: [read], key: '"+keyOfA+"'"
	const basic, bearer = `Basic realm="memcachedsoap", charset="UTF-8"`, `Bearer realm="memcachedsoap"` //nolint:gosec // challenges
	for _, c := range []struct {
		callers []string
		want    []string
	}{
		{[]string{password, key}, []string{basic, bearer}},
		{[]string{password}, []string{basic}},
		{[]string{key}, []string{bearer}},
		{[]string{"name: c, roles: [read], addresses: [unix]"}, nil},
	} {
		_, err := callerOf(newGuard(t, c.callers...), access.Sent{Address: here})
		e, _ := errors.AsType[*access.UnauthenticatedError](err)
		assert.Equal(t, c.want, e.Challenges)
	}
	assert.True(t, access.CheckRealm("Sessions (intern)"))
	for _, realm := range []string{`a"b`, `a\b`, "a\nb", "größe", strings.Repeat("a", 201)} {
		assert.False(t, access.CheckRealm(realm))
	}
}

// Wrong passwords of a name from an address delay the next ones, longer and longer.
// Nobody else waits.
func TestGuessing(t *testing.T) {
	t.Parallel()
	hash := bcryptOf(t, "right")
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, "name: a, roles: [read], password: '"+hash+"'", "name: b, roles: [read], password: '"+hash+"'")
		n := 0
		guess := func() error {
			n++
			_, err := callerOf(g, basicOf("a", fmt.Sprint("wrong", n)))
			return err
		}
		for range 10 {
			assert.Equal(t, access.WrongCredentials, refusalOf(t, guess()))
		}
		for _, want := range []float64{1, 2, 4, 8, 16, 32, 60, 60} {
			e, _ := errors.AsType[*access.UnauthenticatedError](guess())
			assert.Equal(t, access.TooManyAttempts, e.Refusal)
			assert.Equal(t, want, e.RetryAfter.Seconds())
			time.Sleep(e.RetryAfter)
			assert.Equal(t, access.WrongCredentials, refusalOf(t, guess()))
		}
		_, err := callerOf(g, basicOf("a", "right"))
		assert.Equal(t, access.TooManyAttempts, refusalOf(t, err), "the right password from there waits, too")
		_, err = callerOf(g, basicOf("b", "right"))
		require.NoError(t, err, "another caller at the address")
		other := basicOf("a", "right")
		other.Address = netip.MustParseAddr("192.0.2.2")
		_, err = callerOf(g, other)
		require.NoError(t, err, "the caller at another address")
		time.Sleep(time.Minute)
		_, err = callerOf(g, basicOf("a", "right"))
		require.NoError(t, err, "the right password after the delay")
		assert.Equal(t, access.WrongCredentials, refusalOf(t, guess()), "it ends the delays")
	})
}

// A program with an old password does not delay others: it tells nothing new.
func TestARepeatedPasswordCountsOnce(t *testing.T) {
	t.Parallel()
	hash := bcryptOf(t, "right")
	g := newGuard(t, "name: a, roles: [read], password: '"+hash+"'")
	for range 100 {
		_, err := callerOf(g, basicOf("a", "old"))
		assert.Equal(t, access.WrongCredentials, refusalOf(t, err))
	}
	assert.Equal(t, 1.0, metricOf(t, g, "password_checks_total", ""))
	assert.Equal(t, 100.0, metricOf(t, g, "unauthenticated_requests_total", "wrong"))
	_, err := callerOf(g, basicOf("a", "right"))
	require.NoError(t, err)
	g.Replace(fileOf(t, "name: a, roles: [read], password: '"+bcryptOf(t, "old")+"'"))
	_, err = callerOf(g, basicOf("a", "old"))
	require.NoError(t, err, "a new file forgets what was wrong")
	_, err = callerOf(g, basicOf("a", "right"))
	assert.Equal(t, access.WrongCredentials, refusalOf(t, err), "and what was right")
}

// Many addresses, and many names from one, do not take memory without end, and do not
// make the guesses of an address free again.
func TestGuessesAreBounded(t *testing.T) {
	t.Parallel()
	const hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg" // of no password; it is cheap
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, "name: a, roles: [read], password: '"+hash+"'")
		refused := 0
		for i := range 60 {
			_, err := callerOf(g, basicOf(fmt.Sprint("name", i), "wrong"))
			if refusalOf(t, err) == access.TooManyAttempts {
				refused++
			}
		}
		assert.Equal(t, 60-16-10, refused, "16 names count alone, the others together")
		for i := range 5000 {
			sent := basicOf("a", "wrong")
			sent.Address = netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
			_, err := callerOf(g, sent)
			assert.Equal(t, access.WrongCredentials, refusalOf(t, err))
		}
		assert.LessOrEqual(t, access.Clients(g), 4096)
	})
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, "name: a, roles: [read], password: '"+hash+"'")
		for i := range 11 { // hosts of one network of IPv6
			sent := basicOf("a", fmt.Sprint("wrong", i))
			sent.Address = netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i))
			_, err := callerOf(g, sent)
			assert.Equal(t, i == 10, refusalOf(t, err) == access.TooManyAttempts)
		}
	})
}

// Requests with the same password wait for one check of it.
func TestOneCheckForManyRequests(t *testing.T) {
	t.Parallel()
	hash := bcryptOf(t, "right")
	g := newGuard(t, "name: a, roles: [read], password: '"+hash+"'")
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			name, err := callerOf(g, basicOf("a", "right"))
			assert.NoError(t, err)
			assert.Equal(t, "a", name)
		})
	}
	all.Wait()
	assert.LessOrEqual(t, metricOf(t, g, "password_checks_total", ""), 3.0)
}

// Guesses at the same time are not more than guesses one by one.
func TestParallelGuesses(t *testing.T) {
	t.Parallel()
	hash := bcryptOf(t, "right")
	g := newGuard(t, "name: a, roles: [read], password: '"+hash+"'")
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			_, err := callerOf(g, basicOf("a", fmt.Sprint("wrong", i)))
			assert.Error(t, err)
		})
	}
	all.Wait()
	assert.LessOrEqual(t, metricOf(t, g, "password_checks_total", ""), 12.0, "a second may pass meanwhile")
}

// No credentials, whatever they are, end the program or let in somebody.
func FuzzAuthorization(f *testing.F) {
	g := newGuard(f, "name: a, roles: [read], password: '"+bcryptOf(f, "right")+"', key: '"+keyOfA+"'")
	f.Add("Basic YTpyaWdodA", "10.0.0.1", false)
	f.Add("Bearer x", "", true)
	f.Fuzz(func(t *testing.T, value, address string, unix bool) {
		addr, _ := netip.ParseAddr(address)
		name, err := callerOf(g, access.Sent{Authorization: []string{value}, Address: addr, Unix: unix})
		if err == nil {
			assert.Equal(t, "a", name)
			assert.Contains(t, strings.ToLower(value), "basic")
		}
	})
}

func BenchmarkBasic(b *testing.B) {
	g := newGuard(b, "name: portal, roles: [read], password: '"+bcryptOf(b, "a long random password")+"'")
	sent := basicOf("portal", "a long random password")
	benchmark(b, g, sent)
}

func BenchmarkBearer(b *testing.B) {
	key, hash := access.NewKey()
	g := newGuard(b, "name: portal, roles: [read], key: '"+hash+"'")
	benchmark(b, g, access.Sent{Address: here, Authorization: []string{"Bearer " + key}})
}

func benchmark(b *testing.B, g *access.Guard, sent access.Sent) {
	b.Helper()
	_, err := callerOf(g, sent) // the first time takes long
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := callerOf(g, sent); err != nil {
			b.Fatal(err)
		}
	}
}
