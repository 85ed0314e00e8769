package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
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
	p, err := begin(cmd, name, dir)
	if err != nil {
		return nil, err
	}
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

// StartAt starts a program that listens on an address, and waits until it accepts
// connections. It is for programs that start others, and do not write where they listen:
// the caller must call [Process.StopAll].
func StartAt(ctx context.Context, cmd *exec.Cmd, name, dir, address string) (*Process, error) {
	cmd.Cancel = func() error { return killTree(cmd.Process.Pid) }
	p, err := begin(cmd, name, dir)
	if err != nil {
		return nil, err
	}
	p.Address = address
	dialable := func() (string, bool) {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			return "", false
		}
		return "", conn.Close() == nil
	}
	if _, err := p.poll(ctx, dialable); err != nil {
		p.StopAll()
		return nil, err
	}
	return p, nil
}

// begin starts a program with its log in dir.
func begin(cmd *exec.Cmd, name, dir string) (*Process, error) {
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
	return p, nil
}

// startTimeout limits the time until a program listens.
const startTimeout = 30 * time.Second

func (p *Process) await(ctx context.Context, path string, pattern *regexp.Regexp) (string, error) {
	return p.poll(ctx, func() (string, bool) {
		text, err := os.ReadFile(path)
		if match := pattern.FindSubmatch(text); err == nil && match != nil {
			return string(match[1]), true
		}
		return "", false
	})
}

// poll waits until listens reports that the program listens, and returns its result.
func (p *Process) poll(ctx context.Context, listens func() (string, bool)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if address, ok := listens(); ok {
			return address, nil
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

// StopAll kills the process and its descendants, for one of [StartAt].
func (p *Process) StopAll() {
	select {
	case <-p.ended:
	default:
		_ = killTree(p.cmd.Process.Pid) // fails only if it has ended
		<-p.ended
	}
}

// killTree kills a process and its descendants, also those that have left its process
// group. The parent is stopped before its children are listed, so that it starts no others.
func killTree(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err //nolint:wrapcheck // that of a call
	}
	children, err := childrenOf(pid)
	for _, child := range children {
		_ = killTree(child) // it has ended
	}
	return errors.Join(err, syscall.Kill(pid, syscall.SIGKILL))
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
