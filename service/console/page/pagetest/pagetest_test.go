package pagetest_test

import (
	"fmt"
	"html/template"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/console/page/pagetest"
)

// recorder notes what a helper reports.
type recorder struct {
	testing.TB

	failed []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}
func (r *recorder) FailNow() {}

// The helper finds what breaks out.
func TestBreakoutsAreFound(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		`<script>alert(1)</script>`, `<p onclick="x">`, `<a href="javascript:x">`, "<a href=' java\tscript:x'>", `<a href="//evil.example">`,
		`<a href="\\evil.example">`, `<iframe src="x">`, `<p style="x">`, `<form action="https://evil.example">`,
	} {
		r := &recorder{TB: t}
		pagetest.RequireInert(r, page)
		assert.NotEmpty(t, r.failed, page)
	}
	r := &recorder{TB: t}
	pagetest.RequireContained(r, `<p><b>x</b></p>`, `<p>x</p>`)
	assert.NotEmpty(t, r.failed)
	r = &recorder{TB: t}
	pagetest.RequireInert(r, `<script src="../a.js"></script><a href="../x?y=a:b">x</a><a href="?op=x">y</a><p data-x="onclick=1">`)
	assert.Empty(t, r.failed)
}

var places = template.Must(template.New("").Parse(`<title>{{.}}</title><a href="../sessions/{{.}}">{{.}}</a><a href="?find={{.}}" title={{.}}>x</a>` +
	`<textarea>{{.}}</textarea><input value="{{.}}"><p data-value='{{.}}'>{{.}}</p>`))

// html/template contains the whole corpus in the places that pages have.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, text := range pagetest.Hostile() {
		checkPlaces(t, text)
	}
}

func FuzzHostile(f *testing.F) {
	for _, text := range pagetest.Hostile() {
		f.Add(text)
	}
	f.Fuzz(checkPlaces)
}

func checkPlaces(t *testing.T, text string) {
	t.Helper()
	var hostile, harmless strings.Builder
	assert.NoError(t, places.Execute(&hostile, text))
	assert.NoError(t, places.Execute(&harmless, "harmless"))
	pagetest.RequireContained(t, hostile.String(), harmless.String())
}
