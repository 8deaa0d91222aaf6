package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"ec2deck/awsops"
)

// mailer is a mail server and how to talk to it.
type mailer struct {
	host, port, tls string
	user            string
	password        awsops.Secret
	roots           *x509.CertPool // nil is the system's
}

// send hands one message over, in the time that the context has. What stands against it is said before anything
// secret is sent.
func (m mailer) send(ctx context.Context, from string, to []string, message []byte) error {
	conn, err := m.dial(ctx)
	if err != nil {
		return err
	}
	end := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends a server that says nothing
	defer end()
	client, err := m.greet(conn)
	if err != nil {
		_ = conn.Close() // which may be done
		return err
	}
	defer func() { _ = client.Close() }()
	if err := m.signIn(client); err != nil {
		return err
	}
	if err := client.Mail(from, nil); err != nil {
		return fmt.Errorf("the sender %s is refused: %w", from, err)
	}
	for _, one := range to {
		if err := client.Rcpt(one, nil); err != nil {
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

// greet encrypts the connection, unless it is or shall not be.
func (m mailer) greet(conn net.Conn) (*smtp.Client, error) {
	if m.tls != "starttls" {
		client := smtp.NewClient(conn)
		if err := client.Hello("localhost"); err != nil {
			return nil, fmt.Errorf("this is no mail server, or it takes no mail from here: %w", err)
		}
		return client, nil
	}
	client, err := smtp.NewClientStartTLS(conn, m.config())
	if err == nil {
		err = client.Hello("localhost") // the first word that is encrypted
	}
	if err != nil {
		return nil, fmt.Errorf("the connection cannot be encrypted by STARTTLS, and nothing was sent: %w", err)
	}
	return client, nil
}

// signIn signs in by one of the ways that the server offers. Only one that does
// not send the password goes without encryption.
func (m mailer) signIn(client *smtp.Client) error {
	if m.user == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	secret := m.password.Reveal()
	var auth sasl.Client
	switch {
	case offered == "":
		return errors.New("the server takes no sign-in")
	case m.tls != "none" && client.SupportsAuth(sasl.Plain):
		auth = sasl.NewPlainClient("", m.user, secret)
	case m.tls != "none" && client.SupportsAuth(sasl.Login):
		auth = sasl.NewLoginClient(m.user, secret)
	case client.SupportsAuth(cramMD5):
		auth = hashed{m.user, secret}
	case m.tls == "none":
		return errors.New("a password is not sent without encryption: use --smtp-tls starttls or tls")
	default:
		return fmt.Errorf("the server offers %s to sign in; PLAIN, LOGIN and CRAM-MD5 are known here", awsops.Clean(strings.Join(strings.Fields(offered), ", ")))
	}
	if err := client.Auth(auth); err != nil {
		return fmt.Errorf("the sign-in as %s is refused: %w", m.user, err)
	}
	return nil
}

const cramMD5 = "CRAM-MD5"

// hashed is the sign-in of RFC 2195: a challenge, hashed with the password.
type hashed struct{ user, password string }

// Start implements sasl.Client.
func (hashed) Start() (string, []byte, error) { return cramMD5, nil, nil }

// Next implements sasl.Client.
func (h hashed) Next(challenge []byte) ([]byte, error) {
	sum := hmac.New(md5.New, []byte(h.password))
	_, _ = sum.Write(challenge)
	return fmt.Appendf(nil, "%s %x", h.user, sum.Sum(nil)), nil
}

// quoted keeps lines short and letters whole on their way.
func quoted(text []byte) []byte {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}
