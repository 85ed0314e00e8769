package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build events
	Test        string // empty: the event is the package's
	Elapsed     float64
	Output      string
	FailedBuild string
}

// report counts and prints what the events say.
type report struct {
	w        io.Writer
	running  map[string]*result // by package and test
	packages map[string]*tally
	failures []string
	skips    []string
	passed   int
}

// result is a test, or a package outside of its tests, that has not ended.
type result struct {
	output   strings.Builder
	children bool // it has subtests
	blamed   bool // one of them failed
}

// tally is what came of a package's tests.
type tally struct {
	passed, failed, skipped int
}

func newReport(w io.Writer) *report {
	return &report{w: w, running: map[string]*result{}, packages: map[string]*tally{}}
}

func (r *report) add(e event) {
	switch e.Action {
	case "build-output":
		r.print(e.Output)
	case "output":
		r.result(e).output.WriteString(e.Output)
	case "run":
		r.result(e)
		if parent, ok := r.parent(e); ok {
			parent.children = true
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e)
		}
		delete(r.running, key(e.Package, e.Test))
	}
}

func (r *report) endTest(e event) {
	test, pkg := r.result(e), r.tally(e.Package)
	switch {
	case e.Action == "fail":
		if parent, ok := r.parent(e); ok {
			parent.blamed = true
		}
		r.print(test.output.String())
		if !test.blamed {
			pkg.failed++
			r.fail(e.Package + "." + e.Test)
		}
	case e.Action == "skip":
		pkg.skipped++
		r.skips = append(r.skips, e.Package+"."+e.Test+": "+reason(test.output.String()))
	case !test.children:
		pkg.passed++
		r.passed++
	}
}

func (r *report) endPackage(e event) {
	pkg := r.tally(e.Package)
	r.abandon(e.Package)
	if e.Action == "fail" {
		r.print(r.result(e).output.String())
		if pkg.failed == 0 {
			r.fail(e.Package + " (outside of its tests)")
		}
	}
	word := map[string]string{"pass": "ok  ", "fail": "FAIL", "skip": "none"}[e.Action]
	r.print(fmt.Sprintf("%s  %s  %d passed, %d failed, %d skipped  %.1fs\n",
		word, e.Package, pkg.passed, pkg.failed, pkg.skipped, e.Elapsed))
}

// abandon counts the tests that a package left unfinished as failed: its
// process died in them.
func (r *report) abandon(pkg string) {
	prefix := key(pkg, "")
	for _, k := range slices.Sorted(maps.Keys(r.running)) {
		name, found := strings.CutPrefix(k, prefix)
		if !found || name == "" {
			continue
		}
		if test := r.running[k]; !test.children {
			r.print(test.output.String())
			r.tally(pkg).failed++
			r.fail(pkg + "." + name + " (did not end)")
		}
		delete(r.running, k)
	}
}

// finish prints the end of the report and returns whether all was well.
func (r *report) finish() bool {
	if r.passed == 0 && len(r.failures) == 0 {
		r.fail("no test ran")
	}
	r.list("Skipped:", r.skips)
	r.list("Failed:", r.failures)
	r.print(fmt.Sprintf("%d passed, %d failed, %d skipped\n", r.passed, len(r.failures), len(r.skips)))
	return len(r.failures) == 0
}

func (r *report) list(title string, lines []string) {
	if len(lines) > 0 {
		r.print(title + "\n  " + strings.Join(lines, "\n  ") + "\n")
	}
}

func (r *report) failed() int      { return len(r.failures) }
func (r *report) fail(what string) { r.failures = append(r.failures, what) }

// print writes to the terminal; there is no better place to report an error.
func (r *report) print(text string) { _, _ = io.WriteString(r.w, text) }

func key(pkg, test string) string { return pkg + "\n" + test }

func (r *report) result(e event) *result {
	k := key(e.Package, e.Test)
	if r.running[k] == nil {
		r.running[k] = &result{}
	}
	return r.running[k]
}

// parent returns the test of which e's is a subtest. A slash in a name may
// also be the test's own, so the longest known prefix is taken.
func (r *report) parent(e event) (*result, bool) {
	name := e.Test
	for {
		at := strings.LastIndexByte(name, '/')
		if at < 0 {
			return nil, false
		}
		name = name[:at]
		if test, ok := r.running[key(e.Package, name)]; ok {
			return test, true
		}
	}
}

func (r *report) tally(pkg string) *tally {
	if r.packages[pkg] == nil {
		r.packages[pkg] = &tally{}
	}
	return r.packages[pkg]
}

// reason is what a skipped test said: its output without what go test adds.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}
