package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// File keeps records as lines of JSON. It can only be read by its owner, and
// when it has become too large it is put aside as path.1, what was there as
// path.2, and so on. A file that something else has moved away is made anew.
//
// A library that rotates logs does not say when a line is on the disk.
type File struct {
	path string
	size int64 // when a file is put aside
	keep int   // how many are

	mu   sync.Mutex
	file *os.File
}

// OpenFile makes sure that the file can be written.
func OpenFile(path string, size int64, keep int) (*File, error) {
	f := &File{path: path, size: size, keep: keep}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the journal %s cannot be written: %w", path, err)
	}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the journal %s cannot be written: %w", f.path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err == nil {
		err = syncFolder(f.path) // or a new file could be lost with all that is in it
	}
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("the journal %s cannot be written: %w", f.path, err)
	}
	f.file = file
	return nil
}

func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// Record implements Sink.
func (f *File) Record(r Record) error {
	return f.write(r, r.Event == Intent)
}

// Line keeps anything as a line of JSON. It need not last.
func (f *File) Line(v any) error { return f.write(v, false) }

func (f *File) write(v any, lasting bool) error {
	text, err := Line(v)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ready(int64(len(text))); err != nil {
		return err
	}
	_, err = f.file.Write(text)
	if err == nil && lasting {
		err = f.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("the journal %s cannot be written: %w", f.path, err)
	}
	return nil
}

// ready makes room for a line and follows a file that was moved away.
func (f *File) ready(more int64) error {
	if f.file != nil {
		open, err := f.file.Stat()
		there, gone := os.Stat(f.path)
		switch {
		case err != nil, gone != nil, !os.SameFile(open, there):
		case f.size > 0 && open.Size() > 0 && open.Size()+more > f.size:
			if err := f.aside(); err != nil {
				return fmt.Errorf("the journal %s cannot be put aside: %w", f.path, err)
			}
		default:
			return nil
		}
		_ = f.file.Close()
		f.file = nil
	}
	return f.open()
}

// aside moves each file one number up; the oldest goes.
func (f *File) aside() error {
	if err := f.file.Sync(); err != nil {
		return err
	}
	for n := f.keep; n > 0; n-- {
		from := f.path
		if n > 1 {
			from = fmt.Sprintf("%s.%d", f.path, n-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", f.path, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if f.keep == 0 {
		return os.Remove(f.path)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
