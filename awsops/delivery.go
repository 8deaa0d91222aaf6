package awsops

import (
	"errors"
	"strings"
)

// Delivery says where the report of an operation goes.
type Delivery struct {
	Method, File    string
	Host, Port, TLS string
	From            string
	To              []string
	User, AuthFile  string // "" leaves them to the environment
	Sendmail        string // a command in the place of a server
}

// DeliveryOf reads the inputs of an operation with a report.
func DeliveryOf(v Values) (Delivery, error) {
	or := func(name, preset string) string {
		if s := strings.TrimSpace(v.Get(name)); s != "" {
			return s
		}
		return preset
	}
	d := Delivery{
		Method: or("notify-method", ToDisplay), File: or("notify-file", ""),
		Host: or("smtp-host", ""), Port: or("smtp-port", "587"), TLS: or("smtp-tls", "starttls"),
		From: or("smtp-from", ""), To: splitList(or("smtp-to", "")), User: or("smtp-user", ""), AuthFile: or("smtp-auth-file", ""), Sendmail: or("sendmail", ""),
	}
	needs := map[string][]string{ToAFile: {"notify-file"}, ToEmail: {"smtp-host", "smtp-from", "smtp-to"}}
	for _, name := range needs[d.Method] {
		if or(name, "") == "" && (name != "smtp-host" || d.Sendmail == "") {
			rule := "is required with --notify-method " + d.Method
			if d.Method == ToEmail {
				rule += "; `mail` in the configuration can say it for good"
			}
			return d, &InputError{Field: name, Rule: rule}
		}
	}
	return d, nil
}

// CheckDelivery refuses inputs that the way of a report has no use for.
func CheckDelivery(v Values) error {
	method := strings.TrimSpace(v.Get("notify-method"))
	if method == "" {
		method = ToDisplay
	}
	for _, name := range []string{"notify-file", "smtp-from", "smtp-to", "sendmail", "smtp-host", "smtp-port", "smtp-tls", "smtp-user", "smtp-auth-file"} {
		of := ToEmail
		if name == "notify-file" {
			of = ToAFile
		}
		rule := "has no use with --notify-method " + method + ": write --notify-method " + of + ", or leave it out"
		if method == of {
			rule = "cannot be used together with --sendmail"
		}
		server := strings.HasPrefix(name, "smtp-") && name != "smtp-from" && name != "smtp-to"
		if v.Get(name) != "" && (method != of || server && v.Get("sendmail") != "") {
			return &InputError{Field: name, Value: v.Get(name), Rule: rule}
		}
	}
	return nil
}

// Leaves says that the report leaves the program.
func (d Delivery) Leaves() bool { return d.Method == ToAFile || d.Method == ToEmail }

// undeliverable refuses what only a command line on one's own machine can do.
func (r Request) undeliverable() error {
	info := r.Operation.Info()
	if !info.Report || r.Delivers {
		return nil
	}
	if err := CheckDelivery(r.Values); err != nil {
		return err
	}
	d, err := DeliveryOf(r.Values)
	if err != nil || !d.Leaves() {
		return err
	}
	return &Error{Operation: info.Name, Class: Forbidden, Code: "NotDelivered", Message: "--notify-method " + d.Method + " is refused here: neither the screen nor a session over SSH writes files or sends e-mail",
		Hint: "Run `ec2deck run " + info.Name + " --notify-method " + d.Method + "` on your own machine."}
}

// Mailbox is one or more e-mail addresses without names. It keeps line breaks
// out of headers and commands.
func Mailbox() Rule {
	shaped := matching(`^[!-~]+@[0-9A-Za-z.-]+$`)
	return Rule{Text: "name@example.com", Check: func(s string) (string, error) {
		for _, one := range splitList(s) {
			if !shaped(one) || strings.ContainsAny(one, `"(),:;<>[\]`) {
				return "", errors.New("write addresses such as ops@example.com")
			}
		}
		return s, nil
	}}
}
