package dialect_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/requestlog"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap"
)

func TestFaultOf(t *testing.T) {
	t.Parallel()
	assert.Nil(t, dialect.FaultOf(errors.New("any other")))
	down := &backend.UnavailableError{Reason: "r", RetryAfter: 1500 * time.Millisecond}
	for err, want := range map[error]*soap.Fault{
		down: {
			Code: soap.Server, RetryAfter: 1500 * time.Millisecond, Err: down,
			Detail: &soap.Detail{Name: "StoreUnavailableFault", Fields: []soap.Field{{Name: "reason", Value: "r"}, {Name: "retryAfter", Value: "2"}}},
		},
		backend.ErrNotFound: {
			Code: soap.Client, Err: backend.ErrNotFound,
			Detail: &soap.Detail{Name: "SessionNotFoundFault", Fields: []soap.Field{{Name: "id"}}},
		},
		&sessionstore.TooManyError{Limit: 1, Actual: 2}: {Code: soap.Client, Err: &sessionstore.TooManyError{Limit: 1, Actual: 2}},
	} {
		want.Reason = service.FaultOf(err).Reason
		assert.Equal(t, want, dialect.FaultOf(err))
	}
}

// added returns the attributes that were added to a record, as text.
func added(t *testing.T, r *requestlog.Record) string {
	t.Helper()
	var line strings.Builder
	require.NoError(t, slog.NewTextHandler(&line, nil).Handle(t.Context(), r.Line(time.Time{}, "request")))
	_, attrs, _ := strings.Cut(strings.TrimSuffix(line.String(), "\n"), " msg=request ")
	return attrs
}

func TestObserver(t *testing.T) {
	t.Parallel()
	counters := service.NewCounters("1", "getSession")
	observe := dialect.Observer(counters)
	for _, code := range []string{"Client", "Server", "MustUnderstand", "VersionMismatch"} {
		assert.Contains(t, counters.Snapshot().Faults, code)
	}
	call := soap.Call{
		Operation: soap.Name{Space: "urn:x", Local: "getSession"}, Version: soap.V12, BytesIn: 7, BytesOut: 9, Duration: time.Millisecond,
	}
	ctx, record := requestlog.New(t.Context(), "r-1")
	observe(ctx, call)
	assert.Equal(t, "operation=getSession soap=1.2 bytes_in=7 bytes_out=9", added(t, record))
	assert.Equal(t, "INFO", record.Level().String())

	ctx, record = requestlog.New(t.Context(), "r-2")
	call.Fault = &soap.Fault{Code: soap.Server, Reason: "No.", Err: errors.New("cause")}
	observe(ctx, call)
	assert.Equal(t, "operation=getSession soap=1.2 bytes_in=7 bytes_out=9 fault=Server reason=No. error=cause", added(t, record))
	assert.Equal(t, "ERROR", record.Level().String())

	ctx, record = requestlog.New(t.Context(), "r-3")
	call.Fault = dialect.FaultOf(backend.ErrNotFound)
	observe(ctx, call)
	assert.Equal(t, "INFO", record.Level().String(), "the caller is to blame")
	observe(t.Context(), soap.Call{Fault: soap.ClientFault("no")}) // without a record

	s := counters.Snapshot()
	require.Len(t, s.Operations, 1)
	assert.Equal(t, []int64{3, 2, 1, 21, 27}, []int64{s.Operations[0].Requests, s.Operations[0].Faults, s.Refused, s.BytesIn, s.BytesOut})
	assert.Equal(t, []int64{1, 1, 1}, []int64{s.Faults["Server"], s.Faults["SessionNotFoundFault"], s.Faults["Client"]})
}
