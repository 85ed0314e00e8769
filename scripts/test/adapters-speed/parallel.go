package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/scripts/test/load"
)

// What each round does: requests pages at the same time, which work for workTime.
const (
	requests = 20
	workTime = 50 * time.Millisecond
)

// handler is a session handler of PHP.
type handler struct {
	name  string // in page.php
	title string
	times []time.Duration // until all pages were answered
	kept  []int           // changes that the session then has
	calls [2]float64      // exchanges per page that read, and that write; the service alone counts them
}

func handlers() []*handler {
	return []*handler{
		{name: "adapter", title: "scripts/clients/php/session"},
		{name: "memcached", title: "php-memcached, which locks"},
		{name: "redis-locking", title: "php-redis with locks"},
		{name: "redis", title: "php-redis without locks, the default"},
	}
}

func (s *servers) measureParallel(ctx context.Context, set settings, stderr io.Writer) ([]*handler, error) {
	url, err := s.startPHP(ctx, set.root)
	if err != nil {
		return nil, err
	}
	list := handlers()
	for round := range set.rounds + 1 {
		for _, h := range list {
			before, err := s.counts(ctx)
			if err != nil {
				return nil, err
			}
			d, kept, err := parallel(ctx, url+"/?handler="+h.name)
			if err != nil {
				return nil, fmt.Errorf("adapters-speed: %s: %w", h.title, err)
			}
			after, err := s.counts(ctx)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				h.times, h.kept = append(h.times, d), append(h.kept, kept)
			}
			// Two more pages make the session and count its keys: one writes, one reads.
			h.calls = [2]float64{float64(after[0]-before[0]-1) / requests, float64(after[1]-before[1]-1) / requests}
			_, _ = fmt.Fprintf(stderr, "round %d: %s: %v, %d kept\n", round, h.title, d.Round(time.Millisecond), kept)
		}
	}
	return list, nil
}

// parallel sends all requests of one new session at the same time. It returns when all were
// answered, and how many changes the session then has.
func parallel(ctx context.Context, url string) (time.Duration, int, error) {
	client := &http.Client{Timeout: grace, Transport: &http.Transport{DisableKeepAlives: true}}
	_, cookie, err := get(ctx, client, url, "")
	if err != nil {
		return 0, 0, err
	}
	errs := make([]error, requests)
	started := time.Now()
	var pages sync.WaitGroup
	for i := range requests {
		pages.Go(func() {
			_, _, errs[i] = get(ctx, client, fmt.Sprintf("%s&ms=%d&key=k%d", url, workTime.Milliseconds(), i), cookie)
		})
	}
	pages.Wait()
	d := time.Since(started)
	for _, err := range errs {
		if err != nil {
			return 0, 0, err
		}
	}
	answer, _, err := get(ctx, client, url+"&count=1", cookie)
	if err != nil {
		return 0, 0, err
	}
	count, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(answer, "answer ")))
	if err != nil {
		return 0, 0, fmt.Errorf("the number of keys: %w", err)
	}
	return d, count - 1, nil // without the key of the first page
}

// get asks for a page and returns its text and the cookie of the session.
func get(ctx context.Context, client *http.Client, url, cookie string) (text, session string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", "", fmt.Errorf("page: %w", err)
	}
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", "", fmt.Errorf("page: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), "answer ")) {
		err = fmt.Errorf("status %d: %.300s", response.StatusCode, body)
	}
	for _, c := range response.Cookies() {
		if c.Name == "sessionid" {
			session = c.Name + "=" + c.Value
		}
	}
	return string(body), session, err
}

// startPHP installs and starts PHP-FPM and nginx, with what the other handlers need, and
// returns the URL of the page.
func (s *servers) startPHP(ctx context.Context, root string) (string, error) {
	here := filepath.Join(root, "scripts/test/adapters-speed/php")
	out, err := exec.CommandContext(ctx, filepath.Join(root, "scripts/tools/deps"), filepath.Join(here, "packages")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("adapters-speed: %w: %s", err, out)
	}
	memcached, err := s.memcached(ctx, "php-memcached")
	if err != nil {
		return "", err
	}
	redisPort, err := freePort(ctx)
	if err != nil {
		return "", err
	}
	redis, err := load.StartAt(ctx, exec.CommandContext(ctx, "redis-server", "--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--dir", s.dir),
		"redis.log", s.dir, "127.0.0.1:"+redisPort)
	if err != nil {
		return "", fmt.Errorf("adapters-speed: %w", err)
	}
	s.stops = append(s.stops, redis.StopAll)
	dir, err := s.subfolder("php")
	if err != nil {
		return "", err
	}
	address := load.OwnAddress(0)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("adapters-speed: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(here, "run"), dir, host, port)
	cmd.Env = append(os.Environ(), "SOAP_URL="+s.soap, "MEMCACHED="+memcached.Address, "REDIS="+redis.Address)
	p, err := load.StartAt(ctx, cmd, "php.log", dir, address)
	if err != nil {
		return "", fmt.Errorf("adapters-speed: %w", err)
	}
	s.stops = append(s.stops, p.StopAll)
	return "http://" + address, nil
}
