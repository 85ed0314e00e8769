package rpc_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore/perldata"
)

// FuzzMessage sends any message. The answer is XML with status 200 or 500, and no
// message ends the program or makes it panic.
func FuzzMessage(f *testing.F) {
	for _, x := range recorded(f) {
		if _, body, ok := strings.Cut(string(latin1(x.Request)), "\r\n\r\n"); ok {
			f.Add(body)
		}
	}
	f.Add(message("setAttributes", str(unknown), `<p id="1"><a href="#1"/></p>`))
	e := newEndpoint(f, settings{persistent: true})
	h := perldata.NewHash(1)
	h.Set("_whatToTrace", perldata.BytesOf("dwho"))
	require.NoError(f, e.sessions.Merge(f.Context(), lemonldap.Global, unknown, h, nil, true))
	f.Fuzz(func(t *testing.T, body string) {
		code, answer := e.post(body)
		if code != 200 && code != 500 {
			t.Fatalf("status %d: %s", code, answer)
		}
		for d := xml.NewDecoder(strings.NewReader(answer)); ; {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, answer)
			}
		}
		if strings.Contains(e.log.String(), "panic") {
			t.Fatal(e.log.String())
		}
	})
}
