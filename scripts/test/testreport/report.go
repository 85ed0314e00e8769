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
	ImportPath  string // only in build events
	Test        string // empty in events of a package
	Elapsed     float64
	Output      string
	FailedBuild string
}

// report counts and prints the results.
type report struct {
	w        io.Writer
	running  map[string]*result // by package and test
	packages map[string]*tally
	failures []string
	skips    []string
	passed   int
}

// result is a running test, or a running package outside its tests.
type result struct {
	output   strings.Builder
	children bool // the test has subtests
	blamed   bool // a subtest failed
}

// tally counts the results of a package's tests.
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
	r.failUnfinished(e.Package)
	if e.Action == "fail" {
		r.print(r.result(e).output.String())
		if pkg.failed == 0 {
			r.fail(e.Package + " (outside its tests)")
		}
	}
	word := map[string]string{"pass": "ok  ", "fail": "FAIL", "skip": "none"}[e.Action]
	r.print(fmt.Sprintf("%s  %s  %d passed, %d failed, %d skipped  %.1fs\n",
		word, e.Package, pkg.passed, pkg.failed, pkg.skipped, e.Elapsed))
}

// failUnfinished counts the unfinished tests of a package as failed: the process
// ended while they ran.
func (r *report) failUnfinished(pkg string) {
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

// finish prints the summary and returns true if nothing failed.
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

// print writes to the terminal. An error has no better place to go.
func (r *report) print(text string) { _, _ = io.WriteString(r.w, text) }

func key(pkg, test string) string { return pkg + "\n" + test }

func (r *report) result(e event) *result {
	k := key(e.Package, e.Test)
	if r.running[k] == nil {
		r.running[k] = &result{}
	}
	return r.running[k]
}

// parent returns the parent of e's test. A slash may also be part of a test's own
// name, so parent takes the longest known prefix.
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

// reason returns the reason of a skipped test: its output without the lines that
// go test adds.
func reason(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return "no reason given"
	}
	return strings.Join(lines, " ")
}
