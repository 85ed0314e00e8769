package interop_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// example is a fenced block of a Markdown text that a reader may run.
type example struct {
	line     int // of the opening fence, from 1
	language string
	code     string
	skip     string   // why it is not run; "" if it is
	expect   []string // what its output must contain
}

var (
	runnable = []string{"sh", "php", "python", "perl"}
	fence    = regexp.MustCompile("^( *)(`{3,}|~{3,})[ \t]*([^`]*)$")
	expected = regexp.MustCompile(`^\s*<!-- expect: (.+) -->\s*$`)
)

// examples returns the blocks whose language is one that can be run. Behind
// the language may stand "no-test:" and the reason. Comments behind a block,
// <!-- expect: TEXT -->, say what its output must contain.
func examples(markdown string) ([]example, error) {
	var found []example
	lines := strings.Split(markdown, "\n")
	for i := 0; i < len(lines); i++ {
		opening := fence.FindStringSubmatch(lines[i])
		if opening == nil {
			if expected.MatchString(lines[i]) {
				return nil, fmt.Errorf("line %d: there is no block that it could expect this of", i+1)
			}
			continue
		}
		e, err := newExample(i+1, opening[3])
		if err != nil {
			return nil, err
		}
		for i++; !closes(lines, i, opening[2]); i++ {
			if i >= len(lines) {
				return nil, fmt.Errorf("line %d: the block has no end", e.line)
			}
			e.code += strings.TrimPrefix(lines[i], opening[1]) + "\n"
		}
		if !slices.Contains(runnable, e.language) {
			continue
		}
		for ; i+1 < len(lines) && e.skip == ""; i++ {
			text := expected.FindStringSubmatch(lines[i+1])
			if text == nil {
				break
			}
			e.expect = append(e.expect, text[1])
		}
		found = append(found, e)
	}
	return found, nil
}

func newExample(line int, info string) (example, error) {
	language, rest, _ := strings.Cut(strings.TrimSpace(info), " ")
	e := example{line: line, language: language}
	if rest == "" || !slices.Contains(runnable, language) {
		return e, nil
	}
	reason, found := strings.CutPrefix(strings.TrimSpace(rest), "no-test:")
	e.skip = strings.TrimSpace(reason)
	if !found || e.skip == "" {
		return e, fmt.Errorf("line %d: behind the language stands neither nothing nor no-test: and a reason", line)
	}
	return e, nil
}

// closes says whether the line closes a fence: it has at least as many of the
// same characters and nothing else (CommonMark 0.31 section 4.5).
func closes(lines []string, i int, opening string) bool {
	if i >= len(lines) {
		return false
	}
	line := strings.TrimSpace(lines[i])
	return len(line) >= len(opening) && strings.Trim(line, opening[:1]) == ""
}

func TestExamples(t *testing.T) {
	got, err := examples(strings.Join([]string{
		"# Title",
		"```sh",
		"echo one",
		"",
		"echo two",
		"```",
		"<!-- expect: one -->",
		"<!-- expect: two --> ",
		"",
		"- in a list",
		"  ~~~~  php",
		"  <?php",
		"    echo '~~~';",
		"  ~~~",
		"  ~~~~~",
		"```json sample",
		"{}",
		"```",
		"````python no-test: it needs a display",
		"```",
		"````",
		"```",
		"```perl",
		"not code",
		"```",
		"```perl",
		"```",
		"`sh` and ```sh``` in text",
	}, "\n"))
	require.NoError(t, err)
	assert.Equal(t, []example{
		{line: 2, language: "sh", code: "echo one\n\necho two\n", expect: []string{"one", "two"}},
		{line: 11, language: "php", code: "<?php\n  echo '~~~';\n~~~\n"},
		{line: 19, language: "python", code: "```\n", skip: "it needs a display"},
		{line: 26, language: "perl"},
	}, got)

	for text, want := range map[string]string{
		"\n```sh\necho":                                     "line 2: the block has no end",
		"```sh no-test\n```":                                "line 1: behind the language stands neither nothing nor no-test: and a reason",
		"```sh no-test:\n```":                               "line 1: behind the language stands neither nothing nor no-test: and a reason",
		"```sh notest: why\n```":                            "line 1: behind the language stands neither nothing nor no-test: and a reason",
		"```json\n```\n<!-- expect: x -->":                  "line 3: there is no block that it could expect this of",
		"```sh no-test: why\n```\n<!-- expect: x -->":       "line 3: there is no block that it could expect this of",
		"```sh\n```\n\ntext between\n<!-- expect: late -->": "line 5: there is no block that it could expect this of",
	} {
		_, err := examples(text)
		require.EqualError(t, err, want)
	}
}
