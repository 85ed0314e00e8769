package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// reference is how long [calibrate] takes on the machine of docs/benchmarks.md.
const reference = 100 * time.Millisecond

// calibrate does work of the kind that the service does, with the standard library
// alone, and returns the processor time that it takes: it tells how fast the machine
// is, and how busy.
func calibrate() (time.Duration, error) {
	document := []byte("<a>" + strings.Repeat("<b c=\"d\">e</b>", 100_000) + "</a>")
	started, err := ownCPUTime()
	if err != nil {
		return 0, err
	}
	values := map[string][]string{}
	for decoder := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("cost: %w", err)
		}
		if text, ok := token.(xml.CharData); ok {
			name := fmt.Sprint(len(values)%1000, string(text))
			values[name] = append(values[name], string(text))
		}
	}
	ended, err := ownCPUTime()
	return ended - started, err
}

// ownCPUTime returns the processor time of this process.
func ownCPUTime() (time.Duration, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, fmt.Errorf("cost: %w", os.NewSyscallError("getrusage", err))
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), nil
}
