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

const volumeFilters = "attachment.instance-id, attachment.status, attachment.device, availability-zone, create-time, encrypted, size, snapshot-id, status, volume-id, volume-type, tag:KEY"

func volumeOperations() []Operation {
	return slices.Concat([]Operation{createVolume(), attachVolume(), detachVolume(), deleteVolume()}, volumeReads(), volumeUpkeep())
}

// volumeTarget is the field that a selected row fills.
func volumeTarget[In any](filter string, member func(In) **string) Field[In] {
	return Field[In]{Name: "volume-id", Help: "the volume", Need: Required, Default: "selected row", Rule: ID("vol"), Target: true, Pick: Only("volumes", filter), To: ToString(member)}
}

func createVolume() Operation {
	type in = ec2.CreateVolumeInput
	return &Op[*in, *ec2.CreateVolumeOutput]{
		Name: "create-volume", Help: "Create a volume, empty or from a snapshot", Noun: "volume", Risk: Changes,
		Warning: "A volume costs money, also while it is attached to nothing.", Compare: volumeAhead,
		Doubt: "A lost answer may have left a volume: list the volumes, or repeat it with the same --client-token.",
		Advice: map[string]string{
			"IncorrectState":              "The snapshot is not completed: wait until it is, and retry.",
			"IdempotentParameterMismatch": "The same client token was used with other values: leave --client-token out, or give another one.",
			"InvalidParameterValue":       "Sizes, IOPS and throughput depend on the type; a volume is at least as large as its snapshot.",
		},
		Fields: []Field[*in]{
			{Name: "size", Help: "GiB", Need: Conditional, Default: "the snapshot's", Rule: GiB(), To: ToInt(func(in *in) **int32 { return &in.Size })},
			{Name: "snapshot-id", Help: "the snapshot that it is made from", Need: Conditional, Rule: ID("snap"), Pick: Only("snapshots", "state:completed"), To: ToString(func(in *in) **string { return &in.SnapshotId })},
			{Name: "availability-zone", Help: "where; instances of this zone only can use it", Need: Required, Rule: ZoneRef(), Pick: Only("zones", "state:available"), To: to(KindString, func(in *in, v string) {
				if isZoneID(v) {
					in.AvailabilityZoneId = &v
				} else {
					in.AvailabilityZone = &v
				}
			})},
			{Name: "volume-type", Help: "how fast, how large and how dear", Default: "gp3", Choices: volumeTypes(), To: to(KindString, func(in *in, v string) { in.VolumeType = types.VolumeType(v) })},
			{Name: "iops", Help: "for gp3, io1 and io2", Default: "3000 for gp3", To: ToInt(func(in *in) **int32 { return &in.Iops })},
			{Name: "throughput", Help: "MiB/s, for gp3", Default: "125 for gp3", To: ToInt(func(in *in) **int32 { return &in.Throughput })},
			{Name: "encrypted", Help: "encrypt it", Default: "as the region's default and the snapshot say", To: ToBool(func(in *in) **bool { return &in.Encrypted })},
			{Name: "kms-key-id", Help: "the key to encrypt with", Default: "the default key", Rule: KMSKey(), To: ToString(func(in *in) **string { return &in.KmsKeyId })},
			{Name: "multi-attach", Help: "several instances can have it at once (io1, io2)", Default: "false", To: ToBool(func(in *in) **bool { return &in.MultiAttachEnabled })},
			newTags(types.ResourceTypeVolume, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
			{Name: "client-token", Help: "the same token creates only once", Default: "random", Random: true, Rule: Token(), To: ToString(func(in *in) **string { return &in.ClientToken })},
		},
		Check: checkNewVolume, Call: (*ec2.Client).CreateVolume, Outputs: names(volumeOutputs()),
		Show: func(out *ec2.CreateVolumeOutput) Result {
			v := types.Volume{VolumeId: out.VolumeId, Size: out.Size, State: out.State, CreateTime: out.CreateTime, AvailabilityZone: out.AvailabilityZone, SnapshotId: out.SnapshotId}
			return Result{Outputs: outputsOf(volumeOutputs(), v), Items: []Item{{ID: aws.ToString(out.VolumeId), To: string(out.State)}}}
		},
		Expect: &Expect{New: true, Passing: "creating", Until: []string{"available", "in-use"}, Never: []string{"error", "deleting", "deleted"}, States: volumeStates},
		Example: Values{"size": {"100"}, "snapshot-id": {"snap-0aa00000000000011"}, "availability-zone": {"us-east-1a"}, "volume-type": {"io2"}, "iops": {"4000"},
			"encrypted": {"true"}, "kms-key-id": {"alias/data"}, "multi-attach": {"true"}, "tags": {"Name=new", "Env=test"}, "client-token": {"token-3"}},
	}
}

func checkNewVolume(in *ec2.CreateVolumeInput) error {
	switch {
	case in.Size == nil && in.SnapshotId == nil:
		return &InputError{Field: "size", Rule: "or --snapshot-id is required"}
	case in.KmsKeyId != nil && !aws.ToBool(in.Encrypted):
		return &InputError{Field: "kms-key-id", Rule: "needs --encrypted true"}
	}
	if in.VolumeType == "" {
		in.VolumeType = types.VolumeTypeGp3 // EC2's own default is still gp2
	}
	return shape{string(in.VolumeType), in.Size, in.Iops, in.Throughput, in.MultiAttachEnabled}.check(0, "")
}

// volumeAhead tells what the snapshot and the region make of a new volume.
func volumeAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	var lines []string
	if id := v.Get("snapshot-id"); id != "" {
		s, err := oneSnapshot(ctx, client, strings.ToLower(id))
		if err != nil {
			return nil, err
		}
		line := fmt.Sprintf("%s, %s: the volume has at least %d GiB", sayWhen(s), s.State, aws.ToInt32(s.VolumeSize))
		if aws.ToBool(s.Encrypted) {
			line += " and is encrypted, as the snapshot is"
		}
		lines = append(lines, line)
	}
	return append(lines, encryptionWords(ctx, client)...), nil
}

// encryptionWords explain a volume that is encrypted although nobody asked.
func encryptionWords(ctx context.Context, client *ec2.Client) []string {
	out, err := client.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	if err == nil && aws.ToBool(out.EbsEncryptionByDefault) {
		return []string{"This region encrypts every new volume and copy: the account's default."}
	}
	return nil
}

func attachVolume() Operation {
	type in = ec2.AttachVolumeInput
	return &Op[*in, *ec2.AttachVolumeOutput]{
		Name: "attach-volume", Help: "Attach a volume to an instance of its zone", Noun: "volume", Risk: Changes,
		Warning: "The device name is for EC2: on Nitro types the system sees /dev/nvme1n1 and so on, whatever name is given.",
		Compare: attachAhead, Warn: func(in *in) []string { return deviceWarning(aws.ToString(in.Device)) },
		Advice: map[string]string{
			"IncorrectState":          "The volume has to be available, and the instance running or stopped: wait until they are, and retry.",
			"VolumeInUse":             "The volume is attached already: detach it first. Only io1 and io2 with Multi-Attach take several instances.",
			"InvalidParameterValue":   "The device name is in use or not valid for this system: /dev/sdf to /dev/sdp for Linux, xvdf to xvdp for Windows; leave it out to have the next free one.",
			"AttachmentLimitExceeded": "The instance type takes no more volumes: detach one, or take a larger type.",
		},
		Fields: []Field[*in]{
			volumeTarget("state:available", func(in *in) **string { return &in.VolumeId }),
			{Name: "instance-id", Help: "the instance, in the volume's zone", Need: Required, Rule: ID("i"), Pick: Pick{Kind: "instances", Where: whereAttachable}, To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "device-name", Help: "/dev/sdf to /dev/sdp; xvdf to xvdp on Windows", Default: "the next free one", Rule: Device(), To: ToString(func(in *in) **string { return &in.Device })},
		},
		Call: attach, Outputs: []string{"status", "attach-time", "device-name"},
		Show: func(out *ec2.AttachVolumeOutput) Result {
			return Result{
				Message: fmt.Sprintf("%s to %s as %s", out.State, aws.ToString(out.InstanceId), aws.ToString(out.Device)),
				Outputs: []Output{{"status", plain(out.State)}, {"attach-time", plain(out.AttachTime)}, {"device-name", plain(out.Device)}},
			}
		},
		Expect: &Expect{Passing: "attaching", Until: []string{"attached"}, Never: []string{"available", "detaching", "error", "deleted"}, States: attachStates,
			Patience: 2 * time.Minute, Late: "Still attaching: the device name may be invalid for this system. Detach it (force if needed) and attach it with another name."},
		Example: Values{"volume-id": {"vol-0aa00000000000011"}, "instance-id": {"i-0aa00000000000001"}, "device-name": {"/dev/sdf"}},
	}
}

// whereAttachable narrows instances to those that can take the volume.
func whereAttachable(ctx context.Context, client *ec2.Client, v Values) (string, error) {
	const settled = "state:running|stopped"
	id := v.Get("volume-id")
	if id == "" {
		return settled, nil
	}
	volume, err := oneVolume(ctx, client, id)
	if err != nil {
		return settled, err
	}
	return "zone:" + aws.ToString(volume.AvailabilityZone) + " " + settled, nil
}

// attach takes the next free device where none is given.
func attach(client *ec2.Client, ctx context.Context, in *ec2.AttachVolumeInput, opts ...func(*ec2.Options)) (*ec2.AttachVolumeOutput, error) {
	if in.Device == nil {
		i, err := instanceNamed(ctx, client, aws.ToString(in.InstanceId))
		if err != nil {
			return nil, err
		}
		device := freeDevice(i)
		if device == "" {
			return nil, &InputError{Field: "device-name", Rule: "is required: all names from f to p are in use on " + aws.ToString(in.InstanceId)}
		}
		in.Device = &device
	}
	return client.AttachVolume(ctx, in, opts...)
}

// attachAhead tells where a volume goes, by what name, and what stands against it.
func attachAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	volume, err := oneVolume(ctx, client, v.Get("volume-id"))
	if err != nil {
		return nil, err
	}
	i, err := instanceNamed(ctx, client, strings.ToLower(v.Get("instance-id")))
	if err != nil {
		return nil, err
	}
	device := v.Get("device-name")
	line := fmt.Sprintf("%s goes to %s (%s, %s)", sayVolume(volume), aws.ToString(i.InstanceId), TagValue(tagsOf(i.Tags), "Name"), stateName(i.State))
	if device == "" {
		line += " as " + freeDevice(i) + ", the next free name"
	} else {
		line += " as " + device
	}
	lines := []string{line}
	if device != "" && deviceUsed(i, device) {
		lines = append(lines, device+" is in use there: EC2 will refuse.")
	}
	if zone, other := aws.ToString(volume.AvailabilityZone), aws.ToString(orEmpty(i.Placement).AvailabilityZone); zone != other {
		lines = append(lines, fmt.Sprintf("The volume is in %s and the instance in %s: snapshot the volume and create it in %s.", zone, other, other))
	}
	return lines, nil
}

func detachVolume() Operation {
	type in = ec2.DetachVolumeInput
	return &Op[*in, *ec2.DetachVolumeOutput]{
		Name: "detach-volume", Help: "Detach a volume from its instance", Noun: "volume", Risk: Disrupts,
		Warning: "Unmount it first: what the system has not written yet is lost.", Foresee: whoHasIt,
		Warn: func(in *in) []string {
			if aws.ToBool(in.Force) {
				return []string{"FORCE: the system gets no chance to write. Data can be lost and the file system damaged; check it afterwards. Only for a volume that is stuck in detaching or busy for more than five minutes; reboot the instance after it."}
			}
			return nil
		},
		Advice: map[string]string{
			"IncorrectState":              "The volume is not attached, or it is the root of an instance that is not stopped: stop the instance first.",
			"InvalidAttachment.NotFound":  "It is not attached there, or not by this name: refresh, and leave --instance-id and --device-name out.",
			"InvalidParameterCombination": "The volume is attached to several instances: give --instance-id.",
		},
		Fields: []Field[*in]{
			volumeTarget("state:in-use", func(in *in) **string { return &in.VolumeId }),
			{Name: "instance-id", Help: "from which, with Multi-Attach", Default: "the attachment's", Rule: ID("i"), Pick: Pick{Kind: "instances", Where: whereAttached}, To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "device-name", Help: "its name there", Default: "the attachment's", Rule: Device(), To: ToString(func(in *in) **string { return &in.Device })},
			{Name: "force", Help: "take it away although the system holds it", Default: "false", Raises: Disrupts, To: ToBool(func(in *in) **bool { return &in.Force })},
		},
		Call: (*ec2.Client).DetachVolume, Outputs: []string{"status", "attach-time"},
		Show: func(out *ec2.DetachVolumeOutput) Result {
			return Result{
				Message: fmt.Sprintf("%s from %s", out.State, aws.ToString(out.InstanceId)),
				Outputs: []Output{{"status", plain(out.State)}, {"attach-time", plain(out.AttachTime)}},
			}
		},
		Expect: &Expect{Passing: "detaching", Until: []string{"detached"}, Never: []string{"attached", "busy", "error"}, States: detachStates,
			Patience: 5 * time.Minute, Late: "Still detaching: the system may have it mounted. Unmount it there; force is the last resort."},
		Example: Values{"volume-id": {"vol-0aa00000000000014"}, "instance-id": {"i-0aa00000000000008"}, "device-name": {"/dev/sdh"}, "force": {"true"}},
	}
}

// whereAttached narrows instances to those that have the volume.
func whereAttached(ctx context.Context, client *ec2.Client, v Values) (string, error) {
	volume, err := oneVolume(ctx, client, v.Get("volume-id"))
	if err != nil || len(volume.Attachments) == 0 {
		return "", err
	}
	var ids []string
	for _, a := range volume.Attachments {
		ids = append(ids, aws.ToString(a.InstanceId))
	}
	return "id:" + strings.Join(ids, "|"), nil
}

// whoHasIt tells which instances lose a volume.
func whoHasIt(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	found, err := volumesByID(ctx, client, ids)
	var lines []string
	for _, v := range found {
		for _, a := range v.Attachments {
			line := fmt.Sprintf("%s is on %s as %s, %s", sayVolume(v), aws.ToString(a.InstanceId), aws.ToString(a.Device), a.State)
			if i, err := instanceNamed(ctx, client, aws.ToString(a.InstanceId)); err == nil {
				line = fmt.Sprintf("%s is on %s (%s, %s) as %s, %s", sayVolume(v), aws.ToString(a.InstanceId), TagValue(tagsOf(i.Tags), "Name"), stateName(i.State), aws.ToString(a.Device), a.State)
				if aws.ToString(i.RootDeviceName) == aws.ToString(a.Device) {
					line += ": ITS ROOT; EC2 refuses unless the instance is stopped"
				}
			}
			lines = append(lines, line)
		}
	}
	return lines, err
}

// deleted is the outcome of a delete, whose answer is empty.
type deleted struct{ state, id string }

func deleteVolume() Operation {
	type in = ec2.DeleteVolumeInput
	return &Op[*in, *deleted]{
		Name: "delete-volume", Help: "Delete a volume and its data for good", Noun: "volume", Risk: Destroys,
		Warning: "This cannot be undone: what no snapshot has is lost.", Foresee: whatADeletionTakes,
		Advice: map[string]string{"IncorrectState": "The volume is being created or deleted: refresh and look at its state."},
		Fields: []Field[*in]{volumeTarget("state:available", func(in *in) **string { return &in.VolumeId })},
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*deleted, error) {
			if _, err := client.DeleteVolume(ctx, in, opts...); err != nil {
				return nil, err
			}
			// The answer says nothing: look. What is not listed any more is deleted.
			out := &deleted{state: "deleted", id: aws.ToString(in.VolumeId)}
			found, err := volumesByID(ctx, client, []string{out.id})
			switch {
			case err != nil:
				out.state = "deleting"
			case len(found) > 0:
				out.state = string(found[0].State)
			}
			return out, nil
		},
		Outputs: []string{"status"},
		Show: func(out *deleted) Result {
			return Result{Outputs: []Output{{"status", out.state}}, Items: []Item{{ID: out.id, To: out.state}}}
		},
		Expect:  &Expect{Passing: "deleting", Until: []string{"deleted"}, Never: []string{"available", "in-use"}, States: volumeStates},
		Example: Values{"volume-id": {"vol-0aa00000000000011"}},
	}
}

// whatADeletionTakes tells what still uses a volume, and whether a snapshot
// keeps its data.
func whatADeletionTakes(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	lines, err := whoHasIt(ctx, client, ids)
	if err != nil {
		return lines, err
	}
	found, err := volumesByID(ctx, client, ids)
	if err != nil {
		return lines, err
	}
	newest := map[string]types.Snapshot{}
	for chunk := range slices.Chunk(ids, filterValues) {
		snapshots, err := ownSnapshotsWhere(ctx, client, "volume-id", chunk...)
		if err != nil {
			return lines, err
		}
		for _, s := range snapshots {
			id := aws.ToString(s.VolumeId)
			if old, ok := newest[id]; s.State == types.SnapshotStateCompleted && (!ok || aws.ToTime(s.StartTime).After(aws.ToTime(old.StartTime))) {
				newest[id] = s
			}
		}
	}
	for _, v := range found {
		s, kept := newest[aws.ToString(v.VolumeId)]
		if kept {
			lines = append(lines, sayVolume(v)+": its newest snapshot stays: "+sayWhen(s))
			continue
		}
		lines = append(lines, sayVolume(v)+": NO SNAPSHOT of it exists: its data is lost for good")
	}
	return lines, nil
}
