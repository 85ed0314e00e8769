package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes, written as 4194304, 4096KiB or 4MiB.
type byteSize int64

// String writes a size in its largest unit without a fraction.
func (b byteSize) String() string {
	for _, unit := range []struct {
		name  string
		shift int
	}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}} { //nolint:mnd // of these units
		if b != 0 && b&(1<<unit.shift-1) == 0 {
			return strconv.FormatInt(int64(b)>>unit.shift, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// UnmarshalText parses a size of at most 2 TiB.
func (b *byteSize) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for _, suffix := range []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}} {
		if trimmed, ok := strings.CutSuffix(number, suffix.name); ok {
			number, unit = strings.TrimSpace(trimmed), suffix.bytes
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt32*int64(1<<10)/unit {
		return fmt.Errorf("%q is not a size: use bytes, KiB, MiB or GiB, such as 4MiB", text)
	}
	*b = byteSize(n * unit)
	return nil
}

// seconds is a duration in whole seconds, up to 68 years.
type seconds int32

// UnmarshalText parses a number of seconds.
func (s *seconds) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a number of seconds: use digits only, such as 3600", text)
	}
	*s = seconds(n)
	return nil
}
