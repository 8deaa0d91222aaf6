package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/charmbracelet/ssh"
)

// maxKeysFile bounds what a login reads; about 10,000 keys.
const maxKeysFile = 1 << 20

// allowList is the authorized_keys file. It is read at every login and parsed
// again when its bytes differ, which a modification time cannot promise to show.
type allowList struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	content []byte
	keys    map[string]bool // by the key's wire format
	trouble string          // what was said last about a file that cannot be read
}

// openAllowList reads the file for the first time. Later a line that cannot be
// used only loses its own key; at the start the operator is there to mend it.
func openAllowList(path string, log *slog.Logger) (*allowList, error) {
	const how = "write the public keys that may log in into a file, one per line, " +
		"for example: cat ~/.ssh/id_ed25519.pub >> %s && chmod 600 %s"
	if path == "" {
		return nil, fmt.Errorf("ec2deck serve lets nobody in without authorized keys: "+
			"name their file with --authorized-keys FILE; "+how, "FILE", "FILE")
	}
	content, err := readKeys(path)
	if err != nil {
		return nil, fmt.Errorf("ec2deck serve lets nobody in without authorized keys: %w; "+how, err, path, path)
	}
	a := &allowList{path: path, log: log}
	parsed := parseKeys(path, content)
	if err := errors.Join(parsed.malformed...); err != nil {
		return nil, fmt.Errorf("authorized keys cannot be used: %w", err)
	}
	a.take(content, parsed)
	if len(a.keys) == 0 {
		return nil, errors.Join(append([]error{
			fmt.Errorf("no key in %s may log in; "+how, path, path, path)}, parsed.refused...)...)
	}
	return a, nil
}

// allows says whether the file names the key now. A file that cannot be read
// lets nobody in.
func (a *allowList) allows(key ssh.PublicKey) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	content, err := readKeys(a.path)
	if err != nil {
		if a.trouble != err.Error() {
			a.trouble = err.Error()
			a.log.Error("nobody can log in: the authorized keys cannot be read", "error", err)
		}
		return false
	}
	a.trouble = ""
	if !bytes.Equal(content, a.content) {
		a.take(content, parseKeys(a.path, content))
	}
	return a.keys[string(key.Marshal())]
}

func (a *allowList) take(content []byte, parsed parsedKeys) {
	a.content, a.keys = content, parsed.keys
	for _, err := range append(parsed.malformed, parsed.refused...) {
		a.log.Warn("a line of the authorized keys lets nobody in", "reason", err)
	}
	a.log.Info("authorized keys read", "file", a.path, "keys", len(a.keys))
}

func readKeys(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening, which would wait on a pipe
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, fmt.Errorf("%s can be written by others (mode %04o): chmod go-w %s", path, mode, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxKeysFile+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxKeysFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxKeysFile)
	}
	return content, nil
}
