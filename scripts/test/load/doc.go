// Package load measures servers: it starts them as processes, sends them
// requests that are ready to be sent, and says how many were answered, how
// quickly, and how much processor time that took. It needs Linux.
//
// A wrong answer is an error, not a number.
package load
