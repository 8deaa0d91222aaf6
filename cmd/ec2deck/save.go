package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ec2deck/awsops"
	"ec2deck/views"
)

// onStdout is the file that stands for standard output.
const onStdout = "-"

// checkSave refuses, before anything is asked for, an operation whose secret
// would have nowhere to go. A server keeps no secrets of those who log in.
func (p *program) checkSave(info awsops.Info, c choices) error {
	switch {
	case info.Secret == "" || c.dryRun:
		return nil
	case c.save == "":
		return bad("save", "", "is required: a new file for the "+info.Secret+", or - for standard output")
	case p.host != nil && c.save != onStdout:
		return bad("save", c.save, "is refused over SSH: files are the server's own; write - and keep what is printed")
	}
	return nil
}

// keeper is where a secret will go: a file that has been prepared, or standard
// output. nil keeps nothing.
type keeper struct {
	path string // "-" is standard output
	temp *os.File
}

// reserve makes sure, before the call, that a file of that name can come into
// being: the secret is then written beside it and linked into place.
func (p *program) reserve(info awsops.Info, c choices) (*keeper, error) {
	if info.Secret == "" || c.dryRun {
		return nil, nil
	}
	if c.save == onStdout {
		return &keeper{path: c.save}, nil
	}
	return reserveFile(c.save)
}

// reserveFile prepares a new file.
func reserveFile(path string) (*keeper, error) {
	k := &keeper{path: path}
	if _, err := os.Lstat(k.path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			return nil, bad("save", k.path, "exists already, and nothing is overwritten")
		}
		return nil, bad("save", k.path, cause(err))
	}
	temp, err := os.CreateTemp(filepath.Dir(k.path), ".ec2deck-*") // mode 0600
	if err != nil {
		return nil, bad("save", k.path, "cannot be written: "+cause(err))
	}
	k.temp = temp
	probe := temp.Name() + ".probe"
	if err := errors.Join(os.Link(temp.Name(), probe), os.Remove(probe)); err != nil {
		k.Discard()
		return nil, bad("save", k.path, "cannot be put into place on this file system: "+cause(err))
	}
	return k, nil
}

// cause is a file error without its path, which is told already.
func cause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}

// reserveOnScreen prepares the file that is named on the screen, where no shell
// reads the home directory out of a name.
func (p *program) reserveOnScreen(path string) (views.Keeper, error) {
	return reserveFile(p.atHome(path))
}

// Discard takes the preparations back.
func (k *keeper) Discard() {
	if k != nil && k.temp != nil {
		_ = k.temp.Close() // nothing was kept in it
		_ = os.Remove(k.temp.Name())
	}
}

// Keep writes the secret, makes it durable, and links it into place. Linking
// fails where a file has come into being meanwhile.
func (k *keeper) Keep(secret awsops.Secret) error {
	defer k.Discard()
	if _, err := io.WriteString(k.temp, secret.Reveal()); err != nil {
		return err
	}
	if err := errors.Join(k.temp.Chmod(0o600), k.temp.Sync()); err != nil {
		return err
	}
	if err := os.Link(k.temp.Name(), k.path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(k.path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// deliver puts the secret where it belongs before anything else is said. What
// cannot be written is printed once, because nobody can have it again.
func (p *program) deliver(k *keeper, info awsops.Info, c choices, res awsops.Result) error {
	remark := "saved in " + k.path
	if k.path == onStdout {
		remark = "printed once on standard output"
	}
	secret, ok := res.TakeSecret(info.Secret, remark)
	if !ok || secret.Reveal() == "" {
		k.Discard()
		return &awsops.Error{Operation: info.Name, Class: awsops.Refused, Code: "NoSecret", Message: "EC2's answer has no " + info.Secret, RequestID: res.RequestID}
	}
	if k.path == onStdout {
		if err := p.reveal(secret); err != nil {
			return err
		}
		return c.print.Write(p.errs, res, 0)
	}
	if err := k.Keep(secret); err != nil {
		p.say(fmt.Sprintf("%s could not be written: %s. The %s follows on standard output, this once: keep it.", awsops.Clean(k.path), cause(err), info.Secret))
		if _, err := fmt.Fprintf(p.out, "PRIVATE: %s, shown this once\n", info.Secret); err != nil {
			return err
		}
		if err := p.reveal(secret); err != nil {
			return err
		}
		return ended(int(awsops.Refused))
	}
	p.checkKey(secret, res)
	return c.print.Write(p.out, res, 0)
}

// reveal prints a secret as it is.
func (p *program) reveal(secret awsops.Secret) error {
	_, err := io.WriteString(p.out, strings.TrimRight(secret.Reveal(), "\n")+"\n")
	return err
}

// checkKey compares the key with the fingerprint that EC2 gave for it. PuTTY's
// files are not looked into.
func (p *program) checkKey(secret awsops.Secret, res awsops.Result) {
	prints, err := awsops.Fingerprints([]byte(secret.Reveal()))
	if err != nil {
		return
	}
	for _, o := range res.Outputs {
		if given, ok := o.Value.(string); ok && o.Name == "key-fingerprint" && !awsops.SameFingerprint(given, prints[0].Value) {
			p.say("the key's fingerprint is " + prints[0].Value + ", not what EC2 says: do not trust it")
		}
	}
}
