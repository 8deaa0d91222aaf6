//go:build windows || plan9 || js

package journal

import "errors"

// Syslog does not exist here.
type Syslog struct{}

// OpenSyslog says so.
func OpenSyslog(string, string) (*Syslog, error) {
	return nil, errors.New("this system has no log of its own; write to a file")
}

// Record implements Sink.
func (*Syslog) Record(Record) error { return errors.New("this system has no log of its own") }
