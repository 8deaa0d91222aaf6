package awsops

import (
	"cmp"
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

// fullTemplatePage is the most launch templates that EC2 gives at once.
const fullTemplatePage = 200

// The tags by which EC2 marks an instance that came from a launch template.
const (
	TemplateTag        = "aws:ec2launchtemplate:id"
	TemplateVersionTag = "aws:ec2launchtemplate:version"
)

// LaunchTemplates lists the launch templates of the client's region.
func LaunchTemplates(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.LaunchTemplate, error] {
	return pagesOf(client, "describe-launch-templates", func(size *int32, token *string) ([]types.LaunchTemplate, *string, error) {
		out, err := client.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{MaxResults: aws.Int32(min(*size, fullTemplatePage)), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.LaunchTemplates, out.NextToken, nil
	})
}

// TemplateVersions reads all versions of a launch template, newest first.
func TemplateVersions(ctx context.Context, client *ec2.Client, id string) ([]types.LaunchTemplateVersion, error) {
	return allTemplateVersions(client, ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, MaxResults: aws.Int32(fullTemplatePage)})
}

func allTemplateVersions(client *ec2.Client, ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, opts ...func(*ec2.Options)) ([]types.LaunchTemplateVersion, error) {
	var versions []types.LaunchTemplateVersion
	for {
		out, err := client.DescribeLaunchTemplateVersions(ctx, in, opts...)
		if err != nil {
			return nil, explain(err, "describe-launch-template-versions", client.Options().Region, false)
		}
		versions = append(versions, out.LaunchTemplateVersions...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return versions, nil
		}
	}
}

func launchTemplateOperations() []Operation {
	return []Operation{listTemplates(), listTemplateVersions()}
}

// TemplateRef names a launch template: by its ID, or by its name.
func TemplateRef() Rule {
	id, shaped := ID("lt"), matching(`^[a-zA-Z0-9().\-/_]{3,128}$`)
	const text = "3 to 128 letters, digits and ()./-_, or lt- and 8 or 17 hex digits"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if id, err := id.Check(s); err == nil {
			return id, nil
		}
		if !shaped(s) {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

// templateVersion is a version of a launch template: its number, or one of the
// words that EC2 finds it by.
func templateVersion() Rule {
	const text = "a number, $Latest or $Default"
	return Rule{Text: text, Check: func(s string) (string, error) {
		switch strings.ToLower(strings.TrimPrefix(s, "$")) {
		case "latest":
			return "$Latest", nil
		case "default":
			return "$Default", nil
		}
		if n, err := strconv.ParseInt(s, 10, 64); err != nil || n < 1 || s[0] == '+' {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

// setTemplate writes a template where EC2 wants its ID or its name.
func setTemplate(v string, id, name **string) {
	if _, err := ID("lt").Check(v); err == nil {
		*id = &v
		return
	}
	*name = &v
}

func listTemplates() Operation {
	type in = ec2.DescribeLaunchTemplatesInput
	return &Op[*in, *[]types.LaunchTemplate]{
		Name: "describe-launch-templates", Help: "List the launch templates", Noun: "launch template",
		Fields: append([]Field[*in]{
			{Name: "launch-template-ids", Help: "only these launch templates", Default: "all", Rule: ID("lt"), Pick: Only("launch-templates", ""), To: ToList(func(in *in) *[]string { return &in.LaunchTemplateIds })},
			{Name: "launch-template-names", Help: "only launch templates of these names", Default: "all", Rule: TemplateRef(), To: ToList(func(in *in) *[]string { return &in.LaunchTemplateNames })},
			{Name: "filters", Help: "only those that match", Default: "none", Rule: FilterNames("launch-template-name, create-time, tag:KEY, tag-key"), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
			{Name: "page-size", Help: "launch templates in one answer; not with launch-template-ids", Default: "200", Rule: Between(1, fullTemplatePage), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
		}, delimiters[*in](",")[1:]...),
		Check: func(in *in) error {
			if in.MaxResults != nil && len(in.LaunchTemplateIds) > 0 {
				return &InputError{Field: "page-size", Rule: "cannot be used together with --launch-template-ids"}
			}
			return nil
		},
		Call: describeTemplates, Outputs: names(templateColumns()),
		Show: func(out *[]types.LaunchTemplate) Result {
			return Result{Table: tableOf(templateColumns(), *out)}
		},
		Example: Values{"launch-template-names": {"web"}, "filters": {"tag:Kept=yes"}, "page-size": {"5"}},
	}
}

func describeTemplates(client *ec2.Client, ctx context.Context, in *ec2.DescribeLaunchTemplatesInput, opts ...func(*ec2.Options)) (*[]types.LaunchTemplate, error) {
	if in.MaxResults == nil && len(in.LaunchTemplateIds) == 0 {
		in.MaxResults = aws.Int32(fullTemplatePage)
	}
	var all []types.LaunchTemplate
	for {
		out, err := client.DescribeLaunchTemplates(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		all = append(all, out.LaunchTemplates...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	sortBy(all, func(a, b types.LaunchTemplate) int {
		return strings.Compare(aws.ToString(a.LaunchTemplateName), aws.ToString(b.LaunchTemplateName))
	})
	return &all, nil
}

func templateColumns() []column[types.LaunchTemplate] {
	type template = types.LaunchTemplate
	return []column[template]{
		{"launch-template-name", "Name", false, func(t template) any { return t.LaunchTemplateName }},
		{"launch-template-id", "ID", false, func(t template) any { return t.LaunchTemplateId }},
		{"default-version", "Default", false, func(t template) any { return number(t.DefaultVersionNumber) }},
		{"latest-version", "Latest", false, func(t template) any { return number(t.LatestVersionNumber) }},
		{"created", "Created", false, func(t template) any { return t.CreateTime }},
		{"created-by", "Created by", false, func(t template) any { return t.CreatedBy }},
		{"tags", "Tags", false, func(t template) any { return tagPairs(t.Tags) }},
	}
}

// number is a 64-bit number as a cell.
func number(n *int64) any {
	if n == nil {
		return nil
	}
	return int(*n)
}

func listTemplateVersions() Operation {
	type in = ec2.DescribeLaunchTemplateVersionsInput
	return &Op[*in, *[]types.LaunchTemplateVersion]{
		Name: "describe-launch-template-versions", Help: "List the versions of a launch template", Noun: "launch template",
		Fields: append([]Field[*in]{
			{Name: "launch-template", Help: "the launch template, by its ID or name", Need: Required, Default: "selected row", Rule: TemplateRef(), Target: true, Pick: Only("launch-templates", ""),
				To: to(KindString, func(in *in, v string) { setTemplate(v, &in.LaunchTemplateId, &in.LaunchTemplateName) })},
			{Name: "versions", Help: "only these versions", Default: "all", Rule: templateVersion(), To: ToList(func(in *in) *[]string { return &in.Versions })},
			{Name: "min-version", Help: "only versions from this one on", Default: "1", Rule: AtLeast(1), To: to(KindInt, func(in *in, v string) { in.MinVersion = &v })},
			{Name: "max-version", Help: "only versions up to this one", Default: "the latest", Rule: AtLeast(1), To: to(KindInt, func(in *in, v string) { in.MaxVersion = &v })},
			{Name: "filters", Help: "only those that match", Default: "none", Rule: FilterNames("image-id, instance-type, is-default-version, iam-instance-profile, ebs-optimized, http-tokens, create-time"), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
			{Name: "page-size", Help: "versions in one answer", Default: "200", Rule: Between(1, fullTemplatePage), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
		}, delimiters[*in](";")...),
		Check: checkVersions,
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*[]types.LaunchTemplateVersion, error) {
			if in.MaxResults == nil {
				in.MaxResults = aws.Int32(fullTemplatePage)
			}
			versions, err := allTemplateVersions(client, ctx, in, opts...)
			return &versions, err
		},
		Outputs: names(templateVersionColumns()),
		Show: func(out *[]types.LaunchTemplateVersion) Result {
			return Result{Table: tableOf(templateVersionColumns(), *out)}
		},
		Example: Values{"launch-template": {"web"}, "versions": {"$Default", "3"}, "min-version": {"2"}, "max-version": {"3"}, "filters": {"instance-type=t3.*"}, "page-size": {"5"}},
	}
}

func checkVersions(in *ec2.DescribeLaunchTemplateVersionsInput) error {
	least, _ := strconv.Atoi(aws.ToString(in.MinVersion))
	most, _ := strconv.Atoi(cmp.Or(aws.ToString(in.MaxVersion), aws.ToString(in.MinVersion)))
	if most < least {
		return &InputError{Field: "max-version", Value: *in.MaxVersion, Rule: "must be at least --min-version, " + *in.MinVersion}
	}
	return nil
}

func templateVersionColumns() []column[types.LaunchTemplateVersion] {
	type version = types.LaunchTemplateVersion
	data := func(v version) types.ResponseLaunchTemplateData {
		if v.LaunchTemplateData == nil {
			return types.ResponseLaunchTemplateData{}
		}
		return *v.LaunchTemplateData
	}
	return []column[version]{
		{"version", "Version", false, func(v version) any { return number(v.VersionNumber) }},
		{"default", "Default", false, func(v version) any { return v.DefaultVersion }},
		{"description", "Description", false, func(v version) any { return v.VersionDescription }},
		{"instance-type", "Type", false, func(v version) any { return data(v).InstanceType }},
		{"image-id", "Image", false, func(v version) any { return data(v).ImageId }},
		{"key-name", "Key", false, func(v version) any { return data(v).KeyName }},
		{"security-groups", "Groups", false, func(v version) any { return TemplateGroups(data(v)) }},
		{"created", "Created", false, func(v version) any { return v.CreateTime }},
		{"subnet-id", "Subnet", true, func(v version) any { return TemplateSubnet(data(v)) }},
		{"iam-instance-profile", "Profile", true, func(v version) any { return TemplateProfile(data(v)) }},
		{"created-by", "Created by", true, func(v version) any { return v.CreatedBy }},
		{"launch-template-id", "Template ID", true, func(v version) any { return v.LaunchTemplateId }},
		{"launch-template-name", "Template", true, func(v version) any { return v.LaunchTemplateName }},
	}
}

// TemplateGroups are the security groups of a template: its own, or those of
// its first interface.
func TemplateGroups(d types.ResponseLaunchTemplateData) []string {
	groups := slices.Concat(d.SecurityGroupIds, d.SecurityGroups)
	if len(groups) == 0 && len(d.NetworkInterfaces) > 0 {
		return d.NetworkInterfaces[0].Groups
	}
	return groups
}

// TemplateSubnet is the subnet of a template's first interface, or "".
func TemplateSubnet(d types.ResponseLaunchTemplateData) string {
	if len(d.NetworkInterfaces) == 0 {
		return ""
	}
	return aws.ToString(d.NetworkInterfaces[0].SubnetId)
}

// TemplateProfile is the instance profile of a template, or "".
func TemplateProfile(d types.ResponseLaunchTemplateData) string {
	if d.IamInstanceProfile == nil {
		return ""
	}
	return cmp.Or(aws.ToString(d.IamInstanceProfile.Name), aws.ToString(d.IamInstanceProfile.Arn))
}

// templateAhead finds the version that a launch will use.
func templateAhead(ctx context.Context, client *ec2.Client, v Values) (types.ResponseLaunchTemplateData, string, error) {
	in := &ec2.DescribeLaunchTemplateVersionsInput{}
	setTemplate(v.Get("launch-template"), &in.LaunchTemplateId, &in.LaunchTemplateName)
	version, err := templateVersion().Check(cmp.Or(v.Get("launch-template-version"), "$Default"))
	if err != nil {
		return types.ResponseLaunchTemplateData{}, "", err
	}
	in.Versions = []string{version}
	found, err := allTemplateVersions(client, ctx, in)
	if err != nil || len(found) == 0 {
		return types.ResponseLaunchTemplateData{}, "", err
	}
	said := fmt.Sprintf("Template %s, version %d", aws.ToString(found[0].LaunchTemplateName), aws.ToInt64(found[0].VersionNumber))
	if text := aws.ToString(found[0].VersionDescription); text != "" {
		said += " (" + text + ")"
	}
	if found[0].LaunchTemplateData == nil {
		return types.ResponseLaunchTemplateData{}, said, nil
	}
	return *found[0].LaunchTemplateData, said, nil
}
