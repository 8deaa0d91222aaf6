package awsops

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// describedVolumes are volumes with those that are missing.
type describedVolumes struct{ volumes []types.Volume }

func volumeReads() []Operation {
	type in = ec2.DescribeVolumesInput
	return []Operation{
		&Op[*in, *describedVolumes]{
			Name: "describe-volumes", Help: "List the volumes", Noun: "volume",
			Fields: append([]Field[*in]{
				{Name: "volume-ids", Help: "only these volumes", Default: "all", Rule: ID("vol"), To: ToList(func(in *in) *[]string { return &in.VolumeIds })},
				{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames(volumeFilters), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
				{Name: "page-size", Help: "volumes in one answer; not with volume-ids", Default: "500", Rule: Between(5, volumePage), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
				splitter[*in](),
			}, delimiters[*in](",")[1:]...),
			Check: func(in *in) error {
				if in.MaxResults != nil && len(in.VolumeIds) > 0 {
					return &InputError{Field: "page-size", Rule: "cannot be used together with --volume-ids"}
				}
				return nil
			},
			Call: describeVolumes, Outputs: names(volumeColumns()),
			Show: func(out *describedVolumes) Result {
				table := tableOf(volumeColumns(), out.volumes)
				table.Null = "null"
				return Result{Table: table}
			},
			Example: Values{"filters": {"status=in-use", "tag:Env=*"}, "page-size": {"100"}},
		},
		&Op[*in, *describedVolumes]{
			Name: "get-volume-details", Help: "Show all fields of one volume, and its attachments", Noun: "volume",
			Fields: append([]Field[*in]{
				{Name: "volume-id", Help: "the volume", Need: Required, Default: "selected row", Rule: ID("vol"), Target: true, To: ToOneOf(func(in *in) *[]string { return &in.VolumeIds })},
			}, delimiters[*in](",")[1:]...),
			Call:    describeVolumes,
			Outputs: append(names(volumeDetails()), names(attachmentColumns())...),
			Show: func(out *describedVolumes) Result {
				v := out.volumes[0]
				table := tableOf(attachmentColumns(), v.Attachments)
				table.Null = "null"
				return Result{Outputs: outputsOf(volumeDetails(), v), Table: table, Lead: true}
			},
			Example: Values{"volume-id": {"vol-0aa00000000000013"}},
		},
	}
}

// describeVolumes reads every page, or the IDs in the order asked for.
func describeVolumes(client *ec2.Client, ctx context.Context, in *ec2.DescribeVolumesInput, opts ...func(*ec2.Options)) (*describedVolumes, error) {
	out := &describedVolumes{}
	if len(in.VolumeIds) == 0 && in.MaxResults == nil {
		in.MaxResults = aws.Int32(volumePage)
	}
	for {
		page, err := client.DescribeVolumes(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		out.volumes = append(out.volumes, page.Volumes...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	order := map[string]int{}
	for i, id := range in.VolumeIds {
		order[id] = i
	}
	sortBy(out.volumes, func(a, b types.Volume) int {
		x, y := aws.ToString(a.VolumeId), aws.ToString(b.VolumeId)
		if d := order[x] - order[y]; d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	if len(in.VolumeIds) > 0 && len(out.volumes) == 0 { // an emulator that ignores unknown IDs
		return nil, notFound("describe-volumes", "InvalidVolume.NotFound", "The volume '"+in.VolumeIds[0]+"' does not exist.", client.Options().Region)
	}
	return out, nil
}
