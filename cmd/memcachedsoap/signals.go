package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// exitSignal plus the number of a signal is the exit code of a process that
// the signal ended, as shells have it.
const exitSignal = 128

// signalsHelp says what signals do, for --help of serve and the manual page.
const signalsHelp = `SIGINT and SIGTERM stop the service gracefully: /readyz reports that it is not ready, the service answers for the time of --drain, and then waits up to --stop-timeout for the requests in flight. A second SIGINT or SIGTERM ends the process at once, with exit code 130 or 143. SIGHUP reads the files again that the settings name, such as those of --auth-file, --encrypt-key-file and --tls-cert, and opens that of --audit-log again. It does not change settings: the log says whether the file of --config has changed, which takes effect with a restart.`

// stopOnSignal returns a context that ends at the first SIGINT or SIGTERM. The
// second one writes the lines of the logs that wait and one of its own to stderr, and calls
// exit, which does not return.
func stopOnSignal(stderr io.Writer, logs *openLogs, exit func(code int)) context.Context {
	signals := make(chan os.Signal, 2) // a signal that finds it full is lost
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		second := <-signals
		code := exitSignal
		if number, ok := second.(syscall.Signal); ok {
			code += int(number)
		}
		sayLast(stderr, logs, fmt.Sprintf("memcachedsoap: second signal (%v): stopping at once\n", second))
		exit(code)
	}()
	return ctx
}

// sayLast writes the lines that wait, and one behind them. It gives up soon if stderr does
// not take them.
func sayLast(stderr io.Writer, logs *openLogs, line string) {
	ctx, cancel := context.WithTimeout(context.Background(), lastLinesAtOnce)
	go func() {
		defer cancel()
		logs.flush(ctx)
		_, _ = io.WriteString(stderr, line)
	}()
	<-ctx.Done()
}
