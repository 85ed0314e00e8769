package service

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// A quantile may be told too high by a quarter, never too low.
func TestHistogramBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(0, 3_000_000_000).Draw(t, "us")
		d := time.Duration(us) * time.Microsecond
		top := ceiling(bucket(d))
		assert.GreaterOrEqual(t, top, d)
		assert.LessOrEqual(t, float64(top), 1.25*float64(d)+float64(time.Microsecond))
	})
	assert.Equal(t, 0, bucket(-time.Second))
	assert.Equal(t, 127, bucket(math.MaxInt64))
	var h histogram
	assert.Zero(t, h.quantile(0.5))
	assert.Zero(t, h.mean())
	h.add(time.Millisecond)
	assert.Equal(t, h.quantile(0.5), h.quantile(1))
}
