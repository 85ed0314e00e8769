package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// process is a program that runs while we measure.
type process struct {
	name    string
	address string // host:port
	log     string // path of the file with its standard error
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it has ended
}

// start starts a program and waits until it writes its address, which is
// what the one group of pattern matches, to the file told; "" is its log. It
// runs until ctx ends or stop is called.
func start(ctx context.Context, cmd *exec.Cmd, name, dir, told string, pattern *regexp.Regexp) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".log"), cmd: cmd, ended: make(chan struct{})}
	// Appending, so that the log can be emptied under the process.
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("serverbench: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has it
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("serverbench: %w", err)
	}
	go func() {
		_ = cmd.Wait() // killed, as a rule
		close(p.ended)
	}()
	if told == "" {
		told = p.log
	}
	p.address, err = p.await(ctx, told, pattern)
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// startTimeout bounds how long a program may take until it listens.
const startTimeout = 30 * time.Second

func (p *process) await(ctx context.Context, path string, pattern *regexp.Regexp) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		text, err := os.ReadFile(path)
		if match := pattern.FindSubmatch(text); err == nil && match != nil {
			return string(match[1]), nil
		}
		select {
		case <-p.ended:
			return "", p.failure("did not start")
		case <-ctx.Done():
			return "", p.failure("does not listen")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// failure makes an error of what happened and of the end of the log.
func (p *process) failure(what string) error {
	const most = 2000
	log, _ := os.ReadFile(p.log) // without one there is less to say
	return fmt.Errorf("serverbench: %s %s; the end of its log:\n%s", p.name, what, log[max(0, len(log)-most):])
}

// stop kills the process and waits for its end.
func (p *process) stop() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
}

// emptyLog keeps the log from filling the disk.
func (p *process) emptyLog() error {
	if err := os.Truncate(p.log, 0); err != nil {
		return fmt.Errorf("serverbench: %w", err)
	}
	return nil
}

// clockTick is the unit of times in /proc: the kernel's USER_HZ, which is 100
// wherever Go runs on Linux.
const clockTick = time.Second / 100

// cpuTime returns the processor time that the process has used, in user and
// in system mode: fields 14 and 15 of proc_pid_stat(5).
func (p *process) cpuTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("serverbench: processor time of %s: %w", p.name, err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // behind the name of the program, field 2
	fields := strings.Fields(string(rest))
	if len(fields) < 13 {
		return 0, errors.New("serverbench: /proc/PID/stat is too short")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("serverbench: processor time of %s: %w", p.name, err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("serverbench: processor time of %s: %w", p.name, err)
	}
	return time.Duration(user+system) * clockTick, nil
}
