package views

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
)

type tag = *types.TagDescription

// tags is the table of the tags of all resources.
func tags() *Resource[tag] {
	return &Resource[tag]{
		Kind: "tags", Title: "Tags", Noun: "tag", Follows: []string{awsops.AnyResource, "address", "key pair"},
		Pages: refs(awsops.Tags),
		ID:    func(t tag) string { return aws.ToString(t.ResourceId) + " " + aws.ToString(t.Key) },
		Name:  func(tag) string { return "" },
		Tags: func(t tag) []awsops.Tag {
			return []awsops.Tag{{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}}
		},

		Columns: []Column[tag]{
			{Title: "Key", Width: 28, Value: func(t tag) string { return aws.ToString(t.Key) }},
			{Title: "Value", Width: 32, Grow: true, Value: func(t tag) string { return aws.ToString(t.Value) }},
			{Title: "Resource ID", Width: 26, Value: func(t tag) string { return aws.ToString(t.ResourceId) }},
			{Title: "Type", Width: 18, Value: func(t tag) string { return string(t.ResourceType) }},
		},
		Actions: []Action[tag]{
			{Key: "+", Operation: "create-tags", Help: "change", Form: true, Of: tagResource, Fill: fillTag, Deny: tagOfAWS},
			{Key: "-", Operation: "delete-tags", Help: "remove", Of: tagResource, Fill: fillTag, Deny: tagOfAWS},
			{Key: "D", Operation: "describe-tags", Help: "all columns", Whole: true},
		},
		Links: []Link[tag]{
			resourceOf("i", "its instance", "instances", types.ResourceTypeInstance, "id"),
			resourceOf("a", "its address", "addresses", types.ResourceTypeElasticIp, "allocation-id"),
			resourceOf("K", "its key pair", "key-pairs", types.ResourceTypeKeyPair, "id"),
		},
		Inspect: func(_ context.Context, _ *ec2.Client, t tag) (Detail, error) {
			return Detail{Object: t, Sections: sections(t, []field[tag]{
				{"Tag", "Key", func(t tag) any { return t.Key }},
				{"Tag", "Value", func(t tag) any { return t.Value }},
				{"Tag", "Resource ID", func(t tag) any { return t.ResourceId }},
				{"Tag", "Resource type", func(t tag) any { return t.ResourceType }},
			}, nil)}, nil
		},
	}
}

// tagActions set and remove tags of the selected rows of any table.
func tagActions[T any]() []Action[T] {
	return []Action[T]{
		{Key: "+", Operation: "create-tags", Help: "tag", Form: true},
		{Key: "-", Operation: "delete-tags", Help: "untag", Form: true},
	}
}

func tagResource(t tag) string { return aws.ToString(t.ResourceId) }

func fillTag(t tag) awsops.Values {
	return awsops.Values{"tag-key": {aws.ToString(t.Key)}, "tag-value": {aws.ToString(t.Value)}}
}

func tagOfAWS(t tag) string {
	if _, err := awsops.TagKey().Check(aws.ToString(t.Key)); err != nil {
		return "cannot be changed: " + err.Error()
	}
	return ""
}

// resourceOf leads to the table of a kind, where the column has the ID.
func resourceOf(key, help, kind string, of types.ResourceType, name string) Link[tag] {
	return Link[tag]{
		Key: key, Help: help, Kind: kind,
		Query: func(t tag) string { return column(name, aws.ToString(t.ResourceId)) },
		Deny: func(t tag) string {
			if t.ResourceType != of {
				return "is on " + string(t.ResourceType)
			}
			return ""
		},
	}
}
