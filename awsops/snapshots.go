package awsops

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Snapshots lists the account's own snapshots page by page; without an owner a
// region has tens of thousands of public ones.
func Snapshots(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Snapshot, error] {
	return pagesOf(client, "describe-snapshots", func(size *int32, token *string) ([]types.Snapshot, *string, error) {
		out, err := client.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Snapshots, out.NextToken, nil
	})
}

// SnapshotsByID reads single snapshots. IDs that EC2 does not list are left out.
func SnapshotsByID(ctx context.Context, client *ec2.Client, ids []string) ([]*types.Snapshot, error) {
	var rows []*types.Snapshot
	for chunk := range slices.Chunk(ids, filterValues) {
		found, err := snapshotsWhere(ctx, client, &ec2.DescribeSnapshotsInput{Filters: filtersOn("snapshot-id", chunk...)})
		if err != nil {
			return nil, err
		}
		for i := range found {
			rows = append(rows, &found[i])
		}
	}
	return rows, nil
}

func ownSnapshotsWhere(ctx context.Context, client *ec2.Client, name string, values ...string) ([]types.Snapshot, error) {
	return snapshotsWhere(ctx, client, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: filtersOn(name, values...)})
}

func snapshotsWhere(ctx context.Context, client *ec2.Client, in *ec2.DescribeSnapshotsInput) ([]types.Snapshot, error) {
	var found []types.Snapshot
	for {
		out, err := client.DescribeSnapshots(ctx, in)
		if err != nil {
			return found, explain(err, "describe-snapshots", client.Options().Region, false)
		}
		found = append(found, out.Snapshots...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return found, nil
		}
	}
}

// oneSnapshot reads a snapshot that must be there.
func oneSnapshot(ctx context.Context, client *ec2.Client, id string) (types.Snapshot, error) {
	found, err := snapshotsWhere(ctx, client, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	if err != nil {
		return types.Snapshot{}, err
	}
	if len(found) == 0 { // EC2 leaves those out that others own
		return types.Snapshot{}, notVisible(id, client.Options().Region)
	}
	return found[0], nil
}

func notVisible(id, region string) *Error {
	return notFound("describe-snapshots", "InvalidSnapshot.NotFound", "The snapshot '"+id+"' is not visible to this account.", region)
}

// SnapshotPercent is how far a snapshot has come, by EC2's own number, which
// may be absent at first.
func SnapshotPercent(s *types.Snapshot) int {
	n, err := strconv.Atoi(strings.TrimSuffix(aws.ToString(s.Progress), "%"))
	if err != nil {
		return 0
	}
	return max(0, min(100, n))
}

// snapshotStandings reads how far snapshots have come.
func snapshotStandings(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
	return standingsByRegion(ctx, client, ids, func(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
		rows, err := SnapshotsByID(ctx, client, ids)
		out := map[string]Standing{}
		for _, s := range rows {
			out[aws.ToString(s.SnapshotId)] = Standing{State: string(s.State), Percent: SnapshotPercent(s)}
		}
		return out, err
	})
}

// standingsByRegion reads how far things have come. A copy stands in another
// region, which is then written before its ID.
func standingsByRegion(ctx context.Context, client *ec2.Client, ids []string, read func(context.Context, *ec2.Client, []string) (map[string]Standing, error)) (map[string]Standing, error) {
	out := map[string]Standing{}
	byRegion := map[string][]string{}
	for _, id := range ids {
		region, plain, ok := strings.Cut(id, "/")
		if !ok {
			region, plain = "", id
		}
		byRegion[region] = append(byRegion[region], plain)
	}
	for region, list := range byRegion {
		found, err := read(ctx, inRegion(client, region), list)
		if err != nil {
			return nil, err
		}
		for id, standing := range found {
			if region != "" {
				id = region + "/" + id
			}
			out[id] = standing
		}
	}
	return out, nil
}

// inRegion is the same client in another region; "" is its own.
func inRegion(client *ec2.Client, region string) *ec2.Client {
	if region == "" || region == client.Options().Region {
		return client
	}
	return ec2.New(client.Options(), func(o *ec2.Options) { o.Region = region })
}

// sayWhen names a snapshot by its ID and its age.
func sayWhen(s types.Snapshot) string {
	out := aws.ToString(s.SnapshotId)
	if name := TagValue(tagsOf(s.Tags), "Name"); name != "" {
		out += " (" + name + ")"
	}
	return out + " of " + aws.ToTime(s.StartTime).UTC().Format("2006-01-02 15:04") + " UTC"
}

// Owner is the owner of snapshots: self, amazon or an account.
func Owner(words ...string) Rule {
	account := Account()
	text := strings.Join(words, ", ") + ", or an account ID of 12 digits"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if w := strings.ToLower(s); slices.Contains(words, w) {
			return w, nil
		}
		id, err := account.Check(s)
		if err != nil {
			return "", errors.New("write " + text)
		}
		return id, nil
	}}
}

func snapshotColumns() []column[types.Snapshot] {
	type snapshot = types.Snapshot
	return []column[snapshot]{
		{"snapshot-id", "Snapshot ID", false, func(s snapshot) any { return s.SnapshotId }},
		{"volume-id", "Volume ID", false, func(s snapshot) any { return s.VolumeId }},
		{"volume-size", "Size", false, func(s snapshot) any { return s.VolumeSize }},
		{"status", "Status", false, func(s snapshot) any { return s.State }},
		{"start-time", "Started", false, func(s snapshot) any { return s.StartTime }},
		{"progress", "Progress", false, func(s snapshot) any { return s.Progress }},
		{"description", "Description", true, func(s snapshot) any { return s.Description }},
		{"owner-id", "Owner", true, func(s snapshot) any { return s.OwnerId }},
		{"owner-alias", "Alias", true, func(s snapshot) any { return s.OwnerAlias }},
		{"encrypted", "Encrypted", true, func(s snapshot) any { return s.Encrypted }},
		{"kms-key-id", "Key", true, func(s snapshot) any { return s.KmsKeyId }},
		{"storage-tier", "Tier", true, func(s snapshot) any { return s.StorageTier }},
		{"full-size-bytes", "Full size", true, func(s snapshot) any { return fullSize(s) }},
		{"completion-time", "Completed", true, func(s snapshot) any { return s.CompletionTime }},
		{"status-message", "Message", true, func(s snapshot) any { return s.StateMessage }},
		{"tags", "Tags", true, func(s snapshot) any { return tagPairs(s.Tags) }},
	}
}

func fullSize(s types.Snapshot) any {
	if s.FullSnapshotSizeInBytes == nil {
		return nil
	}
	return int(*s.FullSnapshotSizeInBytes)
}

// snapshotOutputs are what creating a snapshot answers.
func snapshotOutputs() []column[types.Snapshot] {
	type snapshot = types.Snapshot
	return []column[snapshot]{
		{"snapshot-id", "", false, func(s snapshot) any { return s.SnapshotId }},
		{"volume-id", "", false, func(s snapshot) any { return s.VolumeId }},
		{"status", "", false, func(s snapshot) any { return s.State }},
		{"start-time", "", false, func(s snapshot) any { return s.StartTime }},
		{"progress", "", false, func(s snapshot) any { return s.Progress }},
		{"owner-id", "", false, func(s snapshot) any { return s.OwnerId }},
		{"volume-size", "", false, func(s snapshot) any { return s.VolumeSize }},
		{"description", "", false, func(s snapshot) any { return s.Description }},
	}
}

// DescribedSnapshot is a snapshot with those it is shared with.
type DescribedSnapshot struct {
	types.Snapshot
	Sharing
	// Images are those that are made from it.
	Images []string
}

func snapshotDetails() []column[DescribedSnapshot] {
	type snapshot = DescribedSnapshot
	var out []column[snapshot]
	for _, c := range snapshotOutputs() {
		out = append(out, column[snapshot]{c.name, c.title, c.extra, func(s snapshot) any { return c.cell(s.Snapshot) }})
	}
	return append(out,
		column[snapshot]{"permissions", "", false, func(s snapshot) any { return s.Shared }},
		column[snapshot]{"encrypted", "", false, func(s snapshot) any { return s.Encrypted }},
		column[snapshot]{"kms-key-id", "", false, func(s snapshot) any { return s.KmsKeyId }},
		column[snapshot]{"storage-tier", "", false, func(s snapshot) any { return s.StorageTier }},
		column[snapshot]{"full-size-bytes", "", false, func(s snapshot) any { return fullSize(s.Snapshot) }},
		column[snapshot]{"completion-time", "", false, func(s snapshot) any { return s.CompletionTime }},
		column[snapshot]{"status-message", "", false, func(s snapshot) any { return s.StateMessage }},
		column[snapshot]{"tags", "", false, func(s snapshot) any { return tagPairs(s.Tags) }},
	)
}

// InspectSnapshot reads everything about a snapshot. What may not be read is
// left out, with the reason.
func InspectSnapshot(ctx context.Context, client *ec2.Client, id string) (DescribedSnapshot, error) {
	s, err := oneSnapshot(ctx, client, id)
	if err != nil {
		return DescribedSnapshot{}, err
	}
	d := DescribedSnapshot{Snapshot: s}
	if d.Shared, err = sharedWith(ctx, client, id); err != nil {
		d.Unread = AsError(err).Code
	}
	if d.Block, err = sharingBlock(ctx, client); err != nil {
		d.Block = ""
	}
	if d.Images, err = imagesOf(ctx, client, id); err != nil {
		d.Images = []string{AsError(err).Code}
	}
	return d, nil
}

// imagesOf names the account's own images that are made from a snapshot.
func imagesOf(ctx context.Context, client *ec2.Client, ids ...string) ([]string, error) {
	out, err := client.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: filtersOn("block-device-mapping.snapshot-id", ids...)})
	if err != nil {
		return nil, explain(err, "describe-images", client.Options().Region, false)
	}
	var found []string
	for _, i := range out.Images {
		found = append(found, fmt.Sprintf("%s (%s)", aws.ToString(i.ImageId), aws.ToString(i.Name)))
	}
	return found, nil
}
