// Package logtest keeps what is logged, for tests.
package logtest

import (
	"bytes"
	"strings"
	"sync"
)

// Buffer keeps a log that a test reads while others write it. Its zero value is empty.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends to the log. It implements [io.Writer].
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String returns the whole log.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Count returns how often a text stands in the log.
func (b *Buffer) Count(text string) int { return strings.Count(b.String(), text) }
