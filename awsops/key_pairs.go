package awsops

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// KeyPairs lists the key pairs of the client's region.
func KeyPairs(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.KeyPairInfo, error] {
	return onePage(func() ([]types.KeyPairInfo, error) {
		out, err := client.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{IncludePublicKey: aws.Bool(true)})
		if err != nil {
			return nil, explain(err, "describe-key-pairs", client.Options().Region, false)
		}
		return out.KeyPairs, nil
	})
}

func keyPairOperations() []Operation {
	return []Operation{createKeyPair(), deleteKeyPair(), listKeyPairs(), importKeyPair(), checkFingerprint()}
}

func newKeyName[In any](member func(In) **string) Field[In] {
	return Field[In]{Name: "key-name", Help: "the name of the new key pair", Need: Required, Rule: KeyName(), To: ToString(member)}
}

func createKeyPair() Operation {
	type in = ec2.CreateKeyPairInput
	return &Op[*in, *ec2.CreateKeyPairOutput]{
		Name: "create-key-pair", Help: "Create a key pair and save its private key", Noun: "key pair", Risk: Changes,
		Warning: "EC2 hands the private key out once and keeps no copy. ED25519 is not for Windows.",
		Doubt:   "A lost answer may have left a key pair whose private key nobody has: delete it and create another.",
		Secret:  "key-material",
		Compare: func(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
			return nameTaken(ctx, client, v.Get("key-name"))
		},
		Fields: []Field[*in]{
			newKeyName(func(in *in) **string { return &in.KeyName }),
			{Name: "key-type", Help: "the kind of key", Default: "rsa", Choices: []string{"rsa", "ed25519"}, To: to(KindString, func(in *in, v string) { in.KeyType = types.KeyType(v) })},
			{Name: "key-format", Help: "pem for OpenSSH, ppk for PuTTY", Default: "pem", Choices: []string{"pem", "ppk"}, To: to(KindString, func(in *in, v string) { in.KeyFormat = types.KeyFormat(v) })},
			newTags(types.ResourceTypeKeyPair, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
		},
		Call: (*ec2.Client).CreateKeyPair, Outputs: []string{"key-material", "key-fingerprint", "key-pair-id"},
		Show: func(out *ec2.CreateKeyPairOutput) Result {
			return Result{Outputs: []Output{
				{"key-material", NewSecret(aws.ToString(out.KeyMaterial))},
				{"key-fingerprint", plain(out.KeyFingerprint)}, {"key-pair-id", plain(out.KeyPairId)},
			}}
		},
		Example: Values{"key-name": {"deploy"}, "key-type": {"ed25519"}, "key-format": {"ppk"}, "tags": {"Env=test"}},
	}
}

// nameTaken warns of a name that EC2 will refuse.
func nameTaken(ctx context.Context, client *ec2.Client, name string) ([]string, error) {
	found, err := findKeyPair(ctx, client, strings.TrimSpace(name))
	if err != nil || found == nil || aws.ToString(found.KeyName) != strings.TrimSpace(name) {
		return nil, err
	}
	return []string{"A key pair of that name exists already: EC2 will refuse."}, nil
}

// findKeyPair looks a key pair up by its ID or its name. The question is a
// read, which leaves no doubt when it fails; nil means that there is none.
func findKeyPair(ctx context.Context, client *ec2.Client, name string, opts ...func(*ec2.Options)) (*types.KeyPairInfo, error) {
	for _, filter := range []string{"key-pair-id", "key-name"} {
		out, err := client.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: filtersOn(filter, exactly(name))}, opts...)
		if err != nil {
			return nil, explain(err, "describe-key-pairs", client.Options().Region, false)
		}
		if len(out.KeyPairs) > 0 {
			return &out.KeyPairs[0], nil
		}
	}
	return nil, nil
}

// deleteKeyIn is a deletion with the key pair as the operator named it.
type deleteKeyIn struct {
	ec2.DeleteKeyPairInput
	Key *string
}

func deleteKeyPair() Operation {
	type in = deleteKeyIn
	return &Op[*in, *finished]{
		Name: "delete-key-pair", Help: "Delete a key pair from EC2", Noun: "key pair", Risk: Destroys,
		Warning: "Instances keep their public key. New ones cannot be launched with it any more.", Foresee: launchedWith,
		Fields: []Field[*in]{{Name: "key-name", Help: "the key pair, by its name or ID", Need: Required, Default: "selected row", Rule: KeyName().picking("key-pairs", "Name"), Target: true, To: ToString(func(in *in) **string { return &in.Key })}},
		Call:   deleteKey, Outputs: []string{"result"}, Show: showFinished,
		Example: Values{"key-name": {"ops"}},
	}
}

// deleteKey looks first: EC2 says yes to the deletion of what never was.
func deleteKey(client *ec2.Client, ctx context.Context, in *deleteKeyIn, opts ...func(*ec2.Options)) (*finished, error) {
	found, err := findKeyPair(ctx, client, aws.ToString(in.Key))
	if err != nil {
		return nil, err
	}
	if found == nil {
		return &finished{said: "did not exist"}, nil
	}
	in.KeyPairId = found.KeyPairId
	if in.KeyPairId == nil {
		in.KeyName = found.KeyName
	}
	_, err = client.DeleteKeyPair(ctx, &in.DeleteKeyPairInput, opts...)
	return &finished{}, err
}

// launchedWith names the instances that have a key pair.
func launchedWith(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lines []string
	for _, id := range ids {
		found, err := findKeyPair(ctx, client, id)
		if err != nil || found == nil {
			return lines, err
		}
		name, instances := aws.ToString(found.KeyName), []string{}
		err = instancesWhere(ctx, client, filtersOn("key-name", exactly(name)), func(rs []types.Reservation) {
			for _, i := range instanceRows(rs) {
				instances = append(instances, strings.TrimSpace(i.Name+" "+i.ID))
			}
		})
		if err != nil {
			return lines, err
		}
		if n := len(instances); n > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d launched with it: %s", name, n, strings.Join(instances, ", ")))
		}
	}
	return lines, nil
}

func listKeyPairs() Operation {
	type in = ec2.DescribeKeyPairsInput
	return &Op[*in, *ec2.DescribeKeyPairsOutput]{
		Name: "describe-key-pairs", Help: "List the key pairs", Noun: "key pair",
		Fields: append([]Field[*in]{
			{Name: "key-names", Help: "only this key pair, repeated for more", Default: "all", Rule: KeyName().picking("key-pairs", "Name"), Whole: true, To: ToList(func(in *in) *[]string { return &in.KeyNames })},
			{Name: "key-pair-ids", Help: "only the key pairs with these IDs", Default: "all", Rule: ID("key"), To: ToList(func(in *in) *[]string { return &in.KeyPairIds })},
			{Name: "include-public-key", Help: "also the public keys, in JSON", Default: "false", To: ToBool(func(in *in) **bool { return &in.IncludePublicKey })},
		}, delimiters[*in](",")[1:]...),
		Call: (*ec2.Client).DescribeKeyPairs, Outputs: names(keyPairColumns()),
		Show: func(out *ec2.DescribeKeyPairsOutput) Result {
			sortBy(out.KeyPairs, func(a, b types.KeyPairInfo) int {
				return strings.Compare(aws.ToString(a.KeyName), aws.ToString(b.KeyName))
			})
			return Result{Table: tableOf(keyPairColumns(), out.KeyPairs), EmptyText: "No items found! Create a key pair with create-key-pair or import one with import-key-pair."}
		},
		Example: Values{"key-names": {"ops"}, "include-public-key": {"true"}},
	}
}

func keyPairColumns() []column[types.KeyPairInfo] {
	type key = types.KeyPairInfo
	return []column[key]{
		{"key-name", "Key name", false, func(k key) any { return k.KeyName }},
		{"fingerprint", "Fingerprint", false, func(k key) any { return k.KeyFingerprint }},
		{"key-pair-id", "ID", false, func(k key) any { return k.KeyPairId }},
		{"key-type", "Type", false, func(k key) any { return k.KeyType }},
		{"created", "Created", false, func(k key) any { return k.CreateTime }},
		{"tags", "Tags", false, func(k key) any { return tagPairs(k.Tags) }},
		{"public-key", "Public key", true, func(k key) any { return k.PublicKey }},
	}
}

func importKeyPair() Operation {
	type in = ec2.ImportKeyPairInput
	return &Op[*in, *ec2.ImportKeyPairOutput]{
		Name: "import-key-pair", Help: "Import the public half of a key pair of your own", Noun: "key pair", Risk: Changes,
		Compare: func(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
			return nameTaken(ctx, client, v.Get("key-name"))
		},
		Fields: []Field[*in]{
			newKeyName(func(in *in) **string { return &in.KeyName }),
			{Name: "public-key-material", Help: "the text of the public key file", Need: Required, Long: true, Secret: isNoPublicKey, Rule: PublicKey(), To: to(KindString, func(in *in, v string) { in.PublicKeyMaterial = []byte(v) })},
			newTags(types.ResourceTypeKeyPair, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
		},
		Call: (*ec2.Client).ImportKeyPair, Outputs: []string{"key-name", "key-fingerprint", "key-pair-id"},
		Show: func(out *ec2.ImportKeyPairOutput) Result {
			return Result{
				Message: fmt.Sprintf("imported %s (%s)", aws.ToString(out.KeyName), aws.ToString(out.KeyPairId)),
				Outputs: []Output{{"key-name", plain(out.KeyName)}, {"key-fingerprint", plain(out.KeyFingerprint)}, {"key-pair-id", plain(out.KeyPairId)}},
			}
		},
		Example: Values{
			"key-name": {"laptop"}, "tags": {"Env=test"},
			"public-key-material": {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop laptop"},
		},
	}
}

// isNoPublicKey hides what may be the other half.
func isNoPublicKey(v Values) bool {
	_, err := PublicKey().Check(v.Get("public-key-material"))
	return err != nil
}
