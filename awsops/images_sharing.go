package awsops

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	launchPermission   = string(types.ImageAttributeNameLaunchPermission)
	imageSharingAdvice = "An account-wide block of public images is lifted in the EC2 settings."
	publicImageWarning = "PUBLIC: every AWS account in the world can launch and copy it with all data in it, and what was copied stays copied."
	imdsForGood        = "FOR GOOD: IMDS support v2.0 cannot be withdrawn from an image. Instances launched from it demand tokens by default."
	ownerChanges       = "The image belongs to another account: only its owner changes it."
)

// launchableBy reads who may launch an image.
func launchableBy(ctx context.Context, client *ec2.Client, id string) ([]string, error) {
	out, err := client.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeInput{ImageId: &id, Attribute: types.ImageAttributeNameLaunchPermission})
	if err != nil {
		return nil, explain(err, "describe-image-attribute", client.Options().Region, false)
	}
	var who []string
	for _, p := range out.LaunchPermissions {
		for _, s := range []string{string(p.Group), aws.ToString(p.UserId), aws.ToString(p.OrganizationArn), aws.ToString(p.OrganizationalUnitArn)} {
			if s != "" {
				who = append(who, s)
			}
		}
	}
	slices.Sort(who)
	return who, nil
}

func imageSharingBlock(ctx context.Context, client *ec2.Client) (string, error) {
	out, err := client.GetImageBlockPublicAccessState(ctx, &ec2.GetImageBlockPublicAccessStateInput{})
	if err != nil {
		return "", explain(err, "get-image-block-public-access-state", client.Options().Region, false)
	}
	return aws.ToString(out.ImageBlockPublicAccessState), nil
}

// imageChange is a change of one attribute of an image.
type imageChange struct {
	ec2.ModifyImageAttributeInput
	Of, Operation, Text          *string
	Users, Groups, Organizations []string
	ProductCode                  *string
}

func (in *imageChange) removes() bool { return aws.ToString(in.Operation) == "remove" }

// OrganizationARN names an organization, or a unit of one.
func OrganizationARN() Rule {
	shape := regexp.MustCompile(`^arn:aws[a-z-]*:organizations::[0-9]{12}:(organization/o-[a-z0-9]{10,32}|ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$`)
	const text = "the ARN of an organization (…:organization/o-ID) or of a unit (…:ou/o-ID/ou-ID)"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if !shape.MatchString(s) {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

func modifyImageAttribute() Operation {
	type in = imageChange
	return &Op[*in, *sharingOut]{
		Name: "modify-image-attribute", Help: "Share an image, describe it, or have it demand IMDSv2", Noun: "image", Risk: Changes, Word: "change",
		Compare: imageAhead,
		RiskOf: func(in *in) Risk {
			if in.ImdsSupport != nil || in.LaunchPermission != nil && !in.removes() && len(in.Groups) > 0 {
				return Disrupts
			}
			return Reads
		},
		Warn: warnOfImageChange,
		Advice: map[string]string{"OperationNotPermitted": imageSharingAdvice, "AuthFailure": ownerChanges,
			"InvalidParameter":     "Images with encrypted snapshots cannot be public, and those under the default key of EBS cannot be shared at all: copy the image with a key of your own.",
			"UnsupportedOperation": "Product codes came with DevPay, which is gone: sell images in AWS Marketplace."},
		Fields: []Field[*in]{
			imageTarget(func(in *in) **string { return &in.ImageId }),
			{Name: "attribute", Help: "what to change; productCodes is of old, and EC2 refuses it today", Need: Required, Choices: []string{launchPermission, "description", "imdsSupport", "productCodes", "productCode"}, To: ToString(func(in *in) **string { return &in.Of })},
			{Name: "operation-type", Help: "share, or share no longer", Need: Conditional, Default: "add", Choices: []string{"add", "remove"}, To: ToString(func(in *in) **string { return &in.Operation })},
			sharingUsers(func(in *in) *[]string { return &in.Users }),
			sharingGroups(func(in *in) *[]string { return &in.Groups }),
			{Name: "organization-arns", Help: "organizations and their units", Need: Conditional, Rule: OrganizationARN(), To: ToList(func(in *in) *[]string { return &in.Organizations })},
			{Name: "value", Help: "the description; or v2.0 for imdsSupport", Need: Conditional, Rule: TagText(mostDescription), Blank: true, To: ToString(func(in *in) **string { return &in.Text })},
			{Name: "product-code", Help: "for productCodes: EC2 refuses it today", Need: Conditional, Rule: TagText(mostDescription), To: ToString(func(in *in) **string { return &in.ProductCode })},
			splitter[*in](),
		},
		Check: checkImageChange,
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*sharingOut, error) {
			if _, err := client.ModifyImageAttribute(ctx, &in.ModifyImageAttributeInput, opts...); err != nil {
				return nil, err
			}
			shared, _ := launchableBy(ctx, client, aws.ToString(in.ImageId)) // the change is done, whether or not this can be read
			return &sharingOut{shared}, nil
		},
		Outputs: []string{"result", "permissions"}, Show: showSharing,
		Example: Values{"image-id": {"ami-0aa00000000000006"}, "attribute": {launchPermission}, "operation-type": {"remove"}, "user-ids": {"210987654321"}, "groups": {"all"},
			"organization-arns": {"arn:aws:organizations::123456789012:organization/o-exampleorg1", "arn:aws:organizations::123456789012:ou/o-exampleorg1/ou-ab12-example1"}},
	}
}

// checkImageChange turns the inputs into the one member that EC2 wants.
func checkImageChange(in *imageChange) error {
	of := aws.ToString(in.Of)
	sharing := len(in.Users)+len(in.Groups)+len(in.Organizations) > 0
	switch {
	case of != launchPermission && (sharing || in.Operation != nil):
		return &InputError{Field: "operation-type", Rule: "and who may launch are for the attribute " + launchPermission}
	case strings.HasPrefix(of, "productCode") != (in.ProductCode != nil):
		return &InputError{Field: "product-code", Rule: "goes with the attribute productCodes; choose launchPermission otherwise. EC2 no longer accepts product codes."}
	case (of == "description" || of == "imdsSupport") != (in.Text != nil):
		return &InputError{Field: "value", Rule: "goes with the attributes description and imdsSupport"}
	case of == "imdsSupport" && *in.Text != string(types.ImdsSupportValuesV20):
		return &InputError{Field: "value", Value: *in.Text, Rule: "v2.0 is the only one for imdsSupport"}
	case of == launchPermission && !sharing:
		return someone(nil, nil)
	}
	switch of {
	case "description":
		in.Description = &types.AttributeValue{Value: in.Text}
	case "imdsSupport":
		in.ImdsSupport = &types.AttributeValue{Value: in.Text}
	case launchPermission:
		in.permit()
	default:
		in.Attribute, in.ProductCodes = aws.String("productCodes"), []string{*in.ProductCode}
	}
	return nil
}

func (in *imageChange) permit() {
	var list []types.LaunchPermission
	for _, s := range in.Users {
		list = append(list, types.LaunchPermission{UserId: &s})
	}
	for _, s := range in.Groups {
		list = append(list, types.LaunchPermission{Group: types.PermissionGroup(s)})
	}
	for _, s := range in.Organizations {
		if ofUnit(s) {
			list = append(list, types.LaunchPermission{OrganizationalUnitArn: &s})
		} else {
			list = append(list, types.LaunchPermission{OrganizationArn: &s})
		}
	}
	in.LaunchPermission = &types.LaunchPermissionModifications{Add: list}
	if in.removes() {
		in.LaunchPermission = &types.LaunchPermissionModifications{Remove: list}
	}
}

func warnOfImageChange(in *imageChange) []string {
	switch {
	case in.ImdsSupport != nil:
		return []string{imdsForGood}
	case in.ProductCodes != nil:
		return []string{"Product codes came with DevPay, which is gone: EC2 refuses this."}
	case in.LaunchPermission == nil:
		return nil
	case in.removes():
		return []string{"Instances and copies that others have made of it stay theirs."}
	case len(in.Groups) > 0:
		return []string{publicImageWarning}
	}
	return nil
}

// imageAhead shows an attribute before a change and after it.
func imageAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	id := strings.ToLower(v.Get("image-id"))
	if v.Get("attribute") != launchPermission {
		i, err := oneImage(ctx, client, id)
		if err != nil {
			return nil, err
		}
		before := map[string]string{"description": aws.ToString(i.Description), "imdsSupport": string(i.ImdsSupport)}[v.Get("attribute")]
		return []string{sayImage(i), fmt.Sprintf("before: %q", before), fmt.Sprintf("after:  %q", v.Get("value"))}, nil
	}
	before, err := launchableBy(ctx, client, id)
	if err != nil {
		return nil, err
	}
	lines, public := sharingLines(before, v)
	if public {
		state, err := imageSharingBlock(ctx, client)
		if err != nil {
			return lines, err
		}
		lines = append(lines, "Block of public images in this account and region: "+state)
	}
	return lines, nil
}

func resetImageAttribute() Operation {
	type in = ec2.ResetImageAttributeInput
	return &Op[*in, *ec2.ResetImageAttributeOutput]{
		Name: "reset-image-attribute", Help: "Make an image private to its owner again", Noun: "image", Risk: Changes, Word: "make private",
		Warning: "Instances and copies that others have made of it stay theirs.", Foresee: whoLoses("these can no longer launch it", launchableBy),
		Advice: map[string]string{"AuthFailure": ownerChanges},
		Fields: []Field[*in]{
			imageTarget(func(in *in) **string { return &in.ImageId }),
			{Name: "attribute", Help: "who may launch it", Need: Required, Default: launchPermission, Rule: resettable(), To: to(KindString, func(in *in, v string) { in.Attribute = types.ResetImageAttributeName(v) })},
		},
		Call: (*ec2.Client).ResetImageAttribute, Outputs: []string{"result"},
		Show:    func(*ec2.ResetImageAttributeOutput) Result { return Result{Outputs: []Output{{"result", true}}} },
		Example: Values{"image-id": {"ami-0aa00000000000007"}, "attribute": {launchPermission}},
	}
}

// resettable is the one attribute that can be reset.
func resettable() Rule {
	return Rule{Text: launchPermission, Check: func(s string) (string, error) {
		switch {
		case strings.HasPrefix(s, "productCode"):
			return "", errors.New("product codes are permanent; only launchPermission can be reset")
		case s != launchPermission:
			return "", errors.New("write " + launchPermission)
		}
		return s, nil
	}}
}

func imagePublicAccess() Operation {
	type in = ec2.GetImageBlockPublicAccessStateInput
	return &Op[*in, *ec2.GetImageBlockPublicAccessStateOutput]{
		Name: "get-image-block-public-access-state", Help: "Show whether the account keeps images from becoming public", Noun: "image",
		Call: (*ec2.Client).GetImageBlockPublicAccessState, Outputs: []string{"state", "managed-by"},
		Show: func(out *ec2.GetImageBlockPublicAccessStateOutput) Result {
			return Result{Outputs: []Output{{"state", plain(out.ImageBlockPublicAccessState)}, {"managed-by", plain(out.ManagedBy)}}}
		},
		Example: Values{},
	}
}

func deregisterImage() Operation {
	type in = ec2.DeregisterImageInput
	return &Op[*in, *ec2.DeregisterImageOutput]{
		Name: "deregister-image", Help: "Deregister an image: nothing can be launched from it any more", Noun: "image", Risk: Destroys,
		Warning: "This cannot be undone, unless a rule of the Recycle Bin keeps it. Instances launched from it stay; what is in S3 stays too.", Foresee: whoUsesImages,
		Warn: func(in *in) []string {
			if aws.ToBool(in.DeleteAssociatedSnapshots) {
				return []string{"ITS SNAPSHOTS ARE DELETED TOO, but for those that other images use."}
			}
			return []string{"Its snapshots stay, and cost money: --delete-associated-snapshots true deletes them too."}
		},
		Advice: map[string]string{"AuthFailure": "The image belongs to another account: only its owner deregisters it.", "OperationNotPermitted": "Deregistration protection is on: lift it first."},
		Fields: []Field[*in]{
			imageTarget(func(in *in) **string { return &in.ImageId }),
			{Name: "delete-associated-snapshots", Help: "delete its snapshots too", Default: "false", To: ToBool(func(in *in) **bool { return &in.DeleteAssociatedSnapshots })},
		},
		Call: (*ec2.Client).DeregisterImage, Outputs: []string{"result", "snapshot-id", "return-code"},
		Show: func(out *ec2.DeregisterImageOutput) Result {
			type result = types.DeleteSnapshotReturnCode
			table := tableOf([]column[result]{
				{"snapshot-id", "Snapshot ID", false, func(r result) any { return r.SnapshotId }},
				{"return-code", "Result", false, func(r result) any { return r.ReturnCode }},
			}, out.DeleteSnapshotResults)
			return Result{Message: sayDeleted(out.DeleteSnapshotResults), Outputs: []Output{{"result", true}}, Table: table, Lead: true}
		},
		Example: Values{"image-id": {"ami-0aa00000000000006"}, "delete-associated-snapshots": {"true"}},
	}
}

// sayDeleted tells what became of each snapshot that was not deleted.
func sayDeleted(results []types.DeleteSnapshotReturnCode) string {
	var kept []string
	for _, r := range results {
		if r.ReturnCode != types.SnapshotReturnCodesSuccess {
			kept = append(kept, fmt.Sprintf("%s stays (%s)", aws.ToString(r.SnapshotId), r.ReturnCode))
		}
	}
	switch {
	case len(results) == 0:
		return ""
	case len(kept) == 0:
		return fmt.Sprintf("%d snapshots are deleted too", len(results))
	}
	return strings.Join(kept, ", ")
}

// whoUsesImages tells what was launched from images, what they are made of and
// who else can launch them.
func whoUsesImages(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lines []string
	rows, err := ImagesByID(ctx, client, ids)
	if err != nil {
		return nil, err
	}
	for _, i := range rows {
		id := aws.ToString(i.ImageId)
		lines = append(lines, fmt.Sprintf("%s is %s, of %s", sayImage(*i), i.State, aws.ToString(i.CreationDate)))
		from, err := instancesOf(ctx, client, id)
		if err != nil {
			return lines, err
		}
		lines = append(lines, sayInstances(from))
		if behind := ImageSnapshots(i); len(behind) > 0 {
			lines = append(lines, "Snapshots behind it: "+strings.Join(behind, ", "))
		}
		if who, err := launchableBy(ctx, client, id); err == nil && len(who) > 0 {
			lines = append(lines, "Shared with, who can no longer launch it: "+strings.Join(who, ", "))
		}
	}
	return lines, nil
}

// mostNamedInstances is how many instances a dialog names.
const mostNamedInstances = 5

func sayInstances(list []types.Instance) string {
	if len(list) == 0 {
		return "No instance here was launched from it"
	}
	var some []string
	for _, i := range list[:min(len(list), mostNamedInstances)] {
		some = append(some, fmt.Sprintf("%s (%s)", aws.ToString(i.InstanceId), TagValue(tagsOf(i.Tags), "Name")))
	}
	line := fmt.Sprintf("%d instances here were launched from it, and cannot be launched again: %s", len(list), strings.Join(some, ", "))
	if more := len(list) - len(some); more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	return line
}
