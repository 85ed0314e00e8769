// Package secretfile reads files that hold secrets, which not everybody may read.
package secretfile

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

// forbidden are the permissions that a file with a secret must not give.
const forbidden = 0o027

// Read returns the content of a file of at most limit bytes. Others must not be able to
// read it, and its group must not be able to write it. Errors never show the content.
func Read(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	defer file.Close() //nolint:errcheck // it is only read
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err //nolint:wrapcheck // it names the file
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", path)
	case info.Mode().Perm()&forbidden != 0 && runtime.GOOS != "windows":
		return nil, fmt.Errorf("%s has mode %04o: others must not read it and its group must not write it; set 0600 or 0640", path, info.Mode().Perm())
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return nil, err //nolint:wrapcheck // it names the file
	case int64(len(content)) > limit:
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return content, nil
}
