package storable_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// verdict is the output of testdata/thaw.pl for an image.
type verdict struct {
	Value    any    `json:"value"`
	Refrozen string `json:"refrozen"`
	Edited   bool   `json:"edited"`
	Error    string `json:"error"`
}

// askPerl checks all images with one perl process.
func askPerl(t *testing.T, images [][]byte) []verdict {
	t.Helper()
	var stdin strings.Builder
	for _, image := range images {
		stdin.WriteString(hex.EncodeToString(image) + "\n")
	}
	perl := exec.CommandContext(t.Context(), "perl", "testdata/thaw.pl")
	perl.Stdin = strings.NewReader(stdin.String())
	var stderr bytes.Buffer
	perl.Stderr = &stderr
	out, err := perl.Output()
	require.NoError(t, err, stderr.String())
	assert.Empty(t, stderr.String())
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	require.Len(t, lines, len(images))
	verdicts := make([]verdict, len(lines))
	for i, line := range lines {
		require.NoError(t, json.Unmarshal([]byte(line), &verdicts[i]), line)
		reason, err := hex.DecodeString(verdicts[i].Error)
		require.NoError(t, err)
		verdicts[i].Error = string(reason)
	}
	return verdicts
}

// requirePerlAgrees freezes the values and lets Perl thaw them. Perl must see the
// same graph, be able to change it, and freeze it to an image with the same graph.
func requirePerlAgrees(t *testing.T, values map[string]perldata.Value) {
	t.Helper()
	var names []string
	var images [][]byte
	for name, v := range values {
		image, err := storable.Codec{}.AppendFreeze(nil, v)
		require.NoError(t, err, name)
		names = append(names, name)
		images = append(images, image)
	}
	for i, verdict := range askPerl(t, images) {
		name := names[i]
		require.Empty(t, verdict.Error, "%s: %x", name, images[i])
		assert.True(t, verdict.Edited, name)
		ours, err := storable.Codec{}.Thaw(images[i])
		require.NoError(t, err, name)
		want := typedJSON(t, ours)
		assert.Equal(t, stored(t, typed(values[name])), stored(t, typed(ours)), name)
		assert.Equal(t, want, canonical(t, verdict.Value), name)
		refrozen, err := storable.Codec{}.Thaw(unhex(t, verdict.Refrozen))
		require.NoError(t, err, name)
		assert.Equal(t, want, typedJSON(t, refrozen), name)
	}
}

func TestPerlReadsWhatWeWriteBack(t *testing.T) {
	t.Parallel()
	values := map[string]perldata.Value{}
	for _, c := range append(loadVectors(t).Cases, loadVersions(t)...) {
		if c.Expect == "refuse" || c.Dies != "" {
			continue
		}
		for order, digits := range map[string]string{"network ": c.Network, "native ": c.Native} {
			v, err := storable.Codec{}.Thaw(unhex(t, digits))
			require.NoError(t, err, c.Name)
			values[order+c.Name] = v
		}
	}
	requirePerlAgrees(t, values)
}

func TestPerlReadsWhatItRarelyWrites(t *testing.T) {
	t.Parallel()
	values := map[string]perldata.Value{}
	for name, digits := range map[string]string{
		"weak reference with overloading": "050b" + "1107543a3a4f766572" + "0300000001" + "1c0000000000" + "000000026d65",
		"blessed element":                 "050b0200000002" + "110153" + "0a0173" + "040000000001",
		"pattern as an element":           "050b0200000002" + "1106526567657870" + "2000017800" + "040000000001",
		"long version string":             "050b0200000001" + "1e00000100" + strings.Repeat("31", 256) + "0a0101",
		"immortals":                       "050b0200000005" + "0e0f101f" + "040000000002",
		"immortals under keys":            "050b0300000003" + "0e0000000161" + "0f0000000162" + "1f0000000163",
		"reference to undef":              "050b0200000001" + "040e",
	} {
		v, err := storable.Codec{}.Thaw(unhex(t, digits))
		require.NoError(t, err, name)
		values[name] = v
	}
	requirePerlAgrees(t, values)
}

func TestPerlReadsNewValues(t *testing.T) {
	t.Parallel()
	values := map[string]perldata.Value{}
	gen := rapid.Custom(drawGraph)
	for seed := range 300 {
		values[hex.EncodeToString([]byte{byte(seed >> 8), byte(seed)})] = gen.Example(seed)
	}
	requirePerlAgrees(t, values)
}
