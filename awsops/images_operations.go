package awsops

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func imageOperations() []Operation {
	return slices.Concat(imageReads(), []Operation{createImage(), copyImage(), registerImage(), deregisterImage(), modifyImageAttribute(), resetImageAttribute(), imagePublicAccess()})
}

const doubtOfImage = "A lost answer may have left an image: list the images and look for its name."

// imageExpect waits for new images. Large ones take hours.
func imageExpect() *Expect {
	return &Expect{New: true, Until: []string{"available"}, Never: []string{"failed", "error", "invalid", "deregistered"}, Measure: imageStandings, Patience: 10 * time.Minute,
		Late: "A large image takes hours; it goes on by itself, and the table of images shows when it is available."}
}

// imageTarget is the field that a selected row fills.
func imageTarget[In any](member func(In) **string) Field[In] {
	return Field[In]{Name: "image-id", Help: "the image", Need: Required, Default: "selected row", Rule: ID("ami"), Target: true, To: ToString(member)}
}

func imageNameField[In any](need Need, whenAbsent string, member func(In) **string) Field[In] {
	return Field[In]{Name: "name", Help: "the new image's name, which no other of the account in the region has", Need: need, Default: whenAbsent, Rule: ImageName(), To: ToString(member)}
}

// bakeIn is an image to be made of an instance.
type bakeIn struct {
	ec2.CreateImageInput
	ImageTags, SnapshotTags []types.Tag
	Keep, Delete, Omit, Add []string
}

func createImage() Operation {
	type in = bakeIn
	devices := func(name, help string, member func(*in) *[]string) Field[*in] {
		return Field[*in]{Name: name, Help: help, Default: "as the instance has it", Rule: Device(), To: ToList(member)}
	}
	return &Op[*in, *ec2.CreateImageOutput]{
		Name: "create-image", Help: "Make an image of an instance, with snapshots of its volumes", Noun: "image", Risk: Changes, Foresee: whatIsBaked, Doubt: doubtOfImage,
		Warning: "The snapshots behind an image cost money as long as they are kept.",
		Warn: func(in *in) []string {
			if aws.ToBool(in.NoReboot) {
				return []string{"Without a reboot the file systems may not be whole in the image: what the system has not written yet is missing."}
			}
			return []string{"THE INSTANCE IS REBOOTED if it is running. --no-reboot true leaves it alone."}
		},
		Advice: map[string]string{
			"IncorrectState":        "The instance has to be running or stopped: wait until it is, and retry.",
			"InvalidParameterValue": "An instance whose root is an instance store has no volume to take a snapshot of.",
		},
		Fields: []Field[*in]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, Pick: Only("instances", "state:running|stopped"), To: ToString(func(in *in) **string { return &in.InstanceId })},
			imageNameField(Required, "", func(in *in) **string { return &in.Name }),
			{Name: "description", Help: "what it is for", Default: "none", Rule: TagText(mostDescription), To: ToString(func(in *in) **string { return &in.Description })},
			{Name: "no-reboot", Help: "do not reboot it; the image may not be whole", Default: "false", To: ToBool(func(in *in) **bool { return &in.NoReboot })},
			devices("keep-devices", "devices whose volumes outlive instances of the image", func(in *in) *[]string { return &in.Keep }),
			devices("delete-devices", "devices whose volumes end with instances of the image", func(in *in) *[]string { return &in.Delete }),
			devices("omit-devices", "devices to leave out", func(in *in) *[]string { return &in.Omit }),
			{Name: "add-devices", Help: "further devices: /dev/sdh=20 (GiB), =snap-..., =ephemeral0", Default: "none", Rule: newDevice(), To: ToLines(func(in *in) *[]string { return &in.Add })},
			{Name: "tags", Help: "tags of the new image", Default: "none", Most: mostTags, Rule: TagPair(), To: ToTags(func(in *in) *[]types.Tag { return &in.ImageTags })},
			{Name: "snapshot-tags", Help: "tags of its snapshots", Default: "none", Most: mostTags, Rule: TagPair(), To: ToTags(func(in *in) *[]types.Tag { return &in.SnapshotTags })},
		},
		Check: checkBake,
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*ec2.CreateImageOutput, error) {
			return client.CreateImage(ctx, &in.CreateImageInput, opts...)
		},
		Outputs: []string{"image-id"}, Show: func(out *ec2.CreateImageOutput) Result { return newImage(out.ImageId) }, Expect: imageExpect(),
		Example: Values{"instance-id": {"i-0aa00000000000003"}, "name": {"protected-2026-11"}, "description": {"before the upgrade"}, "no-reboot": {"true"}, "keep-devices": {"/dev/xvda"}, "delete-devices": {"/dev/sdf"},
			"add-devices": {"/dev/sdh=20", "/dev/sdi=snap-0aa00000000000011", "/dev/sdb=ephemeral0"}, "tags": {"Name=baked"}, "snapshot-tags": {"Name=behind"}},
	}
}

func newImage(id *string) Result {
	return Result{Outputs: []Output{{"image-id", plain(id)}}, Items: []Item{{ID: aws.ToString(id), To: "pending"}}}
}

// newDevice is a device with what it is to hold.
func newDevice() Rule {
	device, snapshot, virtual, size := Device(), ID("snap"), Virtual(), GiB()
	const text = "DEVICE=GiB, DEVICE=snap-... or DEVICE=ephemeral0"
	return Rule{Text: text, Check: func(s string) (string, error) {
		name, what, ok := strings.Cut(s, "=")
		name, err := device.Check(name)
		if err != nil {
			return "", err
		}
		for _, rule := range []Rule{snapshot, virtual, size} {
			if v, err := rule.Check(what); err == nil && ok {
				return name + "=" + v, nil
			}
		}
		return "", fmt.Errorf("write %s", text)
	}}
}

// checkBake turns the words for devices into EC2's mappings.
func checkBake(in *bakeIn) error {
	for kind, tags := range map[types.ResourceType][]types.Tag{types.ResourceTypeImage: in.ImageTags, types.ResourceTypeSnapshot: in.SnapshotTags} {
		if len(tags) > 0 {
			in.TagSpecifications = append(in.TagSpecifications, types.TagSpecification{ResourceType: kind, Tags: tags})
		}
	}
	sortBy(in.TagSpecifications, func(a, b types.TagSpecification) int {
		return strings.Compare(string(a.ResourceType), string(b.ResourceType))
	})
	seen := map[string]string{}
	add := func(field, name string, m types.BlockDeviceMapping) error {
		if other, twice := seen[devicePlace(name)]; twice {
			return &InputError{Field: field, Value: name, Rule: "is given in --" + other + " too"}
		}
		seen[devicePlace(name)], m.DeviceName = field, &name
		in.BlockDeviceMappings = append(in.BlockDeviceMappings, m)
		return nil
	}
	for _, group := range []struct {
		field string
		names []string
		make  func() types.BlockDeviceMapping
	}{
		{"keep-devices", in.Keep, func() types.BlockDeviceMapping {
			return types.BlockDeviceMapping{Ebs: &types.EbsBlockDevice{DeleteOnTermination: aws.Bool(false)}}
		}},
		{"delete-devices", in.Delete, func() types.BlockDeviceMapping {
			return types.BlockDeviceMapping{Ebs: &types.EbsBlockDevice{DeleteOnTermination: aws.Bool(true)}}
		}},
		{"omit-devices", in.Omit, func() types.BlockDeviceMapping { return types.BlockDeviceMapping{NoDevice: aws.String("")} }},
	} {
		for _, name := range group.names {
			if err := add(group.field, name, group.make()); err != nil {
				return err
			}
		}
	}
	for _, pair := range in.Add {
		name, what, _ := strings.Cut(pair, "=")
		if err := add("add-devices", name, deviceOf(what)); err != nil {
			return err
		}
	}
	return nil
}

func deviceOf(what string) types.BlockDeviceMapping {
	switch size, err := strconv.ParseInt(what, 10, 32); {
	case strings.HasPrefix(what, "snap-"):
		return types.BlockDeviceMapping{Ebs: &types.EbsBlockDevice{SnapshotId: &what}}
	case err == nil:
		return types.BlockDeviceMapping{Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(int32(size))}}
	}
	return types.BlockDeviceMapping{VirtualName: &what}
}

// whatIsBaked tells what becomes part of an image.
func whatIsBaked(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lines []string
	for _, id := range ids {
		i, err := instanceNamed(ctx, client, id)
		if err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%s (%s) is %s, and has %d volumes", id, TagValue(tagsOf(i.Tags), "Name"), stateName(i.State), len(i.BlockDeviceMappings)))
	}
	return lines, nil
}

// imageCopyIn is a copy to another region, or within one.
type imageCopyIn struct {
	ec2.CopyImageInput
	To *string
}

func copyImage() Operation {
	type in = imageCopyIn
	return &Op[*in, *copyOut]{
		Name: "copy-image", Help: "Copy an image, to another region or with another key", Noun: "image", Risk: Changes, Foresee: whichImage, Doubt: doubtOfImage + " Or repeat it with the same --client-token.",
		Warning: "The snapshots of the copy cost money in its region, and so does the way there. Sharing is not copied. A wrong key shows only later: the copy then fails.",
		Advice: map[string]string{
			"InvalidAMIID.Unavailable":    "The image is not available: wait until it is, and retry.",
			"InvalidParameterValue":       "Regions are those that the account has enabled.",
			"IdempotentParameterMismatch": "The same client token was used with other values: leave --client-token out, or give another one.",
		},
		Fields: []Field[*in]{
			{Name: "image-id", Help: "the image", Need: Required, Default: "selected row", Rule: ID("ami"), Target: true, Pick: Only("images", "state:available"), To: ToString(func(in *in) **string { return &in.SourceImageId })},
			imageNameField(Required, "", func(in *in) **string { return &in.Name }),
			{Name: "destination-region", Help: "where the copy is made", Default: "the same region", Rule: Region(), Pick: Only("regions", "-opt-in:not-opted-in"), To: ToString(func(in *in) **string { return &in.To })},
			{Name: "description", Help: "what it is for", Default: "none", Rule: TagText(mostDescription), To: ToString(func(in *in) **string { return &in.Description })},
			{Name: "encrypted", Help: "encrypt its snapshots; those of encrypted ones always are", Default: "as the image and the region say", Choices: []string{"true"}, To: ToBool(func(in *in) **bool { return &in.Encrypted })},
			{Name: "kms-key-id", Help: "the key to encrypt with", Default: "the default key", Rule: KMSKey(), To: ToString(func(in *in) **string { return &in.KmsKeyId })},
			{Name: "copy-image-tags", Help: "take the tags along", Default: "false", To: ToBool(func(in *in) **bool { return &in.CopyImageTags })},
			newTags(types.ResourceTypeImage, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
			{Name: "client-token", Help: "the same token copies only once", Default: "random", Random: true, Rule: Token(), To: ToString(func(in *in) **string { return &in.ClientToken })},
		},
		Check: func(in *in) error {
			if in.KmsKeyId != nil && !aws.ToBool(in.Encrypted) {
				return &InputError{Field: "kms-key-id", Rule: "needs --encrypted true"}
			}
			return nil
		},
		Call: copyImageTo, Outputs: []string{"image-id", "region"},
		Show: func(out *copyOut) Result {
			return Result{Message: "copying to " + out.id + " in " + out.region, Outputs: []Output{{"image-id", out.id}, {"region", out.region}}, Items: []Item{{ID: out.item, To: "pending"}}}
		},
		Expect: imageExpect(),
		Example: Values{"image-id": {"ami-0aa00000000000006"}, "name": {"golden-far"}, "destination-region": {"eu-west-1"}, "description": {"far away"}, "encrypted": {"true"}, "kms-key-id": {"alias/data"},
			"copy-image-tags": {"true"}, "tags": {"Name=copy"}, "client-token": {"token-6"}},
	}
}

// copyImageTo asks the region that the copy is to be in: EC2 fetches, it does not send.
func copyImageTo(client *ec2.Client, ctx context.Context, in *imageCopyIn, opts ...func(*ec2.Options)) (*copyOut, error) {
	from := client.Options().Region
	to := from
	if in.To != nil {
		to = *in.To
	}
	in.SourceRegion = &from
	out, err := inRegion(client, to).CopyImage(ctx, &in.CopyImageInput, opts...)
	if err != nil {
		return nil, err
	}
	c := &copyOut{region: to, id: aws.ToString(out.ImageId), item: aws.ToString(out.ImageId)}
	if to != from {
		c.item = to + "/" + c.id
	}
	return c, nil
}

func whichImage(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	rows, err := ImagesByID(ctx, client, ids)
	var lines []string
	for _, i := range rows {
		lines = append(lines, fmt.Sprintf("%s is %s, of %s", sayImage(*i), i.State, aws.ToString(i.CreationDate)))
	}
	return lines, err
}

// registerIn is an image to be registered from a manifest or a snapshot.
type registerIn struct {
	ec2.RegisterImageInput
	Root *string
}

func registerImage() Operation {
	type in = registerIn
	return &Op[*in, *ec2.RegisterImageOutput]{
		Name: "register-image", Help: "Make an image of the snapshot of a root volume, or of a bundle in S3", Noun: "image", Risk: Changes, Doubt: doubtOfImage,
		Warn: func(in *in) []string {
			if in.ImageLocation != nil {
				return []string{"Bundles are for instance stores of old types. Today an image is made of an instance (create-image) or of a snapshot (--root-snapshot-id)."}
			}
			return []string{"Architecture and boot mode have to be those of the system on the snapshot: EC2 does not look, and instances would not boot."}
		},
		Advice: map[string]string{"AuthFailure": "The snapshot belongs to another account: copy it first.", "IncorrectState": "The snapshot is not completed: wait until it is, and retry."},
		Fields: []Field[*in]{
			{Name: "image-location", Help: "where the manifest of the bundle is in S3", Need: Conditional, Rule: Manifest(), To: ToString(func(in *in) **string { return &in.ImageLocation })},
			imageNameField(Conditional, "that of the manifest", func(in *in) **string { return &in.Name }),
			{Name: "root-snapshot-id", Help: "the snapshot of a root volume", Need: Conditional, Rule: ID("snap"), Pick: Only("snapshots", "state:completed"), To: ToString(func(in *in) **string { return &in.Root })},
			{Name: "root-device-name", Help: "the name of the root device", Default: "/dev/xvda", Rule: Device(), To: ToString(func(in *in) **string { return &in.RootDeviceName })},
			{Name: "architecture", Help: "of the system in it", Default: "x86_64", Choices: []string{"x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac"}, To: to(KindString, func(in *in, v string) { in.Architecture = types.ArchitectureValues(v) })},
			{Name: "virtualization-type", Help: "how it is run", Default: "hvm", Choices: []string{"hvm", "paravirtual"}, To: ToString(func(in *in) **string { return &in.VirtualizationType })},
			{Name: "description", Help: "what it is for", Default: "none", Rule: TagText(mostDescription), To: ToString(func(in *in) **string { return &in.Description })},
			{Name: "ena-support", Help: "the system has the driver that today's types need", Default: "true with a snapshot", To: ToBool(func(in *in) **bool { return &in.EnaSupport })},
			{Name: "boot-mode", Help: "how it boots", Default: "the instance type's", Choices: []string{"legacy-bios", "uefi", "uefi-preferred"}, To: to(KindString, func(in *in, v string) { in.BootMode = types.BootModeValues(v) })},
			newTags(types.ResourceTypeImage, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
		},
		Check: checkRegister,
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*ec2.RegisterImageOutput, error) {
			return client.RegisterImage(ctx, &in.RegisterImageInput, opts...)
		},
		Outputs: []string{"image-id"}, Show: func(out *ec2.RegisterImageOutput) Result { return newImage(out.ImageId) }, Expect: imageExpect(),
		Example: Values{"root-snapshot-id": {"snap-0aa00000000000011"}, "name": {"from a snapshot"}, "root-device-name": {"/dev/sda1"}, "architecture": {"arm64"}, "virtualization-type": {"paravirtual"},
			"description": {"rescued"}, "ena-support": {"false"}, "boot-mode": {"uefi"}, "tags": {"Name=rescued"}},
	}
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9 ()\[\]./'@_-]`)

// checkRegister fills in what EC2's own defaults, of 2006, get wrong.
func checkRegister(in *registerIn) error {
	switch {
	case (in.ImageLocation == nil) == (in.Root == nil):
		return &InputError{Field: "root-snapshot-id", Rule: "or --image-location is required, and not both"}
	case in.ImageLocation != nil && in.RootDeviceName != nil:
		return &InputError{Field: "root-device-name", Rule: "is for --root-snapshot-id"}
	case in.ImageLocation == nil && in.Name == nil:
		return &InputError{Field: "name", Rule: "is required with --root-snapshot-id"}
	}
	if in.Architecture == "" {
		in.Architecture = types.ArchitectureValuesX8664
	}
	if in.VirtualizationType == nil {
		in.VirtualizationType = aws.String("hvm")
	}
	if in.ImageLocation != nil {
		if in.Name == nil {
			name := notInName.ReplaceAllString(strings.TrimSuffix(path.Base(*in.ImageLocation), ".manifest.xml"), "-")
			in.Name = &name
		}
		if _, err := ImageName().Check(*in.Name); err != nil {
			return &InputError{Field: "name", Value: *in.Name, Rule: err.Error()}
		}
		return nil
	}
	if in.RootDeviceName == nil {
		in.RootDeviceName = aws.String("/dev/xvda")
	}
	if in.EnaSupport == nil {
		in.EnaSupport = aws.Bool(true)
	}
	in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: in.RootDeviceName, Ebs: &types.EbsBlockDevice{SnapshotId: in.Root, DeleteOnTermination: aws.Bool(true)}}}
	return nil
}
