// Package load measures servers. It starts them as processes and sends them
// prepared requests. The result is the number of answers, their latency and the
// processor time of the server. It needs Linux.
//
// A wrong answer ends the measurement with an error.
package load
