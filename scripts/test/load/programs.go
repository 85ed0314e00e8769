package load

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// StartMemcached starts the program that the environment variable MEMCACHED names, or
// else the memcached of the system, with more arguments if there are some. Unless they
// name a port, memcached chooses one and writes it into a file in dir, in which no
// other memcached may be started.
func StartMemcached(ctx context.Context, dir string, more ...string) (*Process, error) {
	args := []string{"-l", "127.0.0.1", "-p", "-1", "-U", "0"}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "root")
	}
	ports := filepath.Join(dir, "memcached.port")
	cmd := exec.CommandContext(ctx, cmp.Or(os.Getenv("MEMCACHED"), "memcached"), append(args, more...)...)
	cmd.Env = append(os.Environ(), "MEMCACHED_PORT_FILENAME="+ports)
	p, err := Start(ctx, cmd, "memcached", dir, ports, regexp.MustCompile(`TCP INET: (\d+)\n`))
	if err != nil {
		return nil, err
	}
	p.Address = net.JoinHostPort("127.0.0.1", p.Address)
	return p, nil
}

// OwnAddress returns an address at which no other program listens, for programs that cannot
// choose a port themselves: no other process has this process's part of 127.0.0.0/8. n, from
// 0, tells the addresses of a process apart.
func OwnAddress(n int) string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:%d", 64|pid>>16&0x3f, pid>>8&0xff, pid&0xff, firstPort+n)
}

// firstPort is below the ports that the system gives away.
const firstPort = 18080
