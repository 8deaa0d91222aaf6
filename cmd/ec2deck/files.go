package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
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
