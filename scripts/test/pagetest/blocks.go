package pagetest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Block is a fenced block of a Markdown page.
type Block struct {
	Line     int    // the line of the opening fence, from 1
	Language string // the first word behind the fence
	File     string // the name under which a reader saves the block; "" if the page names none
	Code     string
	Skip     string   // the reason why tests do not run the block; "" if they run it
	Expect   []string // texts that the output must contain
}

// languages lists the languages of blocks that a [Shell] runs.
var languages = []string{"sh", "php", "python", "perl"}

// Runs reports whether a [Shell] runs the block: it is a command or a program
// in a language that the shell knows, the page does not save it in a file, and
// it is not marked with no-test.
func (b Block) Runs() bool {
	return b.Skip == "" && b.File == "" && slices.Contains(languages, b.Language)
}

var (
	fence    = regexp.MustCompile("^( *)(`{3,}|~{3,})[ \t]*([^`]*)$")
	expected = regexp.MustCompile(`^\s*<!-- expect: (.+) -->\s*$`)
	fileName = regexp.MustCompile(`^[\w./-]+\.\w+$`)
)

// Blocks returns the fenced blocks of a page. The line of the opening fence has
// the language and, optionally, either a file name or "no-test: REASON". A
// comment <!-- expect: TEXT --> directly below a block that runs says what its
// output contains; there may be several. Blocks returns an error, with the line,
// if a fence or a comment has another form.
func Blocks(markdown string) ([]Block, error) {
	var found []Block
	lines := strings.Split(markdown, "\n")
	for i := 0; i < len(lines); i++ {
		opening := fence.FindStringSubmatch(lines[i])
		if opening == nil {
			if expected.MatchString(lines[i]) {
				return nil, fmt.Errorf("line %d: an expect comment must be directly below a block that runs", i+1)
			}
			continue
		}
		b, err := newBlock(i+1, opening[3])
		if err != nil {
			return nil, err
		}
		for i++; !closes(lines, i, opening[2]); i++ {
			if i >= len(lines) {
				return nil, fmt.Errorf("line %d: the block has no end", b.Line)
			}
			b.Code += strings.TrimPrefix(lines[i], opening[1]) + "\n"
		}
		for ; i+1 < len(lines) && b.Runs(); i++ {
			text := expected.FindStringSubmatch(lines[i+1])
			if text == nil {
				break
			}
			b.Expect = append(b.Expect, text[1])
		}
		found = append(found, b)
	}
	return found, nil
}

func newBlock(line int, info string) (Block, error) {
	language, rest, _ := strings.Cut(strings.TrimSpace(info), " ")
	b := Block{Line: line, Language: language}
	rest = strings.TrimSpace(rest)
	reason, skipped := strings.CutPrefix(rest, "no-test:")
	switch {
	case rest == "":
	case skipped && strings.TrimSpace(reason) != "":
		b.Skip = strings.TrimSpace(reason)
	case fileName.MatchString(rest):
		b.File = rest
	default:
		return b, fmt.Errorf("line %d: %q after the language is neither a file name nor no-test: with a reason", line, rest)
	}
	return b, nil
}

// closes reports whether the line closes a fence: it has at least as many of the
// same characters and nothing else (CommonMark 0.31 section 4.5).
func closes(lines []string, i int, opening string) bool {
	if i >= len(lines) {
		return false
	}
	line := strings.TrimSpace(lines[i])
	return len(line) >= len(opening) && strings.Trim(line, opening[:1]) == ""
}
