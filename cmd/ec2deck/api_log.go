package main

import (
	"sync"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
)

// How much of what is asked of AWS is kept: in memory, for those who look, and
// in a file before it is put aside.
const (
	mostCalls       = 2000
	mostHostedCalls = 500 // a server has many sessions
	apiLogSize      = 20 << 20
	apiLogKeep      = 3
)

// calls is the log of what a session asks of AWS. Without a file there is only
// one where somebody can look at it.
func (p *program) calls(screen bool) (*awsops.Calls, error) {
	name, err := p.flags.apiLog.one("api-log")
	if err != nil {
		return nil, err
	}
	var sink func(any) error
	switch {
	case name == "-" && screen:
		return nil, bad("api-log", name, "would be written over the screen: name a file")
	case name == "-":
		sink = p.lineToErrors()
	case name != "" && p.host != nil:
		return nil, bad("api-log", name, "is refused over SSH: files are the server's own; - writes to standard error")
	case name != "":
		file, err := journal.OpenFile(name, apiLogSize, apiLogKeep)
		if err != nil {
			return nil, usagef("--api-log: %v", err)
		}
		sink = file.Line
	case !screen:
		return nil, nil
	}
	return awsops.NewCalls(time.Now, mostCalls, sink), nil
}

// lineToErrors writes lines to standard error, one at a time.
func (p *program) lineToErrors() func(any) error {
	var one sync.Mutex
	return func(v any) error {
		text, err := journal.Line(v)
		if err != nil {
			return err
		}
		one.Lock()
		defer one.Unlock()
		_, err = p.errs.Write(text)
		return err
	}
}
