// Package span records what a request does and what it waits for, as spans of
// OpenTelemetry: exchanges with memcached, connections, and waiting for locks, memory
// and retries.
//
// A span is recorded only below one that is being recorded. Package traces in service
// begins that of a request and puts it into the context of the request. In any other
// context all functions return a Span that does nothing: they cost a look into the
// context and allocate nothing.
//
// The functions are all that can be said of a request. They take no key, no id, no value
// and no text of an error: who reads traces must not learn what is worth a session.
package span

// Scope is the instrumentation scope of all spans.
const Scope = "memcachedsoap"
