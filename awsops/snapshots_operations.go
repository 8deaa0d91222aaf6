package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func snapshotOperations() []Operation {
	return slices.Concat([]Operation{createSnapshot(), createSharedSnapshot(), deleteSnapshot()}, snapshotReads(),
		[]Operation{modifySnapshotAttribute(), resetSnapshotAttribute(), copySnapshot(), publicAccess()})
}

// snapshotExpect waits for new snapshots. Large ones take hours.
func snapshotExpect() *Expect {
	return &Expect{New: true, Until: []string{"completed"}, Never: []string{"error"}, Measure: snapshotStandings, Patience: 10 * time.Minute,
		Late: "A large snapshot takes hours; it goes on by itself, and the table of snapshots shows how far it is."}
}

const doubtOfSnapshot = "A lost answer may have left a snapshot: list the snapshots of the volume and compare."

// snapshotTarget is the field that a selected row fills.
func snapshotTarget[In any](member func(In) **string) Field[In] {
	return Field[In]{Name: "snapshot-id", Help: "the snapshot", Need: Required, Default: "selected row", Rule: ID("snap"), Target: true, To: ToString(member)}
}

func createSnapshot() Operation {
	type in = ec2.CreateSnapshotInput
	return &Op[*in, *ec2.CreateSnapshotOutput]{
		Name: "create-snapshot", Help: "Take a snapshot of a volume", Noun: "snapshot", Risk: Changes, Foresee: whatIsSnapped,
		Warning: "A snapshot costs money as long as it is kept. It has what the volume has now: not what the system has not written yet.",
		Doubt:   doubtOfSnapshot,
		Advice:  map[string]string{"IncorrectState": "A snapshot is taken of a volume that is available or in use: refresh and look at its state."},
		Fields: []Field[*in]{
			volumeTarget("", func(in *in) **string { return &in.VolumeId }),
			{Name: "description", Help: "what it is for", Default: "none", Rule: TagText(mostDescription), To: ToString(func(in *in) **string { return &in.Description })},
			newTags(types.ResourceTypeSnapshot, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
		},
		Call: (*ec2.Client).CreateSnapshot, Outputs: names(snapshotOutputs()),
		Show: func(out *ec2.CreateSnapshotOutput) Result {
			s := snapshotOf(out)
			return Result{Outputs: outputsOf(snapshotOutputs(), s), Items: []Item{{ID: aws.ToString(s.SnapshotId), To: string(s.State)}}}
		},
		Expect:  snapshotExpect(),
		Example: Values{"volume-id": {"vol-0aa00000000000011"}, "description": {"before the upgrade"}, "tags": {"Name=life"}},
	}
}

func snapshotOf(out *ec2.CreateSnapshotOutput) types.Snapshot {
	return types.Snapshot{SnapshotId: out.SnapshotId, VolumeId: out.VolumeId, State: out.State, StartTime: out.StartTime, Progress: out.Progress,
		OwnerId: out.OwnerId, VolumeSize: out.VolumeSize, Description: out.Description}
}

// whatIsSnapped tells what a snapshot is taken of.
func whatIsSnapped(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	found, err := volumesByID(ctx, client, ids)
	var lines []string
	for _, v := range found {
		lines = append(lines, sayVolume(v))
		for _, a := range v.Attachments {
			i, err := instanceNamed(ctx, client, aws.ToString(a.InstanceId))
			if err == nil && aws.ToString(i.RootDeviceName) == aws.ToString(a.Device) && stateName(i.State) != "stopped" {
				lines = append(lines, fmt.Sprintf("It is the root of %s (%s), which is %s: stop the instance first for a snapshot that is whole.", aws.ToString(i.InstanceId), TagValue(tagsOf(i.Tags), "Name"), stateName(i.State)))
			}
		}
	}
	return lines, err
}

// sharedIn is a snapshot to be taken and shared.
type sharedIn struct {
	ec2.CreateSnapshotInput
	UserIDs, Groups []string
}

// sharedOut is what became of both.
type sharedOut struct {
	snapshot types.Snapshot
	shared   []string
	err      *Error
}

func createSharedSnapshot() Operation {
	type in = sharedIn
	return &Op[*in, *sharedOut]{
		Name: "create-shared-snapshot", Help: "Take a snapshot of a volume and share it", Noun: "snapshot", Risk: Changes, API: "CreateSnapshot and ModifySnapshotAttribute",
		Warning: "A snapshot costs money as long as it is kept.", Foresee: whatIsSnapped, Compare: blockAhead, Doubt: doubtOfSnapshot,
		RiskOf: func(in *in) Risk { return riskOfGroups(in.Groups) }, Warn: func(in *in) []string { return warnOfGroups(in.Groups) },
		Advice: map[string]string{"OperationNotPermitted": sharingAdvice},
		Fields: []Field[*in]{
			volumeTarget("", func(in *in) **string { return &in.VolumeId }),
			sharingUsers(func(in *in) *[]string { return &in.UserIDs }),
			sharingGroups(func(in *in) *[]string { return &in.Groups }),
			splitter[*in](),
		},
		Check: func(in *in) error { return someone(in.UserIDs, in.Groups) },
		Call:  takeAndShare, Outputs: []string{"snapshot-id", "status", "shared-with"},
		Show: func(out *sharedOut) Result {
			id := aws.ToString(out.snapshot.SnapshotId)
			res := Result{Outputs: []Output{{"snapshot-id", id}, {"status", plain(out.snapshot.State)}, {"shared-with", out.shared}}, Items: []Item{{ID: id, To: string(out.snapshot.State)}}}
			if out.err != nil {
				res.Items[0].Err = out.err
				res.Message = id + " is kept, but not shared"
			}
			return res
		},
		Expect:  snapshotExpect(),
		Example: Values{"volume-id": {"vol-0aa00000000000011"}, "user-ids": {"210987654321"}, "groups": {"all"}},
	}
}

// takeAndShare grants the permission while the snapshot is still pending: it
// counts from its completion on, which is what is waited for.
func takeAndShare(client *ec2.Client, ctx context.Context, in *sharedIn, opts ...func(*ec2.Options)) (*sharedOut, error) {
	if err := refuseBlocked(ctx, client, in.Groups); err != nil {
		return nil, err
	}
	made, err := client.CreateSnapshot(ctx, &in.CreateSnapshotInput, opts...)
	if err != nil {
		return nil, err
	}
	out := &sharedOut{snapshot: snapshotOf(made)}
	_, err = client.ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{
		SnapshotId: made.SnapshotId, Attribute: types.SnapshotAttributeNameCreateVolumePermission, OperationType: types.OperationTypeAdd, UserIds: in.UserIDs, GroupNames: in.Groups,
	}, opts...)
	if err != nil { // the snapshot stays, and both are told
		out.err = explain(err, "modify-snapshot-attribute", client.Options().Region, true)
		if out.err.Code == "OperationNotPermitted" {
			out.err.Hint = sharingAdvice
		}
		return out, nil
	}
	out.shared = append(slices.Clone(in.Groups), in.UserIDs...)
	return out, nil
}

func deleteSnapshot() Operation {
	type in = ec2.DeleteSnapshotInput
	return &Op[*in, *ec2.DeleteSnapshotOutput]{
		Name: "delete-snapshot", Help: "Delete a snapshot for good", Noun: "snapshot", Risk: Destroys,
		Warning: "This cannot be undone, unless a rule of the Recycle Bin keeps it. Volumes made from it stay.", Foresee: whoUsesSnapshots,
		Advice: map[string]string{"AuthFailure": "The snapshot belongs to another account: only its owner deletes it."},
		Fields: []Field[*in]{snapshotTarget(func(in *in) **string { return &in.SnapshotId })},
		Call:   (*ec2.Client).DeleteSnapshot, Outputs: []string{"result"},
		Show:    func(*ec2.DeleteSnapshotOutput) Result { return Result{Outputs: []Output{{"result", true}}} },
		Example: Values{"snapshot-id": {"snap-0aa00000000000011"}},
	}
}

// whoUsesSnapshots tells what is made from snapshots, who else can use them,
// and which of them are the last of their volume's data.
func whoUsesSnapshots(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lines []string
	for _, id := range ids {
		found, err := whoUsesSnapshot(ctx, client, id)
		lines = append(lines, found...)
		if err != nil {
			return lines, err
		}
	}
	return lines, nil
}

func whoUsesSnapshot(ctx context.Context, client *ec2.Client, id string) ([]string, error) {
	s, err := oneSnapshot(ctx, client, id)
	if err != nil {
		return nil, err
	}
	lines := []string{strings.TrimSuffix(fmt.Sprintf("%s, %d GiB, %s: %s", sayWhen(s), aws.ToInt32(s.VolumeSize), s.State, aws.ToString(s.Description)), ": ")}
	images, err := imagesOf(ctx, client, id)
	if err != nil {
		return lines, err
	}
	if len(images) > 0 {
		lines = append(lines, "IMAGES are made from it; deregister them first: "+strings.Join(images, ", "))
	}
	if shared, err := sharedWith(ctx, client, id); err == nil && len(shared) > 0 {
		lines = append(lines, "Shared with, who lose it: "+strings.Join(shared, ", "))
	}
	volume := aws.ToString(s.VolumeId)
	others, err := ownSnapshotsWhere(ctx, client, "volume-id", volume)
	if err != nil {
		return lines, err
	}
	others = slices.DeleteFunc(others, func(o types.Snapshot) bool {
		return aws.ToString(o.SnapshotId) == id || o.State != types.SnapshotStateCompleted
	})
	there, err := volumesByID(ctx, client, []string{volume})
	switch {
	case err != nil:
		return lines, err
	case len(there) == 0 && len(others) == 0 && len(images) == 0:
		lines = append(lines, "THE LAST of its data: "+volume+" is gone, and there is no other snapshot of it.")
	case len(there) == 0:
		lines = append(lines, fmt.Sprintf("%s is gone; %d other snapshots of it stay", volume, len(others)))
	default:
		lines = append(lines, fmt.Sprintf("%s is %s; %d other snapshots of it stay", volume, there[0].State, len(others)))
	}
	return lines, nil
}

// describedSnapshots are snapshots, and those that cannot be seen.
type describedSnapshots struct {
	snapshots []types.Snapshot
	missing   []Item
	cut       bool
}

// mostPages bounds a listing of other accounts' snapshots.
const mostPages = 10

func snapshotReads() []Operation {
	type in = ec2.DescribeSnapshotsInput
	return []Operation{
		&Op[*in, *describedSnapshots]{
			Name: "describe-snapshots", Help: "List snapshots: the account's own, or those of others", Noun: "snapshot",
			Fields: append([]Field[*in]{
				{Name: "snapshot-ids", Help: "only these snapshots, whoever owns them", Default: "all", Rule: ID("snap"), To: ToList(func(in *in) *[]string { return &in.SnapshotIds })},
				{Name: "owners", Help: "whose", Default: "self", Rule: Owner("self", "amazon"), To: ToList(func(in *in) *[]string { return &in.OwnerIds })},
				{Name: "restorable-by", Help: "those that these may use; all is the public ones", Default: "none", Rule: Owner("self", "all"), To: ToList(func(in *in) *[]string { return &in.RestorableByUserIds })},
				{Name: "page-size", Help: "snapshots in one answer; not with snapshot-ids", Default: "1000", Rule: Between(5, 1000), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
				splitter[*in](),
			}, delimiters[*in](",")[1:]...),
			Check: func(in *in) error {
				if in.MaxResults != nil && len(in.SnapshotIds) > 0 {
					return &InputError{Field: "page-size", Rule: "cannot be used together with --snapshot-ids"}
				}
				if len(in.OwnerIds)+len(in.RestorableByUserIds)+len(in.SnapshotIds) == 0 {
					in.OwnerIds = []string{"self"}
				}
				return nil
			},
			Call: describeSnapshots, Outputs: names(snapshotColumns()),
			Show: func(out *describedSnapshots) Result {
				table := tableOf(snapshotColumns(), out.snapshots)
				table.Null = "null"
				res := Result{Table: table, Items: out.missing}
				if out.cut {
					res.Message = fmt.Sprintf("the first %d; there are more: narrow it by --owners or --snapshot-ids", len(out.snapshots))
				}
				return res
			},
			Example: Values{"owners": {"self", "210987654321"}, "restorable-by": {"123456789012"}, "page-size": {"100"}},
		},
		&Op[*in, *DescribedSnapshot]{
			Name: "get-snapshot-details", Help: "Show all fields of one snapshot, and whom it is shared with", Noun: "snapshot",
			Fields: []Field[*in]{{Name: "snapshot-id", Help: "the snapshot", Need: Required, Default: "selected row", Rule: ID("snap"), Target: true, To: ToOneOf(func(in *in) *[]string { return &in.SnapshotIds })}},
			Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*DescribedSnapshot, error) {
				out, err := describeSnapshots(client, ctx, in, opts...)
				if err != nil {
					return nil, err
				}
				if len(out.snapshots) == 0 {
					return nil, out.missing[0].Err
				}
				d := &DescribedSnapshot{Snapshot: out.snapshots[0]}
				if d.Shared, err = sharedWith(ctx, client, in.SnapshotIds[0]); err != nil {
					d.Unread = AsError(err).Code // the owner only may know
				}
				return d, nil
			},
			Outputs: names(snapshotDetails()),
			Show: func(out *DescribedSnapshot) Result {
				res := Result{Outputs: outputsOf(snapshotDetails(), *out)}
				if out.Unread != "" {
					res.Message = "the permissions cannot be read: " + out.Unread
				}
				return res
			},
			Example: Values{"snapshot-id": {"snap-0aa00000000000012"}},
		},
	}
}

// describeSnapshots reads the pages, or the IDs in the order asked for.
func describeSnapshots(client *ec2.Client, ctx context.Context, in *ec2.DescribeSnapshotsInput, opts ...func(*ec2.Options)) (*describedSnapshots, error) {
	out := &describedSnapshots{}
	if len(in.SnapshotIds) == 0 && in.MaxResults == nil {
		in.MaxResults = aws.Int32(fullPage)
	}
	own := len(in.OwnerIds) == 1 && in.OwnerIds[0] == "self"
	for pages := 1; ; pages++ {
		page, err := client.DescribeSnapshots(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		out.snapshots = append(out.snapshots, page.Snapshots...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
		if out.cut = !own && pages == mostPages; out.cut {
			break
		}
	}
	order := map[string]int{}
	for i, id := range in.SnapshotIds {
		order[id] = i
		if !slices.ContainsFunc(out.snapshots, func(s types.Snapshot) bool { return aws.ToString(s.SnapshotId) == id }) {
			out.missing = append(out.missing, Item{ID: id, Err: notVisible(id, client.Options().Region)})
		}
	}
	sortBy(out.snapshots, func(a, b types.Snapshot) int {
		x, y := aws.ToString(a.SnapshotId), aws.ToString(b.SnapshotId)
		if d := order[x] - order[y]; d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	return out, nil
}
