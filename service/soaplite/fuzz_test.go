package soaplite_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// FuzzValues reads any call. Values that can be read and written are the same when
// they are read and written again.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{
		`<p xsi:type="xsd:string">x</p>`,
		`<p><b>1</b><a>x</a><a xsi:nil="1"/></p>`,
		`<p xsi:type="apachens:Map"><item><key>a b</key><value xsi:type="xsd:boolean">1</value></item></p>`,
		`<p soapenc:arrayType="xsd:base64Binary[3]"><i>6Q==</i></p>`,
		`<p id="1"><x href="#1"/><y href="#2"/><z href="#2"/><v id="2"><w>urn:x</w></v></p>`,
	} {
		f.Add("<call>" + seed + "</call>")
	}
	f.Add(`<m soapenc:root="0" id="1" xsi:type="xsd:string">x</m><call soapenc:root="1"><p href="#1"/></call><m soapenc:root="0" id="2"/>`)
	f.Fuzz(func(t *testing.T, message string) {
		_, values, err := read(message, 1000)
		if err != nil {
			var fault *soap.Fault
			var syntax *xmlscan.SyntaxError
			var limit *xmlscan.LimitError
			if !errors.As(err, &fault) && !errors.As(err, &syntax) && !errors.As(err, &limit) {
				t.Fatal(err)
			}
			return
		}
		e := soaplite.Encoding{Version: soap.V11}
		writeAll := func() (answers []string, err error) {
			for _, v := range values {
				dst, err := write(nil, e, soap.Name{Space: "urn:x", Local: "get"}, v)
				if err != nil {
					return nil, err
				}
				answers = append(answers, string(dst))
			}
			return answers, nil
		}
		again := func(answers []string) {
			values = values[:0]
			for _, answer := range answers {
				_, result, err := read(answer, 0)
				if err != nil {
					t.Fatalf("%v in %s", err, answer)
				}
				values = append(values, result...)
			}
		}
		// The first two times it may differ: empty structs become "", booleans numbers.
		var before []string
		for round := range 4 {
			answers, err := writeAll()
			if _, tooDeep := errors.AsType[*soap.Fault](err); tooDeep && round == 0 {
				return // nested deeper than is written
			}
			if err != nil {
				t.Fatal(err)
			}
			if round == 3 && !slices.Equal(before, answers) {
				t.Fatalf("written again it differs:\n%q\n%q", before, answers)
			}
			before = answers
			again(answers)
		}
	})
}

// FuzzClass writes an object of any class. The answer is always readable, and has the
// class as the type of the element, or no type.
func FuzzClass(f *testing.F) {
	for _, class := range []string{"Foo::Bar", "a.b-c", "A:::B", "a\"b", "<", "é", "string", "HASH", "\x00", "x:y", "Foo\" href=\"#1"} {
		f.Add(class, "k")
	}
	f.Fuzz(func(t *testing.T, class, key string) {
		list := object(class, perldata.ListOf(object(class, hash(key, perldata.BytesOf("v")))))
		answer, err := write(nil, soaplite.Encoding{}, soap.Name{Space: "urn:x", Local: "get"}, hash("a", list, "b", list))
		if err != nil {
			t.Fatal(err)
		}
		_, results, err := read(string(answer), 0)
		if err != nil || len(results) != 1 {
			t.Fatalf("%v in %s", err, answer)
		}
		a, _ := results[0].Hash().Get("a")
		if a.Kind() != perldata.KindList || len(a.List().Items) != 1 || a.List().Items[0].Kind() != perldata.KindHash {
			t.Fatalf("other data: %s", answer)
		}
		if named := strings.ReplaceAll(class, "::", "__"); strings.Contains(string(answer), "namesp1:") &&
			(!strings.Contains(string(answer), ` xsi:type="namesp1:`+named+`"`) || len(class) > 256) {
			t.Fatalf("another class than %q: %s", class, answer)
		}
	})
}
