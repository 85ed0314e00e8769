package load

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Process is a program that runs while it is measured.
type Process struct {
	Address string // host:port

	name  string
	log   string // path of the file with its standard error
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// Start starts a program and waits until it writes its address, which is
// what the one group of pattern matches, to the file told; "" is its log,
// which is a file in dir. It runs until ctx ends or [Process.Stop] is called.
func Start(ctx context.Context, cmd *exec.Cmd, name, dir, told string, pattern *regexp.Regexp) (*Process, error) {
	p := &Process{name: name, log: filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".log"), cmd: cmd, ended: make(chan struct{})}
	// Appending, so that the log can be emptied under the process.
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has it
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	go func() {
		_ = cmd.Wait() // killed, as a rule
		close(p.ended)
	}()
	if told == "" {
		told = p.log
	}
	p.Address, err = p.await(ctx, told, pattern)
	if err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// startTimeout bounds how long a program may take until it listens.
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

// Failure makes an error of what happened and of the end of the log.
func (p *Process) Failure(what string) error {
	const most = 2000
	log, _ := os.ReadFile(p.log) // without one there is less to say
	return fmt.Errorf("load: %s %s; the end of its log:\n%s", p.name, what, log[max(0, len(log)-most):])
}

// Stop kills the process and waits for its end.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
}

// EmptyLog keeps the log from filling the disk.
func (p *Process) EmptyLog() error {
	if err := os.Truncate(p.log, 0); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}

// Terminate asks the process to end, as one with children needs it, and waits
// for its end.
func (p *Process) Terminate() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	<-p.ended
}
