package storable_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// A number that Storable stores as a string keeps its digits and that it is a number;
// Perl reads the digits.
func TestNumbersThatStorableHasAsStrings(t *testing.T) {
	t.Parallel()
	for _, digits := range []string{
		"1.5", "1.50", "-0", "0", "12345678901234567890", "1e400", "-1.25E-7", "3E+2", "5000000000", strings.Repeat("9", 255),
	} {
		h := perldata.NewHash(1)
		h.Set("n", perldata.BytesOf(digits).WithForm(perldata.FormNumber))
		image, err := (&storable.Codec{}).Append(nil, h)
		require.NoError(t, err)
		back, err := (&storable.Codec{}).Decode(image)
		require.NoError(t, err)
		v, _ := back.Get("n")
		assert.Equal(t, perldata.FormNumber, v.Form(), digits)
		assert.Equal(t, digits, v.Str())

		perl := exec.Command("perl", "-MStorable=thaw", "-e", `binmode STDIN; local $/; my $h = thaw(<STDIN>); print $h->{n}`)
		perl.Stdin = strings.NewReader(string(image))
		out, err := perl.Output()
		require.NoError(t, err)
		assert.Equal(t, digits, string(out))
	}
}

func TestStringsThatAreNoNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "-", "01", "1.", ".5", "1e", "1e+", "+1", " 1", "1 ", "0x1", "Inf", "NaN", "1_0", strings.Repeat("9", 256)} {
		h := perldata.NewHash(1)
		h.Set("n", perldata.BytesOf(text).WithForm(perldata.FormNumber))
		image, err := (&storable.Codec{}).Append(nil, h)
		require.NoError(t, err)
		back, err := (&storable.Codec{}).Decode(image)
		require.NoError(t, err)
		v, _ := back.Get("n")
		assert.Equal(t, perldata.FormDefault, v.Form(), text)
		assert.Equal(t, text, v.Str())
	}
}
