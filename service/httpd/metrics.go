package httpd

import "net/http"

// MetricsPath is the path of what a server of [NewMetrics] serves.
const MetricsPath = "/metrics"

// NewMetrics makes a server that answers GET and HEAD at [MetricsPath] with a
// handler, and nothing else: other paths are 404, other methods 405. Its
// requests are not logged. Of the options it takes the timeouts, MaxHeaderBytes
// and Logger.
func NewMetrics(handler http.Handler, o Options) *Server {
	s := newServer(o)
	s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != MetricsPath:
			refuse(w, http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed)
		default:
			handler.ServeHTTP(w, r)
		}
	}))
	return s
}

func refuse(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}
