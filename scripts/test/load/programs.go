package load

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// StartMemcached starts memcached. memcached chooses a port and writes it into a
// file in dir.
func StartMemcached(ctx context.Context, dir string) (*Process, error) {
	args := []string{"-l", "127.0.0.1", "-p", "-1", "-U", "0"}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "root")
	}
	ports := filepath.Join(dir, "memcached.port")
	cmd := exec.CommandContext(ctx, "memcached", args...)
	cmd.Env = append(os.Environ(), "MEMCACHED_PORT_FILENAME="+ports)
	p, err := Start(ctx, cmd, "memcached", dir, ports, regexp.MustCompile(`TCP INET: (\d+)\n`))
	if err != nil {
		return nil, err
	}
	p.Address = net.JoinHostPort("127.0.0.1", p.Address)
	return p, nil
}

// BuildService builds the service in dir and returns its path. The working directory
// must be in the module.
func BuildService(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "memcachedsoap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "memcachedsoap/cmd/memcachedsoap")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("load: go build: %w\n%s", err, out)
	}
	return path, nil
}
