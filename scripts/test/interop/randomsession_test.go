package interop_test

import (
	"crypto/md5" //nolint:gosec // a checksum, not a signature
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The functions below do what perl/Random.pm does. They make random sessions with a
// checksum (proof). Values have the types that attributes returns.

var words = []string{"dwho", "Zoë", "Grüß", "漢字", "😀", `<&>"']]>`, "a\nb", "a\r\nb\tc", "  x ", "http://x/?a=b&c", "007", "-1", "0"}

func randomSession(r *rand.Rand, id string, round int) map[string]any {
	session := map[string]any{}
	for i := range 5 + r.IntN(12) {
		session[randomKey(r, i)] = randomValue(r, 0)
	}
	session["_session_id"], session["round"] = id, strconv.Itoa(round)
	seal(session)
	return session
}

func seal(session map[string]any) {
	delete(session, "_proof")
	session["_proof"] = proof(session)
}

func proved(session map[string]any) bool {
	rest := maps.Clone(session)
	delete(rest, "_proof")
	return session["_proof"] == proof(rest)
}

func proof(session map[string]any) string {
	sum := md5.Sum([]byte(canonicalForm(session))) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

func randomKey(r *rand.Rand, number int) string {
	n := strconv.Itoa(number)
	keys := []string{"k" + n, "a key " + n, "clé" + n, "ключ " + n, "<" + n + "&>", n}
	return keys[r.IntN(len(keys))]
}

func randomValue(r *rand.Rand, depth int) any {
	kinds := 10
	if depth >= 3 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return ""
	case 2:
		return strconv.FormatInt(r.Int64()-r.Int64(), 10)
	case 3:
		return strconv.FormatFloat(r.NormFloat64(), 'g', -1, 64)
	case 4: // never UTF-8
		return binaryOf("\xff" + string(randomBytes(r)))
	case 5:
		return binaryOf(string(rune(r.IntN(9))) + "control")
	case 6:
		return strings.Join(randomWords(r, 60), " ")
	case 7:
		return words[r.IntN(len(words))]
	case 8:
		list := []any{}
		for range r.IntN(5) {
			list = append(list, randomValue(r, depth+1))
		}
		return list
	default:
		hash := map[string]any{}
		for i := range r.IntN(5) {
			hash[randomKey(r, i)] = randomValue(r, depth+1)
		}
		return hash
	}
}

func binaryOf(octets string) binary { return binary(base64.StdEncoding.EncodeToString([]byte(octets))) }

func randomBytes(r *rand.Rand) []byte {
	bytes := make([]byte, r.IntN(40))
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	return bytes
}

func randomWords(r *rand.Rand, most int) []string {
	text := make([]string, r.IntN(most))
	for i := range text {
		text[i] = words[r.IntN(len(words))]
	}
	return text
}

func canonicalForm(value any) string {
	switch v := value.(type) {
	case string:
		return canonicalString("t", v)
	case binary:
		octets, err := base64.StdEncoding.DecodeString(string(v))
		if err != nil {
			return err.Error()
		}
		return canonicalString("b", string(octets))
	case []any:
		var text strings.Builder
		for _, item := range v {
			text.WriteString(canonicalForm(item))
		}
		return "l(" + text.String() + ")"
	case map[string]any:
		var text strings.Builder
		for _, key := range slices.Sorted(maps.Keys(v)) {
			fmt.Fprintf(&text, "%d:%s%s", len(key), key, canonicalForm(v[key]))
		}
		return "h(" + text.String() + ")"
	default:
		return "u"
	}
}

func canonicalString(kind, octets string) string {
	if strings.IndexFunc(octets, func(c rune) bool { return c > 0x7f }) < 0 {
		kind = "s"
	}
	return fmt.Sprintf("%s%d:%s", kind, len(octets), octets)
}

func writeEntries(b *strings.Builder, hash map[string]any) {
	for key, value := range hash {
		b.WriteString("<entry><key>")
		writeText(b, key)
		b.WriteString("</key>")
		writeValue(b, value)
		b.WriteString("</entry>")
	}
}

func writeValue(b *strings.Builder, value any) {
	switch v := value.(type) {
	case string:
		b.WriteString("<value>")
		writeText(b, v)
		b.WriteString("</value>")
	case binary:
		b.WriteString("<binary>" + string(v) + "</binary>")
	case []any:
		b.WriteString("<list>")
		for _, item := range v {
			b.WriteString("<item>")
			writeValue(b, item)
			b.WriteString("</item>")
		}
		b.WriteString("</list>")
	case map[string]any:
		b.WriteString("<hash>")
		writeEntries(b, v)
		b.WriteString("</hash>")
	default:
		b.WriteString("<undef>true</undef>")
	}
}

func writeText(b *strings.Builder, text string) {
	xml.EscapeText(b, []byte(text)) //nolint:errcheck // a Builder never fails
}

func TestProofNoticesEveryChange(t *testing.T) {
	session := func() map[string]any {
		return map[string]any{"a": "x", "b": []any{"x", nil, ""}, "c": map[string]any{"d": binaryOf("\xff")}, "é": "é"}
	}
	sealed := session()
	seal(sealed)
	assert.True(t, proved(sealed))
	for name, change := range map[string]func(map[string]any){
		"text":           func(s map[string]any) { s["a"] = "y" },
		"another key":    func(s map[string]any) { delete(s, "a"); s["A"] = "x" },
		"a key less":     func(s map[string]any) { delete(s, "a") },
		"a key more":     func(s map[string]any) { s["e"] = nil },
		"undef for none": func(s map[string]any) { s["b"] = []any{"x", nil, nil} },
		"order":          func(s map[string]any) { s["b"] = []any{nil, "x", ""} },
		"bytes":          func(s map[string]any) { s["c"] = map[string]any{"d": binaryOf("\xfe")} },
		"bytes for text": func(s map[string]any) { s["é"] = binaryOf("é") },
		"hash for list":  func(s map[string]any) { s["b"] = map[string]any{} },
	} {
		changed := session()
		changed["_proof"] = sealed["_proof"]
		change(changed)
		assert.False(t, proved(changed), name)
	}
}
