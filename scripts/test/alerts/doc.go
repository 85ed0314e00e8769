// Package alerts tests the rules of scripts/deploy/prometheus with promtool. It runs
// with make alerts, which installs it.
package alerts
