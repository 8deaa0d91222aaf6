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
	image       = *types.Image
	imageDetail = *awsops.DescribedImage
)

// launchPermission is what sharing an image is about.
func launchPermission() awsops.Values {
	return awsops.Values{"attribute": {string(types.ImageAttributeNameLaunchPermission)}}
}

// images is the table of the account's own images; a filter that asks for
// those of others shows these too.
func images() *Resource[image] {
	return &Resource[image]{
		Kind: "images", Title: "Images", Noun: "image", Follows: []string{"instance", "snapshot", awsops.AnyResource},
		Empty:   "There is no image of your own here. W on an instance makes one; those of others take a filter: owner:amazon name:al2023, or id:ami-...",
		Pages:   refs(awsops.Images),
		Beyond:  othersImages,
		Hint:    "your own; owner:amazon name:al2023*arm64 and enter brings those of others",
		ByID:    awsops.ImagesByID,
		ID:      imageID,
		Name:    func(i image) string { return aws.ToString(i.Name) },
		State:   imageState,
		Busy:    func(i image) bool { return i.State == types.ImageStatePending || i.State == types.ImageStateTransient },
		Pretend: pretending(func(i image) *types.ImageState { return &i.State }),
		Tags:    func(i image) []awsops.Tag { return awsops.TagsOf(i.Tags) },
		Account: func(i image) string { return aws.ToString(i.OwnerId) },

		Columns: imageColumns(),
		Actions: append([]Action[image]{
			{Key: "n", Operation: "run-instances", Help: "launch", Form: true, Fill: func(i image) awsops.Values { return awsops.Values{"image-id": {imageID(i)}} }, Deny: notAvailable},
			{Key: "C", Operation: "copy-image", Help: "copy", Form: true, Deny: notAvailable},
			{Key: "s", Operation: "modify-image-attribute", Help: "share", Values: launchPermission(), Form: true},
			{Key: "P", Operation: "reset-image-attribute", Help: "make private", Values: launchPermission()},
			{Key: "E", Operation: "modify-image-attribute", Help: "describe", Values: awsops.Values{"attribute": {"description"}}, Form: true},
			{Key: "M", Operation: "modify-image-attribute", Help: "demand IMDSv2", Values: awsops.Values{"attribute": {"imdsSupport"}, "value": {"v2.0"}}, Deny: demandsTokens},
			{Key: "X", Operation: "deregister-image", Help: "deregister", Deny: isDeregistered},
			{Key: "W", Operation: "deregister-image", Help: "deregister with snapshots", Values: awsops.Values{"delete-associated-snapshots": {"true"}}, Deny: isDeregistered},
			{Key: "R", Operation: "register-image", Help: "register", Whole: true, Form: true},
			{Key: "S", Operation: "modify-image-attribute", Help: "share no longer", Values: noLonger(launchPermission()), Form: true},
			{Key: "I", Operation: "get-image-details", Help: "fields"},
			{Key: "B", Operation: "get-image-block-public-access-state", Help: "block of public sharing", Whole: true},
			{Key: "D", Operation: "describe-images", Help: "all columns, and others' images", Whole: true, Form: true},
		}, tagActions[image]()...),
		Links: []Link[image]{
			{Key: "i", Help: "its instances", Kind: "instances", Query: func(i image) string { return column("image", imageID(i)) }},
			{Key: "V", Help: "its snapshots", Kind: "snapshots", Query: func(i image) string { return column("id", strings.Join(awsops.ImageSnapshots(i), "|")) },
				Deny: needs("has no snapshot", func(i image) string { return strings.Join(awsops.ImageSnapshots(i), "|") })},
		},
		Inspect: func(ctx context.Context, client *ec2.Client, i image) (Detail, error) {
			d, err := awsops.InspectImage(ctx, client, imageID(i))
			if err != nil {
				return Detail{}, err
			}
			return Detail{Object: &d.Image, Sections: sections(&d, imageFields(), imageLists)}, nil
		},
	}
}

func imageID(i image) string    { return aws.ToString(i.ImageId) }
func imageState(i image) string { return string(i.State) }

// created is when an image was made. EC2 sends it as text.
func created(i image) time.Time {
	at, _ := time.Parse(time.RFC3339, aws.ToString(i.CreationDate))
	return at
}

// imageColumns are the 16 of EC2's older tools, and what came later.
func imageColumns() []Column[image] {
	return []Column[image]{
		{Title: "Name", Width: 24, Grow: true, Value: func(i image) string { return aws.ToString(i.Name) }},
		{Title: "ID", Width: 21, Value: imageID},
		state(12, imageState, map[string]theme.Tone{"available": theme.Good, "deregistered": theme.Faint, "disabled": theme.Faint, "failed": theme.Bad, "error": theme.Bad, "invalid": theme.Bad}),
		{Title: "Visibility", Width: 10, Value: visibility, Tone: func(i image) theme.Tone {
			if aws.ToBool(i.Public) {
				return theme.Busy
			}
			return theme.Plain
		}},
		age(created),
		{Title: "Architecture", Width: 12, Value: func(i image) string { return string(i.Architecture) }},
		{Title: "Platform", Width: 12, Value: awsops.ImagePlatform},
		{Title: "Root", Width: 14, Value: func(i image) string { return string(i.RootDeviceType) }},
		{Title: "Owner", Width: 12, Value: imageOwner, Show: func(i image, _ time.Time) string { return aws.ToString(i.OwnerId) }},
		{Title: "Description", Width: 30, Extra: true, Value: func(i image) string { return aws.ToString(i.Description) }},
		{Title: "Location", Width: 40, Extra: true, Value: func(i image) string { return aws.ToString(i.ImageLocation) }},
		{Title: "Alias", Width: 15, Extra: true, Value: func(i image) string { return aws.ToString(i.ImageOwnerAlias) }},
		{Title: "Kind", Width: 8, Extra: true, Value: func(i image) string { return string(i.ImageType) }},
		{Title: "Kernel", Width: 12, Extra: true, Value: func(i image) string { return aws.ToString(i.KernelId) }},
		{Title: "RAM disk", Width: 12, Extra: true, Value: func(i image) string { return aws.ToString(i.RamdiskId) }},
		{Title: "Reason", Width: 40, Extra: true, Value: func(i image) string { return aws.ToString(orNil(i.StateReason).Message) }, Tone: func(image) theme.Tone { return theme.Bad }},
		{Title: "Device", Width: 10, Extra: true, Value: func(i image) string { return aws.ToString(i.RootDeviceName) }},
		{Title: "Snapshots", Width: 22, List: true, Extra: true, Value: func(i image) string { return strings.Join(awsops.ImageSnapshots(i), ",") }},
		{Title: "IMDS", Width: 5, Extra: true, Value: func(i image) string { return string(i.ImdsSupport) }},
		{Title: "Boot", Width: 14, Extra: true, Value: func(i image) string { return string(i.BootMode) }},
		{Title: "Deprecated", Width: 24, Extra: true, Value: func(i image) string { return aws.ToString(i.DeprecationTime) }},
		{Title: "Source", Width: 21, Extra: true, Value: imageSource},
	}
}

// imageOwner is the account, and the name that it goes by.
func imageOwner(i image) string {
	return strings.TrimSpace(aws.ToString(i.OwnerId) + " " + aws.ToString(i.ImageOwnerAlias))
}

func visibility(i image) string {
	if aws.ToBool(i.Public) {
		return "public"
	}
	return "private"
}

// imageSource is the instance or the image that an image was made of.
func imageSource(i image) string {
	if i.SourceInstanceId != nil {
		return *i.SourceInstanceId
	}
	return strings.TrimSpace(aws.ToString(i.SourceImageId) + " " + aws.ToString(i.SourceImageRegion))
}

func notAvailable(i image) string {
	return unless(i.State == types.ImageStateAvailable, "is "+string(i.State)+", not available")
}

func isDeregistered(i image) string {
	return unless(i.State != types.ImageStateDeregistered, "is deregistered already")
}

func demandsTokens(i image) string {
	return unless(i.ImdsSupport != types.ImdsSupportValuesV20, "demands IMDSv2 already, for good")
}

func imageFields() []field[imageDetail] {
	type d = imageDetail
	return slices.Concat([]field[d]{
		{"Image", "ID", func(i d) any { return i.ImageId }},
		{"Image", "Name", func(i d) any { return i.Name }},
		{"Image", "Description", func(i d) any { return i.Description }},
		{"Image", "State", func(i d) any { return i.State }},
		{"Image", "Reason", func(i d) any { return orNil(i.StateReason).Message }},
		{"Image", "Location", func(i d) any { return i.ImageLocation }},
		{"Image", "Created", func(i d) any { return i.CreationDate }},
		{"Image", "Deprecated", func(i d) any { return i.DeprecationTime }},
		{"Image", "Last launched", func(i d) any { return i.LastLaunchedTime }},
		{"Image", "Source", func(i d) any { return imageSource(&i.Image) }},
		{"Image", "Kind", func(i d) any { return i.ImageType }},
		{"Image", "Product codes", func(i d) any { return awsops.ProductCodes(i.ProductCodes) }},
		{"Image", "Protected", func(i d) any { return i.DeregistrationProtection }},
	}, sharing(true, func(i d) awsops.Sharing { return i.Sharing }), []field[d]{
		{"Sharing", "Owner", func(i d) any { return imageOwner(&i.Image) }},
		{"System", "Platform", func(i d) any { return awsops.ImagePlatform(&i.Image) }},
		{"System", "Architecture", func(i d) any { return i.Architecture }},
		{"System", "Virtualization", func(i d) any { return i.VirtualizationType }},
		{"System", "Boot mode", func(i d) any { return i.BootMode }},
		{"System", "IMDS", func(i d) any { return i.ImdsSupport }},
		{"System", "TPM", func(i d) any { return i.TpmSupport }},
		{"System", "ENA", func(i d) any { return i.EnaSupport }},
		{"System", "Kernel", func(i d) any { return i.KernelId }},
		{"System", "RAM disk", func(i d) any { return i.RamdiskId }},
		{"System", "Root device", func(i d) any { return i.RootDeviceName }},
		{"System", "Root type", func(i d) any { return i.RootDeviceType }},
	})
}

// imageLists are the devices of an image, and the instances launched from it.
func imageLists(i imageDetail) []Section {
	var devices, from []DetailField
	for _, device := range awsops.ImageDevices(&i.Image) {
		name, rest, _ := strings.Cut(device, " ")
		devices = append(devices, DetailField{name, strings.TrimSpace(rest), theme.Plain})
	}
	for _, in := range i.Instances {
		from = append(from, DetailField{aws.ToString(in.InstanceId), fmt.Sprintf("%s, %s", awsops.TagValue(awsops.TagsOf(in.Tags), "Name"), orNil(in.State).Name), theme.Plain})
	}
	return []Section{{"Block devices", devices}, {"Instances launched from it", from}, tagSection(i.Tags)}
}
