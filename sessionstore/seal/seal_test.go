package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/metric"
)

func requireReason(t *testing.T, want Reason, err error) {
	t.Helper()
	e, ok := errors.AsType[*OpenError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, e.Reason, e)
}

func TestSealedContentIsOpened(t *testing.T) {
	t.Parallel()
	r := keyring(t, line(t, "a"))
	rapid.Check(t, func(t *rapid.T) {
		content, context := rapid.SliceOf(rapid.Byte()).Draw(t, "content"), rapid.String().Draw(t, "context")
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		sealed, ok := r.Seal(bytes.Clone(before), content, context)
		if !ok || !bytes.HasPrefix(sealed, before) {
			t.Fatalf("not sealed behind what was there")
		}
		opened, err := r.Open(sealed[len(before):], context)
		if err != nil || !bytes.Equal(content, opened) {
			t.Fatalf("opened %q, %v", opened, err)
		}
	})
}

func TestEqualContentIsSealedDifferently(t *testing.T) {
	t.Parallel()
	r := keyring(t, line(t, "a"))
	seen := map[string]bool{}
	content := bytes.Repeat([]byte("the same "), 10)
	for range 1000 {
		sealed, _ := r.Seal(nil, content, "id")
		s, ok := take(sealed)
		require.True(t, ok)
		require.False(t, bytes.Contains(sealed, []byte("same")))
		for _, part := range [][]byte{s.salt, s.box[:nonceBytes], s.box[nonceBytes : nonceBytes+16]} {
			require.False(t, seen[string(part)])
			seen[string(part)] = true
		}
	}
}

func TestNoChangeIsOverlooked(t *testing.T) {
	t.Parallel()
	r := keyring(t, line(t, "a"))
	sealed, _ := r.Seal(nil, []byte("content"), "id")
	for at := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[at] ^= 1 << bit
			_, err := r.Open(changed, "id")
			require.Error(t, err, "byte %d, bit %d", at, bit)
		}
	}
	for n := range sealed {
		_, err := r.Open(sealed[:n], "id")
		requireReason(t, Damaged, err)
	}
	_, err := r.Open(append(bytes.Clone(sealed), 0), "id")
	requireReason(t, Damaged, err)
}

func TestReasons(t *testing.T) {
	t.Parallel()
	a := line(t, "a")
	r := keyring(t, a)
	sealed, _ := r.Seal(nil, []byte("content"), "id")

	_, err := keyring(t, line(t, "b")).Open(sealed, "id")
	requireReason(t, UnknownKey, err)
	assert.EqualError(t, err, "seal: it is encrypted with the key a, which the service does not have")
	_, err = keyring(t, line(t, "a")).Open(sealed, "id")
	requireReason(t, WrongKey, err)
	_, err = new(Keyring).Open(sealed, "id")
	requireReason(t, NoKeys, err)
	_, err = r.Open(sealed, "other")
	requireReason(t, OtherID, err)
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	_, err = r.Open(changed, "id")
	requireReason(t, Damaged, err)

	// The check of the id is no protection, the authentication is.
	check := checkOf("other")
	copy(changed[2+1+checkBytes:], check[:])
	changed[len(changed)-1] ^= 1
	_, err = r.Open(changed, "other")
	requireReason(t, Damaged, err)

	found := map[string]float64{}
	for _, m := range r.Metrics() {
		found[m.Name+m.Reason] = m.Value
	}
	assert.Equal(t, map[string]float64{
		"seal_writes": 1, "seal_key_file_broken": 0, "sealed_total": 1, "seal_old_key_reads_total": 0,
		"seal_unreadable_totalno_keys": 0, "seal_unreadable_totalunknown_key": 0, "seal_unreadable_totalwrong_key": 0,
		"seal_unreadable_totalother_id": 1, "seal_unreadable_totaldamaged": 2,
	}, found)
}

func TestChangeOfKeys(t *testing.T) {
	t.Parallel()
	a, b := line(t, "a"), line(t, "b")
	r := new(Keyring)
	oldReads := func() float64 { return value(t, r.Metrics(), "seal_old_key_reads_total") }
	seal := func(keyFile string) []byte {
		require.NoError(t, r.ReadFile(write(t, keyFile)))
		sealed, ok := r.Seal([]byte("before"), []byte("x"), "id")
		if !ok {
			require.Equal(t, "before", string(sealed))
			return nil
		}
		return sealed[len("before"):]
	}
	require.Nil(t, seal("plain\n"+a))
	byA := seal(a + b)
	byB := seal(b + a)
	for i, sealed := range [][]byte{byB, byA} {
		_, err := r.Open(sealed, "id")
		require.NoError(t, err)
		require.EqualValues(t, i, oldReads())
	}
	require.Nil(t, seal("plain\n"+b))
	_, err := r.Open(byA, "id")
	requireReason(t, UnknownKey, err)
	_, err = r.Open(byB, "id")
	require.NoError(t, err)
	require.EqualValues(t, 2, oldReads(), "plain sessions replace it")
}

func value(t *testing.T, all []metric.Metric, name string) float64 {
	t.Helper()
	for _, m := range all {
		if m.Name == name {
			return m.Value
		}
	}
	t.Fatal("no metric ", name)
	return 0
}

// The form is kept: what was sealed yesterday must be opened tomorrow.
func TestFormIsKept(t *testing.T) {
	t.Parallel()
	opened, err := keyring(t, goldenKey).Open(golden(t), goldenID)
	require.NoError(t, err)
	assert.Equal(t, "the content of an item", string(opened))
}

func FuzzOpen(f *testing.F) {
	r := new(Keyring)
	parsed, err := parse([]byte(goldenKey))
	require.NoError(f, err)
	r.keys.Store(parsed)
	whole := golden(f) // the same in every process of the fuzzer
	f.Add(whole, goldenID)
	f.Add(whole[:20], goldenID)
	f.Add([]byte{format, 255}, "")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, sealed []byte, context string) {
		opened, err := r.Open(sealed, context)
		if err != nil {
			if _, ok := errors.AsType[*OpenError](err); !ok || opened != nil {
				t.Fatalf("%q, %v", opened, err)
			}
			return
		}
		if context != goldenID || !bytes.Equal(sealed, whole) {
			t.Fatalf("forged: %x for %q", sealed, context)
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	f.Add([]byte(goldenKey + "plain\n"))
	f.Add([]byte("plain\n# x\r\n" + goldenKey[:len(goldenKey)-1]))
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := parse(text)
		if (err == nil) != (parsed != nil) {
			t.Fatal(parsed, err)
		}
		if err == nil && (len(parsed.byName) == 0 || len(parsed.byName) > maxKeys) {
			t.Fatal(len(parsed.byName))
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	parsed, err := parse([]byte(goldenKey))
	require.NoError(b, err)
	r := new(Keyring)
	r.keys.Store(parsed)
	for _, size := range []int{300, 2 << 10, 64 << 10} {
		content := make([]byte, size)
		sealed, _ := r.Seal(nil, content, "id")
		b.Run("Seal/"+sizeName(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Seal(make([]byte, 0, size+128), content, "id")
			}
		})
		b.Run("Open/"+sizeName(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Open(sealed, "id")
			}
		})
	}
}

func sizeName(size int) string {
	if size < 1<<10 {
		return strconv.Itoa(size) + "B"
	}
	return strconv.Itoa(size>>10) + "KiB"
}

const (
	goldenKey = "2026-11:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n" //nolint:gosec // protects nothing
	goldenID  = "0123456789abcdef0123456789abcdef"
)

// golden is a content that was sealed when format 1 was new.
func golden(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/format1.hex")
	require.NoError(t, err)
	sealed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	return sealed
}
