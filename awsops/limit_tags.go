package awsops

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// covered reads the tags of things from EC2, now, and says which are within
// the limit. An image of somebody else, which this account cannot tag, is.
func (c *check) covered(region string, ids []string) (map[string]bool, error) {
	client, tags := c.client(region), map[string][]Tag{}
	for chunk := range slices.Chunk(ids, filterValues) {
		err := everyPage(func(token *string) (*string, error) {
			out, err := client.DescribeTags(c.ctx, &ec2.DescribeTagsInput{Filters: filtersOn("resource-id", chunk...), NextToken: token})
			if err != nil {
				return nil, err
			}
			for _, t := range out.Tags {
				id := aws.ToString(t.ResourceId)
				tags[id] = append(tags[id], Tag{aws.ToString(t.Key), aws.ToString(t.Value)})
			}
			return out.NextToken, nil
		})
		if err != nil {
			return nil, err
		}
	}
	in, foreign := map[string]bool{}, []string{}
	for _, id := range ids {
		in[id] = c.policy.Tags.covers(tags[id])
		if !in[id] && kindOf(id) == "ami" {
			foreign = append(foreign, id)
		}
	}
	return in, c.foreign(client, foreign, in)
}

// foreign marks the images that are not the account's own.
func (c *check) foreign(client *ec2.Client, images []string, in map[string]bool) error {
	if len(images) == 0 {
		return nil
	}
	own, err := client.DescribeImages(c.ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: filtersOn("image-id", images...)})
	if err != nil {
		return err
	}
	for _, id := range images {
		in[id] = !slices.ContainsFunc(own.Images, func(i types.Image) bool { return aws.ToString(i.ImageId) == id })
	}
	return nil
}

// byName are the parameters that name things otherwise than by an ID that
// carries tags.
func byName() []string {
	return []string{"KeyName", "PublicIp", "AssociationId", "LaunchTemplateName", "GroupName", "SecurityGroup", "SourceSecurityGroupName"}
}

// leafOf is the last name of a parameter: KeyName of KeyName.1.
func leafOf(parameter string) string {
	parts := strings.Split(parameter, ".")
	for len(parts) > 1 && strings.Trim(parts[len(parts)-1], "0123456789") == "" {
		parts = parts[:len(parts)-1]
	}
	return parts[len(parts)-1]
}

// others looks up what the request names otherwise than by ID, and counts it.
// What cannot be looked up is refused, and what is only being named is not
// looked up.
func (c *check) others() (int, error) {
	fresh := map[string]string{"CreateKeyPair": "KeyName", "ImportKeyPair": "KeyName", "CreateLaunchTemplate": "LaunchTemplateName", "CreateSecurityGroup": "GroupName"}
	found := 0
	for name := range c.form {
		value, leaf := c.form.Get(name), leafOf(name)
		if !slices.Contains(byName(), leaf) || fresh[c.action] == leaf {
			continue
		}
		tags, err := c.tagsOf(leaf, value)
		if err != nil {
			return 0, err
		}
		if !c.policy.Tags.covers(tags) {
			return 0, lacking([]string{value})
		}
		found++
	}
	return found, nil
}

// tagsOf reads the tags of what a parameter names.
func (c *check) tagsOf(leaf, value string) ([]Tag, error) {
	switch leaf {
	case "KeyName":
		return c.keyPair(value)
	case "PublicIp":
		return c.address("public-ip", value)
	case "AssociationId":
		return c.address("association-id", value)
	case "LaunchTemplateName":
		return c.template(value)
	}
	return nil, outside(value + " is a name, and only an ID tells the tags")
}

func (c *check) keyPair(name string) ([]Tag, error) {
	out, err := c.client(c.scope.Region).DescribeKeyPairs(c.ctx, &ec2.DescribeKeyPairsInput{Filters: filtersOn("key-name", exactly(name))})
	if err != nil || len(out.KeyPairs) == 0 {
		return nil, err
	}
	return tagsOf(out.KeyPairs[0].Tags), nil
}

func (c *check) template(name string) ([]Tag, error) {
	out, err := c.client(c.scope.Region).DescribeLaunchTemplates(c.ctx, &ec2.DescribeLaunchTemplatesInput{Filters: filtersOn("launch-template-name", exactly(name))})
	if err != nil || len(out.LaunchTemplates) == 0 {
		return nil, err
	}
	return tagsOf(out.LaunchTemplates[0].Tags), nil
}

func (c *check) address(filter, value string) ([]Tag, error) {
	out, err := c.client(c.scope.Region).DescribeAddresses(c.ctx, &ec2.DescribeAddressesInput{Filters: filtersOn(filter, value)})
	if err != nil || len(out.Addresses) == 0 {
		return nil, err
	}
	return tagsOf(out.Addresses[0].Tags), nil
}

// siftFunc takes out of an answer what the role does not cover. It leaves the
// answer itself as it is: others may read it too.
type siftFunc func(answer any, covered func(ids []string) (map[string]bool, error)) (any, error)

func siftInstanceStatus(answer any, covered func([]string) (map[string]bool, error)) (any, error) {
	out := *answer.(*ec2.DescribeInstanceStatusOutput)
	kept, err := sifted(out.InstanceStatuses, func(s types.InstanceStatus) *string { return s.InstanceId }, covered)
	out.InstanceStatuses = kept
	return &out, err
}

func siftImages(answer any, covered func([]string) (map[string]bool, error)) (any, error) {
	out := *answer.(*ec2.DescribeImagesOutput)
	kept, err := sifted(out.Images, func(i types.Image) *string { return i.ImageId }, covered)
	out.Images = kept
	return &out, err
}

func siftVolumeStatus(answer any, covered func([]string) (map[string]bool, error)) (any, error) {
	out := *answer.(*ec2.DescribeVolumeStatusOutput)
	kept, err := sifted(out.VolumeStatuses, func(s types.VolumeStatusItem) *string { return s.VolumeId }, covered)
	out.VolumeStatuses = kept
	return &out, err
}

func siftModifications(answer any, covered func([]string) (map[string]bool, error)) (any, error) {
	out := *answer.(*ec2.DescribeVolumesModificationsOutput)
	kept, err := sifted(out.VolumesModifications, func(s types.VolumeModification) *string { return s.VolumeId }, covered)
	out.VolumesModifications = kept
	return &out, err
}

func siftBundleTasks(answer any, covered func([]string) (map[string]bool, error)) (any, error) {
	out := *answer.(*ec2.DescribeBundleTasksOutput)
	kept, err := sifted(out.BundleTasks, func(s types.BundleTask) *string { return s.InstanceId }, covered)
	out.BundleTasks = kept
	return &out, err
}

func siftTags(answer any, covered func([]string) (map[string]bool, error)) (any, error) {
	out := *answer.(*ec2.DescribeTagsOutput)
	kept, err := sifted(out.Tags, func(t types.TagDescription) *string { return t.ResourceId }, covered)
	out.Tags = kept
	return &out, err
}

// sifted keeps the rows whose owner is covered.
func sifted[T any](rows []T, owner func(T) *string, covered func([]string) (map[string]bool, error)) ([]T, error) {
	var ids []string
	for _, row := range rows {
		ids = append(ids, aws.ToString(owner(row)))
	}
	in, err := covered(unique(ids))
	if err != nil {
		return nil, err
	}
	var kept []T
	for _, row := range rows {
		if in[aws.ToString(owner(row))] {
			kept = append(kept, row)
		}
	}
	return kept, nil
}
