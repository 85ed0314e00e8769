package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/perlsite"
)

// The titles of the service in the tables.
const (
	serviceTitle = "memcachedsoap"
	nearTitle    = "with a near cache"
)

func (s settings) has(peer string) bool { return slices.Contains(s.peers, peer) }

// startAll starts all servers and checks their answers.
func (e *environment) startAll(ctx context.Context) ([]*group, error) {
	g, err := e.contractServers(ctx)
	if err != nil {
		return nil, err
	}
	groups := []*group{g}
	if e.has(perlPeer) {
		if err := e.install(ctx, perlFolder); err != nil {
			e.leaveOut("Perl", err)
			return groups, nil
		}
		g, err := e.perlServers(ctx)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// contractServers starts the servers of the contract.
func (e *environment) contractServers(ctx context.Context) (*group, error) {
	service, err := e.service(ctx, serviceTitle)
	if err != nil {
		return nil, err
	}
	near, err := e.service(ctx, nearTitle, "--local", "memory:64MiB")
	if err != nil {
		return nil, err
	}
	g := &group{title: "The contract", servers: []*server{service, near}}
	for i, peer := range builtPeers() {
		name, title := peer[0], peer[1]
		if !e.has(name) {
			continue
		}
		version, err := e.build(ctx, name)
		if err != nil {
			e.leaveOut(title, err)
			continue
		}
		e.report.versions = append(e.report.versions, version)
		memcached, err := e.memcached(ctx)
		if err != nil {
			return nil, err
		}
		p, err := e.start(ctx, name, e.dir, i, memcached)
		if err != nil {
			return nil, err
		}
		e.stops = append(e.stops, p.StopAll)
		at := len(g.servers)
		g.servers = append(g.servers, &server{title: title, process: p, memcached: memcached})
		g.pairs = append(g.pairs, [2]int{0, at}, [2]int{1, at})
	}
	g.pairs = append(g.pairs, [2]int{1, 0})
	for _, s := range g.servers {
		if err := prepare(ctx, s.process, e.sessions); err != nil {
			return nil, fmt.Errorf("peers: checking %s: %w", s.title, err)
		}
		s.sources = [...][]load.Source{
			contract.Sources(e.sessions, e.connections, false), contract.Sources(e.sessions, e.connections, true),
		}
	}
	return g, nil
}

// perlServers starts the servers of the Perl interface.
func (e *environment) perlServers(ctx context.Context) (*group, error) {
	service, err := e.service(ctx, serviceTitle+", Perl")
	if err != nil {
		return nil, err
	}
	memcached, err := e.memcached(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := e.perlDir()
	if err != nil {
		return nil, err
	}
	apache, times, err := perlsite.Start(ctx, dir, memcached.Address)
	if err != nil {
		return nil, err
	}
	e.stops = append(e.stops, apache.Terminate)
	service.title = serviceTitle
	g := &group{title: "The Perl interface", servers: []*server{
		service,
		{title: "Perl, FastCGI", process: apache, memcached: memcached},
		{title: "Perl, CGI", process: apache, memcached: memcached, spent: times.Sum},
	}, pairs: [][2]int{{0, 1}, {0, 2}}}
	for i, path := range []string{perlsite.ServicePath, perlsite.FastCGIPath, perlsite.CGIPath} {
		s := g.servers[i]
		connections := e.connections
		if i > 0 {
			connections = min(connections, perlsite.Connections)
		}
		if s.sources, err = perlSources(ctx, s.process, path, connections); err != nil {
			return nil, fmt.Errorf("peers: checking %s: %w", s.title, err)
		}
	}
	e.report.versions = append(e.report.versions, "Perl with SOAP::Lite and Cache::Memcached under Apache")
	return g, nil
}

var perlID = regexp.MustCompile(`>([0-9a-f]{32})<`)

// perlSources stores a session through the Perl interface, reads it, and returns the loads.
func perlSources(ctx context.Context, p *load.Process, path string, connections int) (sources [loadCount][]load.Source, err error) {
	c, err := load.Dial(ctx, p, time.Now().Add(grace))
	if err != nil {
		return sources, err
	}
	defer c.Close()
	set := perlsite.NewRequest(path, contract.SetOperation, "")
	if err := c.Do(set); err != nil {
		return sources, err
	}
	match := perlID.FindSubmatch(c.Body)
	if match == nil {
		return sources, fmt.Errorf("there is no id in %.500s", c.Body)
	}
	get := perlsite.NewRequest(path, contract.GetOperation, string(match[1]))
	if err := c.Do(get); err != nil {
		return sources, err
	}
	for range connections {
		sources[getLoad] = append(sources[getLoad], func(int) *load.Request { return get })
		sources[halfLoad] = append(sources[halfLoad], func(i int) *load.Request { return []*load.Request{get, set}[i%2] })
	}
	return sources, nil
}

// lemonldapTable runs the test that compares LemonLDAP::NG's REST server, and returns its
// tables.
func (e *environment) lemonldapTable(ctx context.Context) (string, error) {
	const folder = "scripts/test/lemonldap"
	if err := e.install(ctx, folder); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(e.root, folder, "run"))
	cmd.Dir = e.root
	cmd.Env = append(os.Environ(), "SPEED=1", "ROUNDS="+strconv.Itoa(e.Count))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", folder, err, firstProblem(string(out)))
	}
	_, text, found := strings.Cut(string(out), "LemonLDAP::NG ")
	if !found {
		return "", fmt.Errorf("%s has printed no table", folder)
	}
	text, _, _ = strings.Cut("LemonLDAP::NG "+text, "\n--- PASS")
	return outdented(text), nil
}

// outdented removes the blanks with which go test indents lines.
func outdented(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
