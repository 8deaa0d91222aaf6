package awsops

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const imageFilters = "architecture, creation-date, description, image-id, image-type, is-public, kernel-id, name, owner-alias, owner-id, platform, root-device-type, state, virtualization-type, block-device-mapping.snapshot-id, tag:KEY"

// Images lists the account's own images page by page; a region has more than
// 100,000 public ones.
func Images(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Image, error] {
	return pagesOf(client, "describe-images", func(size *int32, token *string) ([]types.Image, *string, error) {
		out, err := client.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, IncludeDisabled: aws.Bool(true), MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Images, out.NextToken, nil
	})
}

// ImagesByID reads single images, whoever owns them. IDs that EC2 does not
// list are left out.
func ImagesByID(ctx context.Context, client *ec2.Client, ids []string) ([]*types.Image, error) {
	var rows []*types.Image
	for chunk := range slices.Chunk(ids, filterValues) {
		found, err := imagesWhere(ctx, client, &ec2.DescribeImagesInput{Filters: filtersOn("image-id", chunk...), IncludeDeprecated: aws.Bool(true), IncludeDisabled: aws.Bool(true)})
		if err != nil {
			return nil, err
		}
		for i := range found {
			rows = append(rows, &found[i])
		}
	}
	return rows, nil
}

func imagesWhere(ctx context.Context, client *ec2.Client, in *ec2.DescribeImagesInput) ([]types.Image, error) {
	var found []types.Image
	for {
		out, err := client.DescribeImages(ctx, in)
		if err != nil {
			return found, explain(err, "describe-images", client.Options().Region, false)
		}
		found = append(found, out.Images...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return found, nil
		}
	}
}

// oneImage reads an image that must be there. One that was deregistered a
// moment ago is answered by an empty list.
func oneImage(ctx context.Context, client *ec2.Client, id string) (types.Image, error) {
	found, err := imagesWhere(ctx, client, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if err != nil {
		return types.Image{}, err
	}
	if len(found) == 0 {
		return types.Image{}, notFound("describe-images", "InvalidAMIID.NotFound", "The image id '["+id+"]' is not found.", client.Options().Region)
	}
	return found[0], nil
}

// imageStandings reads how far new images have come. EC2 counts their
// snapshots only: an image is as far as the slowest of them.
func imageStandings(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
	return standingsByRegion(ctx, client, ids, func(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
		rows, err := ImagesByID(ctx, client, ids)
		out := map[string]Standing{}
		for _, i := range rows {
			standing := Standing{State: string(i.State)}
			if behind := ImageSnapshots(i); i.State == types.ImageStatePending && len(behind) > 0 {
				standing.Percent = 100
				found, err := SnapshotsByID(ctx, client, behind)
				if err != nil || len(found) == 0 {
					standing.Percent = 0
				}
				for _, s := range found {
					standing.Percent = min(standing.Percent, SnapshotPercent(s))
				}
			}
			out[aws.ToString(i.ImageId)] = standing
		}
		return out, err
	})
}

// ImageSnapshots are the snapshots that an image is made from.
func ImageSnapshots(i *types.Image) []string {
	var ids []string
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil && m.Ebs.SnapshotId != nil {
			ids = append(ids, *m.Ebs.SnapshotId)
		}
	}
	return ids
}

// sayImage names an image for people.
func sayImage(i types.Image) string {
	return fmt.Sprintf("%s (%s)", aws.ToString(i.ImageId), aws.ToString(i.Name))
}

// imageReason is why an image is in its state: the code and the words.
func imageReason(r *types.StateReason) []string {
	if r == nil {
		return nil
	}
	return slices.DeleteFunc([]string{aws.ToString(r.Code), aws.ToString(r.Message)}, func(s string) bool { return s == "" })
}

// imageColumns are the 16 of the catalogue, and what came later.
func imageColumns() []column[types.Image] {
	type image = types.Image
	return []column[image]{
		{"image-id", "Image ID", false, func(i image) any { return i.ImageId }},
		{"name", "Name", false, func(i image) any { return i.Name }},
		{"image-location", "Location", false, func(i image) any { return i.ImageLocation }},
		{"description", "Description", false, func(i image) any { return i.Description }},
		{"public", "Public", false, func(i image) any { return i.Public }},
		{"architecture", "Architecture", false, func(i image) any { return i.Architecture }},
		{"owner-id", "Owner", false, func(i image) any { return i.OwnerId }},
		{"owner-alias", "Alias", false, func(i image) any { return i.ImageOwnerAlias }},
		{"image-type", "Image type", false, func(i image) any { return i.ImageType }},
		{"status", "State", false, func(i image) any { return i.State }},
		{"kernel-id", "Kernel", false, func(i image) any { return i.KernelId }},
		{"ramdisk-id", "RAM disk", false, func(i image) any { return i.RamdiskId }},
		{"platform", "Platform", false, func(i image) any { return ImagePlatform(&i) }},
		{"state-reason", "Reason", false, func(i image) any { return imageReason(i.StateReason) }},
		{"root-device-name", "Root device", false, func(i image) any { return i.RootDeviceName }},
		{"root-device-type", "Root type", false, func(i image) any { return i.RootDeviceType }},
		{"creation-date", "Created", true, func(i image) any { return i.CreationDate }},
		{"deprecation-time", "Deprecated", true, func(i image) any { return i.DeprecationTime }},
		{"last-launched-time", "Last launched", true, func(i image) any { return i.LastLaunchedTime }},
		{"virtualization-type", "Virtualization", true, func(i image) any { return i.VirtualizationType }},
		{"ena-support", "ENA", true, func(i image) any { return i.EnaSupport }},
		{"boot-mode", "Boot mode", true, func(i image) any { return i.BootMode }},
		{"imds-support", "IMDS", true, func(i image) any { return i.ImdsSupport }},
		{"tpm-support", "TPM", true, func(i image) any { return i.TpmSupport }},
		{"source-image-id", "Source image", true, func(i image) any { return i.SourceImageId }},
		{"snapshot-ids", "Snapshots", true, func(i image) any { return ImageSnapshots(&i) }},
		{"block-devices", "Block devices", true, func(i image) any { return ImageDevices(&i) }},
		{"tags", "Tags", true, func(i image) any { return tagPairs(i.Tags) }},
	}
}

// ImagePlatform is the platform in EC2's own words; the old ones are often missing.
func ImagePlatform(i *types.Image) string {
	if s := aws.ToString(i.PlatformDetails); s != "" {
		return s
	}
	return string(i.Platform)
}

// ImageDevices are the block devices of an image, each in a few words.
func ImageDevices(i *types.Image) []string {
	var out []string
	for _, m := range i.BlockDeviceMappings {
		words := aws.ToString(m.DeviceName) + " " + aws.ToString(m.VirtualName)
		if m.Ebs != nil {
			words += fmt.Sprintf("%s %d GiB %s", aws.ToString(m.Ebs.SnapshotId), aws.ToInt32(m.Ebs.VolumeSize), m.Ebs.VolumeType)
			if aws.ToBool(m.Ebs.Encrypted) {
				words += " encrypted"
			}
			if !aws.ToBool(m.Ebs.DeleteOnTermination) {
				words += " kept on termination"
			}
		}
		out = append(out, words)
	}
	return out
}

// DescribedImage is an image with who may launch it, and what depends on it.
type DescribedImage struct {
	types.Image
	Sharing
	// Instances are those here that were launched from it.
	Instances []types.Instance
}

func imageDetails() []column[DescribedImage] {
	type image = DescribedImage
	of := func(get func(types.Image) any) func(image) any { return func(i image) any { return get(i.Image) } }
	var out []column[image]
	for _, c := range imageColumns() {
		if c.name != "state-reason" {
			out = append(out, column[image]{c.name, "", c.extra, of(c.cell)})
		}
	}
	return append(out,
		column[image]{"state-reason", "", false, func(i image) any {
			if i.StateReason == nil {
				return nil
			}
			return i.StateReason.Message
		}},
		column[image]{"product-codes", "", false, func(i image) any { return ProductCodes(i.ProductCodes) }},
		column[image]{"launch-permissions", "", false, func(i image) any { return i.Shared }},
	)
}

// InspectImage reads everything about an image. What may not be read is left
// out, with the reason.
func InspectImage(ctx context.Context, client *ec2.Client, id string) (DescribedImage, error) {
	i, err := oneImage(ctx, client, id)
	if err != nil {
		return DescribedImage{}, err
	}
	d := DescribedImage{Image: i}
	if d.Shared, err = launchableBy(ctx, client, id); err != nil {
		d.Unread = AsError(err).Code // the owner only may know
		if aws.ToBool(i.Public) {
			d.Shared = []string{everybody}
		}
	}
	d.Block, _ = imageSharingBlock(ctx, client)
	d.Instances, _ = instancesOf(ctx, client, id)
	return d, nil
}

// instancesOf are the instances that were launched from images and are still there.
func instancesOf(ctx context.Context, client *ec2.Client, ids ...string) ([]types.Instance, error) {
	in := &ec2.DescribeInstancesInput{Filters: append(filtersOn("image-id", ids...), filterOn("instance-state-name", "pending", "running", "stopping", "stopped"))}
	var found []types.Instance
	for {
		out, err := client.DescribeInstances(ctx, in)
		if err != nil {
			return found, explain(err, "describe-instances", client.Options().Region, false)
		}
		for _, r := range out.Reservations {
			found = append(found, r.Instances...)
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return found, nil
		}
	}
}

// ImageName is rule V-AMINAME.
func ImageName() Rule {
	const text = "3 to 128 letters, digits, blanks and ()[]./-'@_"
	shape := regexp.MustCompile(`^[A-Za-z0-9 ()\[\]./'@_-]{3,128}$`)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if !shape.MatchString(s) {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

// Manifest is rule V-MANIFEST: where the manifest of a bundle is in S3.
func Manifest() Rule {
	shape := regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*[^/]\.manifest\.xml$`)
	return Rule{Text: "bucket/path.manifest.xml", Check: func(s string) (string, error) {
		if s = strings.TrimPrefix(s, "/"); !shape.MatchString(s) {
			return "", errors.New("write bucket/path.manifest.xml")
		}
		return s, nil
	}}
}

// AnyImage is an image, a kernel or a RAM disk.
func AnyImage() Rule {
	rule := Shaped(`^(ami|aki|ari)-([0-9a-f]{8}|[0-9a-f]{17})$`, "ami-, aki- or ari- and 8 or 17 hex digits")
	return rule.picking("images", "")
}
