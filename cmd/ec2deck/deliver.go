package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/ui/serve"
)

// mailTimeout bounds the whole way of a report, unless --timeout does.
const mailTimeout = 30 * time.Second

// dispatch brings a report where it was asked to go.
func (p *program) dispatch(ctx context.Context, c choices, res awsops.Result, code int) error {
	var report bytes.Buffer
	if err := c.print.Write(&report, res, code); err != nil {
		return err
	}
	var err error
	switch d := c.delivery; d.Method {
	case awsops.ToAFile:
		if err = putFile(p.atHome(d.File), report.Bytes(), 0o600); err != nil {
			err = bad("notify-file", d.File, "cannot be written: "+cause(err))
		} else {
			p.say("the report is in " + awsops.Clean(d.File))
		}
	case awsops.ToEmail:
		if err = p.mail(ctx, d, res.Operation, report.Bytes()); err == nil {
			p.say("the report has been handed to " + awsops.Clean(cmp.Or(d.Sendmail, d.Host)) + " for " + awsops.Clean(strings.Join(d.To, ", ")))
		}
	}
	if err != nil {
		return err
	}
	return ended(code)
}

// mail sends a report by the SMTP server that the operator names.
func (p *program) mail(ctx context.Context, d awsops.Delivery, operation string, report []byte) error {
	limit, err := p.flags.timeout.duration("timeout", mailTimeout, time.Second, time.Hour, false)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	message := letter(d, operation, report, time.Now())
	if d.Sendmail != "" {
		return p.sendmail(ctx, d, operation, message)
	}
	user, password, err := p.mailUser(d)
	if err != nil {
		return err
	}
	m := mailer{host: d.Host, port: d.Port, tls: d.TLS, user: user, password: password, roots: p.roots}
	if err := m.send(ctx, d.From, d.To, message); err != nil {
		return unsent(ctx, operation, d.Host+":"+d.Port, "Look at --smtp-host, --smtp-port, --smtp-tls and the sign-in; the report was counted but not sent.", err)
	}
	return nil
}

// unsent says why a report was not handed over. Where the time is over, what
// was going on just then is no reason.
func unsent(ctx context.Context, operation, by, hint string, err error) error {
	late := net.Error(nil)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &awsops.Error{Operation: operation, Class: awsops.Cancelled, Code: "Cancelled", Message: by + ": given up before the report was taken", Err: err}
	case ctx.Err() != nil, errors.As(err, &late) && late.Timeout():
		return &awsops.Error{Operation: operation, Class: awsops.TimedOut, Code: "Timeout", Message: by + " did not take the report in time", Hint: "It was counted, and perhaps not sent. Try again, or allow more with --timeout.", Err: err}
	}
	return &awsops.Error{Operation: operation, Class: awsops.Network, Code: "NotSent", Message: fmt.Sprintf("%s: %v", by, err), Hint: hint, Err: err}
}

// sendmail gives a report to a command that knows how mail goes from here.
func (p *program) sendmail(ctx context.Context, d awsops.Delivery, operation string, message []byte) error {
	argv, err := serve.Split(d.Sendmail)
	if err != nil || len(argv) == 0 || argv[0] == "" {
		return bad("sendmail", d.Sendmail, "names no command")
	}
	c := exec.CommandContext(ctx, argv[0], slices.Concat(argv[1:], []string{"-i", "-f", d.From, "--"}, d.To)...)
	var said bytes.Buffer
	c.Stdin, c.Stderr, c.WaitDelay = bytes.NewReader(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n"))), &said, time.Second
	if err := c.Run(); err != nil {
		return unsent(ctx, operation, argv[0], "Try the command by itself; the report was counted but not sent.", errors.New(strings.Join(strings.Fields(err.Error()+" "+said.String()), " ")))
	}
	return nil
}

// mailUser reads who signs in to the mail server; "" signs nobody in.
func (p *program) mailUser(d awsops.Delivery) (string, awsops.Secret, error) {
	known := cmp.Or(d.User, p.getenv("EC2DECK_SMTP_USER"))
	if d.AuthFile == "" {
		return known, awsops.NewSecret(p.getenv("EC2DECK_SMTP_PASSWORD")), nil
	}
	path := p.atHome(d.AuthFile)
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", awsops.Secret{}, bad("smtp-auth-file", d.AuthFile, "can be read by others: chmod 600 "+awsops.ShellQuote(d.AuthFile))
	}
	content, err := p.readFile(d.AuthFile)
	if err != nil {
		return "", awsops.Secret{}, bad("smtp-auth-file", d.AuthFile, err.Error())
	}
	user, password, two := strings.Cut(strings.TrimRight(string(content), "\r\n"), "\n")
	if user = strings.TrimSpace(user); !two {
		user, password = known, user
	}
	if user == "" {
		return "", awsops.Secret{}, bad("smtp-auth-file", d.AuthFile, "needs two lines, the user and then the password, or --smtp-user")
	}
	return user, awsops.NewSecret(strings.TrimRight(password, "\r")), nil
}

// letter is the message as it is sent. Its parts have passed rules that keep
// line breaks out of the headers.
func letter(d awsops.Delivery, operation string, report []byte, at time.Time) []byte {
	var b bytes.Buffer
	_, domain, _ := strings.Cut(d.From, "@")
	for _, h := range [][2]string{
		{"From", d.From}, {"To", strings.Join(d.To, ", ")}, {"Subject", "ec2deck: " + operation + " " + at.UTC().Format(time.DateOnly)},
		{"Date", at.Format(time.RFC1123Z)}, {"Message-ID", fmt.Sprintf("<%d.ec2deck@%s>", at.UnixNano(), cmp.Or(domain, "localhost"))},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	b.Write(quoted(report))
	return b.Bytes()
}
