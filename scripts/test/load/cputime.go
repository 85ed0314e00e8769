package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of times in /proc: the kernel's USER_HZ is 100 on all Linux
// systems on which Go runs.
const clockTick = time.Second / 100

// CPUTime returns the processor time that the process and its descendants have used
// in user and system mode: fields 14 to 17 of proc_pid_stat(5). A descendant that has
// ended counts only after its parent has waited for it.
func (p *Process) CPUTime() (time.Duration, error) {
	ticks, err := treeTicks(p.cmd.Process.Pid)
	if err != nil {
		return 0, fmt.Errorf("load: processor time of %s: %w", p.name, err)
	}
	return time.Duration(ticks) * clockTick, nil
}

// OwnCPUTime returns the processor time of the process alone, in nanoseconds where
// [Process.CPUTime] has hundredths of a second: its clock is that of
// clock_getcpuclockid(3).
func (p *Process) OwnCPUTime() (time.Duration, error) {
	const clockOfProcess = 2 // CPUCLOCK_SCHED
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|clockOfProcess), &used); err != nil {
		return 0, fmt.Errorf("load: processor time of %s: %w", p.name, err)
	}
	return time.Duration(used.Nano()), nil
}

// ownTime returns the processor time of this process.
func ownTime() time.Duration {
	var used unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &used) // fails only for another address or process
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func treeTicks(pid int) (int64, error) {
	ticks, err := ownTicks(pid)
	if err != nil {
		return 0, err
	}
	children, err := childrenOf(pid)
	for _, child := range children {
		if used, err := treeTicks(child); err == nil { // on an error it has ended and counts with its parent
			ticks += used
		}
	}
	return ticks, err
}

// childrenOf returns the children of a process that have not ended.
func childrenOf(pid int) (children []int, err error) {
	// A thread may have children of its own.
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err //nolint:wrapcheck // callers do
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for child := range strings.FieldsSeq(string(text)) {
			id, err := strconv.Atoi(child)
			if err != nil {
				return nil, err //nolint:wrapcheck // callers do
			}
			children = append(children, id)
		}
	}
	return children, nil
}

// ownTicks returns the ticks of a process and of the children for which it has
// waited.
func ownTicks(pid int) (int64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err //nolint:wrapcheck // CPUTime wraps it
	}
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // the fields after the program name, field 2
	if len(fields) < 15 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	var sum int64
	for _, field := range fields[11:15] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err //nolint:wrapcheck // CPUTime wraps it
		}
		sum += ticks
	}
	return sum, nil
}
