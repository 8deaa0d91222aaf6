package awsops

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Tags lists the tags of every resource of the client's region, page by page.
func Tags(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.TagDescription, error] {
	return pagesOf(client, "describe-tags", func(size *int32, token *string) ([]types.TagDescription, *string, error) {
		out, err := client.DescribeTags(ctx, &ec2.DescribeTagsInput{MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Tags, out.NextToken, nil
	})
}

// AnyResource is the noun of operations that take resources of every kind.
const AnyResource = "resource"

func tagOperations() []Operation {
	return []Operation{createTags(), deleteTags(), listTags()}
}

// anyID is rule V-ID for a resource of any kind.
func anyID() Rule {
	return Shaped(`^[a-z]+(-[a-z]+)*-([0-9a-f]{8}|[0-9a-f]{17})$`, "a resource ID, such as i- and 8 or 17 hex digits")
}

func tagTargets[In any](member func(In) *[]string) Field[In] {
	return Field[In]{Name: "resource-ids", Help: "the resources, of any kind", Need: Required, Default: "selection", Rule: anyID(), Most: 1000, Target: true, To: ToList(member)}
}

// oneTag is the tag that the fields tag-key and tag-value describe.
func oneTag(tags *[]types.Tag) *types.Tag {
	if len(*tags) == 0 {
		*tags = []types.Tag{{}}
	}
	return &(*tags)[0]
}

func tagKey[In any](tags func(In) *[]types.Tag) Field[In] {
	return Field[In]{Name: "tag-key", Help: "the name of the tag", Need: Required, Rule: TagKey(), To: to(KindString, func(in In, v string) { oneTag(tags(in)).Key = aws.String(v) })}
}

func createTags() Operation {
	type in = ec2.CreateTagsInput
	tags := func(in *in) *[]types.Tag { return &in.Tags }
	return &Op[*in, *ec2.CreateTagsOutput]{
		Name: "create-tags", Help: "Set a tag on one or more resources", Noun: AnyResource, Word: "tag", Risk: Changes,
		Warning: "A value that the tag has already is overwritten.", Compare: compareCreate,
		Fields: []Field[*in]{
			tagTargets(func(in *in) *[]string { return &in.Resources }), tagKey(tags),
			{Name: "tag-value", Help: "its value", Default: "empty", Blank: true, Rule: TagText(tagLength), To: to(KindString, func(in *in, v string) { oneTag(&in.Tags).Value = aws.String(v) })},
		},
		Check: func(in *in) error {
			if t := oneTag(&in.Tags); t.Value == nil {
				t.Value = aws.String("")
			}
			return nil
		},
		Call: (*ec2.Client).CreateTags, Outputs: []string{"ok"},
		Show:    done[*ec2.CreateTagsOutput],
		Example: Values{"resource-ids": {"i-0aa00000000000001", "eipalloc-0aa00000000000001"}, "tag-key": {"Stage"}, "tag-value": {"blue"}},
	}
}

// deleteTags always sends a key: without one, EC2 would remove every tag.
func deleteTags() Operation {
	type in = ec2.DeleteTagsInput
	tags := func(in *in) *[]types.Tag { return &in.Tags }
	return &Op[*in, *ec2.DeleteTagsOutput]{
		Name: "delete-tags", Help: "Remove a tag from one or more resources", Noun: AnyResource, Word: "untag", Risk: Changes,
		Compare: compareDelete,
		Fields: []Field[*in]{
			tagTargets(func(in *in) *[]string { return &in.Resources }), tagKey(tags),
			{Name: "tag-value", Help: "remove it only where it has this value", Default: "any value", Blank: true, Rule: TagText(tagLength), To: to(KindString, func(in *in, v string) { oneTag(&in.Tags).Value = aws.String(v) })},
		},
		Call: (*ec2.Client).DeleteTags, Outputs: []string{"ok"},
		Show:    done[*ec2.DeleteTagsOutput],
		Example: Values{"resource-ids": {"i-0aa00000000000001"}, "tag-key": {"Env"}, "tag-value": {"test"}},
	}
}

// toFilter binds one value to one EC2 filter.
func toFilter[In any](name string, member func(In) *[]types.Filter) Binding[In] {
	return to(KindString, func(in In, v string) {
		*member(in) = append(*member(in), filterOn(name, v))
	})
}

func listTags() Operation {
	type in = ec2.DescribeTagsInput
	filters := func(in *in) *[]types.Filter { return &in.Filters }
	columns := []column[types.TagDescription]{
		{"resource-id", "Resource ID", false, func(t types.TagDescription) any { return t.ResourceId }},
		{"resource-type", "Resource type", false, func(t types.TagDescription) any { return t.ResourceType }},
		{"key", "Key", false, func(t types.TagDescription) any { return t.Key }},
		{"value", "Value", false, func(t types.TagDescription) any { return t.Value }},
	}
	var kinds []string
	for _, k := range types.ResourceType("").Values() {
		kinds = append(kinds, string(k))
	}
	return &Op[*in, *[]types.TagDescription]{
		Name: "describe-tags", Help: "List the tags of resources", Noun: "tag",
		Fields: []Field[*in]{
			{Name: "resource-id", Help: "only of this resource", Default: "all", Rule: anyID(), To: toFilter("resource-id", filters)},
			{Name: "resource-type", Help: "only of resources of this kind", Default: "all", Choices: kinds, To: toFilter("resource-type", filters)},
			{Name: "tag-key", Help: "only with this name; * and ? match any text", Default: "all", Rule: TagText(tagKeyLength), To: toFilter("key", filters)},
			{Name: "tag-value", Help: "only with this value; * and ? match any text", Default: "all", Blank: true, Rule: TagText(tagLength), To: toFilter("value", filters)},
			{Name: "page-size", Help: "tags in one answer", Default: "1000", Rule: Between(5, 1000), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
		},
		Call: describeTags, Outputs: names(columns),
		Show:    func(out *[]types.TagDescription) Result { return Result{Table: tableOf(columns, *out)} },
		Example: Values{"resource-id": {"i-0aa00000000000001"}, "resource-type": {"instance"}, "tag-key": {"Name"}, "tag-value": {"web-1"}, "page-size": {"100"}},
	}
}

func describeTags(client *ec2.Client, ctx context.Context, in *ec2.DescribeTagsInput, opts ...func(*ec2.Options)) (*[]types.TagDescription, error) {
	if in.MaxResults == nil {
		in.MaxResults = aws.Int32(fullPage)
	}
	var all []types.TagDescription
	err := everyPage(func(token *string) (*string, error) {
		in.NextToken = token
		page, err := client.DescribeTags(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Tags...)
		return page.NextToken, nil
	})
	return &all, err
}

// presentValues reads the values that resources have for a key.
func presentValues(ctx context.Context, client *ec2.Client, v Values) (key string, ids []string, values map[string]string, err error) {
	key, ids, values = strings.TrimSpace(v.Get("tag-key")), idList(v["resource-ids"]), map[string]string{}
	for chunk := range slices.Chunk(ids, filterValues-1) {
		tags, err := describeTags(client, ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{
			filterOn("resource-id", chunk...), filterOn("key", exactly(key)),
		}})
		if err != nil {
			return key, ids, values, explain(err, "describe-tags", client.Options().Region, false)
		}
		for _, t := range *tags {
			values[aws.ToString(t.ResourceId)] = aws.ToString(t.Value)
		}
	}
	return key, ids, values, nil
}

// compareCreate says which values a new one would overwrite.
func compareCreate(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	key, ids, present, err := presentValues(ctx, client, v)
	value := v.Get("tag-value")
	return grouped(ids, func(id string) string {
		switch old, ok := present[id]; {
		case !ok:
			return fmt.Sprintf("%s=%s is new on", key, value)
		case old == value:
			return fmt.Sprintf("%s=%s stays as it is on", key, value)
		default:
			return fmt.Sprintf("%s=%s becomes %s=%s on", key, old, key, value)
		}
	}), err
}

// compareDelete says which values would go.
func compareDelete(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	key, ids, present, err := presentValues(ctx, client, v)
	return grouped(ids, func(id string) string {
		switch old, ok := present[id]; {
		case !ok:
			return "There is no tag " + key + " on"
		case len(v["tag-value"]) > 0 && old != v.Get("tag-value"):
			return fmt.Sprintf("%s=%s has another value and stays on", key, old)
		default:
			return fmt.Sprintf("%s=%s is removed from", key, old)
		}
	}), err
}

// grouped joins the IDs of which the same is to be said.
func grouped(ids []string, what func(id string) string) []string {
	var order []string
	list := map[string][]string{}
	for _, id := range ids {
		says := what(id)
		if list[says] == nil {
			order = append(order, says)
		}
		list[says] = append(list[says], id)
	}
	for i, says := range order {
		order[i] = says + " " + strings.Join(list[says], ", ")
	}
	return order
}
