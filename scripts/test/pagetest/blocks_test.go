package pagetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBlocks(t *testing.T) {
	t.Parallel()
	got, err := Blocks(strings.Join([]string{
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
		"```json",
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
		"```java src/Example.java",
		"class Example {}",
		"```",
	}, "\n"))
	require.NoError(t, err)
	assert.Equal(t, []Block{
		{Line: 2, Language: "sh", Code: "echo one\n\necho two\n", Expect: []string{"one", "two"}},
		{Line: 11, Language: "php", Code: "<?php\n  echo '~~~';\n~~~\n"},
		{Line: 16, Language: "json", Code: "{}\n"},
		{Line: 19, Language: "python", Code: "```\n", Skip: "it needs a display"},
		{Line: 22, Code: "```perl\nnot code\n"},
		{Line: 26, Language: "perl"},
		{Line: 29, Language: "java", File: "src/Example.java", Code: "class Example {}\n"},
	}, got)
	var runs []int
	for _, b := range got {
		if b.Runs() {
			runs = append(runs, b.Line)
		}
	}
	assert.Equal(t, []int{2, 11, 26}, runs)
}

func TestBlocksRejects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\n```sh\necho":                                     "line 2: the block has no end",
		"```sh no-test\n```":                                `line 1: "no-test" after the language is neither a file name nor no-test: with a reason`,
		"```sh no-test:\n```":                               `line 1: "no-test:" after the language is neither a file name nor no-test: with a reason`,
		"```sh notest: why\n```":                            `line 1: "notest: why" after the language is neither a file name nor no-test: with a reason`,
		"```json\n```\n<!-- expect: x -->":                  "line 3: an expect comment must be directly below a block that runs",
		"```sh no-test: why\n```\n<!-- expect: x -->":       "line 3: an expect comment must be directly below a block that runs",
		"```php a.php\n```\n<!-- expect: x -->":             "line 3: an expect comment must be directly below a block that runs",
		"```sh\n```\n\n<!-- expect: late -->":               "line 4: an expect comment must be directly below a block that runs",
		"```sh\n```\n\ntext between\n<!-- expect: late -->": "line 5: an expect comment must be directly below a block that runs",
	} {
		_, err := Blocks(text)
		require.EqualError(t, err, want)
	}
}
