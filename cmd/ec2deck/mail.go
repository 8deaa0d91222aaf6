package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"time"

	"ec2deck/awsops"
)

// mailer is a mail server and how to talk to it. The standard library's client
// is used: larger ones execute text/template, which costs megabytes; see
// DESIGN.md.
type mailer struct {
	host, port, tls string
	user            string
	password        awsops.Secret
	roots           *x509.CertPool // nil is the system's
}

// mailTimeout bounds the whole conversation.
const mailTimeout = 30 * time.Second

// send hands one message over. What stands against it is said before anything
// secret is sent.
func (m mailer) send(ctx context.Context, from string, to []string, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	conn, err := m.dial(ctx)
	if err != nil {
		return err
	}
	end := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends a server that says nothing
	defer end()
	client, err := smtp.NewClient(conn, m.host)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer func() { _ = client.Close() }()
	if err := m.secure(client); err != nil {
		return err
	}
	if err := client.Mail(from); err != nil {
		return fmt.Errorf("the sender %s is refused: %w", from, err)
	}
	for _, one := range to {
		if err := client.Rcpt(one); err != nil {
			return fmt.Errorf("the recipient %s is refused: %w", one, err)
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // the message has been taken
	return nil
}

func (m mailer) config() *tls.Config {
	return &tls.Config{ServerName: m.host, RootCAs: m.roots, MinVersion: tls.VersionTLS12}
}

func (m mailer) dial(ctx context.Context) (net.Conn, error) {
	address := net.JoinHostPort(m.host, m.port)
	if m.tls == "tls" {
		return (&tls.Dialer{Config: m.config()}).DialContext(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// secure encrypts the connection and signs in.
func (m mailer) secure(client *smtp.Client) error {
	if m.tls == "starttls" {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return errors.New("the server does not offer STARTTLS; nothing was sent")
		}
		if err := client.StartTLS(m.config()); err != nil {
			return fmt.Errorf("the connection cannot be encrypted: %w", err)
		}
	}
	if m.user == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	auth, err := m.signIn(strings.Fields(offered))
	if err != nil {
		return err
	}
	if err := client.Auth(auth); err != nil {
		return fmt.Errorf("the sign-in as %s is refused: %w", m.user, err)
	}
	return nil
}

// signIn chooses a way to sign in among those that the server offers. Only one
// that does not send the password goes without encryption.
func (m mailer) signIn(offered []string) (smtp.Auth, error) {
	secret := m.password.Reveal()
	offers := func(name string) bool { return slices.Contains(offered, name) }
	switch {
	case len(offered) == 0:
		return nil, errors.New("the server takes no sign-in")
	case m.tls != "none" && offers("PLAIN"):
		return smtp.PlainAuth("", m.user, secret, m.host), nil
	case m.tls != "none" && offers("LOGIN"):
		return &login{m.user, secret}, nil
	case offers("CRAM-MD5"):
		return smtp.CRAMMD5Auth(m.user, secret), nil
	case m.tls == "none":
		return nil, errors.New("a password is not sent without encryption: use --smtp-tls starttls or tls")
	}
	return nil, fmt.Errorf("the server offers %s to sign in; PLAIN, LOGIN and CRAM-MD5 are known here", awsops.Clean(strings.Join(offered, ", ")))
}

// login is the sign-in LOGIN, which asks for the user and then for the password.
type login struct{ user, password string }

// Start implements smtp.Auth.
func (l *login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

// Next implements smtp.Auth.
func (l *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	answer := l.user
	l.user, l.password = l.password, ""
	return []byte(answer), nil
}

// quoted keeps lines short and letters whole on their way.
func quoted(text []byte) []byte {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}
