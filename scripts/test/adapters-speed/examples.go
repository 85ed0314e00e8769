package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"memcachedsoap/scripts/test/load"
)

// The kinds of pages that are measured.
const (
	plain = iota
	reading
	changing
	kinds
)

// example is what was measured of an example application.
type example struct {
	name   string
	median [kinds]time.Duration
	calls  [kinds][2]float64 // exchanges per page that read, and that write
	err    error             // why it was left out
}

func (s *servers) measureExamples(ctx context.Context, set settings, stderr io.Writer) ([]*example, error) {
	paths, err := filepath.Glob(filepath.Join(set.root, "scripts/clients/*/*/example/run"))
	if err != nil {
		return nil, fmt.Errorf("adapters-speed: %w", err)
	}
	var list []*example
	for _, path := range paths {
		folder := filepath.Dir(filepath.Dir(path))
		e := &example{name: filepath.Join(filepath.Base(filepath.Dir(folder)), filepath.Base(folder))}
		if !strings.Contains(e.name, set.clients) {
			continue
		}
		e.err = s.measureExample(ctx, e, path, set.pages)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("adapters-speed: %w", ctx.Err())
		}
		_, _ = fmt.Fprintf(stderr, "%s: %v %v\n", e.name, e.median, e.err) // the report has it, too
		list = append(list, e)
	}
	if len(list) == 0 {
		return nil, errors.New("adapters-speed: there is no example application")
	}
	return list, nil
}

// startTime is how long an application may take to start. The first time it is built.
const startTime = 5 * time.Minute

func (s *servers) measureExample(ctx context.Context, e *example, program string, pages int) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "PORT="+port, "SOAP_URL="+s.soap)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it may start others
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("adapters-speed: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() //nolint:errcheck // it is ended below
	}()
	defer func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) //nolint:errcheck // it may have ended
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
			<-ended
		}
	}()
	b, err := newBrowser("http://127.0.0.1:" + port)
	if err != nil {
		return err
	}
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if _, err = b.page(ctx, http.MethodGet, "/plain", ""); err == nil {
			break
		}
		select {
		case <-ended:
			return fmt.Errorf("adapters-speed: it does not start: %.300s", output.String())
		default:
		}
		if time.Since(began) > startTime || ctx.Err() != nil {
			return fmt.Errorf("adapters-speed: it does not answer: %w", err)
		}
	}
	return s.measurePages(ctx, e, b, pages)
}

func (s *servers) measurePages(ctx context.Context, e *example, b *browser, pages int) error {
	if _, err := b.page(ctx, http.MethodPost, "/login?uid=measured", ""); err != nil {
		return err
	}
	var times [kinds][]time.Duration
	var calls [kinds][2]int
	for i := range pages + pages/10 { // the first ones warm the application up
		for kind := range kinds {
			before, err := s.counts(ctx)
			if err != nil {
				return err
			}
			var d time.Duration
			switch kind {
			case plain:
				d, err = b.page(ctx, http.MethodGet, "/plain", "")
			case reading:
				d, err = b.page(ctx, http.MethodGet, "/get?key=note", "")
			case changing:
				d, err = b.page(ctx, http.MethodPost, "/set?key=note", strconv.Itoa(i))
			}
			if err != nil {
				return err
			}
			after, err := s.counts(ctx)
			if err != nil {
				return err
			}
			if i >= pages/10 {
				times[kind] = append(times[kind], d)
				calls[kind][0] += after[0] - before[0]
				calls[kind][1] += after[1] - before[1]
			}
		}
	}
	for kind := range kinds {
		e.median[kind] = load.Median(times[kind])
		e.calls[kind] = [2]float64{float64(calls[kind][0]) / float64(pages), float64(calls[kind][1]) / float64(pages)}
	}
	return nil
}

// browser has one session.
type browser struct {
	http.Client

	url string
}

func newBrowser(url string) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("adapters-speed: %w", err)
	}
	// Each page on a connection of its own: PHP's web server keeps none.
	return &browser{http.Client{Jar: jar, Timeout: grace, Transport: &http.Transport{DisableKeepAlives: true}}, url}, nil
}

// page asks for a page and returns the time until its end.
func (b *browser) page(ctx context.Context, method, path, body string) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("adapters-speed: %w", err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	started := time.Now()
	response, err := b.Do(request)
	if err != nil {
		return 0, fmt.Errorf("adapters-speed: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	d := time.Since(started)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("adapters-speed: %s: status %d: %.300s", path, response.StatusCode, answer)
	}
	return d, err
}

const statsMessage = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` +
	`<stats xmlns="urn:memcached-soap:session:v1"/></Body></Envelope>`

var counted = regexp.MustCompile(`<name>([A-Za-z]+)_requests</name><value>(\d+)</value>`)

// counts returns how many calls that read and that write the service has counted.
func (s *servers) counts(ctx context.Context) ([2]int, error) {
	var n [2]int
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.soap, strings.NewReader(statsMessage))
	if err != nil {
		return n, fmt.Errorf("adapters-speed: %w", err)
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return n, fmt.Errorf("adapters-speed: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return n, fmt.Errorf("adapters-speed: %w", err)
	}
	found := counted.FindAllSubmatch(body, -1)
	if len(found) == 0 {
		return n, fmt.Errorf("adapters-speed: the service does not count its calls: %.300s", body)
	}
	for _, match := range found {
		calls, err := strconv.Atoi(string(match[2]))
		if err != nil {
			return n, fmt.Errorf("adapters-speed: %w", err)
		}
		switch name := string(match[1]); {
		case name == "getSession" || name == "getSessions":
			n[0] += calls
		case slices.Contains([]string{"setSession", "updateSession", "touchSession", "renameSession", "deleteSession"}, name):
			n[1] += calls
		}
	}
	return n, nil
}
