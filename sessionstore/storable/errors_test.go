package storable_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// Each image breaks one rule. The error says which rule, and at which byte.
func TestThawNamesTheRule(t *testing.T) {
	t.Parallel()
	for digits, want := range map[string]string{
		"":                                       `storable: corrupt image at byte 0: unexpected end of the image`,
		"050b":                                   `storable: corrupt image at byte 2: unexpected end of the image`,
		"060b0300000000":                         `storable: corrupt image at byte 0: it does not start with a header of Storable 2 or 3`,
		"040b0831323334353637380408080903":       `storable: corrupt image at byte 2: its byte order is neither network nor x86_64`,
		"050b24":                                 `storable: corrupt image at byte 2: an unknown tag`,
		"050b0a0261":                             `storable: corrupt image at byte 4: unexpected end of the image`,
		"050b0500":                               `storable: corrupt image at byte 3: extra bytes after the image`,
		"050b0600000000000000":                   `storable: corrupt image at byte 3: a native number in an image in network order`,
		"050b0280000000":                         `storable: corrupt image at byte 3: a length is negative`,
		"050b020000000105":                       ``,
		"050b020000000205":                       `storable: corrupt image at byte 3: more elements than the image has bytes for`,
		"050b0200000002" + "040200000001" + "05": `storable: corrupt image at byte 9: more elements than the image has bytes for`,
		"050b0200000002" + "040200000001" + "0505":           ``,
		"050b0200000001" + "0200000000":                      `storable: corrupt image at byte 7: an array or a hash in the place of a scalar`,
		"050b0200000001" + "110141" + "0300000000":           `storable: corrupt image at byte 10: an array or a hash in the place of a scalar`,
		"050b0200000001" + "0000000000":                      `storable: corrupt image at byte 8: an array or a hash in the place of a scalar`,
		"050b0200000001" + "0000000001":                      `storable: corrupt image at byte 8: a number of an object that does not exist`,
		"050b0200000001" + "00ffffffff":                      `storable: corrupt image at byte 8: a number of an object that does not exist`,
		"050b1100" + "05":                                    `storable: corrupt image at byte 4: a class without a name`,
		"050b1200" + "05":                                    `storable: corrupt image at byte 4: an index of a class that does not exist`,
		"050b110141" + "110142" + "05":                       `storable: corrupt image at byte 5: a class for an object that cannot be blessed here`,
		"050b110141" + "0e":                                  `storable: corrupt image at byte 5: a class for an object that cannot be blessed here`,
		"050b110141" + "0000000000":                          `storable: corrupt image at byte 5: a class for an object that cannot be blessed here`,
		"050b14" + "0300000000":                              `storable: corrupt image at byte 8: a reference with overloading to a value without a class`,
		"050b1c" + "0300000000":                              `storable: corrupt image at byte 8: a reference with overloading to a value without a class`,
		"050b1d0131" + "08aa":                                `storable: corrupt image at byte 5: a version string that is not a string`,
		"050b1d00" + "0a0131":                                `storable: corrupt image at byte 5: a version string without a literal`,
		"050b2002" + "016100":                                `storable: corrupt image at byte 3: an unknown flag of a pattern`,
		"050b1902" + "00000000":                              `storable: corrupt image at byte 3: an unknown flag of a hash`,
		"050b1900" + "00000001" + "05" + "20" + "0000000161": `storable: corrupt image at byte 9: an unknown combination of flags of a key`,
		"050b1900" + "00000001" + "05" + "03" + "0000000161": `storable: corrupt image at byte 9: an unknown combination of flags of a key`,
		"050b1901" + "00000001" + "05" + "10" + "0000000161": `storable: corrupt image at byte 15: a reserved key with a value`,
		"050b1901" + "00000002" + "05" + "00" + "0000000161" + "0e" + "10" + "0000000161": `storable: corrupt image at byte 22: a duplicate key in a hash`,
		// "é" in Latin-1 and in UTF-8 are the same key.
		"050b1900" + "00000002" + "05" + "00" + "00000001e9" + "05" + "01" + "00000002c3a9": `storable: corrupt image at byte 23: a duplicate key in a hash`,
		"050b1900" + "00000001" + "0881" + "08" + "0a0161":                                  `storable: the image holds a FLAG_HASH key that is an object (tag 0x19) at byte 10, which only Perl can store again`,
		"050b0b05": `storable: the image holds TIED_ARRAY (tag 0x0b) at byte 2, which only Perl can store again`,
		"050b0c05": `storable: the image holds TIED_HASH (tag 0x0c) at byte 2, which only Perl can store again`,
		"050b0d05": `storable: the image holds TIED_SCALAR (tag 0x0d) at byte 2, which only Perl can store again`,
		"050b1305": `storable: the image holds HOOK (tag 0x13) at byte 2, which only Perl can store again`,
		"050b1505": `storable: the image holds TIED_KEY (tag 0x15) at byte 2, which only Perl can store again`,
		"050b1605": `storable: the image holds TIED_IDX (tag 0x16) at byte 2, which only Perl can store again`,
		"050b1a05": `storable: the image holds CODE (tag 0x1a) at byte 2, which only Perl can store again`,
		"050b2105": `storable: the image holds LOBJECT (tag 0x21) at byte 2, which only Perl can store again`,
	} {
		requireSameVerdict(t, storable.Codec{}, unhex(t, digits))
		_, err := storable.Codec{}.Thaw(unhex(t, digits))
		if want == "" {
			require.NoError(t, err, digits)
			continue
		}
		require.EqualError(t, err, want, digits)
	}
}

// Every truncated image is rejected.
func TestThawRejectsEveryPrefix(t *testing.T) {
	t.Parallel()
	for _, c := range append(loadVectors(t).Cases, loadVersions(t)...) {
		if c.Dies != "" {
			continue
		}
		for _, digits := range []string{c.Network, c.Native} {
			image := unhex(t, digits)
			for n := range min(len(image), 300) {
				requireSameVerdict(t, storable.Codec{}, image[:n])
				_, err := storable.Codec{}.Thaw(image[:n])
				require.Error(t, err, "%s: %s", c.Name, hex.EncodeToString(image[:n]))
			}
		}
	}
}

func TestDecodeWantsAHash(t *testing.T) {
	t.Parallel()
	for digits, want := range map[string]storable.RootError{
		"050b0200000000": {Kind: perldata.KindList},
		"050b0a0131":     {Kind: perldata.KindRef},
	} {
		_, err := storable.Codec{}.Decode(unhex(t, digits))
		var root *storable.RootError
		require.ErrorAs(t, err, &root)
		assert.Equal(t, want, *root)
	}
	_, err := storable.Codec{}.Decode(unhex(t, "050b0200000000"))
	require.EqualError(t, err, "storable: the image holds an array, but a session is a hash")
	_, err = storable.Codec{}.Decode(unhex(t, "050b0a0131"))
	require.EqualError(t, err, "storable: the image holds a scalar, but a session is a hash")
	_, err = storable.Codec{}.Decode([]byte("garbage"))
	require.ErrorContains(t, err, "does not start with a header")

	h, err := storable.Codec{}.Decode(unhex(t, "050b1101410300000000"))
	require.NoError(t, err)
	assert.Equal(t, "A", h.Class)
}
