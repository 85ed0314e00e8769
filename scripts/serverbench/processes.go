package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// The servers.
const (
	serviceServer = "service"
	rawServer     = "raw"
	stdServer     = "encoding/xml"

	serverCount = 3
)

// serverNames returns the servers in the order of the tables.
func serverNames() [serverCount]string { return [...]string{serviceServer, rawServer, stdServer} }

// processes are everything that runs beside us.
type processes struct {
	memcached *process
	servers   [serverCount]*process
}

func (p *processes) stop() {
	for _, server := range p.servers {
		if server != nil {
			server.stop()
		}
	}
	if p.memcached != nil {
		p.memcached.stop()
	}
}

// startAll starts memcached and the servers. What it has started is there to
// be stopped also when it fails.
func startAll(ctx context.Context, dir string) (*processes, error) {
	p := &processes{}
	var err error
	if p.memcached, err = startMemcached(ctx, dir); err != nil {
		return p, err
	}
	service, err := buildService(ctx, dir)
	if err != nil {
		return p, err
	}
	self, err := os.Executable()
	if err != nil {
		return p, fmt.Errorf("serverbench: %w", err)
	}
	listening := regexp.MustCompile(`msg=listening address=(\S+)`)
	for i, name := range serverNames() {
		cmd := exec.CommandContext(ctx, self, serveCommand, name, p.memcached.address)
		if name == serviceServer {
			cmd = exec.CommandContext(ctx, service, "serve", "--listen", "127.0.0.1:0",
				"--servers", p.memcached.address, "--store-timeout", storeTimeout.String())
		}
		if p.servers[i], err = start(ctx, cmd, name, dir, "", listening); err != nil {
			return p, err
		}
	}
	return p, nil
}

// startMemcached starts memcached on a port that it chooses and writes into a
// file.
func startMemcached(ctx context.Context, dir string) (*process, error) {
	args := []string{"-l", "127.0.0.1", "-p", "-1", "-U", "0"}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "root")
	}
	ports := filepath.Join(dir, "memcached.port")
	cmd := exec.CommandContext(ctx, "memcached", args...)
	cmd.Env = append(os.Environ(), "MEMCACHED_PORT_FILENAME="+ports)
	p, err := start(ctx, cmd, "memcached", dir, ports, regexp.MustCompile(`TCP INET: (\d+)\n`))
	if err != nil {
		return nil, err
	}
	p.address = net.JoinHostPort("127.0.0.1", p.address)
	return p, nil
}

// buildService builds the real program, in the module of the working
// directory.
func buildService(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "memcachedsoap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "memcachedsoap/cmd/memcachedsoap")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("serverbench: go build: %w\n%s", err, out)
	}
	return path, nil
}
