package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/audit"
)

// stored is the event of a call that has stored a session.
func stored(session, caller string) audit.Event {
	life := time.Hour
	return audit.Event{
		Caller: caller, Operation: "updateSession", Dialect: "contract", RequestID: "7", Outcome: audit.OK,
		Sessions: audit.SessionsOf(1, func(int) string { return session }), ExpiresIn: &life,
	}
}

func TestLastWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	before := time.Now()
	l, _ := open(t, path)
	_, known := l.LastWriter("a")
	assert.False(t, known)
	assert.WithinRange(t, l.WritersSince(), before, time.Now())
	l.Write(t.Context(), stored("a", "portal"))
	l.Write(t.Context(), stored("a", "batch"))
	failed := stored("a", "other")
	failed.Outcome = "VersionConflictFault"
	l.Write(t.Context(), failed)
	found := stored("a", "reader")
	found.ExpiresIn = nil // it has stored nothing
	l.Write(t.Context(), found)
	w, known := l.LastWriter("a")
	require.True(t, known)
	assert.Equal(t, audit.Writer{Time: w.Time, Caller: "batch", Operation: "updateSession", Dialect: "contract", RequestID: "7"}, w)
	assert.WithinRange(t, w.Time, before, time.Now())
	require.NoError(t, l.Close())

	again, _ := open(t, path) // as after a restart
	w, known = again.LastWriter("a")
	require.True(t, known)
	assert.Equal(t, "batch", w.Caller)
	assert.WithinRange(t, again.WritersSince(), before.Add(-time.Millisecond), w.Time)
	require.NoError(t, again.Close())
}

// What is remembered is bounded, and the log says how far back it goes.
func TestLastWritersAreBounded(t *testing.T) {
	t.Parallel()
	l, err := audit.Open(audit.Stdout, audit.Options{Stdout: new(nowhere)})
	require.NoError(t, err)
	for i := range 10_010 {
		l.Write(t.Context(), stored(strconv.Itoa(i), "portal"))
	}
	_, known := l.LastWriter("9")
	assert.False(t, known)
	oldest, known := l.LastWriter("10")
	require.True(t, known)
	assert.Equal(t, oldest.Time, l.WritersSince())
	_, known = l.LastWriter("10009")
	assert.True(t, known)
	require.NoError(t, l.Close())
	var none *audit.Log
	_, known = none.LastWriter("10")
	assert.False(t, known)
	assert.Zero(t, none.WritersSince())
}

// Of a long file only its end is read, from the first whole line on.
func TestLongFileTellsItsEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	f, err := os.Create(path)
	require.NoError(t, err)
	for i := range 40_000 {
		_, err = fmt.Fprintf(f, `{"time":"2026-01-02T03:04:05.%06dZ","caller":"portal","operation":"setSession","outcome":"ok",`+
			`"sessions":["%d"],"sessions_number":1,"ttl":3600}`+"\n", i, i)
		require.NoError(t, err)
	}
	_, err = f.WriteString("no JSON\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	l, _ := open(t, path)
	_, known := l.LastWriter("39999")
	assert.True(t, known)
	_, known = l.LastWriter("5")
	assert.False(t, known)
	assert.Equal(t, 2026, l.WritersSince().Year())
	require.NoError(t, l.Close())
}

// Behind lines that could not be written, nobody knows who has stored a session before.
func TestMissingLinesAreNoLastWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	const storedAt = `{"time":"2026-01-02T03:04:0%d.000000Z","caller":"portal","operation":"setSession","outcome":"ok","sessions":["%s"],"ttl":3600}` + "\n"
	lines := fmt.Sprintf(storedAt, 5, "before") +
		`{"time":"2026-01-02T03:04:06.000000Z","caller":null,"outcome":"LinesNotWritten","lines_not_written":2}` + "\n" + fmt.Sprintf(storedAt, 7, "after")
	require.NoError(t, os.WriteFile(path, []byte(lines), 0o600))
	l, _ := open(t, path)
	_, known := l.LastWriter("before")
	assert.False(t, known)
	_, known = l.LastWriter("after")
	assert.True(t, known)
	assert.Equal(t, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), l.WritersSince())
	require.NoError(t, l.Close())
}

// nowhere is a writer whose lines nobody reads.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
