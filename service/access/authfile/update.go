package authfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"memcachedsoap/service/access"
)

// lockTimeout is the longest wait for other programs that change a file of the
// same folder. Each needs milliseconds.
const lockTimeout = 10 * time.Second

// Create lets [Update] make a file that does not exist.
const Create = true

// Update replaces the text of a file by what edit makes of it. It follows symbolic
// links and keeps mode and owner; a file that it creates has mode 0600. Readers
// see the old text or the new one. Other calls for files of the same folder wait,
// also those of other processes. If edit fails, the file stays as it is.
func Update(ctx context.Context, path string, create bool, edit func(text []byte) ([]byte, error)) error {
	path, err := resolve(path)
	if err != nil {
		return err
	}
	unlock, err := lock(ctx, filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	text, info, err := access.ReadFile(path)
	if create && errors.Is(err, fs.ErrNotExist) {
		text, info, err = nil, nil, nil
	}
	if err != nil {
		return err
	}
	changed, err := edit(text)
	if err != nil {
		return err
	}
	if len(changed) > access.MaxFile {
		return &access.FileError{Reason: fmt.Sprintf("the file would have %d bytes; use at most %d", len(changed), access.MaxFile)}
	}
	if info != nil && bytes.Equal(text, changed) {
		return nil
	}
	return replace(path, info, changed)
}

// lock takes the lock of a folder. A file cannot carry it, because a change
// replaces the file.
func lock(ctx context.Context, folder string) (unlock func(), err error) {
	const interval = 10 * time.Millisecond
	dir, err := os.Open(folder) //nolint:gosec // that of the operator's file
	if err != nil {
		return nil, unusable(folder, "cannot be read", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	for {
		err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = dir.Close() }, nil // which unlocks it
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("authfile: cannot lock %s: %w", folder, err), dir.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("authfile: another program holds the lock of %s: %w", folder, ctx.Err()), dir.Close())
		case <-time.After(interval):
		}
	}
}

// replace gives a file another text. The new text is on the disk before it has the
// file's name.
func replace(path string, old fs.FileInfo, text []byte) error {
	folder := filepath.Dir(path)
	temporary, err := os.CreateTemp(folder, "."+filepath.Base(path)+".") // with mode 0600
	if err != nil {
		return fmt.Errorf("authfile: cannot write in %s: %w", folder, cause(err))
	}
	err = errors.Join(fill(temporary, old, text), cause(temporary.Close()))
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("authfile: cannot write %s: %w", path, errors.Join(err, os.Remove(temporary.Name())))
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("authfile: cannot sync %s: %w", folder, cause(err))
	}
	return nil
}

// fill writes the text, with owner and mode of the old file.
func fill(file *os.File, old fs.FileInfo, text []byte) error {
	if old != nil {
		if err := keepOwner(file, old); err != nil {
			return err
		}
		if err := file.Chmod(old.Mode().Perm()); err != nil {
			return cause(err)
		}
	}
	if _, err := file.Write(text); err != nil {
		return cause(err)
	}
	return cause(file.Sync())
}

func keepOwner(file *os.File, old fs.FileInfo) error {
	info, err := file.Stat()
	if err != nil {
		return cause(err)
	}
	was, known := old.Sys().(*syscall.Stat_t)
	is, _ := info.Sys().(*syscall.Stat_t)
	if !known || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	if err := file.Chown(int(was.Uid), int(was.Gid)); err != nil {
		return fmt.Errorf("its owner and group cannot be kept: run the command as root or as the owner: %w", cause(err))
	}
	return nil
}

// syncFolder writes the names of a folder to the disk.
func syncFolder(folder string) error {
	dir, err := os.Open(folder) //nolint:gosec // that of the operator's file
	if err != nil {
		return err //nolint:wrapcheck // replace does it
	}
	return errors.Join(dir.Sync(), dir.Close())
}
