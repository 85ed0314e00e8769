package batchlog

import (
	"log/slog"
	"strconv"
	"time"
)

// appendLine appends the line of a record without memory of its own. It reports false for
// lines that it leaves to the handlers of log/slog: those with other kinds of values than
// requests have, or with text that must be escaped.
func appendLine(b []byte, r *slog.Record, json bool) (line []byte, plain bool) {
	const year3000 = 32503680000
	if second := r.Time.Unix(); second < 0 || second > year3000 {
		return b, false // no time, or one that the formats may not have
	}
	if json {
		b = append(b, `{"time":"`...)
		b = r.Time.AppendFormat(b, time.RFC3339Nano)
		b = append(b, `","level":`...)
	} else {
		b = append(b, "time="...)
		b = appendMilliseconds(b, r.Time)
		b = append(b, " level="...)
	}
	b, _ = appendText(b, r.Level.String(), json) // always plain
	b, _ = appendKey(b, slog.MessageKey, json)
	b, plain = appendText(b, r.Message, json)
	r.Attrs(func(a slog.Attr) bool {
		if plain {
			b, plain = appendAttr(b, &a, json)
		}
		return plain
	})
	if json {
		b = append(b, '}')
	}
	return append(b, '\n'), plain
}

// appendMilliseconds appends a time as [slog.TextHandler] does: with three digits after the
// second, truncated.
func appendMilliseconds(b []byte, t time.Time) []byte {
	const digits = len("2006-01-02T15:04:05.000")
	begin := len(b)
	// RFC3339Nano leaves out zeros at the end: a tenth of a millisecond keeps three digits.
	b = t.Truncate(time.Millisecond).Add(time.Millisecond/10).AppendFormat(b, time.RFC3339Nano)
	return append(b[:begin+digits], b[begin+digits+1:]...)
}

// appendAttr appends an attribute, or those of a group without a name.
func appendAttr(b []byte, a *slog.Attr, json bool) (line []byte, plain bool) {
	kind := a.Value.Kind()
	if kind == slog.KindGroup {
		plain = a.Key == ""
		group := a.Value.Group()
		for i := 0; plain && i < len(group); i++ {
			b, plain = appendAttr(b, &group[i], json)
		}
		return b, plain
	}
	b, plain = appendKey(b, a.Key, json)
	if !plain {
		return b, false
	}
	switch kind {
	case slog.KindString:
		return appendText(b, a.Value.String(), json)
	case slog.KindInt64:
		return strconv.AppendInt(b, a.Value.Int64(), 10), true
	case slog.KindUint64:
		return strconv.AppendUint(b, a.Value.Uint64(), 10), true
	case slog.KindBool:
		return strconv.AppendBool(b, a.Value.Bool()), true
	case slog.KindDuration:
		if json {
			return strconv.AppendInt(b, int64(a.Value.Duration()), 10), true
		}
		return append(b, a.Value.Duration().String()...), true
	default:
		return b, false
	}
}

// appendKey appends a key behind what separates it.
func appendKey(b []byte, key string, json bool) (line []byte, plain bool) {
	if json {
		b, plain = appendText(append(b, ','), key, json)
		return append(b, ':'), plain
	}
	b, plain = appendText(append(b, ' '), key, json)
	return append(b, '='), plain
}

// appendText appends a text, in quotes where the format wants them.
func appendText(b []byte, text string, json bool) (line []byte, plain bool) {
	var found class
	of := &classes // else the loop loads the address each time
	for i := range len(text) {
		found |= of[text[i]]
	}
	switch {
	case found&escape != 0:
		return b, false
	case json, found&quote != 0, text == "":
		b = append(b, '"')
		b = append(b, text...)
		return append(b, '"'), true
	default:
		return append(b, text...), true
	}
}

// class says what bytes mean for a text.
type class uint8

const (
	quote  class = 1 << iota // [slog.TextHandler] puts the text in quotes
	escape                   // one of the formats may escape it
)

// classes has the classes of the bytes.
var classes = func() (of [256]class) { //nolint:gochecknoglobals // a table
	for b := range of {
		if b < ' ' || b > '~' || b == '"' || b == '\\' {
			of[b] = escape
		}
	}
	of[' '], of['='] = quote, quote
	return of
}()
