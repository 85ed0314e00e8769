package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// cost is what one message costs.
type cost struct {
	message

	status int
	fault  string        // "" if the answer is none
	answer int           // bytes
	read   int           // bytes of the stored session that it reads
	cpu    time.Duration // processor time of one request: the median
	memory int64         // what one request makes the process grow by
}

const mib = 1 << 20

// bytes are those for which processor time is allowed.
func (c *cost) bytes() int { return c.size + c.answer + c.read }

// perMiB returns the milliseconds for each MiB.
func (c *cost) perMiB() float64 { return c.cpu.Seconds() * 1000 * mib / float64(c.bytes()) }

var faultString = regexp.MustCompile(`<faultstring[^>]*>([^<]*)`)

// measure sends a message to a new process.
func (e *environment) measure(ctx context.Context, m message, times int) (cost, error) {
	c := cost{message: m}
	if m.stores != nil {
		if err := e.store(ctx, m); err != nil {
			return c, err
		}
		var err error
		if c.read, err = e.storedBytes(ctx); err != nil {
			return c, err
		}
		c.read *= max(1, m.reads)
	}
	s, err := e.start(ctx)
	if err != nil {
		return c, err
	}
	defer s.stop()
	if err := s.warm(ctx); err != nil {
		return c, err
	}
	before, err := s.Memory()
	if err != nil {
		return c, err
	}
	if err := s.ForgetPeak(); err != nil {
		return c, err
	}
	var all []time.Duration
	for i := range times {
		cpu, err := c.send(ctx, s)
		if err != nil {
			return c, err
		}
		all = append(all, cpu)
		if i == 0 {
			after, err := s.Memory()
			if err != nil {
				return c, err
			}
			c.memory = after.Peak - before.Now
		}
	}
	slices.Sort(all)
	c.cpu = all[len(all)/2]
	return c, nil
}

// send sends the message once, and returns the processor time that it has taken.
func (c *cost) send(ctx context.Context, s *service) (time.Duration, error) {
	started, err := s.OwnCPUTime()
	if err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	var answer []byte
	if c.status, answer, err = s.post(ctx, c.body, c.contentType); err != nil {
		return 0, err
	}
	c.answer = len(answer)
	if found := faultString.FindSubmatch(answer); found != nil {
		c.fault = string(found[1])
	}
	ended, err := s.OwnCPUTime()
	if err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	return ended - started, nil
}

// store stores the session that a message reads.
func (e *environment) store(ctx context.Context, m message) error {
	s, err := e.start(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	status, answer, err := s.post(ctx, m.stores, textXML)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("cost: %s: the session is not stored: %.500s", m.name, answer)
	}
	return err
}

// warm makes the process do what it does only once.
func (s *service) warm(ctx context.Context) error {
	for range 3 {
		status, answer, err := s.post(ctx, []byte(contract("status", "")), textXML)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("cost: status: %.500s", answer)
		}
	}
	return nil
}

// crowd is what connections cost.
type crowd struct {
	connections int
	memory      int64 // of the process
}

// measureConnections returns the memory of a process with so many connections, each of
// which has made one request.
func (e *environment) measureConnections(ctx context.Context, numbers ...int) ([]crowd, error) {
	var all []crowd
	for _, n := range numbers {
		memory, err := e.withConnections(ctx, n)
		if err != nil {
			return nil, err
		}
		all = append(all, crowd{n, memory})
	}
	return all, nil
}

func (e *environment) withConnections(ctx context.Context, n int) (int64, error) {
	s, err := e.start(ctx)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	if err := s.warm(ctx); err != nil {
		return 0, err
	}
	answer := make([]byte, 4<<10)
	for range n {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
		if err != nil {
			return 0, fmt.Errorf("cost: %w", err)
		}
		defer func() { _ = conn.Close() }() // nothing can be lost
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return 0, fmt.Errorf("cost: %w", err)
		}
		if _, err := conn.Read(answer); err != nil {
			return 0, fmt.Errorf("cost: %w", err)
		}
	}
	memory, err := s.Memory()
	return memory.Now, err
}
