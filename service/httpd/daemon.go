package httpd

import (
	"net/http"
	"slices"
)

// NewProbes returns a handler of the probes of health for a program without a SOAP
// endpoint, for [NewMetrics]. ready returns whether the program does what it is for,
// and text that says so to people: whole lines.
func NewProbes(ready func() (ok bool, text string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(probeMethods(), r.Method) {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			refuse(w, http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		if r.URL.Path == LivenessPath {
			_, _ = w.Write([]byte("ok\n")) // the prober has gone
			return
		}
		ok, text := ready()
		if ok {
			text = "ready\n" + text
		} else {
			w.WriteHeader(http.StatusServiceUnavailable)
			text = "not ready\n" + text
		}
		_, _ = w.Write([]byte(text)) // as above
	})
}
