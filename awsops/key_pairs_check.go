package awsops

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fingerprintIn asks whether a file is the other half of a key pair.
type fingerprintIn struct {
	KeyName *string
	File    Secret
	DryRun  *bool
}

// checkedKey is a key pair that a file belongs to.
type checkedKey struct {
	pair types.KeyPairInfo
	rule string
}

func checkFingerprint() Operation {
	type in = fingerprintIn
	return &Op[*in, *checkedKey]{
		Name: "check-key-fingerprint", API: "DescribeKeyPairs", Help: "Tell whether a key file belongs to a key pair", Noun: "key pair",
		Fields: []Field[*in]{
			{Name: "key-name", Help: "the key pair, by its name or ID", Need: Required, Default: "selected row", Rule: KeyName(), Target: true, Pick: Only("key-pairs", ""), To: ToString(func(in *in) **string { return &in.KeyName })},
			{Name: "file", Help: "a private key without a passphrase, or a public key; it stays on this machine", Need: Required, To: ToFile(func(in *in) *Secret { return &in.File })},
		},
		Call: compareFingerprints, Outputs: []string{"matches", "key-name", "key-pair-id", "fingerprint", "rule"},
		Show: func(out *checkedKey) Result {
			return Result{
				Message: fmt.Sprintf("the file belongs to %s: %s, %s", aws.ToString(out.pair.KeyName), aws.ToString(out.pair.KeyFingerprint), out.rule),
				Outputs: []Output{
					{"matches", true}, {"key-name", plain(out.pair.KeyName)}, {"key-pair-id", plain(out.pair.KeyPairId)},
					{"fingerprint", plain(out.pair.KeyFingerprint)}, {"rule", out.rule},
				},
			}
		},
		Example: Values{"key-name": {"windows"}, "file": {"windows.pem"}},
	}
}

// compareFingerprints computes what EC2 can show for the file, by each of its
// rules, and compares. None that matches is a failure, also to a script.
func compareFingerprints(client *ec2.Client, ctx context.Context, in *fingerprintIn, opts ...func(*ec2.Options)) (*checkedKey, error) {
	prints, err := Fingerprints([]byte(in.File.Reveal()))
	if err != nil && in.File.Reveal() != "" { // without a file the call can still be written down
		return nil, &InputError{Field: "file", Rule: "holds no key that can be compared: " + err.Error()}
	}
	if aws.ToBool(in.DryRun) {
		_, err := client.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{DryRun: in.DryRun}, opts...)
		return nil, err
	}
	found, err := findKeyPair(ctx, client, *in.KeyName, opts...)
	if err != nil {
		return nil, err
	}
	if len(prints) == 0 {
		return nil, &InputError{Field: "file", Rule: "is empty"}
	}
	if found == nil {
		return nil, &InputError{Field: "key-name", Value: *in.KeyName, Rule: "is no key pair of " + client.Options().Region}
	}
	given, said := aws.ToString(found.KeyFingerprint), []string{}
	for _, p := range prints {
		if SameFingerprint(p.Value, given) {
			return &checkedKey{pair: *found, rule: p.Rule}, nil
		}
		said = append(said, p.Value+", "+p.Rule)
	}
	e := &Error{Operation: "check-key-fingerprint", Class: Refused, Code: "OtherKey",
		Message: fmt.Sprintf("the file is not %s, which has %s; the file has %s", aws.ToString(found.KeyName), given, strings.Join(said, " or "))}
	if !strings.Contains(in.File.Reveal(), "PRIVATE KEY") && len(given) == len("00:")*20-1 {
		e.Hint = "EC2 has created this pair, and shows a fingerprint that only the private key tells: give that one."
	}
	return nil, e
}
