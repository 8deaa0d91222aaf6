package views

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type launchTemplate = *types.LaunchTemplate

// launchTemplates is the table of launch templates.
func launchTemplates() *Resource[launchTemplate] {
	return &Resource[launchTemplate]{
		Kind: "launch-templates", Title: "Launch templates", Tab: "Templates", Noun: "launch template", Follows: []string{"instance", awsops.AnyResource},
		Pages: refs(awsops.LaunchTemplates),
		ID:    func(t launchTemplate) string { return aws.ToString(t.LaunchTemplateId) },
		Name:  func(t launchTemplate) string { return aws.ToString(t.LaunchTemplateName) },
		Tags:  func(t launchTemplate) []awsops.Tag { return awsops.TagsOf(t.Tags) },

		Columns: []Column[launchTemplate]{
			{Title: "Name", Width: 24, Grow: true, Value: func(t launchTemplate) string { return aws.ToString(t.LaunchTemplateName) }},
			{Title: "ID", Width: 20, Value: func(t launchTemplate) string { return aws.ToString(t.LaunchTemplateId) }},
			{Title: "Default", Width: 7, Right: true, Value: func(t launchTemplate) string { return versionNumber(t.DefaultVersionNumber) }, Number: func(t launchTemplate) int64 { return aws.ToInt64(t.DefaultVersionNumber) }},
			{Title: "Latest", Width: 6, Right: true, Value: func(t launchTemplate) string { return versionNumber(t.LatestVersionNumber) }, Number: func(t launchTemplate) int64 { return aws.ToInt64(t.LatestVersionNumber) }, Tone: newerThanDefault},
			age(func(t launchTemplate) time.Time { return aws.ToTime(t.CreateTime) }),
			{Title: "Created by", Width: 40, Value: func(t launchTemplate) string { return aws.ToString(t.CreatedBy) }},
		},
		Actions: append([]Action[launchTemplate]{
			{Key: "n", Operation: "run-instances", Help: "launch", Form: true, Fill: func(t launchTemplate) awsops.Values {
				return awsops.Values{"launch-template": {aws.ToString(t.LaunchTemplateId)}, "launch-template-version": {"$Default"}}
			}},
			{Key: "V", Operation: "describe-launch-template-versions", Help: "versions"},
			{Key: "D", Operation: "describe-launch-templates", Help: "all columns", Whole: true},
		}, tagActions[launchTemplate]()...),
		Links: []Link[launchTemplate]{
			{Key: "i", Help: "its instances", Kind: "instances", Query: func(t launchTemplate) string {
				return "tag:" + awsops.TemplateTag + "=" + aws.ToString(t.LaunchTemplateId)
			}},
		},
		Inspect: func(ctx context.Context, client *ec2.Client, t launchTemplate) (Detail, error) {
			versions, err := awsops.TemplateVersions(ctx, client, aws.ToString(t.LaunchTemplateId))
			if err != nil {
				return Detail{}, err
			}
			d := &templateDetail{*t, versions}
			return Detail{Object: d.shown(), Sections: sections(d, templateDetails(), templateLists)}, nil
		},
	}
}

// newerThanDefault marks templates whose latest version is not what a launch
// takes by itself.
func newerThanDefault(t launchTemplate) theme.Tone {
	if aws.ToInt64(t.LatestVersionNumber) != aws.ToInt64(t.DefaultVersionNumber) {
		return theme.Busy
	}
	return theme.Plain
}

func versionNumber(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// templateDetail is a launch template with its versions, newest first.
type templateDetail struct {
	types.LaunchTemplate
	Versions []types.LaunchTemplateVersion
}

// data is what the default version says.
func (d *templateDetail) data() types.ResponseLaunchTemplateData {
	for _, v := range d.Versions {
		if aws.ToBool(v.DefaultVersion) {
			return orNil(v.LaunchTemplateData)
		}
	}
	return types.ResponseLaunchTemplateData{}
}

// shown is the whole object without user data, which may hold passwords.
func (d *templateDetail) shown() *templateDetail {
	versions := make([]types.LaunchTemplateVersion, len(d.Versions))
	for i, v := range d.Versions {
		if v.LaunchTemplateData != nil && v.LaunchTemplateData.UserData != nil {
			data := *v.LaunchTemplateData
			data.UserData = aws.String(userDataSize(data.UserData))
			v.LaunchTemplateData = &data
		}
		versions[i] = v
	}
	return &templateDetail{d.LaunchTemplate, versions}
}

// userDataSize is the size of user data in base64.
func userDataSize(encoded *string) string {
	if encoded == nil {
		return ""
	}
	s := *encoded
	n := len(s) / 4 * 3
	for ; len(s) > 0 && s[len(s)-1] == '='; s = s[:len(s)-1] {
		n--
	}
	return fmt.Sprintf("(%d bytes)", n)
}

func templateDetails() []field[*templateDetail] {
	type d = *templateDetail
	type data = types.ResponseLaunchTemplateData
	of := func(member func(data) any) func(d) any { return func(t d) any { return member(t.data()) } }
	const version = "Default version"
	return []field[d]{
		{"Launch template", "Name", func(t d) any { return t.LaunchTemplateName }},
		{"Launch template", "ID", func(t d) any { return t.LaunchTemplateId }},
		{"Launch template", "Created", func(t d) any { return t.CreateTime }},
		{"Launch template", "Created by", func(t d) any { return t.CreatedBy }},
		{version, "Number", func(t d) any { return versionNumber(t.DefaultVersionNumber) }},
		{version, "Image", of(func(v data) any { return v.ImageId })},
		{version, "Type", of(func(v data) any { return v.InstanceType })},
		{version, "Key pair", of(func(v data) any { return v.KeyName })},
		{version, "Security groups", of(func(v data) any { return awsops.TemplateGroups(v) })},
		{version, "Subnet", of(func(v data) any { return awsops.TemplateSubnet(v) })},
		{version, "Zone", of(func(v data) any { return orNil(v.Placement).AvailabilityZone })},
		{version, "IAM profile", of(func(v data) any { return awsops.TemplateProfile(v) })},
		{version, "Monitoring", of(func(v data) any { return orNil(v.Monitoring).Enabled })},
		{version, "IMDS tokens", of(func(v data) any { return orNil(v.MetadataOptions).HttpTokens })},
		{version, "EBS optimized", of(func(v data) any { return v.EbsOptimized })},
		{version, "Termination protection", of(func(v data) any { return v.DisableApiTermination })},
		{version, "Stop protection", of(func(v data) any { return v.DisableApiStop })},
		{version, "Shutdown from inside", of(func(v data) any { return v.InstanceInitiatedShutdownBehavior })},
		{version, "Hibernation", of(func(v data) any { return orNil(v.HibernationOptions).Configured })},
		{version, "User data", of(func(v data) any { return userDataSize(v.UserData) })},
	}
}

// templateLists are the volumes and the tags of the default version, all
// versions, and the template's own tags.
func templateLists(d *templateDetail) []Section {
	var volumes, given, versions []DetailField
	for _, m := range d.data().BlockDeviceMappings {
		ebs := orNil(m.Ebs)
		end := "kept on termination"
		if aws.ToBool(ebs.DeleteOnTermination) {
			end = "deleted on termination"
		}
		volumes = append(volumes, DetailField{aws.ToString(m.DeviceName), fmt.Sprintf("%d GiB %s, %s", aws.ToInt32(ebs.VolumeSize), ebs.VolumeType, end), theme.Plain})
	}
	for _, spec := range d.data().TagSpecifications {
		for _, t := range spec.Tags {
			given = append(given, DetailField{aws.ToString(t.Key), fmt.Sprintf("%s, on each %s", aws.ToString(t.Value), spec.ResourceType), theme.Plain})
		}
	}
	for _, v := range d.Versions {
		tone := theme.Plain
		if aws.ToBool(v.DefaultVersion) {
			tone = theme.Good
		}
		data := orNil(v.LaunchTemplateData)
		versions = append(versions, DetailField{versionNumber(v.VersionNumber), fmt.Sprintf("%s, %s of %s, %s", moment(v.CreateTime), data.InstanceType, aws.ToString(data.ImageId), aws.ToString(v.VersionDescription)), tone})
	}
	return []Section{{"Volumes", volumes}, {"Tags of what is launched", given}, {"Versions", versions}, tagSection(d.Tags)}
}
