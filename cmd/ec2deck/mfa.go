package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"ec2deck/awsops"

	"github.com/charmbracelet/x/term"
)

// mostCodes is how often a code is asked for.
const mostCodes = 3

// askCodes asks on the terminal for the codes that profiles need, and says
// whether one was given: what had failed for want of it can be tried again.
// Without a terminal nobody is asked, and the error stands.
func (p *program) askCodes(ctx context.Context, s *awsops.Session, limit time.Duration) (bool, error) {
	in := p.terminal()
	if in == nil {
		return false, nil
	}
	given := false
	for _, at := range s.Devices() {
		for try := 1; ; try++ {
			code, err := p.askCode(ctx, in, at)
			if err != nil {
				return given, err
			}
			within, cancel := context.WithTimeout(ctx, limit)
			err = s.GiveCode(within, at, code)
			cancel()
			if err == nil {
				given = true
				break
			}
			if try == mostCodes || ctx.Err() != nil {
				return given, err
			}
			p.tell(err)
		}
	}
	return given, nil
}

// terminal is where somebody types, or nil.
func (p *program) terminal() *os.File {
	in, ok := p.in.(*os.File)
	if p.host != nil || !ok || !term.IsTerminal(in.Fd()) {
		return nil
	}
	return in
}

// askCode reads one code, which the terminal does not show.
func (p *program) askCode(ctx context.Context, in *os.File, at awsops.MFADevice) (string, error) {
	before, err := term.MakeRaw(in.Fd()) // first: who types at once is not shown either
	if err != nil {
		return "", err
	}
	defer func() {
		_ = term.Restore(in.Fd(), before)
		_, _ = fmt.Fprintln(p.errs)
	}()
	_, _ = fmt.Fprintf(p.errs, "Code of the MFA device %s for the profile %s: ", awsops.Clean(at.Serial), awsops.Clean(at.Profile))
	typed := make(chan string, 1)
	go func() { typed <- typedCode(in) }()
	code := ""
	select {
	case code = <-typed:
	case <-ctx.Done(): // a signal, which must not leave the terminal mute
	}
	if code == "" {
		return "", &awsops.Error{Operation: "open", Class: awsops.Denied, Code: "NeedsCode", Message: "no code of the MFA device " + at.Serial + " was given for the profile " + at.Profile}
	}
	return code, nil
}

// typedCode is what is typed until the line ends, and nothing after ctrl+c or
// ctrl+d, which a terminal in raw mode hands on.
func typedCode(in io.Reader) string {
	var code []byte
	for key := make([]byte, 1); ; {
		if n, err := in.Read(key); n == 0 || err != nil {
			return ""
		}
		switch c := key[0]; c {
		case '\r', '\n':
			return string(code)
		case 'C' - '@', 'D' - '@':
			return ""
		case '\b', 0x7f:
			code = code[:max(0, len(code)-1)]
		default:
			code = append(code, c)
		}
	}
}
