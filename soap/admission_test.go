package soap_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/soap"
)

// ledger is an Admission that notes what it is told.
type ledger struct {
	calls    []string // without repetitions
	body     int64    // now
	source   *arriving
	ahead    int64 // the most memory of the body beyond what had come, before all had
	work     int64 // now
	mostWork int64
	answer   int64
	fail     string // the call that fails
}

var errFull = errors.New("full")

func (l *ledger) note(call string) error {
	if len(l.calls) == 0 || l.calls[len(l.calls)-1] != call {
		l.calls = append(l.calls, call)
	}
	if call == l.fail {
		return errFull
	}
	return nil
}

func (l *ledger) Receive(_ context.Context, n int64) error {
	l.body += n
	if l.source != nil && len(l.source.rest) > 0 {
		l.ahead = max(l.ahead, l.body-l.source.came)
	}
	return l.note("receive")
}

func (l *ledger) Start(context.Context) error { return l.note("start") }

func (l *ledger) Reserve(_ context.Context, n int64) error {
	l.work += n
	l.mostWork = max(l.mostWork, l.work)
	return l.note("reserve")
}

func (l *ledger) Send(_ context.Context, n int64) error {
	l.answer = n
	return l.note("send")
}

// admitted returns a dispatcher that asks the ledger.
func admitted(l *ledger) *soap.Dispatcher {
	d := soap.NewDispatcher(soap.Options{Admission: l, FaultOf: func(err error) *soap.Fault {
		if errors.Is(err, errFull) {
			return &soap.Fault{Code: soap.Server, Reason: "Full.", RetryAfter: time.Second, Overload: true, Err: err}
		}
		return nil
	}})
	soap.Handle(d, greet, func(_ context.Context, name string) (string, error) { return "Hello " + name, nil })
	return d
}

func greetingTo(name string) string {
	return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><greet xmlns="urn:example">` + name + `</greet></e:Body></e:Envelope>`
}

func serveTo(d http.Handler, body io.Reader, length int64) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "text/xml")
	r.ContentLength = length
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestAdmissionIsAskedInOrder(t *testing.T) {
	l := &ledger{}
	w := serveTo(admitted(l), strings.NewReader(greetingTo("Ada")), -1)
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, []string{"start", "reserve", "send"}, l.calls, "a small body takes nothing")
	l = &ledger{}
	w = serveTo(admitted(l), strings.NewReader(greetingTo(strings.Repeat("a", 1<<20))), -1)
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, []string{"receive", "start", "reserve", "send"}, l.calls)
	assert.GreaterOrEqual(t, l.body, int64(1<<20))
	assert.Greater(t, l.mostWork, int64(2<<20))
	assert.GreaterOrEqual(t, l.answer, int64(1<<20))
}

func TestWhatIsNotAdmittedIsA503(t *testing.T) {
	for _, call := range []string{"receive", "start", "reserve", "send"} {
		w := serveTo(admitted(&ledger{fail: call}), strings.NewReader(greetingTo(strings.Repeat("a", 1<<20))), -1)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, call)
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Contains(t, w.Body.String(), "<faultcode>soap:Server</faultcode><faultstring xml:lang=\"en\">Full.</faultstring>")
	}
}

// arriving is a body that comes in pieces.
type arriving struct {
	rest  []byte
	piece int
	came  int64
}

func (a *arriving) Read(p []byte) (int, error) {
	if len(a.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), a.piece)], a.rest)
	a.rest = a.rest[n:]
	a.came += int64(n)
	return n, nil
}

// A body takes memory as it arrives, whatever length it promises.
func TestABodyTakesMemoryAsItArrives(t *testing.T) {
	const most = 64 << 10
	for _, size := range []int{1 << 10, 16<<10 - 300, 100 << 10, 300 << 10, 4<<20 - 300} {
		for _, length := range []int64{-1, 0} {
			body := &arriving{rest: []byte(greetingTo(strings.Repeat("a", size))), piece: 1000}
			if length == 0 {
				length = int64(len(body.rest))
			}
			l := &ledger{source: body}
			w := serveTo(admitted(l), body, length)
			require.Equal(t, 200, w.Code, "%d: %s", size, w.Body)
			assert.LessOrEqual(t, l.ahead, int64(most))
		}
	}
	broken := io.MultiReader(strings.NewReader("<"), errorReader{})
	l := &ledger{}
	w := serveTo(admitted(l), broken, 4<<20)
	assert.Contains(t, w.Body.String(), "incomplete")
	assert.Zero(t, l.body, "a byte of a promised body takes nothing")
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What is decompressed is reserved before it is known how much it is, and the rest
// given back then.
func TestDecompressedBytesAreReserved(t *testing.T) {
	for size, want := range map[int]bool{100: false, 1 << 20: true} {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := io.WriteString(w, greetingTo(strings.Repeat("a", size)))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		l := &ledger{}
		answer := serveTo(admitted(l), &packed, int64(packed.Len()))
		require.Equal(t, 200, answer.Code)
		assert.Equal(t, want, l.mostWork > 40<<20, "%d bytes", size)
		assert.Less(t, l.work, int64(6<<20))
	}
}

func TestRoomReservesWhatItTakes(t *testing.T) {
	var now, most int64
	room := soap.NewRoom(t.Context(), func(_ context.Context, n int64) error {
		now += n
		most = max(most, now)
		return nil
	})
	var dst []byte
	for range 1000 {
		var err error
		dst, err = room.Grow(dst, 1000)
		require.NoError(t, err)
		dst = append(dst, make([]byte, 1000)...)
		assert.LessOrEqual(t, int64(cap(dst)), now)
	}
	assert.LessOrEqual(t, now, int64(1_250_000))
	assert.LessOrEqual(t, most, int64(2_250_000))
	for n := range 2000 {
		dst, err := room.Grow(nil, n)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, cap(dst), n)
	}
	full := soap.NewRoom(t.Context(), func(context.Context, int64) error { return errFull })
	_, err := full.Grow(nil, 1)
	require.ErrorIs(t, err, errFull)
	dst, err = new(soap.Room).Grow(nil, 10)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, cap(dst), 10)
}
