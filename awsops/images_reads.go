package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// describedImages are images, and those that are missing.
type describedImages struct {
	images  []types.Image
	missing []Item
	cut     bool
}

// publicPage is as many of others' images as one answer holds without being slow.
const publicPage = 100

func imageReads() []Operation {
	return []Operation{describeImagesOperation(), imageDetailsOperation()}
}

func describeImagesOperation() Operation {
	type in = ec2.DescribeImagesInput
	return &Op[*in, *describedImages]{
		Name: "describe-images", Help: "List images: the account's own, or those of others", Noun: "image",
		Fields: append([]Field[*in]{
			{Name: "owners", Help: "whose", Default: "self", Rule: Owner("self", "amazon", "aws-marketplace", "aws-backup-vault"), To: ToList(func(in *in) *[]string { return &in.Owners })},
			{Name: "executable-by", Help: "those that these may launch; all is the public ones", Default: "none", Rule: Owner("self", "all"), To: ToList(func(in *in) *[]string { return &in.ExecutableUsers })},
			{Name: "platform", Help: "only images of Windows", Default: "any", Choices: []string{"windows"}, To: ToFilter(KindString, "platform", func(in *in) *[]types.Filter { return &in.Filters })},
			{Name: "image-ids", Help: "only these images, kernels and RAM disks, whoever owns them", Default: "all", Rule: AnyImage(), To: ToList(func(in *in) *[]string { return &in.ImageIds })},
			{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames(imageFilters), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
			{Name: "include-deprecated", Help: "others' deprecated ones too", Default: "false", To: ToBool(func(in *in) **bool { return &in.IncludeDeprecated })},
			{Name: "include-disabled", Help: "disabled ones too", Default: "false", To: ToBool(func(in *in) **bool { return &in.IncludeDisabled })},
			{Name: "page-size", Help: "images in one answer; not with image-ids", Default: "1000 of one's own, 100 of others", Rule: Between(1, 1000), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
			splitter[*in](),
		}, delimiters[*in](",")[1:]...),
		Check: checkImageSearch,
		Call:  describeImages, Outputs: names(imageColumns()),
		Show: func(out *describedImages) Result {
			res := Result{Table: tableOf(imageColumns(), out.images), Items: out.missing}
			if out.cut {
				res.Message = fmt.Sprintf("the first %d; there are more: narrow it by --owners or --filters name=...", len(out.images))
			}
			return res
		},
		Example: Values{"owners": {"self", "210987654321"}, "executable-by": {"333344445555"}, "platform": {"windows"}, "filters": {"name=app-*", "tag:Env=test"}, "include-deprecated": {"true"}, "include-disabled": {"true"}, "page-size": {"50"}},
	}
}

// checkImageSearch keeps from asking for all public images, of which a region
// has more than 100,000.
func checkImageSearch(in *ec2.DescribeImagesInput) error {
	if in.MaxResults != nil && len(in.ImageIds) > 0 {
		return &InputError{Field: "page-size", Rule: "cannot be used together with --image-ids"}
	}
	if len(in.Owners)+len(in.ImageIds) > 0 {
		return nil
	}
	named := slices.ContainsFunc(in.Filters, func(f types.Filter) bool {
		return slices.Contains([]string{"name", "owner-id", "owner-alias", "image-id"}, aws.ToString(f.Name))
	})
	switch {
	case slices.Contains(in.ExecutableUsers, "all") && !named:
		return &InputError{Field: "executable-by", Value: "all", Rule: "would list more than 100,000 public images; add --owners, or --filters name=..."}
	case len(in.ExecutableUsers) == 0:
		in.Owners = []string{"self"}
	}
	return nil
}

func imageDetailsOperation() Operation {
	type in = ec2.DescribeImagesInput
	return &Op[*in, *DescribedImage]{
		Name: "get-image-details", Help: "Show all fields of one image, and who may launch it", Noun: "image",
		Fields: []Field[*in]{
			{Name: "image-id", Help: "the image, a kernel or a RAM disk", Need: Required, Default: "selected row", Rule: AnyImage(), Target: true, To: ToOneOf(func(in *in) *[]string { return &in.ImageIds })},
			delimiter[*in](),
		},
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*DescribedImage, error) {
			out, err := describeImages(client, ctx, in, opts...)
			if err != nil {
				return nil, err
			}
			if len(out.images) == 0 {
				return nil, out.missing[0].Err
			}
			d := &DescribedImage{Image: out.images[0]}
			if d.Shared, err = launchableBy(ctx, client, in.ImageIds[0]); err != nil {
				d.Unread = AsError(err).Code // the owner only may know
			}
			return d, nil
		},
		Outputs: names(imageDetails()),
		Show: func(out *DescribedImage) Result {
			res := Result{Outputs: outputsOf(imageDetails(), *out)}
			if out.Unread != "" {
				res.Message = "the launch permissions cannot be read: " + out.Unread
			}
			return res
		},
		Example: Values{"image-id": {"ami-0aa00000000000007"}},
	}
}

// describeImages reads the pages, or the IDs in the order asked for.
func describeImages(client *ec2.Client, ctx context.Context, in *ec2.DescribeImagesInput, opts ...func(*ec2.Options)) (*describedImages, error) {
	out := &describedImages{}
	own := len(in.Owners) == 1 && in.Owners[0] == "self"
	if len(in.ImageIds) == 0 && in.MaxResults == nil {
		in.MaxResults = aws.Int32(publicPage)
		if own {
			in.MaxResults = aws.Int32(fullPage)
		}
	}
	for pages := 1; ; pages++ {
		page, err := client.DescribeImages(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		out.images = append(out.images, page.Images...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
		if out.cut = !own && pages == mostPages; out.cut {
			break
		}
	}
	order := map[string]int{}
	for i, id := range in.ImageIds {
		order[id] = i
		if !slices.ContainsFunc(out.images, func(i types.Image) bool { return aws.ToString(i.ImageId) == id }) {
			out.missing = append(out.missing, Item{ID: id, Err: notFound("describe-images", "InvalidAMIID.NotFound", "The image id '["+id+"]' is not found.", client.Options().Region)})
		}
	}
	sortBy(out.images, func(a, b types.Image) int {
		x, y := aws.ToString(a.ImageId), aws.ToString(b.ImageId)
		if d := order[x] - order[y]; d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	return out, nil
}
