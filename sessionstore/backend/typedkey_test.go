package backend_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/backend"
)

func TestTypedKeys(t *testing.T) {
	t.Parallel()
	short, long := strings.Repeat("0f", 16), strings.Repeat("a9", 32)
	for _, digits := range []string{short, long} {
		for _, kind := range []string{"saml", "persistent", "a", strings.Repeat("z", 32)} {
			key := backend.TypedKey(kind, digits)
			assert.Equal(t, backend.ReservedKeys+kind+":"+digits, key)
			gotKind, gotDigits, ok := backend.CutTypedKey(key)
			assert.True(t, ok)
			assert.Equal(t, kind, gotKind)
			assert.Equal(t, digits, gotDigits)
			assert.Equal(t, kind, backend.TypeOf(key))
			assert.False(t, backend.IsReserved(key))
			assert.NoError(t, backend.CheckKey(key))
		}
		assert.Equal(t, digits, backend.TypedKey("", digits))
		assert.Empty(t, backend.TypeOf(digits))
	}
	for _, kind := range []string{"Saml", "s a", "a:b", "saml1", strings.Repeat("z", 33)} {
		assert.Empty(t, backend.TypedKey(kind, short), kind)
	}
	for _, digits := range []string{"", "0f", strings.ToUpper(short), short + "0", short[:31], short[:31] + "g", short + short + short} {
		assert.Empty(t, backend.TypedKey("saml", digits), digits)
		assert.True(t, backend.IsReserved(backend.ReservedKeys+"saml:"+digits), digits)
	}
	assert.True(t, backend.IsReserved(backend.ReservedKeys+short), "without a type")
	assert.True(t, backend.IsReserved(backend.ReservedKeys+":"+short), "with an empty type")
	assert.False(t, backend.IsReserved(short))
}
