package awsops

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Volume is a volume with what DescribeVolumes does not tell.
type Volume struct {
	types.Volume
	// Change is the last modification, if there was one lately.
	Change *types.VolumeModification
	// Health is the status of a volume that is not well.
	Health *types.VolumeStatusItem
	// Known says that Change and Health have been read.
	Known bool
}

// volumePage is as many volumes as one answer holds without being slow.
const volumePage = 500

// Volumes lists the volumes of a scope page by page. The first page comes
// twice: at once, and when modifications and status are known too. These are
// left out where they may not be read.
func Volumes(ctx context.Context, client *ec2.Client) iter.Seq2[[]*Volume, error] {
	return func(yield func([]*Volume, error) bool) {
		var more *volumeNews
		for page, err := range volumePages(ctx, client) {
			if err != nil {
				yield(nil, err)
				return
			}
			if more == nil {
				if !yield(more.add(page), nil) {
					return
				}
				more = readVolumeNews(ctx, client)
			}
			if !yield(more.add(page), nil) {
				return
			}
		}
		if more.err != nil {
			yield(nil, more.err)
		}
	}
}

func volumePages(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Volume, error] {
	return pagesOf(client, "describe-volumes", func(size *int32, token *string) ([]types.Volume, *string, error) {
		out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{MaxResults: aws.Int32(min(*size, volumePage)), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Volumes, out.NextToken, nil
	})
}

// VolumesByID reads single volumes. IDs that EC2 does not list are left out.
func VolumesByID(ctx context.Context, client *ec2.Client, ids []string) ([]*Volume, error) {
	found, err := volumesByID(ctx, client, ids)
	if err != nil {
		return nil, err
	}
	news := &volumeNews{changes: map[string]types.VolumeModification{}, health: map[string]types.VolumeStatusItem{}}
	changes, err := changesOf(ctx, client, ids)
	for _, m := range changes {
		news.changes[aws.ToString(m.VolumeId)] = m
	}
	var here []string
	for _, v := range found {
		here = append(here, aws.ToString(v.VolumeId))
	}
	news.fail(err)
	for chunk := range slices.Chunk(here, filterValues) { // there is no filter for IDs
		out, err := client.DescribeVolumeStatus(ctx, &ec2.DescribeVolumeStatusInput{VolumeIds: chunk})
		if news.fail(err); err == nil {
			news.sick(out.VolumeStatuses)
		}
	}
	return news.add(found), news.err
}

func volumesByID(ctx context.Context, client *ec2.Client, ids []string) ([]types.Volume, error) {
	var found []types.Volume
	for chunk := range slices.Chunk(ids, filterValues) {
		out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filtersOn("volume-id", chunk...)})
		if err != nil {
			return nil, explain(err, "describe-volumes", client.Options().Region, false)
		}
		found = append(found, out.Volumes...)
	}
	return found, nil
}

// oneVolume reads a volume that must be there.
func oneVolume(ctx context.Context, client *ec2.Client, id string) (types.Volume, error) {
	out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	if err != nil {
		return types.Volume{}, explain(err, "describe-volumes", client.Options().Region, false)
	}
	if len(out.Volumes) == 0 { // an emulator that ignores unknown IDs
		return types.Volume{}, notFound("describe-volumes", "InvalidVolume.NotFound", "The volume '"+id+"' does not exist.", client.Options().Region)
	}
	return out.Volumes[0], nil
}

// notFound is EC2's refusal of an ID, where EC2 or an emulator says nothing.
func notFound(operation, code, message, region string) *Error {
	return &Error{Operation: operation, Class: Refused, Code: code, Message: message, Hint: strings.ReplaceAll(adviceFor(code, 0).hint, "{region}", region)}
}

// changesOf reads the modifications of volumes; most have none.
func changesOf(ctx context.Context, client *ec2.Client, ids []string) ([]types.VolumeModification, error) {
	var found []types.VolumeModification
	for chunk := range slices.Chunk(ids, filterValues) {
		out, err := client.DescribeVolumesModifications(ctx, &ec2.DescribeVolumesModificationsInput{Filters: filtersOn("volume-id", chunk...)})
		if err != nil {
			return found, explain(err, "describe-volumes-modifications", client.Options().Region, false)
		}
		found = append(found, out.VolumesModifications...)
	}
	return found, nil
}

// volumeNews is what changes and what is not well, by the volume's ID.
type volumeNews struct {
	changes map[string]types.VolumeModification
	health  map[string]types.VolumeStatusItem
	err     error
}

func readVolumeNews(ctx context.Context, client *ec2.Client) *volumeNews {
	n := &volumeNews{changes: map[string]types.VolumeModification{}, health: map[string]types.VolumeStatusItem{}}
	in := &ec2.DescribeVolumesModificationsInput{}
	for {
		out, err := client.DescribeVolumesModifications(ctx, in)
		if err != nil {
			n.fail(explain(err, "describe-volumes-modifications", client.Options().Region, false))
			break
		}
		for _, m := range out.VolumesModifications {
			n.changes[aws.ToString(m.VolumeId)] = m
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	status := &ec2.DescribeVolumeStatusInput{Filters: filtersOn("volume-status.status", "impaired", "warning", "insufficient-data")}
	for {
		out, err := client.DescribeVolumeStatus(ctx, status)
		if err != nil {
			n.fail(explain(err, "describe-volume-status", client.Options().Region, false))
			break
		}
		n.sick(out.VolumeStatuses)
		if status.NextToken = out.NextToken; aws.ToString(status.NextToken) == "" {
			break
		}
	}
	return n
}

// fail keeps the first error, but for what may not be read.
func (n *volumeNews) fail(err error) {
	if e := AsError(err); err != nil && n.err == nil && (e == nil || e.Class != Denied) {
		n.err = err
	}
}

func (n *volumeNews) sick(items []types.VolumeStatusItem) {
	for _, s := range items {
		if s.VolumeStatus != nil && s.VolumeStatus.Status != types.VolumeStatusInfoStatusOk {
			n.health[aws.ToString(s.VolumeId)] = s
		}
	}
}

// add joins volumes with their news; nil knows none.
func (n *volumeNews) add(volumes []types.Volume) []*Volume {
	out := make([]*Volume, len(volumes))
	for i, v := range volumes {
		row := &Volume{Volume: v, Known: n != nil}
		if n != nil {
			if m, ok := n.changes[aws.ToString(v.VolumeId)]; ok {
				row.Change = &m
			}
			if s, ok := n.health[aws.ToString(v.VolumeId)]; ok {
				row.Health = &s
			}
		}
		out[i] = row
	}
	return out
}

// State is what a volume is or does at present, in one word of EC2's: what
// happens to its attachments and its size counts more than in-use.
func (v *Volume) State() string {
	if v.Volume.State == types.VolumeStateInUse || v.Volume.State == types.VolumeStateAvailable {
		if s := attachmentWord(v.Volume); s != string(types.VolumeAttachmentStateAttached) && s != "" {
			return s
		}
		if v.Change != nil && v.Change.ModificationState == types.VolumeModificationStateModifying {
			return string(v.Change.ModificationState)
		}
	}
	return string(v.Volume.State)
}

// Changing says whether a modification goes on, and how far it has come.
func (v *Volume) Changing() (percent int, on bool) {
	if v.Change == nil {
		return 0, false
	}
	switch v.Change.ModificationState {
	case types.VolumeModificationStateModifying, types.VolumeModificationStateOptimizing:
		return int(aws.ToInt64(v.Change.Progress)), true
	}
	return 0, false
}

// attachmentWord is the state of the attachment that has come the least far.
func attachmentWord(v types.Volume) string {
	for _, s := range []types.VolumeAttachmentState{types.VolumeAttachmentStateBusy, types.VolumeAttachmentStateDetaching, types.VolumeAttachmentStateAttaching, types.VolumeAttachmentStateAttached} {
		if slices.ContainsFunc(v.Attachments, func(a types.VolumeAttachment) bool { return a.State == s }) {
			return string(s)
		}
	}
	return ""
}

// volumeStates reads what volumes are, for creating and deleting them.
func volumeStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	return volumeWords(ctx, client, ids, func(v types.Volume) string { return string(v.State) })
}

// attachStates reads how far attaching has come.
func attachStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	return volumeWords(ctx, client, ids, func(v types.Volume) string { return cmp.Or(attachmentWord(v), string(v.State)) })
}

// detachStates reads how far detaching has come. With Multi-Attach others may
// stay attached.
func detachStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	return volumeWords(ctx, client, ids, func(v types.Volume) string {
		switch word := attachmentWord(v); {
		case word == "", word == "attached" && aws.ToBool(v.MultiAttachEnabled):
			return "detached"
		default:
			return word
		}
	})
}

func volumeWords(ctx context.Context, client *ec2.Client, ids []string, word func(types.Volume) string) (map[string]string, error) {
	found, err := volumesByID(ctx, client, ids)
	states := map[string]string{}
	for _, v := range found {
		states[aws.ToString(v.VolumeId)] = word(v)
	}
	return states, err
}

// changeStates reads how far modifications have come, by EC2's own numbers.
func changeStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
	found, err := changesOf(ctx, client, ids)
	states := map[string]Standing{}
	for _, m := range found {
		states[aws.ToString(m.VolumeId)] = Standing{State: string(m.ModificationState), Percent: int(aws.ToInt64(m.Progress))}
	}
	return states, err
}

// sayVolume names a volume for people.
func sayVolume(v types.Volume) string {
	s := aws.ToString(v.VolumeId)
	if name := TagValue(tagsOf(v.Tags), "Name"); name != "" {
		s += " (" + name + ")"
	}
	return fmt.Sprintf("%s, %d GiB %s", s, aws.ToInt32(v.Size), v.VolumeType)
}

func volumeColumns() []column[types.Volume] {
	type volume = types.Volume
	first := func(v volume) types.VolumeAttachment {
		if len(v.Attachments) == 0 {
			return types.VolumeAttachment{}
		}
		return v.Attachments[0]
	}
	return []column[volume]{
		{"volume-id", "Volume ID", false, func(v volume) any { return v.VolumeId }},
		{"size", "Size", false, func(v volume) any { return v.Size }},
		{"snapshot-id", "Snapshot ID", false, func(v volume) any { return v.SnapshotId }},
		{"availability-zone", "Zone", false, func(v volume) any { return v.AvailabilityZone }},
		{"status", "Status", false, func(v volume) any { return v.State }},
		{"volume-type", "Type", true, func(v volume) any { return v.VolumeType }},
		{"iops", "IOPS", true, func(v volume) any { return v.Iops }},
		{"throughput", "Throughput", true, func(v volume) any { return v.Throughput }},
		{"encrypted", "Encrypted", true, func(v volume) any { return v.Encrypted }},
		{"instance-id", "Instance ID", true, func(v volume) any { return first(v).InstanceId }},
		{"device", "Device", true, func(v volume) any { return first(v).Device }},
		{"create-time", "Created", true, func(v volume) any { return v.CreateTime }},
		{"tags", "Tags", true, func(v volume) any { return tagPairs(v.Tags) }},
	}
}

// volumeOutputs are the fields of one volume.
func volumeOutputs() []column[types.Volume] {
	type volume = types.Volume
	return []column[volume]{
		{"volume-id", "", false, func(v volume) any { return v.VolumeId }},
		{"size", "", false, func(v volume) any { return v.Size }},
		{"status", "", false, func(v volume) any { return v.State }},
		{"create-time", "", false, func(v volume) any { return v.CreateTime }},
		{"availability-zone", "", false, func(v volume) any { return v.AvailabilityZone }},
		{"snapshot-id", "", false, func(v volume) any { return v.SnapshotId }},
	}
}

// localTime is how a machine's own time is printed beside UTC.
const localTime = "2006-01-02T15:04:05 -07:00"

func volumeDetails() []column[types.Volume] {
	type volume = types.Volume
	return append(volumeOutputs(),
		column[volume]{"create-time-local", "", false, func(v volume) any {
			if v.CreateTime == nil {
				return nil
			}
			return v.CreateTime.Local().Format(localTime)
		}},
		column[volume]{"volume-type", "", false, func(v volume) any { return v.VolumeType }},
		column[volume]{"iops", "", false, func(v volume) any { return v.Iops }},
		column[volume]{"throughput", "", false, func(v volume) any { return v.Throughput }},
		column[volume]{"encrypted", "", false, func(v volume) any { return v.Encrypted }},
		column[volume]{"kms-key-id", "", false, func(v volume) any { return v.KmsKeyId }},
		column[volume]{"multi-attach", "", false, func(v volume) any { return v.MultiAttachEnabled }},
		column[volume]{"tags", "", false, func(v volume) any { return tagPairs(v.Tags) }},
	)
}

func attachmentColumns() []column[types.VolumeAttachment] {
	type attachment = types.VolumeAttachment
	return []column[attachment]{
		{"instance-id", "Instance ID", false, func(a attachment) any { return a.InstanceId }},
		{"device", "Device", false, func(a attachment) any { return a.Device }},
		{"attachment-state", "State", false, func(a attachment) any { return a.State }},
		{"attach-time", "Attached", false, func(a attachment) any { return a.AttachTime }},
		{"attached-volume-id", "Volume ID", false, func(a attachment) any { return a.VolumeId }},
		{"delete-on-termination", "Ends with it", true, func(a attachment) any { return a.DeleteOnTermination }},
	}
}

// VolumeDetail is a volume with what belongs to it.
type VolumeDetail struct {
	Volume
	// Snapshots are the account's own of this volume, the newest first.
	Snapshots []types.Snapshot
	// Instances are the names of those that it is attached to, by ID.
	Instances map[string]string
	// ByDefault says that the region encrypts every new volume.
	ByDefault bool
}

// InspectVolume reads everything about a volume. What may not be read is left out.
func InspectVolume(ctx context.Context, client *ec2.Client, id string) (VolumeDetail, error) {
	rows, err := VolumesByID(ctx, client, []string{id})
	if err == nil && len(rows) == 0 {
		err = notFound("get-volume-details", "InvalidVolume.NotFound", "The volume '"+id+"' does not exist.", client.Options().Region)
	}
	if err != nil {
		return VolumeDetail{}, err
	}
	d := VolumeDetail{Volume: *rows[0], Instances: map[string]string{}, ByDefault: len(encryptionWords(ctx, client)) > 0}
	d.Snapshots, _ = ownSnapshotsWhere(ctx, client, "volume-id", id)
	sortBy(d.Snapshots, func(a, b types.Snapshot) int { return aws.ToTime(b.StartTime).Compare(aws.ToTime(a.StartTime)) })
	for _, a := range d.Attachments {
		d.Instances[aws.ToString(a.InstanceId)] = instanceName(ctx, client, aws.ToString(a.InstanceId))
	}
	return d, nil
}
