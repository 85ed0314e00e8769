package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is the memory of a process that no other process shares, in bytes:
// fields of proc_pid_status(5).
type Memory struct {
	Now  int64 // RssAnon
	Peak int64 // VmHWM without the pages of files
}

// Memory returns the memory of the process, without that of its descendants.
func (p *Process) Memory() (Memory, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return Memory{}, fmt.Errorf("load: memory of %s: %w", p.name, err)
	}
	fields := map[string]int64{}
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if kib, isSize := strings.CutSuffix(strings.TrimSpace(value), " kB"); isSize {
			n, err := strconv.ParseInt(kib, 10, 64)
			if err != nil {
				return Memory{}, fmt.Errorf("load: memory of %s: %w", p.name, err)
			}
			fields[name] = n << 10
		}
	}
	if fields["VmHWM"] == 0 {
		return Memory{}, errors.New("load: " + p.name + " has ended")
	}
	return Memory{Now: fields["RssAnon"], Peak: fields["VmHWM"] - fields["RssFile"] - fields["RssShmem"]}, nil
}

// ForgetPeak makes the memory of now the peak (proc_pid_clear_refs(5)).
func (p *Process) ForgetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("load: peak of %s: %w", p.name, err)
	}
	return nil
}
