package soap

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type timeLimitKey struct{}

// A time limit does what a context of package context does, whether somebody waits for its
// end or not.
func TestTimeLimit(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			limited := func(parent context.Context) (l *timeLimit, cancel context.CancelFunc) {
				parent, cancel = context.WithCancel(context.WithValue(parent, timeLimitKey{}, "value"))
				l = withTimeLimit(parent, time.Minute)
				if waits {
					select {
					case <-l.Done():
						assert.Fail(t, "ended at once")
					default:
					}
				}
				assert.Equal(t, "value", l.Value(timeLimitKey{}))
				require.NoError(t, l.Err())
				return l, cancel
			}
			l, cancel := limited(t.Context())
			until, ok := l.Deadline()
			assert.True(t, ok)
			assert.Equal(t, time.Minute, time.Until(until))
			time.Sleep(time.Minute - time.Nanosecond)
			require.NoError(t, l.Err())
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			require.ErrorIs(t, l.Err(), context.DeadlineExceeded)
			require.ErrorIs(t, context.Cause(l), context.DeadlineExceeded)
			l.end()
			cancel()
			require.ErrorIs(t, l.Err(), context.DeadlineExceeded, "the first reason stays")

			l, cancel = limited(t.Context())
			cancel()
			require.ErrorIs(t, l.Err(), context.Canceled, "of its parent")
			<-l.Done()
			l.end()

			l, cancel = limited(t.Context())
			child, cancelChild := context.WithCancel(l)
			below := runtime.NumGoroutine()
			stop := context.AfterFunc(l, func() {})
			assert.Equal(t, below, runtime.NumGoroutine(), "no goroutine for contexts below it")
			assert.True(t, stop())
			l.end()
			<-child.Done()
			require.ErrorIs(t, l.Err(), context.Canceled, "by its end")
			<-l.Done()
			cancelChild()
			cancel()

			l, cancel = limited(t.Context())
			l.end()
			require.ErrorIs(t, l.Err(), context.Canceled, "by its end")
			<-l.Done()
			cancel()

			earlier, cancelEarlier := context.WithTimeout(t.Context(), time.Second)
			l, cancel = limited(earlier)
			until, _ = l.Deadline()
			assert.Equal(t, time.Second, time.Until(until))
			time.Sleep(time.Second)
			synctest.Wait()
			require.ErrorIs(t, l.Err(), context.DeadlineExceeded)
			l.end()
			cancel()
			cancelEarlier()
		})
	}
}
