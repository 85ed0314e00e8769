//go:build interop

package adapters

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kinds are values of each kind, as JSON.
var kinds = map[string]string{
	"text":     `"zoë 🦊 <&> ]]> \"'"`,
	"lines":    `"a\nb\tc\r\nd"`,
	"empty":    `""`,
	"digits":   `"0042"`,
	"word":     `"true"`,
	"int":      `42`,
	"zero":     `0`,
	"negative": `-7`,
	"big":      `9007199254740991`,
	"double":   `1.5`,
	"tiny":     `1e-7`,
	"true":     `true`,
	"false":    `false`,
	"null":     `null`,
	"list":     `[1, "1", true, false, null, 2.5, ["nested", []]]`,
	"one":      `["only"]`,
	"hash":     `{"a": {"b": [false, {"c": "d"}]}, "": "no name", "0": 1}`,
	"nothing":  `[]`,
	"bytes":    `{"base64": "AP/+/w=="}`,
}

// same says that two values are equal. An empty list and an empty hash are: PHP has one
// type for both.
func same(a, b any) bool {
	if isEmpty(a) && isEmpty(b) {
		return true
	}
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key := range a {
			if value, ok := b[key]; !ok || !same(a[key], value) {
				return false
			}
		}
		return true
	}
	return a == b
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// kindKey is the name of a shared attribute that an application writes.
func kindKey(name, kind string) string { return strings.ReplaceAll(name, "/", "-") + "-" + kind }

// Each application writes each kind of value, and all applications read all of them.
func (e *estate) values(t *testing.T) {
	u := newUser(t)
	u.login(t, e.applications[0], "values")
	for _, a := range e.applications {
		values := map[string]json.RawMessage{}
		for kind, value := range kinds {
			values[kindKey(a.name, kind)] = json.RawMessage(value)
		}
		u.page(t, a, http.MethodPost, "/many", values)
	}
	e.each(t, func(t *testing.T, reader, _ *application) {
		for _, writer := range e.applications {
			for kind, value := range kinds {
				var want any
				require.NoError(t, json.Unmarshal([]byte(value), &want))
				got, present := u.get(t, reader, kindKey(writer.name, kind))
				assert.True(t, present, "%s of %s", kind, writer.name)
				assert.True(t, same(want, got), "%s of %s: want %s, got %s", kind, writer.name, value, encode(t, got))
			}
		}
	})
	u.logout(t, e.applications[0])
}

func rawJSON(text string) json.RawMessage { return json.RawMessage(text) }

// incompressible returns a text that compression does not shorten much.
func incompressible(n int) string {
	var text strings.Builder
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not a secret
	for text.Len() < n {
		fmt.Fprintf(&text, "%x", random.Uint64())
	}
	return text.String()[:n]
}

// cut shortens an answer for a message.
func cut(answer []byte) string { return fmt.Sprintf("%.300s", answer) }

// deleteSessions logs a user out everywhere.
func deleteSessions(t *testing.T, url, principal string) {
	t.Helper()
	body := `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>
<deleteSessions xmlns="urn:memcached-soap:session:v1"><principal>` + principal + `</principal></deleteSessions></Body></Envelope>`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}
