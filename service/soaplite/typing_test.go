package soaplite_test

import (
	"bufio"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// typelookup.tsv has values with the type and the content that SOAP::Lite 1.27 writes
// for them.
func TestScalarsAreTypedAsBySOAPLite(t *testing.T) {
	file, err := os.Open("testdata/typelookup.tsv")
	require.NoError(t, err)
	defer file.Close()
	rows, mended := 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		require.Len(t, columns, 3)
		value, err := hex.DecodeString(columns[0])
		require.NoError(t, err)
		content, err := hex.DecodeString(columns[2])
		require.NoError(t, err)
		rows++
		want := strings.ReplaceAll(string(content), "&#xd;", "&#xD;")
		if columns[1] == "xsd:boolean" && strings.EqualFold(strings.TrimSpace(string(value)), "false") && want == "true" {
			want = "false" // a false one is true there unless it is "false" to the letter
			mended++
		}
		for _, v := range []perldata.Value{perldata.BytesOf(value), perldata.TextOf(string(value))} {
			expected := `<s-gensym3 xsi:type="` + columns[1] + `">` + want + `</s-gensym3>`
			if want == "" {
				expected = `<s-gensym3 xsi:type="` + columns[1] + `" />`
			}
			assert.Equal(t, expected, result(t, soaplite.Encoding{Version: soap.V11}, v), "%q", value)
		}
	}
	assert.Greater(t, rows, 2900)
	assert.Equal(t, 3, mended)
}
