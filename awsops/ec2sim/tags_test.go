package ec2sim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// pair is a tag; one without "=" has no value at all.
func pair(s string) types.Tag {
	k, v, ok := strings.Cut(s, "=")
	t := types.Tag{Key: &k}
	if ok {
		t.Value = &v
	}
	return t
}

func pairs(list ...string) []types.Tag {
	var out []types.Tag
	for _, s := range list {
		out = append(out, pair(s))
	}
	return out
}

func tag(resources []string, tags ...string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.CreateTags(b.ctx, &ec2.CreateTagsInput{Resources: resources, Tags: pairs(tags...)})
		return err
	}
}

func untag(resources []string, tags ...string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.DeleteTags(b.ctx, &ec2.DeleteTagsInput{Resources: resources, Tags: pairs(tags...)})
		return err
	}
}

// tags lists the tags that a filter finds.
func (b *bench) tags(filters ...string) string {
	b.Helper()
	in := &ec2.DescribeTagsInput{}
	for _, f := range filters {
		name, value, _ := strings.Cut(f, "=")
		in.Filters = append(in.Filters, types.Filter{Name: &name, Values: strings.Split(value, ",")})
	}
	out := must[*ec2.DescribeTagsOutput](b.T)(b.ec2.DescribeTags(b.ctx, in))
	var list []string
	for _, t := range out.Tags {
		list = append(list, fmt.Sprintf("%s %s=%s", t.ResourceType, *t.Key, *t.Value))
	}
	return strings.Join(list, ", ")
}

func (b *bench) do(calls ...func(*bench) error) {
	b.Helper()
	for _, call := range calls {
		if err := call(b); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTagsOfEveryKind(t *testing.T) {
	b := newBench(t, "small")
	nic := *b.instance(web).NetworkInterfaces[0].NetworkInterfaceId
	kinds := map[string]string{
		web: "instance", "vol-0aa00000000000003": "volume", "sg-0aa00000000000011": "security-group", freeIP: "elastic-ip",
		"ami-0aa00000000000001": "image", nic: "network-interface", "subnet-0aa00000000000011": "subnet", "vpc-0aa00000000000001": "vpc",
	}
	for id, kind := range kinds {
		b.do(tag(ids(id), "Stage=blue"))
		if got, want := b.tags("resource-id="+id, "key=Stage"), kind+" Stage=blue"; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
		b.do(untag(ids(id), "Stage"))
		if got := b.tags("resource-id="+id, "key=Stage"); got != "" {
			t.Errorf("%s: still %q", id, got)
		}
	}
}

func TestTagsShowOnTheirResources(t *testing.T) {
	b := newBench(t, "small")
	b.do(tag(ids(web, stopped), "Env=prod", "Owner="))
	if got, want := b.tags("resource-id="+web), "instance Env=prod, instance Name=web-1, instance Team=storefront, instance Owner="; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, in := range []types.Instance{b.instance(web), b.instance(stopped)} {
		if got := aws.ToString(in.Tags[0].Value); *in.Tags[0].Key != "Env" || got != "prod" {
			t.Errorf("%s: %+v", *in.InstanceId, in.Tags)
		}
	}
}

func TestTheThreeMeaningsOfDeleteTags(t *testing.T) {
	for name, test := range map[string]struct{ delete, left string }{
		"a key alone takes any value":             {"Env", "Name=web-1, Team=storefront, Owner="},
		"a value takes only itself":               {"Env=prod", "Env=test, Name=web-1, Team=storefront, Owner="},
		"the value that it has":                   {"Env=test", "Name=web-1, Team=storefront, Owner="},
		"an empty value takes only an empty one":  {"Owner=", "Env=test, Name=web-1, Team=storefront"},
		"an empty value does not take another":    {"Env=", "Env=test, Name=web-1, Team=storefront, Owner="},
		"a key that is not there changes nothing": {"Nobody", "Env=test, Name=web-1, Team=storefront, Owner="},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "small")
			b.do(tag(ids(web), "Owner="), untag(ids(web), test.delete))
			if got := strings.ReplaceAll(b.tags("resource-id="+web), "instance ", ""); got != test.left {
				t.Errorf("left %q, want %q", got, test.left)
			}
		})
	}
	b := newBench(t, "")
	const group = "key=aws:autoscaling:groupName"
	asg := b.tags(group)
	out := must[*ec2.DescribeTagsOutput](t)(b.ec2.DescribeTags(b.ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("key"), Values: []string{"aws:autoscaling:groupName"}}}}))
	id := *out.Tags[0].ResourceId
	b.do(untag(ids(id)))
	if got := b.tags("resource-id=" + id); !strings.HasPrefix(got, "instance aws:autoscaling:groupName=") || strings.Contains(got, ",") {
		t.Errorf("no tag at all takes all but AWS's own, not %q", got)
	}
	if b.tags(group) != asg {
		t.Error("tags of AWS were removed")
	}
}

func TestTagsAreFilteredAndPaged(t *testing.T) {
	b := newBench(t, "small")
	for filters, want := range map[string]string{
		"key=Team":                                 "instance Team=storefront",
		"value=store*":                             "instance Team=storefront, instance Name=store-1",
		"tag:Team=storefront":                      "instance Team=storefront",
		"tag-key=Team":                             "instance Team=storefront",
		"resource-type=elastic-ip;key=Env":         "elastic-ip Env=test",
		"resource-id=" + web + ";value=web-1,test": "instance Env=test, instance Name=web-1",
		"key=team":                                 "",
	} {
		if got := b.tags(strings.Split(filters, ";")...); got != want {
			t.Errorf("%s: %q, want %q", filters, got, want)
		}
	}
	all := strings.Count(b.tags(), ", ") + 1
	seen := map[string]int{}
	pages := ec2.NewDescribeTagsPaginator(b.ec2, &ec2.DescribeTagsInput{MaxResults: aws.Int32(5)})
	for n := 0; pages.HasMorePages(); n++ {
		out := must[*ec2.DescribeTagsOutput](t)(pages.NextPage(b.ctx))
		for _, tag := range out.Tags {
			seen[*tag.ResourceId+" "+*tag.Key]++
		}
		if n == 1 { // what comes and goes elsewhere moves nothing
			b.sim.RemoveInstance(east, web)
		}
	}
	for what, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", what, n)
		}
	}
	if len(seen) != all {
		t.Errorf("%d tags in pages, %d at once", len(seen), all)
	}
}

func TestRefusalsOfTags(t *testing.T) {
	long := strings.Repeat("é", 129)
	var fifty []string
	for n := range 50 {
		fifty = append(fifty, fmt.Sprintf("k%d=v", n))
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = web
	}
	page := func(n int32) func(*bench) error {
		return func(b *bench) error {
			_, err := b.ec2.DescribeTags(b.ctx, &ec2.DescribeTagsInput{MaxResults: &n})
			return err
		}
	}
	runRefusals(t, "small", []refusal{
		{"no ID at all", tag(ids("web"), "a=b"), 400, "InvalidID", "The ID 'web' is not valid"},
		{"an ID that takes no tags", tag(ids("eipassoc-0aa00000"), "a=b"), 400, "InvalidID", "The ID 'eipassoc-0aa00000' is not valid"},
		{"a misshapen ID", untag(ids("i-xyz"), "a"), 400, "InvalidID", "The ID 'i-xyz' is not valid"},
		{"an unknown instance", tag(ids(web, unknown), "a=b"), 400, "InvalidInstanceID.NotFound", "The instance ID '" + unknown + "' does not exist"},
		{"an unknown volume", tag(ids("vol-0ffffffffffffffff"), "a=b"), 400, "InvalidVolume.NotFound", "The volume 'vol-0ffffffffffffffff' does not exist."},
		{"an unknown group", tag(ids("sg-0ffffffffffffffff"), "a=b"), 400, "InvalidGroup.NotFound", "The security group 'sg-0ffffffffffffffff' does not exist"},
		{"an unknown address", tag(ids(noIP), "a=b"), 400, "InvalidAllocationID.NotFound", "The allocation ID '" + noIP + "' does not exist"},
		{"an unknown image", tag(ids("ami-0ffffffffffffffff"), "a=b"), 400, "InvalidAMIID.NotFound", "The image id '[ami-0ffffffffffffffff]' does not exist"},
		{"an unknown interface", tag(ids("eni-0ffffffffffffffff"), "a=b"), 400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-0ffffffffffffffff' does not exist"},
		{"an unknown subnet", tag(ids("subnet-0ffffffffffffffff"), "a=b"), 400, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-0ffffffffffffffff' does not exist"},
		{"an unknown VPC", tag(ids("vpc-0ffffffffffffffff"), "a=b"), 400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-0ffffffffffffffff' does not exist"},
		{"an empty key", tag(ids(web), "=b"), 400, "InvalidTagKey.Malformed", "Tag keys cannot be empty or null."},
		{"a key of AWS", tag(ids(web), "AWS:a=b"), 400, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"},
		{"removing a key of AWS", untag(ids(web), "aws:a"), 400, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"},
		{"a long key", tag(ids(web), long+"=b"), 400, "InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters"},
		{"a long value", tag(ids(web), "a="+strings.Repeat("é", 257)), 400, "InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters"},
		{"too many tags", tag(ids(stopped), fifty...), 400, "TagLimitExceeded", "The maximum number of Tags for a resource has been reached."},
		{"too many resources", tag(many, "a=b"), 400, "InvalidParameterValue", "The number of resources must not be greater than 1000."},
		{"a small page", page(4), 400, "InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5."},
		{"a large page", page(1001), 400, "InvalidParameterValue", "Value ( 1001 ) for parameter maxResults is invalid. Expecting a value smaller than 1000."},
		{"an unknown filter", func(b *bench) error {
			_, err := b.ec2.DescribeTags(b.ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("owner"), Values: []string{"x"}}}})
			return err
		}, 400, "InvalidParameterValue", "The filter 'owner' is invalid"},
		{"a dry run", func(b *bench) error {
			_, err := b.ec2.CreateTags(b.ctx, &ec2.CreateTagsInput{Resources: ids(web), Tags: pairs("a=b"), DryRun: aws.Bool(true)})
			return err
		}, 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."},
	})
	b := newBench(t, "small")
	b.do(tag(ids(web), strings.Repeat("é", 128)+"="+strings.Repeat("é", 256)))
	b.do(tag(ids(stopped), fifty[:48]...)) // and Name and Env
	if err := tag(ids(stopped), "one=more")(b); err == nil {
		t.Error("51 tags were taken")
	}
	b.do(tag(ids(stopped), "k1=other"))
}
