// Package traces records spans with the SDK of OpenTelemetry and sends them to a
// collector by OTLP. The standard OTEL_ variables of the environment are its settings:
// without them there are no traces. A variable whose value cannot be used is an error,
// and one that has no effect is logged.
//
// What the spans say is in package span, which the packages that work for a request
// import. This package alone imports the SDK and the exporters.
//
// A call never waits for the collector: spans that the queue has no room for are dropped
// and counted.
package traces
