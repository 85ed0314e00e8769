package changes

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
)

const (
	protocolName = "memcachedsoap-changes"
	protocol     = protocolName + " 1"
	// maxLine exceeds any line: the state of each server takes 20 bytes at most.
	maxLine = 64 << 10
	// nothing stands for what is not known.
	nothing = "-"
)

// hello is the first line of a stream.
type hello struct {
	stream      string // which one it is
	position    int64  // the first event has the next one
	pool, index string // the identities of the pool and of the index of the relay
}

func (h hello) line() string {
	return fmt.Sprintf("%s %s %d %s %s\n", protocol, h.stream, h.position, h.pool, h.index)
}

func parseHello(line string) (h hello, err error) {
	rest, ok := strings.CutPrefix(line, protocol+" ")
	fields := strings.Fields(rest)
	if !ok || len(fields) != 4 {
		return h, errUnexpected
	}
	h.stream, h.pool, h.index = fields[0], fields[2], fields[3]
	if h.position, err = strconv.ParseInt(fields[1], 10, 64); err != nil {
		return h, errUnexpected
	}
	return h, nil
}

// appendEvent appends the line of an event.
func appendEvent(line []byte, e event) []byte {
	line = append(line, e.kind, ' ')
	if e.kind == resync {
		line = strconv.AppendInt(line, int64(e.server), 10)
	} else {
		line = append(line, e.hash...)
	}
	return append(line, '\n')
}

// appendGap appends the line that says that events up to a position were left out.
func appendGap(line []byte, position int64) []byte {
	return append(strconv.AppendInt(append(line, gap, ' '), position, 10), '\n')
}

const (
	gap   byte = 'g'
	state byte = 's'
)

// relayState is what a relay knows at a moment.
type relayState struct {
	clock    time.Duration   // its own, at this moment
	complete bool            // the index
	proven   []time.Duration // up to when all changes of a server are known; unconnected
}

// unconnected stands for a server whose change stream is not connected.
const unconnected = time.Duration(-1)

func appendState(line []byte, s relayState) []byte {
	line = strconv.AppendInt(append(line, state, ' '), s.clock.Microseconds(), 10)
	if s.complete {
		line = append(line, " 1"...)
	} else {
		line = append(line, " 0"...)
	}
	for _, proven := range s.proven {
		line = append(line, ' ')
		if proven == unconnected {
			line = append(line, nothing...)
		} else {
			line = strconv.AppendInt(line, proven.Microseconds(), 10)
		}
	}
	return append(line, '\n')
}

func parseState(fields []string, servers int) (s relayState, err error) {
	if len(fields) != servers+2 {
		return s, errUnexpected
	}
	if s.clock, err = parseMicroseconds(fields[0]); err != nil {
		return s, err
	}
	s.complete = fields[1] == "1"
	for _, field := range fields[2:] {
		proven := unconnected
		if field != nothing {
			if proven, err = parseMicroseconds(field); err != nil {
				return s, err
			}
		}
		s.proven = append(s.proven, proven)
	}
	return s, nil
}

func parseMicroseconds(text string) (time.Duration, error) {
	n, err := strconv.ParseUint(text, 10, 50) // 35 years
	if err != nil {
		return 0, fmt.Errorf("changes: %w", err)
	}
	return time.Duration(n) * time.Microsecond, nil
}

// parseEvent parses the line of an event.
func parseEvent(kind byte, text string, servers int) (e event, err error) {
	e.kind = kind
	switch {
	case kind == resync:
		e.server, err = strconv.Atoi(text)
		if err == nil && (e.server < 0 || e.server >= servers) {
			err = errUnexpected
		}
	case kind != changed && kind != foreign, !backend.IsKeyHash(text):
		err = errUnexpected
	default:
		e.hash = text
	}
	return e, err
}
