package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

const readerSize = 4 << 10

func answering(text string) *bufio.Reader {
	return bufio.NewReaderSize(strings.NewReader(text), readerSize)
}

func TestReadLine(t *testing.T) {
	t.Parallel()
	line, err := ReadLine(answering("OK\r\nnext"))
	require.NoError(t, err)
	require.Equal(t, "OK", string(line))
	for _, text := range []string{"", "OK", "OK\r", strings.Repeat("x", readerSize) + "\r\n"} {
		_, err := ReadLine(answering(text))
		require.Error(t, err)
	}
	_, err = ReadLine(answering(strings.Repeat("x", 1000) + "\n"))
	require.ErrorIs(t, err, ErrUnexpected)
	require.Less(t, len(err.Error()), 200)
}

// A server that does not have the statistics is told apart from one that answers
// wrongly.
func TestReadStatsRefused(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"ERROR": true, "CLIENT_ERROR no": true, "SERVER_ERROR no": true,
		"ERROR Too many open connections": false, "STAT a b\r\nERROR": false, "OK": false,
	} {
		_, err := ReadStats(answering(text + "\r\n"))
		require.ErrorIs(t, err, ErrUnexpected)
		assert.Equal(t, refused, errors.Is(err, ErrRefused), text)
	}
}

func TestReadStats(t *testing.T) {
	t.Parallel()
	stats, err := ReadStats(answering("STAT pid 7\r\nSTAT version 1.6.18\r\nSTAT inter NULL\r\nSTAT empty \r\nSTAT bare\r\nSTAT a b c\r\nEND\r\n"))
	require.NoError(t, err)
	assert.Equal(t, []backend.Stat{
		{Name: "pid", Value: "7"},
		{Name: "version", Value: "1.6.18"},
		{Name: "inter", Value: "NULL"},
		{Name: "empty"},
		{Name: "bare"},
		{Name: "a", Value: "b c"},
	}, stats)
	for _, text := range []string{
		"", "END", "STAT pid 7\r\n", "STAT pid 7\r\nERROR\r\n", "RESET\r\n", "CLIENT_ERROR x\r\n",
		strings.Repeat("STAT a 1\r\n", maxStats+1) + "END\r\n", "STAT a " + strings.Repeat("1", readerSize) + "\r\nEND\r\n",
	} {
		stats, err := ReadStats(answering(text))
		require.Error(t, err)
		require.Empty(t, stats)
	}
}

// What is read from stats is what was sent, row by row.
func FuzzReadStats(f *testing.F) {
	f.Add([]byte("END\r\n"))
	f.Add([]byte("STAT pid 7\r\nSTAT version 1.6.18\r\nEND\r\n"))
	f.Add([]byte("STAT empty \r\nSTAT bare\r\nSTAT a b c\r\nEND\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		stats, err := ReadStats(bufio.NewReaderSize(bytes.NewReader(data), readerSize))
		if err != nil {
			require.Empty(t, stats)
			return
		}
		rest := data
		for _, stat := range stats {
			line, after, _ := bytes.Cut(rest, []byte("\r\n"))
			rest = after
			row := strings.TrimPrefix(string(line), "STAT ")
			require.Contains(t, []string{stat.Name, stat.Name + " " + stat.Value}, row)
		}
		require.True(t, bytes.HasPrefix(rest, []byte("END\r\n")))
	})
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "key": "key", "a%3Ab": "a:b", "%25": "%", "a%": "a%", "a%4": "a%4", "a%zz": "a%zz", "%2f%2F": "//",
	} {
		require.Equal(t, want, string(Unescape([]byte(text))), text)
	}
}
