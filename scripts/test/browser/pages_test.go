//go:build interop

package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The pages are there in every light, on a desk and on a telephone, and nothing on them
// hinders those who cannot see them.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for name, actions := range map[string][]action{"desk": nil, "phone at night": {phone(), dark()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, s.url("/"), actions...)
			assert.Equal(t, "memcachedsoap", b.text("h1"))
			b.run(openDetails())
			accessible(t, b)
			b.open(s.url("/?op=setSession"))
			assert.Equal(t, "setSession", b.text("h1"))
			accessible(t, b)
			b.expect("status of 404")
			b.open(s.url("/?op=none"))
			assert.Equal(t, "No such operation", b.text("h1"))
			accessible(t, b)
			b.click(`a[href$="console"]`)
			b.appears(`a[href$="console"][aria-current]`)
			assert.Equal(t, "Console", b.text("h1"))
			accessible(t, b)
		})
	}
}
