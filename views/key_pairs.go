package views

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
)

type keyPair = *types.KeyPairInfo

// keyPairs is the table of key pairs.
func keyPairs() *Resource[keyPair] {
	return &Resource[keyPair]{
		Kind: "key-pairs", Title: "Key pairs", Tab: "Keys", Noun: "key pair", Follows: []string{awsops.AnyResource},
		Empty: "No items found! Press n to create or i to import a key pair.",
		Pages: refs(awsops.KeyPairs),
		// Names may have blanks; an ID never has.
		ID:   func(k keyPair) string { return aws.ToString(k.KeyPairId) },
		Name: func(k keyPair) string { return aws.ToString(k.KeyName) },
		Tags: func(k keyPair) []awsops.Tag { return awsops.TagsOf(k.Tags) },

		Columns: []Column[keyPair]{
			{Title: "Name", Width: 20, Grow: true, Value: func(k keyPair) string { return aws.ToString(k.KeyName) }},
			{Title: "Type", Width: 7, Value: func(k keyPair) string { return string(k.KeyType) }},
			{Title: "ID", Width: 21, Value: func(k keyPair) string { return aws.ToString(k.KeyPairId) }},
			age(func(k keyPair) time.Time { return aws.ToTime(k.CreateTime) }),
			{Title: "Fingerprint", Width: 59, Value: func(k keyPair) string { return aws.ToString(k.KeyFingerprint) }},
			{Title: "Tags", Width: 24, Value: func(k keyPair) string {
				var out []string
				for _, t := range awsops.TagsOf(k.Tags) {
					out = append(out, t.Key+"="+t.Value)
				}
				return strings.Join(out, ",")
			}},
		},
		Actions: append([]Action[keyPair]{
			{Key: "n", Operation: "create-key-pair", Help: "create", Whole: true, Form: true},
			{Key: "i", Operation: "import-key-pair", Help: "import", Whole: true, Form: true},
			{Key: "X", Operation: "delete-key-pair", Help: "delete"},
			{Key: "F", Operation: "check-key-fingerprint", Help: "compare a file", Form: true},
			{Key: "D", Operation: "describe-key-pairs", Help: "all columns", Whole: true},
		}, tagActions[keyPair]()...),
		Links: []Link[keyPair]{
			{Key: "I", Help: "its instances", Kind: "instances", Query: func(k keyPair) string { return column("key", aws.ToString(k.KeyName)) }},
		},
		Inspect: func(_ context.Context, _ *ec2.Client, k keyPair) (Detail, error) {
			return Detail{Object: k, Sections: sections(k, []field[keyPair]{
				{"Key pair", "Name", func(k keyPair) any { return k.KeyName }},
				{"Key pair", "ID", func(k keyPair) any { return k.KeyPairId }},
				{"Key pair", "Type", func(k keyPair) any { return k.KeyType }},
				{"Key pair", "Created", func(k keyPair) any { return k.CreateTime }},
				{"Key pair", "Fingerprint", func(k keyPair) any { return k.KeyFingerprint }},
				{"Key pair", "Public key", func(k keyPair) any { return k.PublicKey }},
			}, func(k keyPair) []Section { return []Section{tagSection(k.Tags)} })}, nil
		},
	}
}
