package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/programtest"
)

// The servers.
const (
	serviceServer  = "service"
	rawServer      = "raw"
	stdServer      = "encoding/xml"
	nearServer     = "copies"
	constantServer = "constant"
	tlsServer      = "TLS"
	mutualServer   = "mTLS"

	serverCount = 3
)

// servers returns the names of the measured servers in the order of the tables.
func (s settings) servers() [serverCount]string {
	switch {
	case s.nearCache:
		return [...]string{serviceServer, nearServer, constantServer}
	case s.tls:
		return [...]string{serviceServer, tlsServer, mutualServer}
	}
	return [...]string{serviceServer, rawServer, stdServer}
}

// processes are the processes that the benchmark starts.
type processes struct {
	memcached *load.Process
	servers   [serverCount]*load.Process
}

func (p *processes) stop() {
	for _, server := range p.servers {
		if server != nil {
			server.Stop()
		}
	}
	if p.memcached != nil {
		p.memcached.Stop()
	}
}

// startAll starts memcached and the servers. Even with an error the caller must
// stop the processes that it returns.
func startAll(ctx context.Context, dir string, names [serverCount]string) (*processes, error) {
	p := &processes{}
	var err error
	if p.memcached, err = load.StartMemcached(ctx, dir); err != nil {
		return p, err
	}
	service, err := programtest.Build(ctx, dir)
	if err != nil {
		return p, err
	}
	self, err := os.Executable()
	if err != nil {
		return p, fmt.Errorf("bench: %w", err)
	}
	certificates, err := newCertificates(dir)
	if err != nil {
		return p, err
	}
	listening := regexp.MustCompile(`msg=listening address=(\S+)`)
	for i, name := range names {
		cmd := exec.CommandContext(ctx, self, serveCommand, name, p.memcached.Address)
		if slices.Contains([]string{serviceServer, nearServer, tlsServer, mutualServer}, name) {
			cmd = exec.CommandContext(ctx, service, "serve", "--listen", "127.0.0.1:0",
				"--servers", p.memcached.Address, "--store-timeout", storeTimeout.String())
		}
		if name == nearServer {
			cmd.Args = append(cmd.Args, "--local", "memory:64MiB")
		}
		if name == tlsServer || name == mutualServer {
			cmd.Args = append(cmd.Args, certificates.flags(name == mutualServer)...)
		}
		if p.servers[i], err = load.Start(ctx, cmd, name, dir, "", listening); err != nil {
			return p, err
		}
		if name == tlsServer || name == mutualServer {
			p.servers[i].TLS = certificates.config
		}
	}
	return p, nil
}
