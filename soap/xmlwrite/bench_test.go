package xmlwrite_test

import (
	"strings"
	"testing"

	"memcachedsoap/soap/xmlwrite"
)

// attributes are a session of LemonLDAP::NG's size and kind.
func attributes() []string {
	return []string{
		"_utime", "1700000000", "_session_kind", "SSO", "uid", "dwho", "cn", "Doctor Who", "mail", "dwho@badwolf.org",
		"ipAddr", "192.0.2.17", "authenticationLevel", "2", "_auth", "LDAP", "_userDB", "LDAP", "_timezone", "1",
		"groups", "users; timelords; admins", "_user", "dwho", "_whatToTrace", "dwho", "startTime", "20231114221320",
		"updateTime", "20231114221320", "_lastAuthnUTime", "1700000000", "_language", "fr", "givenName", "Jérôme",
		"hGroups", "a & b <c>", "street", "Tardis street, 1", "telephoneNumber", "+33 1 23 45 67 89",
		"UA", "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "_oidcConnectedRP", "", "description", "line one\nline two",
	}
}

func BenchmarkAppendText(b *testing.B) {
	for name, texts := range map[string][]string{
		"24-entries": attributes(),
		"plain-4k":   {strings.Repeat("all plain text. ", 256)},
		"markup-4k":  {strings.Repeat("<a>&</a>", 512)},
		"latin-4k":   {strings.Repeat("été à Genève. ", 250)},
		"wide-4k":    {strings.Repeat("日本語", 455)},
		"emoji-4k":   {strings.Repeat("hello 😀 ", 372)},
	} {
		size := 0
		raw := make([][]byte, len(texts))
		for i, text := range texts {
			size += len(text)
			raw[i] = []byte(text)
		}
		b.Run(name+"/string", benchmark(texts, size))
		b.Run(name+"/bytes", benchmark(raw, size))
	}
}

func benchmark[T ~string | ~[]byte](texts []T, size int) func(*testing.B) {
	return func(b *testing.B) {
		dst := make([]byte, 0, 1<<16)
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			dst = dst[:0]
			for _, text := range texts {
				dst, _ = xmlwrite.AppendText(dst, text)
			}
		}
	}
}
