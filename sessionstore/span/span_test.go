package span_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"memcachedsoap/sessionstore/span"
	"memcachedsoap/sessionstore/span/spantest"
)

// everything makes one of each span.
func everything(ctx context.Context, server *span.Server) {
	exchange := server.Exchange(ctx, "get", 2)
	exchange.Items(3, 2)
	exchange.Result(span.Hit)
	exchange.End()
	connect := server.Connect(ctx)
	connect.Fail("timeout")
	connect.End()
	wait := span.Wait(ctx, span.Lock)
	wait.End()
	span.Of(ctx).Call("contract", "getSession", "StoreUnavailableFault", true)
	span.Of(ctx).Answer(500)
}

func TestSpans(t *testing.T) {
	t.Parallel()
	ctx, ended := spantest.Begin(t)
	everything(ctx, span.NewServer(&net.TCPAddr{IP: net.IPv6loopback, Port: 11211}))
	everything(ctx, span.NewServer(&net.UnixAddr{Name: "/run/memcached:1", Net: "unix"}))
	span.Of(ctx).End()
	const memcached = "db.system.name=memcached "
	const exchange = memcached + "memcachedsoap.attempt=2 memcachedsoap.result=hit "
	const items = "db.operation.batch.size=3 db.operation.name=get db.response.returned_rows=2 "
	assert.Equal(t, []string{
		"get [::1]:11211 " + items + exchange + "server.address=::1 server.port=11211",
		"connect [::1]:11211 " + memcached + "error.type=timeout server.address=::1 server.port=11211 status=timeout",
		"wait for lock",
		"get /run/memcached:1 " + items + exchange + "server.address=/run/memcached:1",
		"connect /run/memcached:1 " + memcached + "error.type=timeout server.address=/run/memcached:1 status=timeout",
		"wait for lock",
		"contract/getSession error.type=StoreUnavailableFault http.response.status_code=500 memcachedsoap.dialect=contract " +
			"memcachedsoap.fault=StoreUnavailableFault rpc.method=contract/getSession rpc.system.name=soap status=StoreUnavailableFault",
	}, ended())
	assert.Empty(t, span.Of(ctx).TraceID(), "it has ended")
	everything(ctx, span.NewServer(&net.UnixAddr{})) // after the end
	assert.Len(t, ended(), 7)
}

// A message that was refused before its operation was known has neither.
func TestUnknownCall(t *testing.T) {
	t.Parallel()
	ctx, ended := spantest.Begin(t)
	span.Of(ctx).Call("", "", "Client", false)
	span.Of(ctx).End()
	assert.Equal(t, []string{"request memcachedsoap.fault=Client rpc.system.name=soap"}, ended())
}

// Where nothing is recorded, spans are none and cost no memory: in a context without one,
// below one that is not sampled, and without a tracer.
func TestNothingIsRecorded(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	sampler := sdk.WithSampler(sdk.NeverSample())
	unsampled, s := span.NewTracer(sdk.NewTracerProvider(sdk.WithSpanProcessor(recorder), sampler)).Begin(t.Context(), "request")
	assert.False(t, s.Recorded())
	server := span.NewServer(&net.TCPAddr{Port: 1})
	var none *span.Tracer
	for name, ctx := range map[string]context.Context{"without": t.Context(), "not sampled": unsampled} {
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			everything(ctx, server)
			_, s := none.Begin(ctx, "work")
			s.End()
		}), name)
		assert.False(t, span.Of(ctx).Recorded())
	}
	assert.Empty(t, recorder.Ended())
}
