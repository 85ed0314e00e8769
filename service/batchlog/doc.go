// Package batchlog writes the log of a daemon in batches, so that a slow disk or a full
// pipe never holds a call.
//
// A [Log] keeps lines in memory, in their order, and one goroutine writes them: after
// [Delay], sooner if there are many, and at once after a line at level warn or error. While
// the sink takes no lines, up to [Room] bytes of lines wait. Further lines are lost and
// counted, and one line says how many. [Log.Close] writes what waits.
//
// [Log.Handler] formats lines byte by byte as the handlers of log/slog do. It formats the
// usual ones itself, without taking memory, and leaves the others to those handlers.
package batchlog
