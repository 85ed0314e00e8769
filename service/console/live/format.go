package live

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// unknown stands for a value that is not known.
const unknown = "–"

// rate returns events a second.
func rate(value float64) string {
	switch {
	case math.IsNaN(value):
		return unknown
	case value == 0:
		return "0"
	case value < 0.1:
		return strconv.FormatFloat(value, 'f', 2, 64)
	case value < 100:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return number(math.Round(value))
}

// number returns a whole number, with a comma before each three digits.
func number(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return unknown
	}
	digits := strconv.FormatFloat(math.Abs(math.Trunc(value)), 'f', 0, 64)
	var b strings.Builder
	if value <= -1 {
		b.WriteByte('-')
	}
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// percent returns a share.
func percent(value float64) string {
	if math.IsNaN(value) {
		return unknown
	}
	return strconv.FormatFloat(100*value, 'f', 1, 64) + " %"
}

// duration returns a time in seconds with its unit.
func duration(seconds float64) string {
	switch {
	case math.IsNaN(seconds):
		return unknown
	case math.IsInf(seconds, 0) || seconds >= math.MaxInt64/float64(time.Second)-1:
		return "never" // a change stream that was never connected
	case seconds < 0.0005:
		return strconv.FormatFloat(seconds*1e6, 'f', 0, 64) + " µs"
	case seconds < 0.1:
		return strconv.FormatFloat(seconds*1e3, 'f', 1, 64) + " ms"
	case seconds < 1:
		return strconv.FormatFloat(seconds*1e3, 'f', 0, 64) + " ms"
	case seconds < 60:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	}
	return age(time.Duration(seconds * float64(time.Second)))
}

// age returns a long time in its two greatest units.
func age(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + " s"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + " min " + strconv.FormatInt(s%60, 10) + " s"
	case s < 86400:
		return strconv.FormatInt(s/3600, 10) + " h " + strconv.FormatInt(s%3600/60, 10) + " min"
	}
	return strconv.FormatInt(s/86400, 10) + " d " + strconv.FormatInt(s%86400/3600, 10) + " h"
}

// size returns a number of bytes with its unit.
func size(bytes float64) string {
	if math.IsNaN(bytes) {
		return unknown
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	unit := 0
	for bytes >= 1024 && unit < len(units)-1 {
		bytes, unit = bytes/1024, unit+1
	}
	if unit == 0 || bytes >= 100 {
		return strconv.FormatFloat(bytes, 'f', 0, 64) + " " + units[unit]
	}
	return strconv.FormatFloat(bytes, 'f', 1, 64) + " " + units[unit]
}

// clock returns a time of a day, of one that is not long ago. Times are in UTC, as in the log.
func clock(at time.Time) string {
	if at.IsZero() {
		return unknown
	}
	return at.UTC().Format("15:04:05") + " UTC"
}

// moment returns a time with its day.
func moment(at time.Time) string {
	if at.IsZero() {
		return unknown
	}
	return at.UTC().Format("2006-01-02 15:04:05") + " UTC"
}
