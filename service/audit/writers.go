package audit

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// maxWriters is how many sessions have a known last writer.
	maxWriters = 10_000
	// readBack is how many bytes at the end of the file are read when it is opened.
	readBack = 4 << 20
)

// Writer is who has stored a session last, as far as the audit log knows.
type Writer struct {
	Time      time.Time
	Caller    string // "" if nobody was known
	Operation string
	Dialect   string
	RequestID string
}

// writers remembers who has stored the sessions last, in bounded memory.
type writers struct {
	mu    sync.Mutex
	since time.Time // it knows every writer since then
	at    map[string]int
	ring  []remembered // the oldest one at next, once it is full
	next  int
}

type remembered struct {
	session string
	Writer
}

// add remembers the writer of a session with a fingerprint.
func (w *writers) add(session string, writer Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == nil {
		w.at = make(map[string]int)
	}
	if len(w.ring) < maxWriters {
		w.at[session] = len(w.ring)
		w.ring = append(w.ring, remembered{session, writer})
		return
	}
	oldest := &w.ring[w.next]
	if w.at[oldest.session] == w.next {
		delete(w.at, oldest.session)
	}
	*oldest = remembered{session, writer}
	w.at[session] = w.next
	w.next = (w.next + 1) % len(w.ring)
	w.since = w.ring[w.next].Time
}

// forget begins to remember at a time: who has stored the sessions before is not known.
func (w *writers) forget(now time.Time) {
	w.since, w.at, w.ring, w.next = now, nil, nil, 0
}

// LastWriter returns who has stored the session with a fingerprint last. It knows what
// this instance has written since [Log.WritersSince], and what the end of the file said
// when it was opened.
func (l *Log) LastWriter(session string) (w Writer, known bool) {
	if l == nil {
		return Writer{}, false
	}
	l.writers.mu.Lock()
	defer l.writers.mu.Unlock()
	i, known := l.writers.at[session]
	if !known {
		return Writer{}, false
	}
	return l.writers.ring[i].Writer, true
}

// WritersSince returns since when the log knows the writers; the zero time without a log.
func (l *Log) WritersSince() time.Time {
	if l == nil {
		return time.Time{}
	}
	l.writers.mu.Lock()
	defer l.writers.mu.Unlock()
	return l.writers.since
}

// remember remembers the writer of the session that a call has stored.
func (l *Log) remember(e *Event, now time.Time) {
	if e.Outcome == OK && e.ExpiresIn != nil && len(e.Sessions.fingerprints) == 1 {
		l.writers.add(e.Sessions.fingerprints[0], Writer{
			Time: now, Caller: cut(e.Caller), Operation: cut(e.Operation), Dialect: e.Dialect, RequestID: cut(e.RequestID),
		})
	}
}

// rememberFile remembers the writers that the end of a file names. A file that only its
// writer may read tells nothing.
func (l *Log) rememberFile(path string) {
	l.writers.since = time.Now()
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return
	}
	defer f.Close() //nolint:errcheck // it was only read
	from := max(info.Size()-readBack, 0)
	lines := bufio.NewScanner(io.NewSectionReader(f, from, readBack))
	lines.Buffer(make([]byte, 0, 64<<10), readBack)
	if from > 0 {
		lines.Scan() // the end of a line
	}
	first := true
	for lines.Scan() {
		var said line
		if json.Unmarshal(lines.Bytes(), &said) != nil {
			continue
		}
		at, err := time.Parse(layout, said.Time)
		if err != nil {
			continue
		}
		if first || said.LinesNotWritten > 0 {
			l.writers.forget(at)
			first = false
		}
		l.rememberLine(&said, at)
	}
}

func (l *Log) rememberLine(said *line, at time.Time) {
	if said.Outcome != OK || said.TTL == nil || len(said.Sessions) != 1 {
		return
	}
	w := Writer{Time: at, Operation: said.Operation, Dialect: said.Dialect, RequestID: said.RequestID}
	if said.Caller != nil {
		w.Caller = *said.Caller
	}
	l.writers.add(said.Sessions[0], w)
}
