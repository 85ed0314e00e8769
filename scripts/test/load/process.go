package load

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	Address string      // host:port
	TLS     *tls.Config // how clients connect; nil without TLS

	name  string
	log   string // path of the file with the standard error
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// Start starts a program and waits until it writes its address to addressFile. The
// group of pattern matches the address. If addressFile is empty, the program writes
// the address to its log. The log is a file in dir. The program runs until ctx ends
// or [Process.Stop] is called.
func Start(ctx context.Context, cmd *exec.Cmd, name, dir, addressFile string, pattern *regexp.Regexp) (*Process, error) {
	p := &Process{name: name, log: filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".log"), cmd: cmd, ended: make(chan struct{})}
	// With O_APPEND the log can be emptied while the process writes to it.
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own copy
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	go func() {
		_ = cmd.Wait() // usually it was killed
		close(p.ended)
	}()
	if addressFile == "" {
		addressFile = p.log
	}
	p.Address, err = p.await(ctx, addressFile, pattern)
	if err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// startTimeout limits the time until a program listens.
const startTimeout = 30 * time.Second

func (p *Process) await(ctx context.Context, path string, pattern *regexp.Regexp) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		text, err := os.ReadFile(path)
		if match := pattern.FindSubmatch(text); err == nil && match != nil {
			return string(match[1]), nil
		}
		select {
		case <-p.ended:
			return "", p.Failure("did not start")
		case <-ctx.Done():
			return "", p.Failure("does not listen")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Failure returns an error that says what happened and shows the end of the log.
func (p *Process) Failure(what string) error {
	const most = 2000
	log, _ := os.ReadFile(p.log) // without a log the error is shorter
	return fmt.Errorf("load: %s %s; the end of its log:\n%s", p.name, what, log[max(0, len(log)-most):])
}

// Stop kills the process and waits for its end.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
}

// EmptyLog empties the log, so that it does not fill the disk.
func (p *Process) EmptyLog() error {
	if err := os.Truncate(p.log, 0); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}

// Terminate sends SIGTERM, so that the process can end its children, and waits for
// its end.
func (p *Process) Terminate() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	<-p.ended
}
