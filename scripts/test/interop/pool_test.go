package interop_test

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// member is a program that uses the pool. It executes the commands that perl/pool.pl
// lists, and answers "ok" or the failure.
type member interface {
	do(command string) string
}

// poolSeed is the seed of the random sessions. Any number is good.
const poolSeed = 20080229

// members starts a program for each of Perl's clients, and as the last one a client
// of the service. The options are for Cache::Memcached.
func members(t *testing.T, s *service, servers string, options ...string) []member {
	t.Helper()
	return []member{
		startPerl(t, "Cache::Memcached", servers, options...),
		startPerl(t, "Cache::Memcached::Fast", servers),
		&soapMember{t: t, client: newClient(t), endpoint: s.endpoint, seed: poolSeed},
	}
}

// together gives every member its command and waits for all of them.
func together(t *testing.T, all []member, command func(i int) string) {
	t.Helper()
	answers := make([]string, len(all))
	var working sync.WaitGroup
	for i, m := range all {
		working.Go(func() { answers[i] = m.do(command(i)) })
	}
	working.Wait()
	for i := range all {
		require.Equal(t, "ok", answers[i], "member %d, %.50s", i, command(i))
	}
}

// numbers returns the numbers of n sessions.
func numbers(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(i)
	}
	return list
}

// share returns the sessions that a member uses in a round. In each round a member
// gets the sessions of another member.
func share(sessions []string, all []member, i, round int) string {
	part := (i + round) % len(all)
	return strings.Join(sessions[part*len(sessions)/len(all):(part+1)*len(sessions)/len(all)], " ")
}

// Programs that use Cache::Memcached, Cache::Memcached::Fast and the service store
// sessions and change each other's sessions, all at the same time. No session is lost
// or damaged, and all programs select the same server.
func TestPoolIsShared(t *testing.T) {
	sessions := numbers(3_400) // more than 10,000 in the three pools
	for _, n := range []int{1, 3, 5} {
		t.Run(strconv.Itoa(n)+" servers", func(t *testing.T) {
			caches, servers := startCaches(t, n)
			// A guard would store items of its own, and this test counts items.
			s := startAlone(t, "--servers="+servers, "--no-guard-deletions")
			all := members(t, s, servers)
			together(t, all, func(i int) string { return "create 0 " + share(sessions, all, i, 0) })
			for round := 1; round <= len(all); round++ {
				together(t, all, func(i int) string { return fmt.Sprintf("renew %d %s", round, share(sessions, all, i, round)) })
			}
			together(t, all, func(i int) string {
				return fmt.Sprintf("check %d %s", len(all), share(sessions, all, i, len(all)+1))
			})
			total := 0
			for _, c := range caches {
				total += items(t, c)
			}
			assert.Equal(t, len(sessions), total, "no session is on two servers")
			s.stop(t)
		})
	}
}

// Several programs store the same sessions repeatedly. A reader always finds a
// session, and exactly as a program has written it.
func TestPoolWithContention(t *testing.T) {
	_, servers := startCaches(t, 3)
	s := startAlone(t, "--servers="+servers)
	all := members(t, s, servers)
	hot := strings.Join(numbers(10), " ")
	require.Equal(t, "ok", all[0].do("create 0 "+hot))
	together(t, all, func(int) string { return "hammer 60 " + hot })
	s.stop(t)
}

// startCaches starts n memcached servers. It also returns their addresses in the
// form of --servers.
func startCaches(t *testing.T, n int) (caches []*memcachedtest.Server, servers string) {
	t.Helper()
	var addresses []string
	for range n {
		caches = append(caches, memcachedtest.Start(t))
		addresses = append(addresses, caches[len(caches)-1].Addr)
	}
	return caches, strings.Join(addresses, ",")
}

// items returns the number of sessions on a memcached.
func items(t *testing.T, cache *memcachedtest.Server) (n int) {
	t.Helper()
	pool, err := memcached.New(memcached.Options{Servers: []string{cache.Addr}})
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, pool.Scan(t.Context(), 0, func(string) error { n++; return nil }))
	return n
}

// perlMember runs perl/pool.pl until its test ends.
type perlMember struct {
	input   io.WriteCloser
	answers *bufio.Scanner
}

func startPerl(t *testing.T, class, servers string, options ...string) *perlMember {
	t.Helper()
	command := exec.Command("perl", append([]string{"perl/pool.pl", class, servers, strconv.Itoa(poolSeed)}, options...)...)
	var stderr strings.Builder
	command.Stderr = &stderr
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	p := &perlMember{input: input, answers: bufio.NewScanner(output)}
	t.Cleanup(func() {
		assert.NoError(t, input.Close())
		assert.NoError(t, command.Wait())
		assert.Empty(t, stderr.String(), class)
	})
	return p
}

func (p *perlMember) do(command string) string {
	if _, err := io.WriteString(p.input, command+"\n"); err != nil {
		return err.Error()
	}
	if !p.answers.Scan() {
		return "the program has ended"
	}
	return p.answers.Text()
}
