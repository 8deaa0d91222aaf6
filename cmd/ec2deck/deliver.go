package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"ec2deck/awsops"
)

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
			p.say("the report has been handed to " + awsops.Clean(d.Host) + " for " + awsops.Clean(strings.Join(d.To, ", ")))
		}
	}
	if err != nil {
		return err
	}
	return ended(code)
}

// mail sends a report by the SMTP server that the operator names.
func (p *program) mail(ctx context.Context, d awsops.Delivery, operation string, report []byte) error {
	user, password, err := p.mailUser(d)
	if err != nil {
		return err
	}
	m := mailer{host: d.Host, port: d.Port, tls: d.TLS, user: user, password: password, roots: p.roots}
	if err := m.send(ctx, d.From, d.To, letter(d, operation, report, time.Now())); err != nil {
		return &awsops.Error{Operation: operation, Class: awsops.Network, Code: "NotSent", Message: fmt.Sprintf("%s:%s: %v", d.Host, d.Port, err), Hint: "The report was counted but not sent: look at --smtp-host, --smtp-port, --smtp-tls and the sign-in.", Err: err}
	}
	return nil
}

// mailUser reads who signs in to the mail server; "" signs nobody in.
func (p *program) mailUser(d awsops.Delivery) (string, awsops.Secret, error) {
	if d.AuthFile == "" {
		return p.getenv("EC2DECK_SMTP_USER"), awsops.NewSecret(p.getenv("EC2DECK_SMTP_PASSWORD")), nil
	}
	path := p.atHome(d.AuthFile)
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", awsops.Secret{}, bad("smtp-auth-file", d.AuthFile, "can be read by others: chmod 600 "+awsops.ShellQuote(d.AuthFile))
	}
	content, err := p.readFile(d.AuthFile)
	if err != nil {
		return "", awsops.Secret{}, bad("smtp-auth-file", d.AuthFile, err.Error())
	}
	user, password, ok := strings.Cut(strings.TrimRight(string(content), "\r\n"), "\n")
	if user = strings.TrimSpace(user); !ok || user == "" {
		return "", awsops.Secret{}, bad("smtp-auth-file", d.AuthFile, "needs two lines: the user, then the password")
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
