// Package protocol reads the parts of memcached's text protocol (protocol.txt)
// that the pool, the change stream and scans have in common: lines, rows of
// statistics and encoded keys. Everything that it reads is bounded.
package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"memcachedsoap/sessionstore/backend"
)

// LineEnd ends every command and every answer.
const LineEnd = "\r\n"

// ErrUnexpected is an answer that has no place in the protocol, or an answer
// with which the server refuses a command.
var ErrUnexpected = errors.New("memcached: unexpected answer")

// ErrRefused is an [ErrUnexpected] by which the server says that it does not
// carry out the command. The connection can be used for others.
var ErrRefused = fmt.Errorf("%w: the server refuses the command", ErrUnexpected)

// ErrUnauthenticated is an [ErrUnexpected] by which memcached asks for a password (its
// option -Y).
var ErrUnauthenticated = fmt.Errorf("%w: the server asks for a password", ErrUnexpected)

// Unauthenticated begins that answer.
const Unauthenticated = "CLIENT_ERROR unauthenticated"

// ErrTooManyConnections is an [ErrUnexpected] by which memcached 1.6 closes a new
// connection beyond its limit. It has read no command on it.
var ErrTooManyConnections = fmt.Errorf("%w: the server has too many open connections (its option -c)", ErrUnexpected)

// TooManyConnections begins that answer.
const TooManyConnections = "ERROR Too many open connections"

// MaxQuoted bounds how many bytes of an unexpected answer go into an error.
const MaxQuoted = 80

// Unexpected makes the [ErrUnexpected] of a command that was answered by line.
func Unexpected(command string, line []byte) error {
	if bytes.HasPrefix(line, []byte(TooManyConnections)) {
		return fmt.Errorf("%w: answer to %s: %q", ErrTooManyConnections, command, line[:min(len(line), MaxQuoted)])
	}
	if bytes.HasPrefix(line, []byte(Unauthenticated)) {
		return fmt.Errorf("%w: answer to %s: %q", ErrUnauthenticated, command, line[:min(len(line), MaxQuoted)])
	}
	return fmt.Errorf("%w to %s: %q", ErrUnexpected, command, line[:min(len(line), MaxQuoted)])
}

// ReadLine returns the next line without its end, valid until the next read.
// A line that exceeds the reader's buffer is an error.
func ReadLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("memcached: reading an answer: %w", err)
	}
	text, ok := bytes.CutSuffix(line, []byte(LineEnd))
	if !ok {
		return nil, Unexpected("a command", line)
	}
	return text, nil
}

// maxStats bounds the rows of one stats answer; memcached 1.6 has about 90.
const maxStats = 4096

// ReadStats reads the answer to "stats" and similar commands: lines of
// "STAT <name> <value>" up to "END". A server that does not have these
// statistics is an [ErrRefused].
func ReadStats(r *bufio.Reader) ([]backend.Stat, error) {
	var stats []backend.Stat
	for {
		line, err := ReadLine(r)
		if err != nil {
			return nil, err
		}
		if string(line) == "END" {
			return stats, nil
		}
		if len(stats) == 0 && isRefusal(line) && !bytes.HasPrefix(line, []byte(Unauthenticated)) {
			return nil, fmt.Errorf("%w: %q", ErrRefused, line[:min(len(line), MaxQuoted)])
		}
		row, ok := bytes.CutPrefix(line, []byte("STAT "))
		if !ok || len(stats) == maxStats {
			return nil, Unexpected("stats", line)
		}
		name, value, _ := bytes.Cut(row, []byte(" "))
		stats = append(stats, backend.Stat{Name: string(name), Value: string(value)})
	}
}

// isRefusal says whether a line refuses a command. A server that refuses the
// connection sends "ERROR" with more behind it.
func isRefusal(line []byte) bool {
	return string(line) == "ERROR" || bytes.HasPrefix(line, []byte("CLIENT_ERROR ")) ||
		bytes.HasPrefix(line, []byte("SERVER_ERROR "))
}

// Unescape undoes memcached's URI encoding of a key, in place. An invalid
// encoding stays as it is: no key has it.
func Unescape(text []byte) []byte {
	if bytes.IndexByte(text, '%') < 0 {
		return text
	}
	decoded := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if b, err := strconv.ParseUint(string(text[i+1:i+3]), 16, 8); err == nil {
				decoded = append(decoded, byte(b))
				i += 2
				continue
			}
		}
		decoded = append(decoded, text[i])
	}
	return decoded
}
