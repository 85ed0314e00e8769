package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/programtest"
)

// environment is what the measurements share.
type environment struct {
	dir       string
	binary    string
	memcached *load.Process
}

func newEnvironment(ctx context.Context, dir string) (*environment, error) {
	e := &environment{dir: dir}
	var err error
	if e.binary, err = programtest.Build(ctx, dir); err != nil {
		return nil, err
	}
	e.memcached, err = load.StartMemcached(ctx, dir)
	return e, err
}

// service is a process of the service.
type service struct {
	*load.Process

	client *http.Client
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

// start starts the service with its default settings. Only --store-timeout is longer,
// because the processes share few processors.
func (e *environment) start(ctx context.Context, flags ...string) (*service, error) {
	cmd := exec.CommandContext(ctx, e.binary, "serve", "--listen", "127.0.0.1:0", "--servers", e.memcached.Address, "--store-timeout", "5s")
	cmd.Args = append(cmd.Args, flags...)
	p, err := load.Start(ctx, cmd, "service", e.dir, "", listening)
	if err != nil {
		return nil, err
	}
	return &service{Process: p, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}, nil
}

// stop stops the process and empties its log, in which the address of the next one
// will be looked for.
func (s *service) stop() {
	s.client.CloseIdleConnections()
	s.Stop()
	_ = s.EmptyLog() // then the next start fails
}

// post sends a message and returns the status and the answer.
func (s *service) post(ctx context.Context, body []byte, contentType string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Address+"/soap", bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("cost: %w", err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept-Encoding", "identity")
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("cost: %w", err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return 0, nil, fmt.Errorf("cost: %w", err)
	}
	return resp.StatusCode, answer, nil
}

// storedBytes returns the size of the session in memcached, 0 if there is none.
func (e *environment) storedBytes(ctx context.Context) (int, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.memcached.Address)
	if err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	defer func() { _ = conn.Close() }() // nothing can be lost
	if _, err := io.WriteString(conn, "mg "+sessionID+" s\r\n"); err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	size, found := strings.CutPrefix(strings.TrimSpace(line), "HD s")
	if !found {
		return 0, nil
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	return n, nil
}
