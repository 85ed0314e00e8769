//go:build interop && speed

package lemonldap

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	manySessions = 10_000
	perUser      = 2
	clients      = 8 // at a time
)

// work is one kind of requests.
type work struct {
	name     string
	store    string // of LemonLDAP::NG's server
	requests int
	first    int // number of the first request
	send     func(s *sessionServer, n int) (method, path, body string)
}

// works are all kinds. LemonLDAP::NG's server has files, as it has by default, and a
// database for what needs an index.
func works() []work {
	return []work{
		{"GET", filesStore, 4000, 0, func(_ *sessionServer, n int) (method, path, body string) {
			return http.MethodGet, "/" + digits(n), ""
		}},
		{"PUT", filesStore, 2000, 0, func(_ *sessionServer, n int) (method, path, body string) {
			return http.MethodPut, "/" + digits(manySessions/2+n), fmt.Sprintf(`{"_lastSeen":%d}`, n)
		}},
		{"search", sqliteStore, 2500, 0, func(s *sessionServer, n int) (method, path, body string) {
			return http.MethodPost, "/?all=1&search=_whatToTrace," + userOf(n), fmt.Sprintf(`{"data":["uid","_utime"],"__secret":%q}`, s.secret())
		}},
		{"?all=1", sqliteStore, 24, 0, func(s *sessionServer, _ int) (method, path, body string) {
			return http.MethodPost, "/?all=1", fmt.Sprintf(`{"data":null,"__secret":%q}`, s.secret())
		}},
	}
}

// TestSpeed measures the CPU time that a request takes in LemonLDAP::NG's own REST server
// and in the service with its memcached, with the same load, in rounds of random order. It
// asserts nothing: its tables are in docs/benchmarks.md. ROUNDS says how many rounds there
// are.
func TestSpeed(t *testing.T) {
	rounds := min(max(countOf(os.Getenv("ROUNDS")), 1), mostRounds)
	v := versions[0]
	theirs := map[string]*sessionServer{filesStore: newTheirs(t, v, filesStore), sqliteStore: newTheirs(t, v, sqliteStore)}
	ours := newOurs(t)
	var cases []*speedCase
	for _, w := range works() {
		for _, keep := range []bool{false, true} {
			cases = append(cases, &speedCase{work: w, keep: keep})
		}
	}
	for _, c := range cases { // what the first requests load does not count
		for _, s := range []*sessionServer{theirs[c.store], ours} {
			s.load(t, work{requests: min(c.requests, 10*clients), send: c.send}, c.keep)
		}
	}
	for round := range rounds {
		for _, at := range rand.Perm(2 * len(cases)) { //nolint:gosec // chance is no secret
			if c := cases[at/2]; at%2 == 0 {
				c.theirs = append(c.theirs, theirs[c.store].measure(t, c, round, rounds))
			} else {
				c.ours = append(c.ours, ours.measure(t, c, round, rounds))
			}
		}
	}
	showSpeed(t, v.number, rounds, cases)
	const rest = 5
	begin := ours.cpu()
	time.Sleep(rest * time.Second)
	show(t, "\nThe service and memcached without requests: %s ms/s", ours.cpu().since(begin, rest).sum())
}

// mostRounds leaves a client a request of the dearest kind in each round.
const mostRounds = 6

func countOf(number string) int {
	n, _ := strconv.Atoi(number) // 0 if there is none
	return n
}

// milliseconds is a time.
type milliseconds float64

func (m milliseconds) String() string { return fmt.Sprintf("%.3g", float64(m)) }

// cost is CPU time.
type cost struct {
	user, kernel milliseconds // of a server
	store        milliseconds // of memcached
}

func (c cost) sum() milliseconds { return c.user + c.kernel + c.store }

// since returns what each of some requests has cost since before.
func (c cost) since(before cost, requests int) cost {
	n := milliseconds(requests)
	return cost{(c.user - before.user) / n, (c.kernel - before.kernel) / n, (c.store - before.store) / n}
}

// sessionServer is a REST server of sessions, with what measures it.
type sessionServer struct {
	name   string
	host   string // to which requests are addressed
	base   string // URL
	cpu    func() cost
	secret func() string // __secret; "" without
}

// measure returns the CPU time of a request and how long the requests took. Each round has
// other requests: LemonLDAP::NG keeps what it has read for 10 minutes.
func (s *sessionServer) measure(t *testing.T, c *speedCase, round, rounds int) speed {
	t.Helper()
	w := c.work
	w.requests /= rounds
	w.first = round * w.requests
	if c.keep {
		w.first += c.requests
	}
	before := s.cpu()
	took := s.load(t, w, c.keep)
	return speed{s.cpu().since(before, w.requests), took}
}

// load sends requests, and returns how long each took. Each client has one connection at a
// time.
func (s *sessionServer) load(t *testing.T, w work, keep bool) []time.Duration {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: !keep, MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: ample}
	failed := make(chan error, clients)
	took := make([]time.Duration, w.requests)
	var all sync.WaitGroup
	for first := range clients {
		all.Go(func() {
			for n := first; n < w.requests; n += clients {
				began := time.Now()
				if err := s.ask(t, client, w, w.first+n); err != nil {
					failed <- err
					return
				}
				took[n] = time.Since(began)
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err, s.name)
	}
	return took
}

func (s *sessionServer) ask(t *testing.T, client *http.Client, w work, n int) error {
	t.Helper()
	method, path, body := w.send(s, n)
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Host = s.host
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s %s", method, path, response.Status, text)
	}
	return err
}

func digits(n int) string { return fmt.Sprintf("%064x", n+1) }

func userOf(n int) string { return fmt.Sprintf("user%d", n%(manySessions/perUser)) }

// content is a session like that of a user of the demonstration.
func content(n int) string {
	now := time.Now().Unix()
	return fmt.Sprintf(`{"_session_id":%q,"_utime":%d,"_lastAuthnUTime":%[2]d,"_whatToTrace":%[3]q,"uid":%[3]q,"_user":%[3]q,`+
		`"ipAddr":"192.0.2.%d","_session_kind":"SSO","mail":"%[3]s@example.com","cn":"User of the tests","_auth":"Demo","_userDB":"Demo",`+
		`"authenticationLevel":1,"groups":"users; timelords","hGroups":{"users":{"name":"users"},"timelords":{"name":"timelords"}},`+
		`"UA":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","_language":"en","_startTime":"20261128124011",`+
		`"_updateTime":"20261128124011","_loginHistory":{"successLogin":[{"_utime":%[2]d,"ipAddr":"192.0.2.%[4]d"}]}}`,
		digits(n), now, userOf(n), n%256)
}

// cpuOf returns the CPU time of processes, and of their children that have ended, in
// their own code and in the kernel.
func cpuOf(t *testing.T, belongs func(command, parent, group string) bool) (user, kernel milliseconds) {
	t.Helper()
	const tick = 10 // ms, of USER_HZ
	processes, err := os.ReadDir("/proc")
	require.NoError(t, err)
	var times [4]milliseconds
	for _, p := range processes {
		text, err := os.ReadFile("/proc/" + p.Name() + "/stat")
		if err != nil {
			continue // none, or one that has ended
		}
		head, rest, _ := strings.Cut(string(text), ") ")
		_, command, _ := strings.Cut(head, " (")
		fields := strings.Fields(rest) // from the third of proc(5), state
		if !belongs(command, fields[1], fields[2]) {
			continue
		}
		for i, field := range fields[11:15] {
			n, err := strconv.Atoi(field)
			require.NoError(t, err)
			times[i] += milliseconds(n * tick)
		}
	}
	return times[0] + times[2], times[1] + times[3]
}

func inGroup(pid int) func(command, parent, group string) bool {
	return func(_, _, group string) bool { return group == strconv.Itoa(pid) }
}
