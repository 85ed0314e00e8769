package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/scripts/test/load"
)

// The peers that are no folder beside this file.
const (
	perlPeer      = "perl"
	lemonldapPeer = "lemonldap"
)

// builtPeers are the folders beside this file, in the order of the tables, with their
// titles.
func builtPeers() [][2]string {
	return [][2]string{{"gsoap", "gSOAP (C++)"}, {"cxf", "Apache CXF"}, {"php", "PHP-FPM"}, {"node", "Node"}}
}

// peerNames returns the names of all peers.
func peerNames() []string {
	var names []string
	for _, p := range builtPeers() {
		names = append(names, p[0])
	}
	return append(names, perlPeer, lemonldapPeer)
}

// leftOut is a peer that could not be installed or built.
type leftOut struct{ name, reason string }

// command runs a program of the repository, and returns what it writes to its standard
// output. An error ends with the line of its output that says what failed.
func (s settings) command(ctx context.Context, path string, args ...string) (string, error) {
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(s.root, path), args...)
	cmd.Dir = s.root
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", path, err, firstProblem(out.String()+log.String()))
	}
	return out.String(), nil
}

var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// firstProblem returns the first line that says that something has failed, or else the last
// line.
func firstProblem(output string) string {
	const most = 200
	lines := slices.DeleteFunc(strings.Split(colours.ReplaceAllString(output, ""), "\n"), func(line string) bool {
		return strings.TrimSpace(line) == ""
	})
	if len(lines) == 0 {
		return "it says nothing"
	}
	line := lines[len(lines)-1]
	for _, candidate := range lines {
		if lower := strings.ToLower(candidate); strings.Contains(lower, "error") || strings.Contains(lower, "unable to") {
			line = candidate
			break
		}
	}
	return strings.TrimSpace(line)[:min(most, len(strings.TrimSpace(line)))]
}

// peerFolder has the peers and their packages, perlFolder the packages of the Perl program.
const (
	peerFolder = "scripts/test/peers"
	perlFolder = "scripts/test/perlsite"
)

// install installs the packages that a folder needs.
func (s settings) install(ctx context.Context, folder string) error {
	_, err := s.command(ctx, "scripts/tools/deps", filepath.Join(folder, "packages"))
	return err
}

// build builds a peer and returns what it is.
func (s settings) build(ctx context.Context, name string) (version string, err error) {
	if err := s.install(ctx, filepath.Join(peerFolder, name)); err != nil {
		return "", err
	}
	out, err := s.command(ctx, filepath.Join(peerFolder, name, "build"), filepath.Join("wsdl", "session.wsdl"), s.outOf(name))
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return colours.ReplaceAllString(lines[len(lines)-1], ""), nil
}

// outOf is where a peer is built.
func (s settings) outOf(name string) string { return filepath.Join("build", "peers", name) }

// start starts a peer. n tells the peers of a run apart.
func (s settings) start(ctx context.Context, name, dir string, n int, memcached *load.Process) (*load.Process, error) {
	address := load.OwnAddress(n)
	own, ownPort, err := net.SplitHostPort(address)
	store, storePort, err2 := net.SplitHostPort(memcached.Address)
	if err := errors.Join(err, err2); err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.root, peerFolder, name, "run"), s.outOf(name), own, ownPort, store, storePort)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "CONNECTIONS="+strconv.Itoa(s.connections))
	return load.StartAt(ctx, cmd, name, dir, address)
}

// absolute returns the absolute path of the folder of the repository, and checks that it is
// one.
func absolute(root string) (string, error) {
	path, err := filepath.Abs(root)
	if err == nil {
		_, err = os.Stat(filepath.Join(path, peerFolder))
	}
	if err != nil {
		return "", fmt.Errorf("peers: -root must be the folder of the repository: %w", err)
	}
	return path, nil
}
