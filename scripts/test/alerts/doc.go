// Package alerts tests the rules of scripts/deploy/prometheus and the dashboard of
// scripts/deploy/grafana with promtool and a real Prometheus. It runs with make alerts,
// which installs them.
package alerts
