package ec2sim_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"
)

func (b *bench) createKey(in ec2.CreateKeyPairInput) *ec2.CreateKeyPairOutput {
	b.Helper()
	return must[*ec2.CreateKeyPairOutput](b.T)(b.ec2.CreateKeyPair(b.ctx, &in))
}

func (b *bench) key(name string) types.KeyPairInfo {
	b.Helper()
	out := must[*ec2.DescribeKeyPairsOutput](b.T)(b.ec2.DescribeKeyPairs(b.ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{name}, IncludePublicKey: aws.Bool(true)}))
	return out.KeyPairs[0]
}

func TestCreatedKeysAreReal(t *testing.T) {
	b := newBench(t, "small")
	for kind, header := range map[types.KeyType]string{"": "RSA PRIVATE KEY", "rsa": "RSA PRIVATE KEY", "ed25519": "OPENSSH PRIVATE KEY"} {
		name := "my key " + string(kind)
		if kind == "" {
			name = "plain"
		}
		out := b.createKey(ec2.CreateKeyPairInput{KeyName: &name, KeyType: kind})
		block, _ := pem.Decode([]byte(*out.KeyMaterial))
		if block == nil || block.Type != header {
			t.Fatalf("%s: not a %s", kind, header)
		}
		signer, err := ssh.ParsePrivateKey([]byte(*out.KeyMaterial))
		if err != nil {
			t.Fatal(err)
		}
		info := b.key(name)
		public, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(*info.PublicKey))
		if err != nil || string(public.Marshal()) != string(signer.PublicKey().Marshal()) || comment != name {
			t.Errorf("%s: the public key does not belong to the private one (%v, %q)", kind, err, comment)
		}
		if *info.KeyFingerprint != *out.KeyFingerprint || *info.KeyPairId != *out.KeyPairId || info.CreateTime == nil {
			t.Errorf("%+v", info)
		}
		if kind == "ed25519" {
			continue
		}
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil || key.N.BitLen() != 2048 {
			t.Fatalf("%v, %d bits", err, key.N.BitLen())
		}
		der := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))
		sum := sha1.Sum(der)
		if got := strings.ReplaceAll(*out.KeyFingerprint, ":", ""); got != hex.EncodeToString(sum[:]) || len(*out.KeyFingerprint) != 59 {
			t.Errorf("the fingerprint %s is not the SHA-1 of the PKCS#8 form", *out.KeyFingerprint)
		}
	}
}

func TestKeysForPuTTY(t *testing.T) {
	b := newBench(t, "small")
	for kind, algorithm := range map[types.KeyType]string{"rsa": "ssh-rsa", "ed25519": "ssh-ed25519"} {
		name := "putty-" + string(kind)
		out := b.createKey(ec2.CreateKeyPairInput{KeyName: &name, KeyType: kind, KeyFormat: "ppk"})
		lines := strings.Split(*out.KeyMaterial, "\n")
		if lines[0] != "PuTTY-User-Key-File-2: "+algorithm || lines[1] != "Encryption: none" || lines[2] != "Comment: "+name || !strings.HasPrefix(lines[len(lines)-2], "Private-MAC: ") {
			t.Errorf("%s: starts with %v", kind, lines[:3])
		}
		_, rest, _ := strings.Cut(*out.KeyMaterial, "Public-Lines: ")
		body, _, _ := strings.Cut(rest[strings.Index(rest, "\n"):], "Private-Lines")
		blob := must[[]byte](t)(base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", "")))
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*b.key(name).PublicKey))
		if err != nil || string(blob) != string(public.Marshal()) {
			t.Errorf("%s: another public key in the file: %v", kind, err)
		}
	}
}

func TestKeysAreImportedInEveryForm(t *testing.T) {
	b := newBench(t, "small")
	rsaKey := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	edKey := ed25519.NewKeyFromSeed(make([]byte, 32))
	for kind, public := range map[types.KeyType]any{"rsa": rsaKey.Public(), "ed25519": edKey.Public()} {
		line := must[ssh.PublicKey](t)(ssh.NewPublicKey(public))
		der := must[[]byte](t)(x509.MarshalPKIXPublicKey(public))
		wire := base64.StdEncoding.EncodeToString(line.Marshal())
		fingerprints := map[string]bool{}
		for form, material := range map[string]string{
			"OpenSSH":  string(ssh.MarshalAuthorizedKey(line)),
			"RFC 4716": "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"a key\"\n" + wire[:40] + "\n" + wire[40:] + "\n---- END SSH2 PUBLIC KEY ----\n",
			"DER":      base64.StdEncoding.EncodeToString(der),
		} {
			name := string(kind) + form
			out := must[*ec2.ImportKeyPairOutput](t)(b.ec2.ImportKeyPair(b.ctx, &ec2.ImportKeyPairInput{KeyName: &name, PublicKeyMaterial: []byte(material)}))
			fingerprints[*out.KeyFingerprint] = true
			if info := b.key(name); info.KeyType != kind || !strings.HasPrefix(*info.PublicKey, line.Type()+" "+wire) {
				t.Errorf("%s %s: %+v", kind, form, info)
			}
		}
		if len(fingerprints) != 1 {
			t.Errorf("%s: the forms have different fingerprints: %v", kind, fingerprints)
		}
	}
}

func TestKeysAreDeletedAndFiltered(t *testing.T) {
	b := newBench(t, "small")
	ops := b.key("ops")
	if ops.KeyType != "ed25519" || *b.key("windows").KeyFingerprint == "" || b.key("windows").PublicKey != nil {
		t.Errorf("%+v", ops)
	}
	for filter, want := range map[string]int{
		"key-name=o*": 1, "key-pair-id=" + *ops.KeyPairId: 1, "fingerprint=" + *ops.KeyFingerprint: 1, "tag:Env=x": 0,
	} {
		name, value, _ := strings.Cut(filter, "=")
		out := must[*ec2.DescribeKeyPairsOutput](t)(b.ec2.DescribeKeyPairs(b.ctx, &ec2.DescribeKeyPairsInput{Filters: []types.Filter{{Name: &name, Values: []string{value}}}}))
		if len(out.KeyPairs) != want {
			t.Errorf("%s: %d key pairs", filter, len(out.KeyPairs))
		}
	}
	b.do(tag(ids(*ops.KeyPairId), "Env=x"))
	if got := b.tags("resource-type=key-pair"); got != "key-pair Env=x" {
		t.Error(got)
	}
	for range 2 { // deleting what is gone succeeds too
		out := must[*ec2.DeleteKeyPairOutput](t)(b.ec2.DeleteKeyPair(b.ctx, &ec2.DeleteKeyPairInput{KeyPairId: ops.KeyPairId}))
		if !*out.Return {
			t.Error("not deleted")
		}
	}
	must[*ec2.DeleteKeyPairOutput](t)(b.ec2.DeleteKeyPair(b.ctx, &ec2.DeleteKeyPairInput{KeyName: aws.String("windows")}))
	if out := must[*ec2.DescribeKeyPairsOutput](t)(b.ec2.DescribeKeyPairs(b.ctx, &ec2.DescribeKeyPairsInput{})); len(out.KeyPairs) != 0 {
		t.Errorf("%d are left", len(out.KeyPairs))
	}
	if aws.ToString(b.instance(web).KeyName) != "ops" {
		t.Error("an instance forgot its key")
	}
}

func TestRefusalsOfKeyPairs(t *testing.T) {
	create := func(in ec2.CreateKeyPairInput) func(*bench) error {
		return func(b *bench) error { _, err := b.ec2.CreateKeyPair(b.ctx, &in); return err }
	}
	imported := func(material string) func(*bench) error {
		return func(b *bench) error {
			_, err := b.ec2.ImportKeyPair(b.ctx, &ec2.ImportKeyPairInput{KeyName: aws.String("x"), PublicKeyMaterial: []byte(material)})
			return err
		}
	}
	const format = "Key is not in valid OpenSSH public key format"
	long := strings.Repeat("k", 256)
	runRefusals(t, "small", []refusal{
		{"a name that exists", create(ec2.CreateKeyPairInput{KeyName: aws.String("ops")}), 400, "InvalidKeyPair.Duplicate", "The keypair already exists"},
		{"a long name", create(ec2.CreateKeyPairInput{KeyName: &long}), 400, "InvalidParameterValue", "Value (" + long + ") for parameter KeyName is invalid. Character sets beyond ASCII are not supported."},
		{"an unknown type", create(ec2.CreateKeyPairInput{KeyName: aws.String("x"), KeyType: "dsa"}), 400, "InvalidParameterValue", "Value (dsa) for parameter keyType is invalid."},
		{"an unknown format", create(ec2.CreateKeyPairInput{KeyName: aws.String("x"), KeyFormat: "der"}), 400, "InvalidParameterValue", "Value (der) for parameter keyFormat is invalid."},
		{"a dry run", create(ec2.CreateKeyPairInput{KeyName: aws.String("x"), DryRun: aws.Bool(true)}), 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."},
		{"importing nonsense", imported("nonsense"), 400, "InvalidKey.Format", format},
		{"importing a private key", imported("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"), 400, "InvalidKey.Format", format},
		{"importing another kind", imported("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg= a"), 400, "InvalidKey.Format", format},
		{"deleting nothing", func(b *bench) error { _, err := b.ec2.DeleteKeyPair(b.ctx, &ec2.DeleteKeyPairInput{}); return err }, 400, "MissingParameter", "The request must contain the parameter KeyName"},
		{"an unknown name", func(b *bench) error {
			_, err := b.ec2.DescribeKeyPairs(b.ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{"ops", "nobody"}})
			return err
		}, 400, "InvalidKeyPair.NotFound", "The key pair 'nobody' does not exist"},
		{"an unknown ID", func(b *bench) error {
			_, err := b.ec2.DescribeKeyPairs(b.ctx, &ec2.DescribeKeyPairsInput{KeyPairIds: []string{"key-0ffffffffffffffff"}})
			return err
		}, 400, "InvalidKeyPair.NotFound", "The key pair 'key-0ffffffffffffffff' does not exist"},
	})
}
