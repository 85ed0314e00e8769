package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is text in columns. Its cells are printable: constants of this package or
// results of [displayable].
type table [][]string

// append appends the table. Two spaces separate columns; no line ends with a
// space.
func (t table) append(dst []byte) []byte {
	var widths []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t {
		for i, cell := range row {
			dst = append(dst, cell...)
			dst = append(dst, strings.Repeat(" ", widths[i]+2-utf8.RuneCountInString(cell))...)
		}
		dst = append(bytes.TrimRight(dst, " "), '\n')
	}
	return dst
}

// hashRows adds one row for each entry. The rows of nested values follow it,
// indented.
func hashRows(t table, indent string, h hash) table {
	for _, e := range h.Entries {
		t = valueRows(t, indent, displayable(e.Key), e.value)
	}
	return t
}

func valueRows(t table, indent, name string, v value) table {
	t = append(t, []string{indent + name, scalar(v)})
	switch {
	case v.Hash != nil:
		t = hashRows(t, indent+"  ", *v.Hash)
	case v.List != nil:
		for i, item := range v.List.Items {
			t = valueRows(t, indent+"  ", "["+strconv.Itoa(i)+"]", item)
		}
	}
	return t
}

// scalar returns the cell of a value. What is not text is in parentheses.
func scalar(v value) string {
	switch {
	case v.Hash != nil && len(v.Hash.Entries) > 0, v.List != nil && len(v.List.Items) > 0:
		return ""
	case v.Hash != nil:
		return "(empty hash)"
	case v.List != nil:
		return "(empty list)"
	case v.Binary != nil:
		return "(base64) " + base64.StdEncoding.EncodeToString(*v.Binary)
	case v.Text != nil:
		return displayable(*v.Text)
	default:
		return "(undef)"
	}
}

// displayable returns printable text as it is, and other text as a Go string
// literal: no control character reaches a terminal, and no text looks like
// another cell of a table.
func displayable(text string) string {
	plain := text != "" && !strings.ContainsAny(text[:1], `"([ `) && !strings.HasSuffix(text, " ")
	for _, r := range text {
		plain = plain && strconv.IsPrint(r)
	}
	if plain {
		return text
	}
	return strconv.Quote(text)
}

// formatExpiry writes a TTL in seconds in its two largest units; 0 never expires.
func formatExpiry(seconds int32) string {
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	switch {
	case seconds == 0:
		return "never"
	case seconds < minute:
		return fmt.Sprintf("in %ds", seconds)
	case seconds < hour:
		return fmt.Sprintf("in %dm%ds", seconds/minute, seconds%minute)
	case seconds < day:
		return fmt.Sprintf("in %dh%dm", seconds/hour, seconds%hour/minute)
	default:
		return fmt.Sprintf("in %dd%dh", seconds/day, seconds%day/hour)
	}
}
