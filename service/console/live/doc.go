// Package live is the first page of the console: what an instance does now, and has done
// in the last hour. It samples the counters of the service and of the store, asks each
// memcached for its statistics, and sends the page to browsers as it changes
// (server-sent events).
//
// It knows neither memcached nor the operations: [Sources] are functions that tell the
// present state, and everything else is differences of them. What was not sampled is
// shown as not known: a gap in the samples is a gap in the charts.
//
// The charts are SVG, and each has a table with the same values. Without scripts the
// page shows the state at the time when it was loaded.
package live
