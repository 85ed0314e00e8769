package document_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

// decoding is a codec that shows no session before it is decoded.
type decoding struct{ storable.Codec }

func (decoding) Walk([]byte, perldata.Visitor, func(int64) error) bool { return false }

// counting is a codec that counts what it decodes.
type counting struct {
	storable.Codec

	decoded *int
}

func (c counting) DecodeWithin(image []byte, reserve func(int64) error) (*perldata.Hash, error) {
	*c.decoded++
	return c.Codec.DecodeWithin(image, reserve)
}

// viewers are two services over the same items: the first one answers straight from the
// stored session where it can, the other one from the decoded session.
func viewers(tb testing.TB, codec sessionstore.Codec, o document.Options) (straight, reference *endpoint) {
	tb.Helper()
	items := memory.New(memory.Options{})
	straight = newEndpointWith(tb, items, codec, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: lifetime}}, o, soap.Limits{})
	reference = newEndpointWith(tb, items, decoding{}, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: lifetime}}, o, soap.Limits{})
	return straight, reference
}

// sessionImages returns the images that programs have stored.
func sessionImages(tb testing.TB) map[string][]byte {
	tb.Helper()
	data, err := os.ReadFile("../../sessionstore/storable/testdata/sessions.json")
	require.NoError(tb, err)
	var file []struct{ Name, Hex string }
	require.NoError(tb, json.Unmarshal(data, &file))
	images := map[string][]byte{}
	for _, f := range file {
		if images[f.Name], err = hex.DecodeString(f.Hex); err != nil || f.Hex == "" {
			delete(images, f.Name)
		}
	}
	require.Contains(tb, images, "24pairs")
	return images
}

// oddImages are images with everything that an answer may have to refuse.
func oddImages(tb testing.TB) [][]byte {
	tb.Helper()
	nested, wide := perldata.IntOf(1), perldata.NewHash(3)
	for range 6 {
		h := perldata.NewHash(2)
		h.Set("\x01", nested)
		h.Set("base64:", perldata.ListOf(nested, perldata.Value{}, perldata.FloatOf(0.5)))
		nested = perldata.HashOf(h)
	}
	wide.Set("", perldata.BytesOf("\xff\x00"))
	wide.Set("é<", perldata.TextOf("]]>&\r\n\U0001F600"))
	wide.Set("_session_id", perldata.ListOf(perldata.BytesOf("a")))
	wide.Set("n", nested)
	wide.Set("empty", perldata.ListOf(perldata.BytesOf(""), perldata.HashOf(nil), perldata.ListOf()))
	image, err := storable.Codec{}.Append(nil, wide)
	require.NoError(tb, err)
	hints := perldata.NewHash(3)
	hints.Set("k#t", perldata.BytesOf(`["/0"]`))
	hints.Set("k", perldata.ListOf(perldata.IntOf(1), perldata.FloatOf(0.1), perldata.BytesOf("1e400").WithForm(perldata.FormNumber)))
	hints.Set("n", perldata.BytesOf("-0").WithForm(perldata.FormNumber))
	withHints, err := storable.Codec{}.Append(nil, hints)
	require.NoError(tb, err)
	hints.Delete("k#t")
	withoutHints, err := storable.Codec{}.Append(nil, hints)
	require.NoError(tb, err)
	return [][]byte{image, image[:len(image)-1], append(slices.Clip(image), 0), image[:2], nil, withHints, withoutHints}
}

// sameAnswers requires that both services answer with the same bytes.
func sameAnswers(tb testing.TB, straight, reference *endpoint, image []byte) string {
	tb.Helper()
	const id = "ab12"
	require.NoError(tb, straight.backend.Add(tb.Context(), id, backend.Item{Image: image, Flags: 1, ExpiresIn: time.Hour}))
	code, answer := straight.post(envelope(getSession(id)))
	wantCode, want := reference.post(envelope(getSession(id)))
	require.Equal(tb, want, answer)
	require.Equal(tb, wantCode, code)
	_, typed := straight.post(envelope(getTyped(id)))
	_, wantTyped := reference.post(envelope(getTyped(id)))
	require.Equal(tb, wantTyped, typed)
	require.NoError(tb, straight.backend.Delete(tb.Context(), id))
	return answer
}

// An answer that is written straight from the stored session has the bytes of one that
// is written from the decoded session, and so have the faults.
func TestAnswersStraightFromTheStoredSession(t *testing.T) {
	t.Parallel()
	decoded := 0
	for _, most := range []int{0, 1, 2, 24, 25} {
		straight, reference := viewers(t, counting{decoded: &decoded}, document.Options{MaxEntries: most})
		for name, image := range sessionImages(t) {
			before := decoded
			sameAnswers(t, straight, reference, image)
			if name == "24pairs" {
				assert.Equal(t, most != 0 && most < 23, decoded > before, "decoded with %d entries", most)
			}
		}
		for _, image := range oddImages(t) {
			sameAnswers(t, straight, reference, image)
		}
	}
}

// An answer that there is no memory for is refused as one that is decoded first.
func TestStraightAnswersReserveMemory(t *testing.T) {
	t.Parallel()
	h := perldata.NewHash(1)
	for i := range 3000 {
		h.Set(strconv.Itoa(i), perldata.TextOf("&&&&&&&&&&"))
	}
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	answered := 0
	for most := int64(1 << 10); most <= 2<<20; most *= 2 {
		var codes []int
		for _, codec := range []sessionstore.Codec{storable.Codec{}, decoding{}} {
			held, highest := int64(0), int64(0)
			items := memory.New(memory.Options{})
			o := document.Options{Reserve: bounded(most, &held, &highest)}
			e := newEndpointWith(t, items, codec, sessionstore.Options{}, o, soap.Limits{})
			require.NoError(t, items.Add(t.Context(), "ab12", backend.Item{Image: image, Flags: 1}))
			code, _ := e.post(envelope(getSession("ab12")))
			codes = append(codes, code)
			assert.LessOrEqual(t, highest, most)
			if code == 200 {
				answered++
			}
		}
		assert.Equal(t, codes[0], codes[1], "%d bytes", most)
	}
	assert.Positive(t, answered)
	assert.Less(t, answered, 20)
}

// FuzzView answers getSession for any image: the answer is that of the decoded session.
func FuzzView(f *testing.F) {
	for _, image := range sessionImages(f) {
		f.Add(image, uint8(0))
	}
	for _, image := range oddImages(f) {
		f.Add(image, uint8(0))
		f.Add(image, uint8(7))
	}
	f.Fuzz(func(t *testing.T, image []byte, most uint8) {
		straight, reference := viewers(t, storable.Codec{}, document.Options{MaxEntries: int(most)})
		sameAnswers(t, straight, reference, image)
	})
}

// bounded returns a function that lets a call have at most some bytes of memory.
func bounded(most int64, held, highest *int64) func(context.Context, int64) error {
	return func(_ context.Context, n int64) error {
		if *held+n > most {
			return errNoMemory
		}
		*held += n
		*highest = max(*highest, *held)
		return nil
	}
}

var errNoMemory = errors.New("no memory")
