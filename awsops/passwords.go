package awsops

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"
)

func passwordOperations() []Operation { return []Operation{getPassword()} }

// passwordWait is how long Windows may take to make its password.
const passwordWait = 15 * time.Minute

// passwordIn asks for a password with the key that decrypts it.
type passwordIn struct {
	ec2.GetPasswordDataInput
	Key Secret
}

type password struct {
	text string
	*ec2.GetPasswordDataOutput
}

func getPassword() Operation {
	type in = passwordIn
	return &Op[*in, *password]{
		Name: "get-password-data", Help: "Decrypt the administrator's password of a Windows instance", Noun: "instance",
		Secret: "password",
		Fields: []Field[*in]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, Pick: Only("instances", "platform:windows"), To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "private-key-file", Help: "the private half of its key pair: an RSA key in PEM, without a passphrase; it stays on this machine", Need: Required, To: ToFile(func(in *in) *Secret { return &in.Key })},
		},
		Call: decryptPassword, Outputs: []string{"password", "instance-id", "timestamp"},
		Show: func(out *password) Result {
			return Result{Outputs: []Output{{"password", NewSecret(out.text)}, {"instance-id", plain(out.InstanceId)}, {"timestamp", plain(out.Timestamp)}}}
		},
		Example: Values{"instance-id": {"i-0aa00000000000006"}, "private-key-file": {"windows.pem"}},
	}
}

// decryptPassword never tells anything of the key or the password in an error.
func decryptPassword(client *ec2.Client, ctx context.Context, in *passwordIn, opts ...func(*ec2.Options)) (*password, error) {
	key, wrong := rsaKey(in.Key)
	if wrong != nil && in.Key.Reveal() != "" { // without a file the call can still be written down
		return nil, &InputError{Field: "private-key-file", Rule: wrong.Error()}
	}
	out, err := client.GetPasswordData(ctx, &in.GetPasswordDataInput, opts...)
	if err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, &InputError{Field: "private-key-file", Rule: wrong.Error()}
	}
	data := strings.TrimSpace(aws.ToString(out.PasswordData))
	if data == "" {
		return nil, noPassword(ctx, client, *in.InstanceId, aws.ToTime(out.Timestamp))
	}
	sealed, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, &Error{Operation: "get-password-data", Class: Refused, Code: "PasswordData", Message: "what EC2 has for a password is no base64"}
	}
	//lint:ignore SA1019 it is how EC2 encrypts; nobody else can send what is decrypted here
	text, err := rsa.DecryptPKCS1v15(nil, key, sealed)
	if err != nil || !printable(text) {
		return nil, &InputError{Field: "private-key-file", Rule: "does not decrypt the password: it is not the key pair that the instance was launched with"}
	}
	return &password{string(text), out}, nil
}

func printable(text []byte) bool {
	return utf8.Valid(text) && !strings.ContainsFunc(string(text), func(r rune) bool { return !unicode.IsPrint(r) })
}

// rsaKey reads an RSA key in PKCS#1, PKCS#8 or OpenSSH's form.
func rsaKey(file Secret) (*rsa.PrivateKey, error) {
	text := file.Reveal()
	if !isPrivateKey(text) {
		return nil, errors.New("holds no private key; give the file that create-key-pair has saved, in PEM")
	}
	raw, err := ssh.ParseRawPrivateKey([]byte(text))
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked) || strings.Contains(text, "ENCRYPTED PRIVATE KEY"):
		return nil, errors.New("has a passphrase; give a copy without one")
	case strings.Contains(text, "PuTTY-User-Key-File"):
		return nil, errors.New("is PuTTY's; export it as an OpenSSH key in PEM first")
	case err != nil:
		return nil, errors.New("cannot be read; it must be an RSA key in PEM")
	}
	switch key := raw.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ed25519.PrivateKey, ed25519.PrivateKey:
		return nil, errors.New("is an ED25519 key, which decrypts nothing; Windows instances need an RSA key pair")
	}
	return nil, errors.New("is no RSA key; Windows instances need an RSA key pair")
}

// noPassword finds out why EC2 has none.
func noPassword(ctx context.Context, client *ec2.Client, id string, now time.Time) error {
	why := &Error{Operation: "get-password-data", Class: Refused, Code: "NoPassword", Message: "EC2 has no password of " + id}
	err := describeByFilter(ctx, client, []string{id}, func(rs []types.Reservation) {
		i := rs[0].Instances[0]
		ready := aws.ToTime(i.LaunchTime).Add(passwordWait)
		switch {
		case !strings.EqualFold(string(i.Platform), string(types.PlatformValuesWindows)): // EC2 spells it its own way
			why.Hint = "It is no Windows instance: log in with SSH."
		case aws.ToString(i.KeyName) == "":
			why.Hint = "It was launched without a key pair, so EC2 has nothing to encrypt a password for."
		case now.Before(ready):
			why.Message += " yet"
			why.Hint = fmt.Sprintf("Windows makes it within 15 minutes after the launch: try again until %s.", ready.UTC().Format("15:04:05 MST"))
		default:
			why.Hint = "Its image makes no new password (one of your own does not without sysprep), or its key pair " + Clean(aws.ToString(i.KeyName)) + " is not RSA: use the password of the image, or Session Manager."
		}
	})
	if err != nil {
		return explain(err, "get-password-data", client.Options().Region, false)
	}
	return why
}
