package connect

import (
	"log/slog"
	"os"
	"sync"
	"time"
)

// changing is what files say. They are read again when they have changed.
type changing[T any] struct {
	files  []string
	read   func() (T, error)
	logger *slog.Logger

	mu     sync.Mutex
	looked time.Time
	seen   []state // of each file, when they were read
	now    T
}

// state tells one content of a file from another, also if the file was replaced or a
// symbolic link leads elsewhere now.
type state struct {
	info os.FileInfo // nil if the file cannot be seen
}

func (s state) same(other state) bool {
	if s.info == nil || other.info == nil {
		return s.info == nil && other.info == nil
	}
	return os.SameFile(s.info, other.info) && s.info.Size() == other.info.Size() && s.info.ModTime().Equal(other.info.ModTime())
}

// lookEvery is how often the files are looked at, at most.
const lookEvery = time.Second

// newChanging reads the files, of which some may have no name.
func newChanging[T any](logger *slog.Logger, read func() (T, error), files ...string) (*changing[T], error) {
	c := &changing[T]{read: read, logger: logger}
	for _, file := range files {
		if file != "" {
			c.files = append(c.files, file)
		}
	}
	c.seen, c.looked = c.look(), time.Now()
	var err error
	c.now, err = read()
	return c, err
}

func (c *changing[T]) look() []state {
	states := make([]state, len(c.files))
	for i, file := range c.files {
		if info, err := os.Stat(file); err == nil {
			states[i].info = info
		}
	}
	return states
}

// value returns what the files say. Files that cannot be used change nothing.
func (c *changing[T]) value() T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.now
	}
	c.looked = time.Now()
	// The states come first: a change while the files are read is seen later.
	states := c.look()
	same := true
	for i, s := range states {
		same = same && s.same(c.seen[i])
	}
	if same {
		return c.now
	}
	c.seen = states
	changed, err := c.read()
	if err != nil {
		c.logger.Error("changed files for connections to memcached cannot be used: what they said before stays", "files", c.files, "error", err)
		return c.now
	}
	c.now = changed
	c.logger.Info("files for connections to memcached were read again", "files", c.files)
	return c.now
}
