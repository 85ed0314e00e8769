package access

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Load reads an auth file. An error of its content is a [*FileError].
func Load(path string) (*File, error) {
	text, _, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseFile(text)
}

// ReadFile returns the text of an auth file, for [ParseFile]. It refuses a file that
// other users than its owner may write: they could make themselves callers. The error
// is a [*FileError] and wraps that of the file system.
func ReadFile(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait
	if err != nil {
		return nil, nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &FileError{Reason: "not a regular file"}
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, nil, unreadable(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if info, err = file.Stat(); err != nil {
		return nil, nil, unreadable(err)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, nil, &FileError{Reason: fmt.Sprintf("other users may write the file (mode %04o), and could make themselves callers: run chmod go-w", mode)}
	}
	text, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err != nil {
		return nil, nil, unreadable(err)
	}
	return text, info, nil
}

// unreadable returns the error for a file that the system does not let us read.
func unreadable(err error) error {
	reason := err
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		reason = e.Err
	}
	return &FileError{Reason: "the file cannot be read: " + reason.Error(), Err: err}
}
