package views

import (
	"context"
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
	snapshot       = *types.Snapshot
	snapshotDetail = *awsops.DescribedSnapshot
)

// permission is what the two operations on sharing are about.
func permission() awsops.Values {
	return awsops.Values{"attribute": {string(types.SnapshotAttributeNameCreateVolumePermission)}}
}

// snapshots is the table of the account's own snapshots.
func snapshots() *Resource[snapshot] {
	return &Resource[snapshot]{
		Kind: "snapshots", Title: "Snapshots", Tab: "Snaps", Noun: "snapshot", Follows: []string{"volume", "resource"},
		Empty:   "There is no snapshot of your own here. s on a volume takes one.",
		Pages:   refs(awsops.Snapshots),
		ByID:    awsops.SnapshotsByID,
		ID:      snapshotID,
		Name:    snapshotName,
		State:   snapshotState,
		Pretend: pretending(func(s snapshot) *types.SnapshotState { return &s.State }),
		Busy: func(s snapshot) bool {
			return s.State == types.SnapshotStatePending || s.State == types.SnapshotStateRecovering
		},
		Tags:    func(s snapshot) []awsops.Tag { return awsops.TagsOf(s.Tags) },
		Account: func(s snapshot) string { return aws.ToString(s.OwnerId) },

		Columns: []Column[snapshot]{
			{Title: "Name", Width: 14, Value: snapshotName},
			{Title: "ID", Width: 22, Value: snapshotID},
			state(11, snapshotState, map[string]theme.Tone{"completed": theme.Good, "error": theme.Bad}),
			gauge("Progress", snapshotProgress),
			size(func(s snapshot) *int32 { return s.VolumeSize }),
			age(func(s snapshot) time.Time { return aws.ToTime(s.StartTime) }),
			{Title: "Volume", Width: 21, Value: func(s snapshot) string { return aws.ToString(s.VolumeId) }},
			{Title: "Description", Width: 12, Grow: true, Value: func(s snapshot) string { return aws.ToString(s.Description) }},
			{Title: "Encrypted", Width: 9, Extra: true, Value: func(s snapshot) string { return text(s.Encrypted) }},
			{Title: "Tier", Width: 8, Extra: true, Value: func(s snapshot) string { return string(s.StorageTier) }},
			{Title: "Message", Width: 30, Extra: true, Value: func(s snapshot) string { return aws.ToString(s.StateMessage) }, Tone: func(snapshot) theme.Tone { return theme.Bad }},
			{Title: "Key", Width: 40, Extra: true, Value: func(s snapshot) string { return aws.ToString(s.KmsKeyId) }},
			{Title: "Owner", Width: 12, Extra: true, Value: func(s snapshot) string { return aws.ToString(s.OwnerId) }},
		},

		Actions: append([]Action[snapshot]{
			{Key: "n", Operation: "create-volume", Help: "volume from it", Fill: volumeFrom, Form: true, Deny: notCompleted},
			{Key: "C", Operation: "copy-snapshot", Help: "copy", Form: true, Deny: notCompleted},
			{Key: "s", Operation: "modify-snapshot-attribute", Help: "share", Values: permission(), Form: true},
			{Key: "P", Operation: "reset-snapshot-attribute", Help: "make private", Values: permission()},
			{Key: "X", Operation: "delete-snapshot", Help: "delete"},
			{Key: "S", Operation: "modify-snapshot-attribute", Help: "share no longer", Values: noLonger(permission()), Form: true},
			{Key: "I", Operation: "get-snapshot-details", Help: "fields"},
			{Key: "B", Operation: "get-snapshot-block-public-access-state", Help: "block of public sharing", Whole: true},
			{Key: "D", Operation: "describe-snapshots", Help: "all columns", Whole: true},
		}, tagActions[snapshot]()...),
		Links: []Link[snapshot]{
			{Key: "l", Help: "its volume", Kind: "volumes", Query: func(s snapshot) string { return "id:" + aws.ToString(s.VolumeId) }, Deny: copied},
			{Key: "i", Help: "images made from it", Kind: "images", Query: func(s snapshot) string { return column("snapshots", snapshotID(s)) }},
			{Key: "V", Help: "volumes made from it", Kind: "volumes", Query: func(s snapshot) string { return "snapshot:" + snapshotID(s) }},
		},
		Inspect: func(ctx context.Context, client *ec2.Client, s snapshot) (Detail, error) {
			d, err := awsops.InspectSnapshot(ctx, client, snapshotID(s))
			if err != nil {
				return Detail{}, err
			}
			return Detail{Object: &d.Snapshot, Sections: sections(&d, snapshotFields(), snapshotLists)}, nil
		},
	}
}

func snapshotID(s snapshot) string    { return aws.ToString(s.SnapshotId) }
func snapshotName(s snapshot) string  { return nameTag(s.Tags) }
func snapshotState(s snapshot) string { return string(s.State) }

func snapshotProgress(s snapshot) (int, bool) {
	return awsops.SnapshotPercent(s), s.State == types.SnapshotStatePending
}

// volumeFrom is what a volume of a snapshot has at least.
func volumeFrom(s snapshot) awsops.Values {
	return awsops.Values{"snapshot-id": {snapshotID(s)}, "size": {text(s.VolumeSize)}}
}

func notCompleted(s snapshot) string {
	return unless(s.State == types.SnapshotStateCompleted, "is "+string(s.State)+", not completed")
}

// copied says that a snapshot is a copy: EC2 writes a volume that never was.
func copied(s snapshot) string {
	return unless(aws.ToString(s.VolumeId) != "vol-ffffffff", "is a copy, and has no volume")
}

func snapshotFields() []field[snapshotDetail] {
	type d = snapshotDetail
	return slices.Concat([]field[d]{
		{"Snapshot", "ID", func(s d) any { return s.SnapshotId }},
		{"Snapshot", "State", func(s d) any { return s.State }},
		{"Snapshot", "Progress", func(s d) any {
			if n, on := snapshotProgress(&s.Snapshot); on {
				return Bar(n)
			}
			return s.Progress
		}},
		{"Snapshot", "Message", func(s d) any { return s.StateMessage }},
		{"Snapshot", "Description", func(s d) any { return s.Description }},
		{"Snapshot", "Volume", func(s d) any { return s.VolumeId }},
		{"Snapshot", "Volume size", func(s d) any { return gib(s.VolumeSize) }},
		{"Snapshot", "Started", func(s d) any { return s.StartTime }},
		{"Snapshot", "Completed", func(s d) any { return s.CompletionTime }},
		{"Snapshot", "Owner", func(s d) any { return s.OwnerId }},
		{"Snapshot", "Tier", func(s d) any { return s.StorageTier }},
	}, sharing(false, func(s d) awsops.Sharing { return s.Sharing }), []field[d]{
		{"Encryption", "Encrypted", func(s d) any { return s.Encrypted }},
		{"Encryption", "Key", func(s d) any { return s.KmsKeyId }},
	})
}

func snapshotLists(s snapshotDetail) []Section {
	var images []DetailField
	for _, name := range s.Images {
		id, rest, _ := strings.Cut(name, " ")
		images = append(images, DetailField{id, rest, theme.Plain})
	}
	return []Section{{"Images made from it", images}, tagSection(s.Tags)}
}
