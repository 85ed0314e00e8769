package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const ns = ` xmlns="urn:memcached-soap:session:v1"`

const sessionResponse = `<getSessionResponse` + ns + `><getSessionResult>
	<id>ab12</id><version>v1</version><expiresIn>71999</expiresIn><attributes>
	<entry><key>uid</key><value>dwho</value></entry>
	<entry><key>display name</key><value>Doctor Who</value></entry>
	<entry><key>città</key><value>Perù &lt;3</value></entry>
	<entry><key>empty</key><value><![CDATA[]]></value></entry>
	<entry><key>undef</key><undef>true</undef></entry>
	<entry><key>nothing</key></entry>
	<entry><key>not undef</key><value>x</value><undef>false</undef></entry>
	<entry><key>bytes</key><binary> AP
	8= </binary></entry>
	<entry><key>spaced</key><value> x</value></entry>
	<entry><key>spaced too</key><value>x </value></entry>
	<entry><key>lines</key><value>a
b&#x9;c&#x85;&#x202E;d</value></entry>
	<entry><key>like</key><value>(undef)</value></entry>
	<entry><key>quoted</key><value>"x"</value></entry>
	<entry><key>line&#xA;break</key><value>say "x" \ y</value></entry>
	<entry><key>groups</key><list><item><value>admin</value></item><item><undef>true</undef></item><item><list/></item>
		<item><list><item><value>deep</value></item></list></item></list></entry>
	<entry><key>prefs</key><hash><entry><key>theme</key><value>dark</value></entry><entry><key>none</key><hash/></entry></hash></entry>
	<entry><key>last</key><value>x</value></entry>
	</attributes></getSessionResult></getSessionResponse>`

func TestSessionTable(t *testing.T) {
	t.Parallel()
	url := startResponder(t, 200, inEnvelope(sessionResponse))
	assert.Equal(t, `id       ab12
version  v1
expires  in 19h59m

uid            dwho
display name   Doctor Who
città          Perù <3
empty          ""
undef          (undef)
nothing        (undef)
not undef      x
bytes          (base64) AP8=
spaced         " x"
spaced too     "x "
lines          "a\nb\tc\u0085\u202ed"
like           "(undef)"
quoted         "\"x\""
"line\nbreak"  say "x" \ y
groups
  [0]          admin
  [1]          (undef)
  [2]          (empty list)
  [3]
    [0]        deep
prefs
  theme        dark
  none         (empty hash)
last           x
`, done(t, url, "session", "get", "ab12"))
}

func TestSessionJSON(t *testing.T) {
	t.Parallel()
	url := startResponder(t, 200, inEnvelope(sessionResponse))
	assert.Equal(t, strings.Split(`{
  "id": "ab12",
  "version": "v1",
  "expiresIn": 71999,
  "attributes": {
    "uid": "dwho",
    "display name": "Doctor Who",
    "città": "Perù <3",
    "empty": "",
    "undef": null,
    "nothing": null,
    "not undef": "x",
    "bytes": {
      "$binary": "AP8="
    },
    "spaced": " x",
    "spaced too": "x ",
    "lines": "a\nb\u0009c\u0085\u202ed",
    "like": "(undef)",
    "quoted": "\"x\"",
    "line\nbreak": "say \"x\" \\ y",
    "groups": [
      "admin",
      null,
      [],
      [
        "deep"
      ]
    ],
    "prefs": {
      "theme": "dark",
      "none": {}
    },
    "last": "x"
  }
}
`, "\n"), strings.Split(done(t, url, "session", "get", "ab12", "--json"), "\n"), "in this order")
}

// TestTerminal: only printable characters reach a terminal, whatever the session
// contains.
func TestTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		attributes := anyHash(2).Draw(t, "attributes")
		for _, form := range []string{string(hashRows(nil, "", attributes).append(nil)), string(attributes.appendJSON(nil, false))} {
			for _, r := range form {
				require.True(t, r == '\n' || strconv.IsPrint(r), "%q in %q", r, form)
			}
		}
	})
}

// TestDisplayableIsOneToOne: two different texts never look the same.
func TestDisplayableIsOneToOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`["(\[ ]?[a"\\\n]{0,3} ?`)).Draw(t, "text")
		form := displayable(text)
		if strings.HasPrefix(form, `"`) {
			back, err := strconv.Unquote(form)
			require.NoError(t, err)
			require.Equal(t, text, back)
		} else {
			require.Equal(t, text, form)
		}
	})
}

func TestFormatExpiry(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int32]string{
		0: "never", 1: "in 1s", 59: "in 59s", 60: "in 1m0s", 3599: "in 59m59s", 3600: "in 1h0m", 71999: "in 19h59m",
		72000: "in 20h0m", 86399: "in 23h59m", 86400: "in 1d0h", 2592000: "in 30d0h", 2147483647: "in 24855d3h",
	} {
		assert.Equal(t, want, formatExpiry(seconds))
	}
}
