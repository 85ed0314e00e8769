package soaplite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// pairs are the 24 pairs of setTest.pl, the script of the original.
func pairs() string {
	var s strings.Builder
	for i, p := range []string{
		"APT_APT", "00000", "APT_GPE", "11111", "APT_IL2", "22222", "APT_RCE", "33333", "APT_ZRB", "44444", "affectation", "66666",
		"boitier", "77777", "cn", "88888", "codique", "99999", "departement", "aaaaa", "dgi", "bbbbb", "dn", "ccccc",
		"fonction", "ddddd", "liste_applications", "eeeee", "mail", "fffff", "personaltitle", "ggggg", "profil_aptera", "hhhhh",
		"profil_gap", "iiiiii", "profil_gdp", "jjjjj", "profil_geide", "kkkkk", "profil_ghe", "lllllll", "profil_rce", "mmmm",
		"profil_seq", "nnnn", "uid", "Le Vengeur Masque",
	} {
		name := "c-gensym" + itoa(2*i+4)
		s.WriteString("<" + name + ` xsi:type="xsd:string">` + p + "</" + name + ">")
	}
	return s.String()
}

func BenchmarkDecodeSetSession(b *testing.B) {
	message := "<setSession " + prefixes + ">" + pairs() + "</setSession>"
	var s xmlscan.Scanner
	body := make([]byte, len(message))
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		copy(body, message) // the scanner works in place
		s.Reset(body, xmlscan.Limits{})
		if _, err := s.Next(); err != nil {
			b.Fatal(err)
		}
		var r soaplite.Reader
		if err := r.Call(&s); err != nil {
			b.Fatal(err)
		}
		values, err := r.Values()
		if err != nil {
			b.Fatal(err)
		}
		if h, err := soaplite.Pairs(values); err != nil || h.Len() != 24 {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeGetSession(b *testing.B) {
	_, values, err := read("<call>"+pairs()+"</call>", 0)
	require.NoError(b, err)
	h, err := soaplite.Pairs(values)
	require.NoError(b, err)
	h.Set(sessionstore.IDAttribute, perldata.BytesOf("5fbc010fecf1bbba68cf4d2fac579005"))
	e, name := soaplite.Encoding{Version: soap.V11}, soap.Name{Space: "urn:MemcachedSOAPClass", Local: "getSession"}
	dst, err := write(nil, e, name, perldata.HashOf(h))
	require.NoError(b, err)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = write(dst[:0], e, name, perldata.HashOf(h)); err != nil {
			b.Fatal(err)
		}
	}
}
