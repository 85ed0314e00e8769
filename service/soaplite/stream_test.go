package soaplite_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

func stream(e soaplite.Encoding, room *soap.Room) *soaplite.Stream {
	return e.Stream([]byte("before "), room, soap.Name{Space: "urn:x", Local: "get"})
}

// A stream writes what a Response would write of the whole Map, in the order of Add.
func TestStream(t *testing.T) {
	t.Parallel()
	list := perldata.ListOf(number(1))
	s := stream(soaplite.Encoding{Result: "result", Lossless: true}, nil)
	require.NoError(t, s.Add("b", hash("x", perldata.BytesOf("1"))))
	require.NoError(t, s.Add("a", hash("y", list, "z", list)))
	length := s.Len()
	out, err := s.End()
	require.NoError(t, err)
	assert.Equal(t, `before <getResponse xmlns="urn:x"><result xsi:type="apachens:Map">`+
		`<item><key xsi:type="xsd:string">b</key><value><x xsi:type="xsd:string">1</x></value></item>`+
		`<item><key xsi:type="xsd:string">a</key><value>`+
		`<y soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array" href="#ref-1" /><z soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array" href="#ref-1" />`+
		`</value></item></result></getResponse>`+
		`<soapenc:Array id="ref-1" soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array"><item xsi:type="xsd:int">1</item></soapenc:Array>`,
		normal(string(out)))
	assert.Less(t, length, len(out))
	values, err := readLossless(strings.TrimPrefix(string(out), "before "))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"a": map[string]any{"y": []any{"1"}, "z": []any{"1"}}, "b": map[string]any{"x": "1"},
	}, data(values[0]))

	out, err = stream(soaplite.Encoding{}, nil).End()
	require.NoError(t, err)
	values, err = readLossless(strings.TrimPrefix(string(out), "before "))
	require.NoError(t, err)
	assert.Empty(t, values[0].Hash().Entries())
}

// normal puts the attribute href behind the types, where a reader of the test expects it.
func normal(text string) string {
	const reference, types = ` href="#ref-1"`, ` soapenc:arrayType="xsd:int[1]" xsi:type="soapenc:Array"`
	return strings.ReplaceAll(text, reference+types, types+reference)
}

// Each entry has the limits of an answer; the room bounds all.
func TestStreamBounds(t *testing.T) {
	t.Parallel()
	s := stream(soaplite.Encoding{MaxEntries: 3}, nil)
	for range 10 {
		require.NoError(t, s.Add("a", hash("x", number(1), "y", number(2))))
	}
	_, exceeds := errors.AsType[*soap.Fault](s.Add("b", perldata.ListOf(number(1), number(2), number(3))))
	assert.True(t, exceeds)

	full := errors.New("full")
	room := soap.NewRoom(t.Context(), func(_ context.Context, n int64) error {
		if n > 10_000 {
			return full
		}
		return nil
	})
	s = stream(soaplite.Encoding{}, &room)
	require.ErrorIs(t, s.Add("a", perldata.BytesOf(strings.Repeat("x", 20_000))), full)
	_, err := s.End()
	require.ErrorIs(t, err, full)
}
