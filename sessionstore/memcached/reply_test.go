package memcached

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

func answering(text string) *bufio.Reader {
	return bufio.NewReaderSize(strings.NewReader(text), readerSize)
}

// readItem reads the answer to a read of "key".
func readItem(r *bufio.Reader) (item backend.Item, key string, err error) {
	line, err := protocol.ReadLine(r)
	if err != nil {
		return backend.Item{}, "", err
	}
	return readItemAfter(r, line, "key")
}

func TestReadItem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]backend.Item{
		"VA 5 f1 c12 t-1 kkey\r\nhello\r\n":                  {Image: []byte("hello"), Flags: 1, CAS: 12},
		"VA 0 f0 c1 t60 kkey\r\n\r\n":                        {Image: []byte{}, CAS: 1, ExpiresIn: 59 * time.Second},
		"VA 4 f4294967295 c2 t0 kkey\r\n\r\nab\r\n":          {Image: []byte("\r\nab"), Flags: 1<<32 - 1, CAS: 2, ExpiresIn: backend.LastMoment},
		"VA 1 t5 kkey c3 f7 W\r\nx\r\n":                      {Image: []byte("x"), Flags: 7, CAS: 3, ExpiresIn: 4 * time.Second},
		"VA 1 f7 c18446744073709551615 t5 kkey X Z\r\nx\r\n": {Image: []byte("x"), Flags: 7, CAS: 1<<64 - 1, ExpiresIn: 4 * time.Second},
		"VA 1 f0 c4 t1 kkey\r\nx\r\n":                        {Image: []byte("x"), CAS: 4, ExpiresIn: backend.LastMoment},
		"VA 1 f0 c5 t2 kkey\r\nx\r\n":                        {Image: []byte("x"), CAS: 5, ExpiresIn: time.Second},
	} {
		r := answering(text + "MN\r\n")
		item, key, err := readItem(r)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, item, "%q", text)
		assert.Equal(t, "key", key)
		rest, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, "MN\r\n", string(rest), "it reads no further")
	}
	for text, want := range map[string]string{"EN\r\n": "", "EN kkey\r\n": "key", "EN O1 kkey\r\n": "key"} {
		_, key, err := readItem(answering(text))
		require.ErrorIs(t, err, backend.ErrNotFound)
		require.Equal(t, want, key)
	}
}

func TestReadItemRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "\r\n", "EN", "EN\n", "HD\r\n", "NF\r\n", "ERROR\r\n", "CLIENT_ERROR bad data chunk\r\n",
		"SERVER_ERROR out of memory writing get response\r\n",
		"VA\r\n", "VA 5\r\nhello\r\n", "VA f1 c12 t-1\r\n\r\n", "VA -1 f1 c1 t1\r\n\r\n",
		"VA 5 c12 t-1 kkey\r\nhello\r\n", "VA 5 f1 t-1 kkey\r\nhello\r\n", "VA 5 f1 c12 kkey\r\nhello\r\n",
		"VA 5 f1 cx t-1 kkey\r\nhello\r\n", "VA 5 f4294967296 c1 t-1 kkey\r\nhello\r\n", "VA 5 f1 c1 t-2 kkey\r\nhello\r\n", "VA 5 f1 c1 t kkey\r\nhello\r\n",
		"VA 5 f1 c1 t1 kkey\r\nhello", "VA 5 f1 c1 t1 kkey\r\nhell", "VA 5 f1 c1 t1 kkey\r\nhelloo\r\n", "VA 4 f1 c1 t1 kkey\r\nhello\r\n",
		"VA 5 f1 c1 t1\r\nhello\r\n", "VA 5 f1 c1 t1 k\r\nhello\r\n", "VA 1073741825 f1 c1 t1 kkey\r\nhello\r\n", "VA 99999999999999999999 f1 c1 t1 kkey\r\nhello\r\n",
		"VA 1073741824 f1 c1 t1 kkey\r\nhello\r\n",
		"VA 1 f1 c1 t1" + strings.Repeat(" X", readerSize) + "\r\nx\r\n",
	} {
		item, _, err := readItem(answering(text))
		require.Error(t, err, "%q", text)
		require.NotErrorIs(t, err, backend.ErrNotFound, "%q", text)
		require.Zero(t, item, "%q", text)
		require.Less(t, len(err.Error()), 200)
	}
}

// A server that announces a large value and does not send it costs little memory.
func TestReadItemAllocatesAsBytesCome(t *testing.T) { //nolint:paralleltest // counts allocations
	got := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			_, _, err := readItem(answering("VA 1073741824 f1 c1 t1 kkey\r\nhello\r\n"))
			assert.Error(b, err)
		}
	})
	assert.Less(t, got.AllocedBytesPerOp(), int64(3*valueStep))
}

func TestReadItemAcrossSteps(t *testing.T) {
	t.Parallel()
	for _, size := range []int{valueStep - 2, valueStep - 1, valueStep, valueStep + 1, 3*valueStep + 5} {
		image := bytes.Repeat([]byte("0123456789a"), size/11+1)[:size]
		item, _, err := readItem(answering(fmt.Sprintf("VA %d f1 c1 t1 kkey\r\n%s\r\n", size, image)))
		require.NoError(t, err)
		require.True(t, bytes.Equal(image, item.Image))
	}
}

func TestReadItemProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := backend.Item{
			Image:     rapid.SliceOf(rapid.Byte()).Draw(t, "image"),
			Flags:     rapid.Uint32().Draw(t, "flags"),
			CAS:       rapid.Uint64().Draw(t, "cas"),
			ExpiresIn: time.Duration(rapid.Uint32Range(1, 1<<32-2).Draw(t, "seconds")) * time.Second,
		}
		text := fmt.Sprintf("VA %d f%d c%d t%d kkey\r\n%s\r\n", len(want.Image), want.Flags, want.CAS, want.ExpiresIn/time.Second+1, want.Image)
		got, _, err := readItem(answering(text))
		require.NoError(t, err)
		assert.Equal(t, want, got)
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		_, _, err = readItem(answering(text[:cut]))
		assert.Error(t, err, "cut short")
	})
}

// Any answer is an item as its bytes say, an absent item, or an error.
func FuzzReadItem(f *testing.F) {
	f.Add([]byte("EN\r\n"))
	f.Add([]byte("EN kkey\r\n"))
	f.Add([]byte("VA 5 f1 c12 t-1 kkey\r\nhello\r\n"))
	f.Add([]byte("VA 1 f7 c3 t5 W X Z kkey\r\nx\r\n"))
	f.Add([]byte("VA 1073741824 f1 c1 t1 kkey\r\nhello\r\n"))
	f.Add([]byte("SERVER_ERROR out of memory\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		item, _, err := readItem(bufio.NewReaderSize(bytes.NewReader(data), readerSize))
		switch {
		case err == nil:
			require.True(t, bytes.HasPrefix(data, fmt.Appendf(nil, "VA ")))
			require.True(t, bytes.Contains(data, append([]byte("\r\n"), append(item.Image, "\r\n"...)...)))
			require.GreaterOrEqual(t, item.ExpiresIn, time.Duration(0))
			require.Zero(t, item.ExpiresIn%time.Second)
		case errors.Is(err, backend.ErrNotFound):
			require.True(t, bytes.HasPrefix(data, []byte("EN")))
		default:
			require.Zero(t, item)
		}
	})
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[0-9]{0,22}`), rapid.StringMatching(`[+_ x0-9-]{0,4}`), rapid.Just("18446744073709551615")).Draw(t, "text")
		want, wantErr := strconv.ParseUint(text, 10, 64)
		got, ok := parseNumber([]byte(text), math.MaxUint64)
		require.Equal(t, wantErr == nil, ok)
		if ok {
			require.Equal(t, want, got)
			_, within := parseNumber([]byte(text), 4095)
			require.Equal(t, want <= 4095, within)
		}
	})
}
