package storable_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// Any bytes either thaw or are rejected with a documented error. A value that thaws
// can be frozen, unless it is nested deeper than Perl allows. It then thaws to the
// same value and freezes to the same bytes.
func FuzzDecode(f *testing.F) {
	addImages(f)
	f.Fuzz(func(t *testing.T, image []byte) {
		v, err := storable.Codec{}.Thaw(image)
		if err != nil {
			requireNamed(t, err)
			return
		}
		requireConsistent(t, v)
		written, err := storable.Codec{}.AppendFreeze(nil, v)
		if err != nil {
			var unrepresentable *perldata.UnrepresentableError
			require.ErrorAs(t, err, &unrepresentable)
			require.Contains(t, err.Error(), "nested deeper")
			return
		}
		again, err := storable.Codec{}.Thaw(written)
		require.NoError(t, err)
		if native := image[0] == 0x04; native {
			require.Equal(t, stored(t, typed(v)), stored(t, typed(again)))
		} else {
			require.Equal(t, typedJSON(t, v), typedJSON(t, again))
		}
		rewritten, err := storable.Codec{}.AppendFreeze(nil, again)
		require.NoError(t, err)
		require.Equal(t, written, rewritten)
	})
}

// addImages adds all recorded images, with more arguments.
func addImages(f *testing.F, more ...any) {
	f.Helper()
	add := func(image []byte) { f.Add(append([]any{image}, more...)...) }
	v := loadVectors(f)
	for _, c := range append(v.Cases, loadVersions(f)...) {
		if c.Dies == "" {
			add(unhex(f, c.Network))
			add(unhex(f, c.Native))
		}
	}
	for _, m := range v.Malformed {
		if m.Build == nil {
			add(m.image(f))
		}
	}
	for _, image := range loadSessions(f) {
		add(image)
	}
}

func requireNamed(t testing.TB, err error) {
	t.Helper()
	var corrupt *storable.CorruptError
	var unsupported *storable.UnsupportedError
	var limit *storable.LimitError
	switch {
	case errors.As(err, &corrupt), errors.As(err, &unsupported), errors.As(err, &limit):
	default:
		require.NoError(t, err, "an error that is not documented")
	}
}

func FuzzFreezeThaw(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(propFreezeThaw))
}
