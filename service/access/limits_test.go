package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contextOf returns the context of a request of a caller whose entry has these fields.
func contextOf(t *testing.T, fields string) context.Context {
	t.Helper()
	file, err := ParseFile([]byte("callers: [{name: portal, roles: [admin], addresses: [unix], " + fields + "}]"))
	require.NoError(t, err)
	return &Request{Context: t.Context(), caller: file.Callers[0].caller}
}

// A caller makes the calls of a second at once, and then one each time that it has
// waited as long as it was told.
func TestRate(t *testing.T) {
	t.Parallel()
	for _, limit := range []float64{1, 3, 0.5, 2.5, 1000, 1e9} {
		synctest.Test(t, func(t *testing.T) {
			for name, spend := range map[string]func(context.Context) error{"rate": SpendCall, "quota": SpendSession} {
				ctx := contextOf(t, fmt.Sprintf("%s: %g", name, limit))
				burst := 0
				for burst < 2000 && spend(ctx) == nil {
					burst++
				}
				if limit > 2000 {
					continue
				}
				assert.InDelta(t, max(limit, 1), burst, 0.51, limit)
				for range 3 {
					e, ok := errors.AsType[*LimitError](spend(ctx))
					require.True(t, ok)
					assert.Equal(t, &LimitError{Caller: "portal", Sessions: name == "quota", Limit: limit, RetryAfter: e.RetryAfter}, e)
					assert.Positive(t, e.RetryAfter)
					time.Sleep(e.RetryAfter)
					require.NoError(t, spend(ctx), "after the time that the error says")
				}
				time.Sleep(10 * time.Second)
				again := 0
				for again < 2000 && spend(ctx) == nil {
					again++
				}
				assert.Equal(t, burst, again, "calls that were not made do not add up beyond a second")
			}
		})
	}
}

// Refused calls cost the caller nothing.
func TestRefusedCallsDoNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := contextOf(t, "rate: 10")
		calls := 0
		for range 1000 {
			for range 5 {
				if SpendCall(ctx) == nil {
					calls++
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		assert.InDelta(t, 10*10+10, calls, 1)
	})
}

// Goroutines together make no more calls than one.
func TestRateIsShared(t *testing.T) {
	t.Parallel()
	ctx := contextOf(t, "rate: 0.001")
	var made atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if SpendCall(ctx) == nil {
				made.Add(1)
			}
		})
	}
	all.Wait()
	assert.Equal(t, int64(1), made.Load())
}

func TestNoLimits(t *testing.T) {
	t.Parallel()
	for _, ctx := range []context.Context{t.Context(), contextOf(t, "dialects: [contract]"), &Request{Context: t.Context()}} {
		for range 10_000 {
			require.NoError(t, SpendCall(ctx))
			require.NoError(t, SpendSession(ctx))
		}
		assert.Empty(t, Hidden(ctx))
		require.NoError(t, CheckNames(ctx, names("mail")))
	}
	e, ok := errors.AsType[*LimitError](func() error {
		ctx := contextOf(t, "rate: 1e-300")
		return errors.Join(SpendCall(ctx), SpendCall(ctx))
	}())
	require.True(t, ok)
	assert.Equal(t, 24*time.Hour, e.RetryAfter)
}

func names(all ...string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, name := range all {
			if !yield(name) {
				return
			}
		}
	}
}

// What tells the value of a hidden attribute is hidden, too. Names are compared as they
// are.
func TestHidden(t *testing.T) {
	t.Parallel()
	ctx := contextOf(t, `hide: [mail, "ünï 1", uid_MD5, uid]`)
	assert.Equal(t, []string{"mail", "ünï 1", "uid_MD5", "uid", "mail_MD5", "mail#t", "ünï 1_MD5", "ünï 1#t", "uid_MD5_MD5", "uid_MD5#t", "uid#t"}, Hidden(ctx))
	for _, name := range []string{"mail", "mail#t", "mail_MD5", "uid", "uid_MD5", "ünï 1"} {
		assert.Equal(t, &HiddenError{Caller: "portal"}, CheckNames(ctx, names("a", name, "b")), name)
	}
	require.NoError(t, CheckNames(ctx, names("Mail", "mail ", "mai", "mail_md5", "MD5", "")))
}

func TestHideRefuses(t *testing.T) {
	t.Parallel()
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint("a", i)
	}
	for hide, want := range map[string]string{
		"mail, _session_id":      "cannot be hidden",
		"mail, mail":             "twice",
		strings.Join(many, ", "): "at most 100",
	} {
		_, err := ParseFile([]byte("callers: [{name: a, roles: [read], addresses: [unix], hide: [" + hide + "]}]"))
		require.ErrorContains(t, err, want)
	}
}
