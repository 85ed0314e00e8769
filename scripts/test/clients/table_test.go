//go:build interop

package clients

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// table is the table that the tests print at the end: what each client keeps.
type table struct {
	mu   sync.Mutex
	rows map[string]map[string]string // cells by item, by client
}

func (tb *table) add(name string, cells map[string]string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if tb.rows == nil {
		tb.rows = map[string]map[string]string{}
	}
	tb.rows[name] = cells
}

func (tb *table) print(t *testing.T, title string) {
	t.Helper()
	columns := map[string]bool{}
	for _, cells := range tb.rows {
		for item := range cells {
			columns[item] = true
		}
	}
	items := slices.Sorted(maps.Keys(columns))
	var out strings.Builder
	out.WriteString("| " + title + " | " + strings.Join(items, " | ") + " |\n|---|" + strings.Repeat("---|", len(items)) + "\n")
	for _, name := range slices.Sorted(maps.Keys(tb.rows)) {
		out.WriteString("| " + name)
		for _, item := range items {
			out.WriteString(" | " + tb.rows[name][item])
		}
		out.WriteString(" |\n")
	}
	t.Logf("table:\n%s", out.String())
}
