package audit

import (
	"errors"
	"fmt"
	"os"
)

// file is a file that other programs may move away.
type file struct {
	path  string
	open  *os.File
	info  os.FileInfo // of open
	torn  bool        // it does not end with a whole line
	dirty bool        // lines were written since it was synced
}

// openFile opens the file at a path for appending, or makes it.
func openFile(path string) (*file, error) {
	f := &file{path: path}
	return f, f.reopen()
}

// write appends a line with one call of the operating system, so that two processes
// may share a file. If the file was moved or removed, it makes a new one first.
func (f *file) write(line []byte) (replaced bool, err error) {
	if now, statErr := os.Stat(f.path); statErr != nil || !os.SameFile(now, f.info) {
		err = f.reopen()
		replaced = err == nil
	}
	if f.torn && !f.empty() { // a line that was cut off stays alone
		line = append([]byte{'\n'}, line...)
	}
	n, writeErr := f.open.Write(line)
	f.dirty = true
	switch {
	case writeErr == nil:
		f.torn = false
	case n > 0:
		f.torn = line[n-1] != '\n'
	}
	return replaced, errors.Join(err, writeErr)
}

// empty reports whether the file is empty: somebody has made room on its disk.
func (f *file) empty() bool {
	info, err := f.open.Stat()
	return err == nil && info.Size() == 0
}

// reopen opens the file at the path, and closes the one that was open. After an error
// the old one stays open.
func (f *file) reopen() error {
	if info, err := os.Stat(f.path); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return fmt.Errorf("audit: %s is a named pipe; use a file, or - for standard output", f.path)
	}
	const mode = 0o600
	opened, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, mode)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	info, err := opened.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("audit: %w", err), opened.Close())
	}
	torn := endsTorn(f.path, info)
	if f.open != nil {
		err = errors.Join(f.syncer()(), f.open.Close())
	}
	f.open, f.info, f.torn, f.dirty = opened, info, torn, false
	return err
}

// endsTorn reports whether a file ends in the middle of a line, because its writer
// was interrupted. A file that only its writer may read is taken for whole.
func endsTorn(path string, info os.FileInfo) bool {
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	var last [1]byte
	if _, err := f.ReadAt(last[:], info.Size()-1); err != nil {
		return false
	}
	return last[0] != '\n'
}

// syncer returns a function that syncs the file as it is now. A device, such as
// /dev/stdout, cannot be synced.
func (f *file) syncer() func() error {
	if !f.dirty || !f.info.Mode().IsRegular() {
		return func() error { return nil }
	}
	f.dirty = false
	open := f.open
	return func() error {
		if err := open.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // it was synced before it was closed
			return fmt.Errorf("audit: %w", err)
		}
		return nil
	}
}

func (f *file) close() error {
	return errors.Join(f.syncer()(), f.open.Close())
}
