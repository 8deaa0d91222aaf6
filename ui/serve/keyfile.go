package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	gossh "golang.org/x/crypto/ssh"
)

// maxKeysFile bounds what a login reads; about 10,000 keys.
const maxKeysFile = 1 << 20

// purpose is what the keys of a file are good for, in words.
type purpose struct {
	what  string // the keys
	flag  string // that names the file
	how   string // to write it; FILE stands for its path
	empty string // what is wrong with a file without a key
}

func logins() purpose {
	return purpose{
		what: "authorized keys", flag: "--authorized-keys", empty: "no key in FILE may log in",
		how: "write the public keys that may log in into a file, one per line, " +
			"for example: cat ~/.ssh/id_ed25519.pub >> FILE && chmod 600 FILE",
	}
}

func authorities() purpose {
	return purpose{
		what: "trusted CAs", flag: "--trusted-ca", empty: "no CA in FILE can be trusted",
		how: "write the public keys of the CAs whose certificates may log in into a file, one per line, " +
			"for example: cat user_ca.pub >> FILE && chmod 644 FILE",
	}
}

func (p purpose) told(text, path string) string {
	return string(bytes.ReplaceAll([]byte(text), []byte("FILE"), []byte(path)))
}

// keyFile is a file of public keys in OpenSSH's form. It is read at every login
// and parsed again when its bytes differ, which a modification time cannot
// promise to show.
type keyFile struct {
	path string
	purpose
	log *slog.Logger

	mu      sync.Mutex
	content []byte
	keys    map[string]string // the comment by the key's wire format
	trouble string            // what was said last about a file that cannot be read
}

// openKeyFile reads the file for the first time. Later a line that cannot be
// used only loses its own key; at the start the operator is there to mend it.
func openKeyFile(path string, p purpose, log *slog.Logger) (*keyFile, error) {
	how := p.told(p.how, path)
	content, err := readKeys(path)
	if err != nil {
		return nil, fmt.Errorf("the %s cannot be read: %w; %s", p.what, err, how)
	}
	k := &keyFile{path: path, purpose: p, log: log}
	parsed := parseKeys(path, content)
	if err := errors.Join(parsed.malformed...); err != nil {
		return nil, fmt.Errorf("the %s cannot be used: %w", p.what, err)
	}
	k.take(content, parsed)
	if len(k.keys) == 0 {
		return nil, errors.Join(append([]error{
			fmt.Errorf("%s; %s", p.told(p.empty, path), how)}, parsed.refused...)...)
	}
	return k, nil
}

// find says whether the file names the key now, and with which comment. A file
// that cannot be read names none.
func (k *keyFile) find(key gossh.PublicKey) (comment string, found bool) {
	if k == nil {
		return "", false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	content, err := readKeys(k.path)
	if err != nil {
		if k.trouble != err.Error() {
			k.trouble = err.Error()
			k.log.Error("nobody can log in by the "+k.what+": they cannot be read", "error", err)
		}
		return "", false
	}
	k.trouble = ""
	if !bytes.Equal(content, k.content) {
		k.take(content, parseKeys(k.path, content))
	}
	comment, found = k.keys[string(key.Marshal())]
	return comment, found
}

func (k *keyFile) take(content []byte, parsed parsedKeys) {
	k.content, k.keys = content, parsed.keys
	for _, err := range append(parsed.malformed, parsed.refused...) {
		k.log.Warn("a line of the "+k.what+" lets nobody in", "reason", err)
	}
	k.log.Info(k.what+" read", "file", k.path, "keys", len(k.keys))
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
