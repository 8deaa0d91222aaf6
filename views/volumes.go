package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type (
	volume       = *awsops.Volume
	volumeDetail = *awsops.VolumeDetail
)

// volumes is the table of volumes.
func volumes() *Resource[volume] {
	return &Resource[volume]{
		Kind: "volumes", Title: "Volumes", Noun: "volume", Follows: []string{"instance", "snapshot", "resource"},
		Empty:   "There is no volume here. n creates one.",
		Pages:   awsops.Volumes,
		ByID:    awsops.VolumesByID,
		ID:      volumeID,
		Name:    volumeName,
		State:   volumeNow,
		Pretend: pretendVolume,
		Busy:    volumeBusy,
		Carry:   carryNews,
		Tags:    func(v volume) []awsops.Tag { return awsops.TagsOf(v.Tags) },
		Account: func(v volume) string { return aws.ToString(v.OwnerId) },

		Columns: []Column[volume]{
			{Title: "Name", Width: 16, Grow: true, Value: volumeName},
			{Title: "ID", Width: 21, Value: volumeID},
			state(10, volume.State, map[string]theme.Tone{"in-use": theme.Good, "available": theme.Plain, "error": theme.Bad, "busy": theme.Bad}),
			{Title: "Instance", Width: 19, Value: attachedTo},
			size(func(v volume) *int32 { return v.Size }),
			gauge("Change", volume.Changing),
			{Title: "Health", Width: 8, Value: volumeHealth, Tone: func(volume) theme.Tone { return theme.Bad }},
			{Title: "Type", Width: 8, Value: func(v volume) string { return string(v.VolumeType) }},
			{Title: "Device", Width: 10, Value: attachedAs},
			{Title: "Zone", Width: 15, Value: func(v volume) string { return aws.ToString(v.AvailabilityZone) }},
			extra(age(func(v volume) time.Time { return aws.ToTime(v.CreateTime) })),
			{Title: "IOPS", Width: 6, Right: true, Extra: true, Value: func(v volume) string { return text(v.Iops) }, Number: func(v volume) int64 { return int64(aws.ToInt32(v.Iops)) }},
			{Title: "MiB/s", Width: 5, Right: true, Extra: true, Value: func(v volume) string { return text(v.Throughput) }, Number: func(v volume) int64 { return int64(aws.ToInt32(v.Throughput)) }},
			{Title: "Encrypted", Width: 9, Extra: true, Value: func(v volume) string { return text(v.Encrypted) }},
			{Title: "Snapshot", Width: 22, Extra: true, Value: func(v volume) string { return aws.ToString(v.SnapshotId) }},
			{Title: "Key", Width: 40, Extra: true, Value: func(v volume) string { return aws.ToString(v.KmsKeyId) }},
			{Title: "Multi-attach", Width: 12, Extra: true, Value: func(v volume) string { return text(v.MultiAttachEnabled) }},
		},

		Actions: append([]Action[volume]{
			{Key: "n", Operation: "create-volume", Help: "create", Whole: true, Form: true},
			{Key: "a", Operation: "attach-volume", Help: "attach", Form: true, Deny: cannotAttach},
			{Key: "U", Operation: "detach-volume", Help: "detach", Fill: fromWhere, Deny: cannotDetach},
			{Key: "s", Operation: "create-snapshot", Help: "snapshot", Deny: notUsable},
			{Key: "m", Operation: "modify-volume", Help: "modify", Form: true, Deny: cannotModify},
			{Key: "X", Operation: "delete-volume", Help: "delete", Deny: cannotDeleteVolume},
			{Key: "F", Operation: "detach-volume", Help: "force detach", Values: awsops.Values{"force": {"true"}}, Fill: fromWhere, Deny: cannotDetach},
			{Key: "S", Operation: "create-shared-snapshot", Help: "shared snapshot", Form: true, Deny: notUsable},
			{Key: "E", Operation: "enable-volume-io", Help: "enable I/O", Deny: func(v volume) string { return unless(volumeHealth(v) == "impaired", "is not impaired") }},
			{Key: "h", Operation: "describe-volume-status", Help: "status checks"},
			{Key: "M", Operation: "describe-volumes-modifications", Help: "modifications"},
			{Key: "I", Operation: "get-volume-details", Help: "fields"},
			{Key: "B", Operation: "get-ebs-encryption-by-default", Help: "encryption by default", Whole: true},
			{Key: "D", Operation: "describe-volumes", Help: "all columns", Whole: true},
		}, tagActions[volume]()...),
		Links: []Link[volume]{
			{Key: "i", Help: "its instance", Kind: "instances", Query: func(v volume) string { return "id:" + aws.ToString(v.Attachments[0].InstanceId) }, Deny: needs("is attached to no instance", attachedTo)},
			{Key: "l", Help: "its snapshots", Kind: "snapshots", Query: func(v volume) string { return "volume:" + volumeID(v) }},
			{Key: "f", Help: "the snapshot it is from", Kind: "snapshots", Query: func(v volume) string { return "id:" + aws.ToString(v.SnapshotId) }, Deny: needs("is made from no snapshot", func(v volume) string { return aws.ToString(v.SnapshotId) })},
		},
		Inspect: func(ctx context.Context, client *ec2.Client, v volume) (Detail, error) {
			d, err := awsops.InspectVolume(ctx, client, volumeID(v))
			if err != nil {
				return Detail{}, err
			}
			return Detail{Object: &d.Volume.Volume, Sections: sections(&d, volumeFields(), volumeLists)}, nil
		},
	}
}

func volumeID(v volume) string   { return aws.ToString(v.VolumeId) }
func volumeName(v volume) string { return nameTag(v.Tags) }

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}

// volumeNow also tells of a modification, so that one that was asked for is
// seen to have begun.
func volumeNow(v volume) string {
	if _, on := v.Changing(); on && v.State() != "modifying" {
		return v.State() + ", " + string(v.Change.ModificationState)
	}
	return v.State()
}

// pretendVolume shows what EC2 has just been asked for.
func pretendVolume(v volume, state string) volume {
	shown := *v
	switch state {
	case "attaching", "detaching":
		shown.Volume.State = types.VolumeStateInUse
		shown.Attachments = slices.Clone(v.Attachments)
		if len(shown.Attachments) == 0 {
			shown.Attachments = []types.VolumeAttachment{{}}
		}
		for i := range shown.Attachments {
			shown.Attachments[i].State = types.VolumeAttachmentState(state)
		}
	case "modifying":
		shown.Change = &types.VolumeModification{ModificationState: types.VolumeModificationStateModifying}
	default: // a new state, or the one before what was refused
		state, _, _ = strings.Cut(state, ",")
		shown.Volume.State = types.VolumeState(state)
		shown.Change = nil
		if state == "available" {
			shown.Attachments = nil
		}
	}
	return &shown
}

// volumeBusy leaves out what is busy: that is stuck, and does not change by itself.
func volumeBusy(v volume) bool {
	_, changing := v.Changing()
	return changing || slices.Contains([]string{"creating", "deleting", "attaching", "detaching"}, v.State())
}

// carryNews keeps what the first page of a listing does not know yet.
func carryNews(old, listed volume) volume {
	if !listed.Known && old.Known {
		shown := *listed
		shown.Change, shown.Health, shown.Known = old.Change, old.Health, true
		return &shown
	}
	return listed
}

func volumeHealth(v volume) string {
	if v.Health == nil || v.Health.VolumeStatus == nil {
		return ""
	}
	return string(v.Health.VolumeStatus.Status)
}

// attached joins something of every attachment: with Multi-Attach there are several.
func attached(v volume, what func(types.VolumeAttachment) *string) string {
	var out []string
	for _, a := range v.Attachments {
		out = append(out, aws.ToString(what(a)))
	}
	return strings.Join(out, ",")
}

func attachedTo(v volume) string {
	return attached(v, func(a types.VolumeAttachment) *string { return a.InstanceId })
}

func attachedAs(v volume) string {
	return attached(v, func(a types.VolumeAttachment) *string { return a.Device })
}

func cannotAttach(v volume) string {
	if len(v.Attachments) > 0 && aws.ToBool(v.MultiAttachEnabled) {
		return ""
	}
	return unless(v.State() == "available" || v.State() == "modifying" && len(v.Attachments) == 0, "is "+v.State()+", not available")
}

func cannotDetach(v volume) string {
	return unless(len(v.Attachments) > 0, "is attached to no instance")
}

// fromWhere names the instance, so that nothing else is detached. With several
// attachments the operator chooses, in the form.
func fromWhere(v volume) awsops.Values {
	if len(v.Attachments) != 1 {
		return nil
	}
	return awsops.Values{"instance-id": {aws.ToString(v.Attachments[0].InstanceId)}}
}

func notUsable(v volume) string {
	s := string(v.Volume.State)
	return unless(s == "available" || s == "in-use", "is "+s+", not available or in-use")
}

func cannotModify(v volume) string {
	if n, changing := v.Changing(); changing {
		return fmt.Sprintf("is being modified (%s, %d %%): the next change has to wait until that has completed", v.Change.ModificationState, n)
	}
	return notUsable(v)
}

func cannotDeleteVolume(v volume) string {
	if on := attachedTo(v); on != "" {
		return "is attached to " + on + ": detach it first"
	}
	return unless(v.State() == "available" || v.State() == "error", "is "+v.State()+", not available")
}

func volumeFields() []field[volumeDetail] {
	type d = volumeDetail
	return []field[d]{
		{"Volume", "ID", func(v d) any { return v.VolumeId }},
		{"Volume", "State", func(v d) any { return v.Volume.State() }},
		{"Volume", "Size", func(v d) any { return gib(v.Size) }},
		{"Volume", "Type", func(v d) any { return v.VolumeType }},
		{"Volume", "IOPS", func(v d) any { return v.Iops }},
		{"Volume", "Throughput MiB/s", func(v d) any { return v.Throughput }},
		{"Volume", "Zone", func(v d) any { return v.AvailabilityZone }},
		{"Volume", "Zone ID", func(v d) any { return v.AvailabilityZoneId }},
		{"Volume", "Made from", func(v d) any { return v.SnapshotId }},
		{"Volume", "Multi-Attach", func(v d) any { return v.MultiAttachEnabled }},
		{"Volume", "Created", func(v d) any { return v.CreateTime }},
		{"Volume", "Created (UTC)", func(v d) any { return aws.ToTime(v.CreateTime).UTC().Format(awsops.TimeFormat) }},
		{"Encryption", "Encrypted", func(v d) any { return v.Encrypted }},
		{"Encryption", "Key", func(v d) any { return v.KmsKeyId }},
		{"Encryption", "Default of the region", func(v d) any {
			if v.ByDefault {
				return "every new volume is encrypted"
			}
			return "only what is asked for"
		}},
		{"Last modification", "State", func(v d) any { return orNil(v.Change).ModificationState }},
		{"Last modification", "Progress", func(v d) any {
			if n, on := v.Changing(); on {
				return Bar(n)
			}
			return ""
		}},
		{"Last modification", "Change", func(v d) any { return v.SayChange() }},
		{"Last modification", "Started", func(v d) any { return orNil(v.Change).StartTime }},
		{"Last modification", "Ended", func(v d) any { return orNil(v.Change).EndTime }},
	}
}

func volumeLists(v volumeDetail) []Section {
	var status, on, kept []DetailField
	if v.Health != nil {
		status = append(status, DetailField{"Status", volumeHealth(&v.Volume), theme.Bad})
		for _, e := range v.Health.Events {
			status = append(status, DetailField{aws.ToString(e.EventType), aws.ToString(e.Description), theme.Bad})
		}
		for _, a := range v.Health.Actions {
			status = append(status, DetailField{"To do", aws.ToString(a.Description) + " (" + aws.ToString(a.Code) + ")", theme.Busy})
		}
	}
	for _, a := range v.Attachments {
		id, end := aws.ToString(a.InstanceId), "kept on termination"
		if aws.ToBool(a.DeleteOnTermination) {
			end = "deleted on termination"
		}
		on = append(on, DetailField{aws.ToString(a.Device), fmt.Sprintf("%s %s, %s since %s, %s", id, v.Instances[id], a.State, moment(a.AttachTime), end), theme.Plain})
	}
	for _, s := range v.Snapshots {
		line := string(s.State) + ", " + moment(s.StartTime)
		if s.State == types.SnapshotStatePending {
			line = Bar(awsops.SnapshotPercent(&s)) + ", since " + moment(s.StartTime)
		}
		kept = append(kept, DetailField{aws.ToString(s.SnapshotId), line, theme.Plain})
	}
	return []Section{{"Status checks", status}, {"Attached to", on}, {"Snapshots", kept}, tagSection(v.Tags)}
}
