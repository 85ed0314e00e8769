//go:build interop

package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The service page and the console are there in every light, on a desk and on a
// telephone, and nothing on them hinders those who cannot see it.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for name, actions := range map[string][]action{"desk": nil, "night": {dark()}, "phone": {phone()}, "phone at night": {phone(), dark()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, s.url("/"), actions...)
			assert.Equal(t, "memcachedsoap", b.text("h1"))
			accessible(t, b)
			b.click(`a[href$="console"]`)
			b.appears(`a[href$="console"][aria-current]`)
			assert.Equal(t, "Console", b.text("h1"))
			accessible(t, b)
		})
	}
}
