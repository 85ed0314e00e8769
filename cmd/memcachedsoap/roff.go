package main

import (
	"strings"
)

// roff is a manual page that is being written.
type roff struct {
	out []byte
}

// request adds a request or macro with its arguments.
func (r *roff) request(name string, arguments ...string) {
	r.out = append(r.out, "."+name...)
	for _, argument := range arguments {
		r.out = append(r.out, ` "`+strings.ReplaceAll(escapeRoff(argument), `"`, `""`)+`"`...)
	}
	r.out = append(r.out, '\n')
}

// text adds text in lines of at most 78 characters.
func (r *roff) text(text string) {
	const width = 78
	column := 0
	for word := range strings.FieldsSeq(text) {
		word = escapeRoff(word)
		switch {
		case column == 0:
		case column+1+len(word) > width:
			r.out = append(r.out, '\n')
			column = 0
		default:
			r.out = append(r.out, ' ')
			column++
		}
		if column == 0 && (word[0] == '.' || word[0] == '\'') {
			r.out = append(r.out, `\&`...) // else it is a request
		}
		r.out = append(r.out, word...)
		column += len(word)
	}
	if column > 0 {
		r.out = append(r.out, '\n')
	}
}

// paragraphs adds text in which an empty line separates paragraphs. A macro
// before it has begun the first one.
func (r *roff) paragraphs(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			r.request("PP")
		}
		r.text(paragraph)
	}
}

// entry adds an entry of a list: a tag, which is roff already, and a text.
func (r *roff) entry(tag, text string) {
	r.request("TP")
	r.out = append(r.out, tag+"\n"...)
	r.text(text)
}

func bold(text string) string { return `\fB` + escapeRoff(text) + `\fR` }

func italic(text string) string { return `\fI` + escapeRoff(text) + `\fR` }

// escapeRoff makes text print as it is: a hyphen as the one of ASCII, which
// can be copied into a shell.
func escapeRoff(text string) string {
	return strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`).Replace(text)
}
