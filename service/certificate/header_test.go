package certificate_test

import (
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/certificate"
	"memcachedsoap/sessionstore/certificatetest"
)

func TestFromHeader(t *testing.T) {
	t.Parallel()
	c := certificatetest.NewAuthority(t, "authority").Pair("portal").Leaf
	der := base64.StdEncoding.EncodeToString(c.Raw)
	armored := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	for name, text := range map[string]string{
		"RFC 9440":         ":" + der + ":",
		"HAProxy":          der,
		"nginx and Envoy":  url.QueryEscape(armored),
		"percent, path":    url.PathEscape(armored),
		"Apache":           strings.ReplaceAll(armored, "\n", " "),
		"Apache, stripped": strings.TrimSpace(strings.ReplaceAll(armored, "\n", " ")),
		"old nginx":        strings.ReplaceAll(armored, "\n", "\t"),
	} {
		text = strings.ReplaceAll(text, "+", map[bool]string{true: "%20", false: "+"}[name == "nginx and Envoy"])
		found, err := certificate.FromHeader(text)
		require.NoError(t, err, name)
		require.NotNil(t, found, name)
		assert.Equal(t, c.Raw, found.Raw, name)
	}
	for _, none := range []string{"", " ", "(null)"} {
		found, err := certificate.FromHeader(none)
		require.NoError(t, err)
		assert.Nil(t, found)
	}
	for name, text := range map[string]string{
		"a subject":             "CN=portal,O=Example",
		"half of it":            der[:len(der)/2],
		"no end":                strings.Split(strings.ReplaceAll(armored, "\n", " "), "-----END")[0],
		"two in PEM":            strings.ReplaceAll(armored+armored, "\n", " "),
		"two of RFC 9440":       ":" + der + ":, :" + der + ":",
		"something behind it":   armored + "x",
		"something before it":   "x" + armored,
		"a key":                 "-----BEGIN PRIVATE KEY----- " + der + " -----END PRIVATE KEY-----",
		"wrong percent":         "%zz" + der,
		"percent twice":         url.PathEscape(url.PathEscape(armored)),
		"Envoy's element":       `Hash=1;Cert="` + url.QueryEscape(armored) + `";Subject="CN=portal"`,
		"bytes behind the DER":  base64.StdEncoding.EncodeToString(append(append([]byte{}, c.Raw...), 0)),
		"text":                  "none",
		"control characters":    "\x00\x01",
		"bytes that are no UTF": "\xff\xfe",
		"too long":              strings.Repeat("A", 25<<10),
	} {
		found, err := certificate.FromHeader(text)
		require.Error(t, err, name)
		assert.Nil(t, found, name)
	}
}
