package authfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"memcachedsoap/service/access"
)

// Replaceable reports whether every user of the machine may replace the file, because
// all may write in its folder.
func Replaceable(path string) bool {
	path, err := resolve(path)
	if err != nil {
		return false
	}
	folder, err := os.Stat(filepath.Dir(path))
	return err == nil && folder.Mode().Perm()&0o002 != 0 && folder.Mode()&fs.ModeSticky == 0
}

// Readable reports whether every user of the machine may read the file.
func Readable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o004 != 0
}

// cause returns what an error of package os says without the path.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// unusable returns the error for a path that leads to no file.
func unusable(path, reason string, err error) error {
	if err != nil {
		reason += ": " + cause(err).Error()
	}
	return &access.FileError{Reason: path + " " + reason, Err: err}
}

// resolve follows symbolic links, also to a file that does not exist yet.
func resolve(path string) (string, error) {
	const maxLinks = 40 // as Linux
	for range maxLinks {
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", unusable(filepath.Dir(path), "cannot be read", err)
		}
		path = filepath.Join(folder, filepath.Base(path))
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", unusable(path, "cannot be read", err)
		}
		if info.Mode().Type() != fs.ModeSymlink {
			return path, nil
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", unusable(path, "cannot be read", err)
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return "", unusable(path, "has too many symbolic links", nil)
}
