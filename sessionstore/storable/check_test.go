package storable_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// requireSameVerdict requires that Check returns the same error as Decode and does
// not change the image.
func requireSameVerdict(t require.TestingT, codec storable.Codec, image []byte) {
	before := bytes.Clone(image)
	checked := codec.Check(image)
	require.Equal(t, before, image)
	_, err := codec.Decode(image)
	require.Equal(t, err, checked)
}

func TestCheckAgreesWithDecode(t *testing.T) {
	t.Parallel()
	all := loadVectors(t)
	for _, c := range append(append(all.Cases, all.EncodeErrors...), loadVersions(t)...) {
		requireSameVerdict(t, storable.Codec{}, unhex(t, c.Network))
		requireSameVerdict(t, storable.Codec{}, unhex(t, c.Native))
	}
	for _, m := range all.Malformed {
		requireSameVerdict(t, storable.Codec{}, m.image(t))
	}
	for _, image := range loadSessions(t) {
		require.NoError(t, storable.Codec{}.Check(image))
	}
}

// Whether an object is valid can depend on an earlier object: on its class, or on
// whether it is reserved or missing.
func TestCheckRemembersObjects(t *testing.T) {
	t.Parallel()
	const key, reserved = "00" + "0000000161", "10" + "000000017a"
	for name, c := range map[string]struct {
		image    string
		readable bool
	}{
		"reserved by an alias":             {"050b1901" + "00000002" + "0e" + "10" + "0000000179" + "0000000001" + reserved, true},
		"reserved with another's alias":    {"050b1901" + "00000002" + "05" + key + "0000000001" + reserved, false},
		"reserved with an immortal":        {"050b1901" + "00000001" + "1f" + reserved, false},
		"reserved with a missing item":     {"050b1901" + "00000001" + "0402000000010e" + reserved, false},
		"reserved with a ref to undef":     {"050b1901" + "00000001" + "040e" + reserved, false},
		"overloaded again, blessed":        {"050b0300000002" + "04" + "110141" + "0300000000" + "0000000161" + "14" + "0000000002" + "0000000162", true},
		"overloaded again, not blessed":    {"050b0300000002" + "04" + "0300000000" + "0000000161" + "14" + "0000000002" + "0000000162", false},
		"overloaded blessed scalar":        {"050b0300000001" + "14" + "110141" + "0a0178" + "0000000161", true},
		"overloaded again, blessed scalar": {"050b0300000002" + "110141" + "0a0178" + "0000000161" + "14" + "0000000001" + "0000000162", true},
		"overloaded itself":                {"050b" + "110141" + "0300000001" + "14" + "0000000000" + "0000000161", true},
		"overloaded itself, not blessed":   {"050b" + "0300000001" + "14" + "0000000000" + "0000000161", false},
		"alias of a container":             {"050b" + "0300000001" + "0000000000" + "0000000161", false},
		"root is an overloaded object":     {"050b" + "110141" + "0300000000", true},
	} {
		image := unhex(t, c.image)
		requireSameVerdict(t, storable.Codec{}, image)
		err := storable.Codec{}.Check(image)
		assert.Equal(t, c.readable, err == nil, "%s: %v", name, err)
	}
}

// storedKey is a key as it is in an image.
type storedKey struct {
	octets   string
	utf8     bool
	reserved bool
}

func (k storedKey) name() string {
	if k.utf8 {
		return k.octets
	}
	var name strings.Builder
	for i := range len(k.octets) {
		name.WriteRune(rune(k.octets[i]))
	}
	return name.String()
}

func (k storedKey) append(image []byte) []byte {
	value, flags := byte(0x05), byte(0)
	if k.utf8 {
		flags |= 0x01
	}
	if k.reserved {
		value, flags = 0x0e, flags|0x10
	}
	image = append(image, value, flags)
	image = binary.BigEndian.AppendUint32(image, uint32(len(k.octets)))
	return append(image, k.octets...)
}

// A hash is rejected if and only if two keys have the same characters and one of
// the two has a value, for all bytes and any number of keys.
func TestDuplicateKey(t *testing.T) {
	t.Parallel()
	drawn := rapid.Custom(func(t *rapid.T) storedKey {
		return storedKey{
			octets:   rapid.StringMatching(`[a-d]{0,2}(é|ÿ|Ã)?[a-c]{0,2}`).Draw(t, "octets"),
			utf8:     rapid.Bool().Draw(t, "UTF-8"),
			reserved: rapid.IntRange(0, 9).Draw(t, "reserved") == 0,
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		restricted := rapid.Bool().Draw(t, "restricted")
		keys := rapid.SliceOfN(drawn, 0, 60).Draw(t, "keys")
		if rapid.Bool().Draw(t, "few repeats") {
			keys = rapid.SliceOfNDistinct(drawn, 0, 60, storedKey.name).Draw(t, "distinct")
			if len(keys) > 0 && rapid.Bool().Draw(t, "one") {
				keys = append(keys, rapid.SampledFrom(keys).Draw(t, "again"))
			}
		}
		image := []byte{0x05, 0x0b, 0x19, 0}
		if restricted {
			image[3] = 1
		}
		image = binary.BigEndian.AppendUint32(image, uint32(len(keys)))
		used, twice := map[string]bool{}, false
		for _, k := range keys {
			image = k.append(image)
			if k.reserved && !restricted {
				continue
			}
			before, again := used[k.name()]
			twice = twice || again && (before || !k.reserved)
			used[k.name()] = before || !k.reserved
		}
		requireSameVerdict(t, storable.Codec{}, image)
		h, err := storable.Codec{}.Decode(image)
		if twice {
			require.ErrorContains(t, err, "a duplicate key in a hash")
			return
		}
		require.NoError(t, err)
		for name, isUsed := range used {
			_, found := h.Get(name)
			require.Equal(t, isUsed, found)
		}
	})
}

// Check makes no values, so its allocations do not grow with the image. Not
// parallel: it measures the allocations of the whole program.
func TestCheckMakesNoValues(t *testing.T) {
	const lists = 500
	h := perldata.NewHash(1)
	values := make([]perldata.Value, lists)
	for i := range values {
		values[i] = perldata.ListOf(perldata.TextOf("é"), perldata.IntOf(1), perldata.RefTo(nil))
	}
	h.Set("lists", perldata.ListOf(values...))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	allocated := testing.AllocsPerRun(10, func() {
		require.NoError(t, storable.Codec{}.Check(image))
	})
	assert.Less(t, allocated, float64(lists/10))
}

// The strings of a session share the memory of the image. Not parallel: it
// measures the allocations of the whole program.
func TestDecodeCopiesNoStrings(t *testing.T) {
	h := perldata.NewHash(1)
	h.Set("a", perldata.BytesOf(strings.Repeat("x", 1<<20)))
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = storable.Codec{}.Decode(image)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<18))
}

// Check agrees with Decode on any bytes, with the default limits and with very low
// ones.
func FuzzCheck(f *testing.F) {
	addImages(f)
	tight := storable.Limits{ImageBytes: 200, Objects: 12, Depth: 4, ClassBytes: 6}
	f.Fuzz(func(t *testing.T, image []byte) {
		requireSameVerdict(t, storable.Codec{}, image)
		requireSameVerdict(t, storable.Codec{Limits: tight}, image)
	})
}
