// Package requestlog collects what the log says about a request in one record.
//
// The HTTP server puts a record into the context of the request with [New]. The
// packages that answer the request add attributes with [Add]: package service adds
// the session, package dialect the SOAP call. At the end the server writes what
// [Record.Line] returns. In a context without a record, Add does nothing.
package requestlog

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Head is the number of attributes that [Record.Line] has room for.
	Head = 8
	// usual is the number of attributes of a call without a fault: the session, four of
	// SOAP, the caller, the trace and the pool.
	usual = 8
)

// Record is what the log says about one request, besides HTTP. Only the goroutine
// that answers the request may use it, but for [AddPool].
type Record struct {
	// Client is the address of the client.
	Client string

	id      string
	dialect string // the dialect of the message, once it is known
	level   slog.Level
	attrs   []slog.Attr             // behind room for those of the head
	array   [Head + usual]slog.Attr // the first memory of attrs

	mu    sync.Mutex
	pools []string // that have answered
}

type key struct{}

// New returns a context with a record for the request with this id.
func New(ctx context.Context, id string) (context.Context, *Record) {
	r := &Record{id: id}
	r.attrs = r.array[:Head]
	return context.WithValue(ctx, key{}, r), r
}

func of(ctx context.Context) *Record {
	r, _ := ctx.Value(key{}).(*Record)
	return r
}

// ID returns the id of the request that a context belongs to, or "" if the context
// has no record.
func ID(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.id
	}
	return ""
}

// Client returns the address of the client of the request that a context belongs to,
// or "" if the context has no record.
func Client(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.Client
	}
	return ""
}

// SetDialect notes the dialect of the message of a request.
func SetDialect(ctx context.Context, name string) {
	if r := of(ctx); r != nil {
		r.dialect = name
	}
}

// Dialect returns what [SetDialect] has noted, or "".
func Dialect(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.dialect
	}
	return ""
}

// Add adds attributes to the record of a context.
func Add(ctx context.Context, attrs ...slog.Attr) {
	if r := of(ctx); r != nil {
		r.attrs = append(r.attrs, attrs...)
	}
}

// AddPool notes that a pool of memcached servers has answered a read or a write of the
// request of a context. Any goroutine may call it.
func AddPool(ctx context.Context, name string) {
	r := of(ctx)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.pools, name) {
		r.pools = append(r.pools, name)
	}
}

// Fail raises the level of the record of a context to [slog.LevelError].
func Fail(ctx context.Context) {
	if r := of(ctx); r != nil {
		r.level = slog.LevelError
	}
}

// Level returns the level of the line: [slog.LevelInfo], or [slog.LevelError] after
// [Fail].
func (r *Record) Level() slog.Level { return r.level }

// Line returns the line about the request, at its level: a record with the attributes of
// a head, of at most [Head], then those that were added, in their order, then the pools that have
// answered, as "pool", if there are several to choose from. It takes no memory beyond
// that of the record: the attributes are a group without a name, whose attributes
// handlers treat as those of the line. Line is called once, at the end.
func (r *Record) Line(at time.Time, message string, head ...slog.Attr) slog.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pools) > 0 {
		r.attrs = append(r.attrs, slog.String("pool", strings.Join(r.pools, ",")))
	}
	attrs := r.attrs[Head-len(head):]
	copy(attrs, head)
	line := slog.NewRecord(at, r.level, message, 0) // without a program counter, which no line shows
	line.AddAttrs(slog.Attr{Value: slog.GroupValue(attrs...)})
	return line
}
