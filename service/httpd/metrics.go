package httpd

import (
	"net/http"

	"memcachedsoap/sessionstore/metric"
)

// MetricsPath is the path that a server of [NewMetrics] serves.
const MetricsPath = "/metrics"

// NewMetrics returns a server that answers GET and HEAD at [MetricsPath] with a
// handler, and the probes of health with the handler of the server that they are
// about. Other paths get 404, other methods 405. It does not log requests. Of the
// options it uses the timeouts, MaxHeaderBytes, AllowedHosts, PublicURL and Logger.
func NewMetrics(handler, probes http.Handler, o Options) *Server {
	s := newServer(o)
	s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isProbe(r.URL.Path):
			probes.ServeHTTP(w, r)
		case !s.hosts.allow(r.Host):
			http.Error(w, foreignHost, http.StatusMisdirectedRequest)
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

// Metrics returns the metrics of the server. It implements [metric.Source].
func (s *Server) Metrics() []metric.Metric {
	all := append(s.options.Admission.Metrics(), s.connectionMetrics()...)
	if s.options.Access != nil {
		all = append(all, s.options.Access.Metrics()...)
	}
	all = append(all, s.options.Certificate.Metrics()...)
	if secure := s.secure.Load(); secure != nil {
		all = append(all, metricsOfHandshakes(*secure)...)
	} else {
		all = append(all, metricsOfHandshakes(nil)...)
	}
	return append(all,
		s.foreignHosts.Metric("foreign_host_requests_total", "Requests refused with 421 because their host is not allowed."),
		s.foreignOrigins.Metric("foreign_origin_requests_total", "Requests refused with 403 because a web page of another origin may have sent them."),
	)
}
