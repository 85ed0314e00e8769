package soap_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"memcachedsoap/soap"
)

// FuzzMessage sends any body under any Content-Type and Content-Encoding.
// The answer is always one well-formed document or plain text, without a panic, and an
// operation has run only if the answer says so.
func FuzzMessage(f *testing.F) {
	message := open11 + greeting("Ada") + closing
	f.Add([]byte(message), "text/xml; charset=utf-8", "")
	f.Add([]byte(open12+greeting("Ada")+closing), `application/soap+xml; action="urn:example#greet"`, "")
	f.Add([]byte("\xFF\xFE<\x00?\x00x\x00"), "text/xml; charset=utf-16", "")
	f.Add([]byte(`<?xml version="1.0" encoding="iso-8859-1"?>`+message), "text/xml", "")
	f.Add([]byte(`<e:Envelope xmlns:e="`+soap.Namespace11+`"><e:Header><h e:mustUnderstand="1"/></e:Header><e:Body/></e:Envelope>`), "text/xml", "")
	f.Add([]byte("\x1f\x8b\x08"), "text/xml", "gzip")
	f.Add([]byte("\x78\x9c"), "", "deflate")
	f.Fuzz(func(t *testing.T, body []byte, contentType, coding string) {
		h := newHarness(soap.Options{Limits: soap.Limits{Body: 64 << 10}})
		w := h.post(body, "Content-Type", contentType, "Content-Encoding", coding, "Accept-Encoding", "gzip")
		switch w.Code {
		case 200, 500:
		case 415:
			return
		default:
			t.Fatalf("status %d", w.Code)
		}
		if strings.Contains(h.log.String(), "panic") && !strings.Contains(string(body), "panic") {
			t.Fatal(h.log.String())
		}
		if h.calls > 1 || w.Code == 200 && h.calls == 0 && !strings.Contains(w.Body.String(), "Bye, ") && w.Header().Get("Content-Encoding") == "" {
			t.Fatalf("status %d after %d calls", w.Code, h.calls)
		}
		answer := io.Reader(w.Body)
		if w.Header().Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			answer = unpacked
		}
		text, err := io.ReadAll(answer)
		if err != nil {
			t.Fatal(err)
		}
		decoder := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %q", err, text)
			}
		}
	})
}
