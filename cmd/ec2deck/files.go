package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ec2deck/awsops"
)

// mostOfFile is more than any key file has.
const mostOfFile = 64 << 10

// atHome reads the home directory out of a name, where no shell does.
func (p *program) atHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(p.getenv("HOME"), rest)
	}
	return path
}

// putFile writes a file whole or not at all.
func putFile(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".ec2deck-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// mostKept is more than any kept listing has.
const mostKept = 32 << 20

// disk is the folder of the program in the XDG cache directory; nil without one.
func (p *program) disk() *awsops.Disk {
	folder := filepath.Dir(p.ownFile("XDG_CACHE_HOME", ".cache", "x"))
	if folder == "." {
		return nil
	}
	return &awsops.Disk{
		Now: time.Now,
		Load: func(name string) ([]byte, error) {
			path := filepath.Join(folder, name)
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > mostKept {
				return nil, errors.Join(errors.New("it is no file of ours"), err)
			}
			return os.ReadFile(path)
		},
		Save: func(name string, content []byte) error {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return err
			}
			return putFile(filepath.Join(folder, name), content, 0o600)
		},
	}
}

// readFile reads a file that an input names.
func (p *program) readFile(path string) ([]byte, error) {
	path = p.atHome(path)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, errors.New("cannot be read: " + cause(err))
	case !info.Mode().IsRegular(): // one that blocks would hang the screen
		return nil, errors.New("is no regular file")
	case info.Size() > mostOfFile:
		return nil, errors.New("is larger than 64 kB, so it is no key file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.New("cannot be read: " + cause(err))
	}
	content, err := io.ReadAll(io.LimitReader(file, mostOfFile))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.New("cannot be read: " + cause(err))
	}
	return content, nil
}
