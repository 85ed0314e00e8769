package discovery

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// recordsName is the name of the records of [startDNS].
const recordsName = "_memcached._tcp.example.com."

// startDNS starts a DNS server with SRV records of one name, and returns a resolver
// that asks it.
func startDNS(t *testing.T, found []net.SRV) *net.Resolver {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			packets.WriteTo(answerDNS(buffer[:n], found), from) //nolint:errcheck // as above
		}
	})
	t.Cleanup(func() {
		packets.Close()
		running.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", packets.LocalAddr().String())
	}}
}

func answerDNS(question []byte, found []net.SRV) []byte {
	var message dnsmessage.Message
	if message.Unpack(question) != nil || len(message.Questions) != 1 {
		return nil
	}
	message.Response, message.Authoritative, message.Additionals = true, true, nil
	asked := message.Questions[0]
	if asked.Name.String() != recordsName || asked.Type != dnsmessage.TypeSRV {
		message.RCode = dnsmessage.RCodeNameError
		found = nil
	}
	for _, s := range found {
		message.Answers = append(message.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: asked.Name, Type: dnsmessage.TypeSRV, Class: dnsmessage.ClassINET, TTL: 1},
			Body: &dnsmessage.SRVResource{
				Priority: s.Priority, Weight: s.Weight, Port: s.Port, Target: dnsmessage.MustNewName(s.Target),
			},
		})
	}
	packed, err := message.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func TestRecords(t *testing.T) {
	t.Parallel()
	for title, tt := range map[string]struct {
		found []net.SRV
		place string
		want  []string
	}{
		"sorted": {[]net.SRV{
			{Target: "b.example.com.", Port: 1, Weight: 33}, {Target: "A.example.com.", Port: 2, Weight: 33}, {Target: "a.example.com.", Port: 1, Weight: 33},
		}, recordsName, []string{"a.example.com:1", "a.example.com:2", "b.example.com:1"}},
		"without weights": {[]net.SRV{{Target: "b.", Port: 1}, {Target: "a.", Port: 1}}, recordsName, []string{"a:1", "b:1"}},
		"weights":         {[]net.SRV{{Target: "b.", Port: 1, Weight: 10}, {Target: "a.", Port: 1, Weight: 30}}, recordsName, []string{"a:1=3", "b:1"}},
		"weight 0":        {[]net.SRV{{Target: "b.", Port: 1}, {Target: "a.", Port: 1, Weight: 7}}, recordsName, []string{"a:1=7", "b:1"}},
		"priorities":      {[]net.SRV{{Target: "a.", Port: 1, Priority: 2}, {Target: "b.", Port: 1, Priority: 1}}, recordsName, []string{"b:1", "a:1"}},
		"TLS":             {[]net.SRV{{Target: "a.", Port: 1}}, "tls:" + recordsName, []string{"tls:a:1"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			resolver := startDNS(t, tt.found)
			for range 10 { // Go's resolver shuffles them
				d := discover(t, Options{Place: "srv:" + tt.place, Resolver: resolver})
				servers, err := d.Take(t.Context())
				require.NoError(t, err)
				assert.Equal(t, tt.want, servers)
			}
		})
	}
	d := discover(t, Options{Place: "srv:other.example.com.", Resolver: startDNS(t, nil), Timeout: ample})
	_, err := d.ask(t.Context())
	require.ErrorContains(t, err, "no such host")
}

// Records have no version: each answer counts, and no answer is no change.
func TestWatchOfRecords(t *testing.T) {
	t.Parallel()
	a, b := net.SRV{Target: "a.", Port: 1}, net.SRV{Target: "b.", Port: 1}
	one, two := startDNS(t, []net.SRV{a}), startDNS(t, []net.SRV{a, b})
	var asked atomic.Pointer[net.Resolver]
	asked.Store(one)
	d := discover(t, Options{Place: "srv:" + recordsName, Interval: time.Millisecond, Timeout: ample, Resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if r := asked.Load(); r != nil {
				return r.Dial(ctx, network, address)
			}
			return nil, errors.New("no DNS")
		},
	}})
	_, err := d.Take(t.Context())
	require.NoError(t, err)
	d.Watch()
	for _, step := range []struct {
		resolver *net.Resolver // nil: none answers
		want     string
	}{{nil, "no"}, {two, "added b:1"}, {nil, "added b:1"}, {one, "no"}} {
		asked.Store(step.resolver)
		failures := d.Metrics()[1].Value
		require.Eventually(t, func() bool {
			return d.Change() == step.want && (step.resolver != nil || d.Metrics()[1].Value > failures+2)
		}, ample, 10*time.Millisecond)
		assert.Equal(t, step.want, d.Change())
	}
}
