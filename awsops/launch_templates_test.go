package awsops_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	webTemplate   = "lt-0aa00000000000001"
	apartTemplate = "lt-0aa00000000000002"
)

// from is a launch from a template: name, value, …
func from(template string, more ...string) awsops.Values {
	v := awsops.Values{"launch-template": {template}}
	for i := 0; i < len(more); i += 2 {
		v = v.With(more[i], more[i+1])
	}
	return v
}

func TestLaunchTemplatesAreListed(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "describe-launch-templates", awsops.Values{"page-size": {"1"}})
	var names []string
	for _, row := range res.Table.Rows {
		names = append(names, row[0].(string))
	}
	if got := strings.Join(names, " "); got != "apart bare web" || b.count("DescribeLaunchTemplates") != 3 {
		t.Errorf("%s in %d pages", got, b.count("DescribeLaunchTemplates"))
	}
	res = b.run(t, "describe-launch-templates", awsops.Values{"launch-template-ids": {webTemplate}})
	if cell(t, res, "default-version") != 2 || cell(t, res, "latest-version") != 3 || cell(t, res, "created-by") != "arn:aws:iam::123456789012:user/ops" {
		t.Errorf("%v", res.Table.Rows)
	}
}

func TestTheVersionsOfATemplate(t *testing.T) {
	b := newBench(t)
	column := func(v awsops.Values, name string) string {
		t.Helper()
		res := b.run(t, "describe-launch-template-versions", v)
		var out []string
		for _, row := range res.Table.Rows {
			for i, c := range res.Table.Columns {
				if c.Name == name {
					out = append(out, awsops.CellText(row[i], "+", "-"))
				}
			}
		}
		return strings.Join(out, " ")
	}
	for want, v := range map[string]awsops.Values{
		"3 2 1": from("web", "page-size", "1"),
		"2":     from("web", "versions", "default"),
		"3":     from(webTemplate, "versions", "$LATEST"),
		"3 1":   {"launch-template": {"web"}, "versions": {"1,3"}},
		"2 1":   from("web", "max-version", "2"),
		"3 2":   from("web", "min-version", "2"),
	} {
		if got := column(v, "version"); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := column(from("web"), "security-groups"); got != "sg-0aa00000000000011+sg-0aa00000000000021 sg-0aa00000000000011 -" {
		t.Error(got)
	}
	if got := column(from("apart"), "security-groups") + column(from("apart"), "subnet-id"); got != "sg-0aa00000000000031subnet-0aa00000000000111" {
		t.Errorf("an interface's groups and subnet: %s", got)
	}
	if got := column(from("web", "versions", "2"), "iam-instance-profile"); got != "web" {
		t.Error(got)
	}
}

func TestRulesOfLaunchTemplates(t *testing.T) {
	const name = "write 3 to 128 letters, digits and ()./-_, or lt- and 8 or 17 hex digits"
	checkRules(t, []ruleCase{
		{"describe-launch-templates", awsops.Values{"page-size": {"0"}}, `--page-size "0": write a number from 1 to 200`},
		{"describe-launch-templates", awsops.Values{"page-size": {"1"}}, ""},
		{"describe-launch-templates", awsops.Values{"page-size": {"200"}}, ""},
		{"describe-launch-templates", awsops.Values{"page-size": {"201"}}, `--page-size "201": write a number from 1 to 200`},
		{"describe-launch-templates", awsops.Values{"page-size": {"5"}, "launch-template-ids": {webTemplate}}, "--page-size cannot be used together with --launch-template-ids"},
		{"describe-launch-templates", awsops.Values{"launch-template-ids": {"web"}}, `--launch-template-ids "web": write lt- and 8 or 17 hex digits`},
		{"describe-launch-templates", awsops.Values{"launch-template-names": {"web, a!b"}}, `--launch-template-names "a!b": ` + name},
		{"describe-launch-template-versions", nil, "--launch-template is required: the launch template, by its ID or name"},
		{"describe-launch-template-versions", from("ab"), `--launch-template "ab": ` + name},
		{"describe-launch-template-versions", from("web", "versions", "first"), `--versions "first": write a number, $Latest or $Default`},
		{"describe-launch-template-versions", from("web", "min-version", "0"), `--min-version "0": write 1 or more`},
		{"describe-launch-template-versions", from("web", "min-version", "3", "max-version", "2"), `--max-version "2": must be at least --min-version, 3`},
		{"describe-launch-template-versions", from("web", "min-version", "3", "max-version", "3"), ""},
		{"describe-launch-template-versions", from("web", "page-size", "201"), `--page-size "201": write a number from 1 to 200`},
		{"run-instances-from-template", awsops.Values{"instance-id": {webID}, "copy": {"tags,key"}}, `--copy "key": write tags or iam-profile or ebs-optimized or imds-options or user-data or termination-protection`},
	})
}

func TestATemplateFillsALaunch(t *testing.T) {
	b := newBench(t)
	launched := func(v awsops.Values) *ec2sim.Instance {
		t.Helper()
		in, ok := b.sim.Instance("us-east-1", b.run(t, "run-instances", v).Items[0].ID)
		if !ok {
			t.Fatal("no instance")
		}
		return &in
	}
	in := launched(from("web"))
	if in.Type != "t3.micro" || in.ImageID != anImage || in.KeyName != "ops" || in.ProfileName != "web" || in.Name() != "from-template" || in.HTTPTokens != "required" || len(in.Devices) != 2 || in.UserData == "" {
		t.Errorf("%+v", in)
	}
	tags := map[string]string{}
	for _, tag := range in.Tags {
		tags[tag.Key] = tag.Value
	}
	if tags[awsops.TemplateTag] != webTemplate || tags[awsops.TemplateVersionTag] != "2" || tags["Role"] != "web" {
		t.Errorf("%v", tags)
	}
	if in := launched(from(webTemplate, "launch-template-version", "latest")); in.Type != "m5.large" || in.HTTPTokens != "optional" || in.ShutdownBehavior != "terminate" || len(in.Groups) != 2 {
		t.Errorf("the latest version: %+v", in)
	}
	in = launched(from("web", "instance-type", "m5.large", "instance-name", "mine", "key-name", "windows", "security-groups", "db", "http-tokens", "optional", "device-name", "/dev/sdf", "volume-size", "30"))
	if in.Type != "m5.large" || in.Name() != "mine" || in.KeyName != "windows" || in.HTTPTokens != "optional" || len(in.Groups) != 1 || len(in.Devices) != 2 || in.ImageID != anImage {
		t.Errorf("overridden: %+v", in)
	}
	if in := launched(from("apart")); in.SubnetID != "subnet-0aa00000000000111" || !in.DisableAPITermination || !in.DisableAPIStop {
		t.Errorf("with an interface: %+v", in)
	}
	if in := launched(from("bare", "image-id", anImage, "instance-type", "t3.micro")); in.Zone != "us-east-1b" || in.KeyName != "ops" {
		t.Errorf("beside a template: %+v", in)
	}
}

func TestALaunchFromATemplateSendsNoDefaultsOfOurs(t *testing.T) {
	b := newBench(t)
	b.run(t, "run-instances", from("web"))
	var form url.Values
	for _, sent := range b.wire.sent {
		if sent.Get("Action") == "RunInstances" {
			form = sent
		}
	}
	if form.Get("LaunchTemplate.LaunchTemplateName") != "web" || form.Has("MetadataOptions.HttpTokens") || form.Has("ImageId") || form.Has("InstanceType") {
		t.Errorf("%v", form)
	}
}

func TestWhatALaunchFromATemplateTellsAhead(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]awsops.Values{
		"Template web, version 2 (web servers)|1 × t3.micro of " + anImage:                                                                 from("web"),
		"Template web, version 3 (larger)|1 to 2 × t3.nano of " + anImage:                                                                  from(webTemplate, "launch-template-version", "latest", "instance-type", "t3.nano", "max-count", "2"),
		"Template apart, version 1|1 × r6g.large of ami-0aa00000000000002|No key pair: a public image cannot be logged in to without one.": from(apartTemplate),
		"Template bare, version 1 (everything else is said at the launch)|1 × m1.small of no image, which EC2 will refuse":                 from("bare"),
	} {
		lines, err := b.request(t, "run-instances", v).Ahead(t.Context(), client)
		if got := strings.Join(lines, "|"); err != nil || got != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
	if _, err := b.request(t, "run-instances", from("nobody")).Ahead(t.Context(), client); awsops.AsError(err) == nil {
		t.Errorf("an unknown template: %v", err)
	}
}

func TestAdviceOnLaunchTemplates(t *testing.T) {
	const nobody = "lt-0aaffffffffffffff"
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		says     string
	}{
		{"no such ID", "describe-launch-templates", awsops.Values{"launch-template-ids": {nobody}}, "InvalidLaunchTemplateId.NotFound", "per region"},
		{"no such name", "describe-launch-templates", awsops.Values{"launch-template-names": {"Web"}}, "InvalidLaunchTemplateName.NotFoundException", "the case of a name counts"},
		{"no such template's versions", "describe-launch-template-versions", from(nobody), "InvalidLaunchTemplateId.NotFound", "look for it in us-east-1"},
		{"no such version", "describe-launch-template-versions", from("web", "versions", "9"), "InvalidLaunchTemplateId.VersionNotFound", "may have been deleted"},
		{"a launch from nothing", "run-instances", from("nobody"), "InvalidLaunchTemplateName.NotFoundException", "per region"},
		{"a launch from an unknown version", "run-instances", from("web", "launch-template-version", "9"), "InvalidLaunchTemplateId.VersionNotFound", "may have been deleted"},
		{"an image that is gone", "run-instances", from("web", "launch-template-version", "1"), "InvalidAMIID.Unavailable", "deregistered"},
		{"no image anywhere", "run-instances", from("bare"), "MissingParameter", "must contain the parameter ImageId"},
		{"a subnet beside the template's interface", "run-instances", from("apart", "subnet-id", aSubnet), "InvalidParameterCombination", "exclude each other"},
		{"groups beside the template's interface", "run-instances", from("apart", "security-groups", "apart"), "InvalidParameterCombination", "exclude each other"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, 1, test.says)
			})
		})
	}
}

// TestChosenPartsAreCopied launches copies and compares them with the original.
func TestChosenPartsAreCopied(t *testing.T) {
	b := newBench(t)
	original := b.run(t, "run-instances", from("web", "instance-type", "m5.large", "ebs-optimized", "true", "http-tokens", "optional", "disable-api-termination", "true", "tags", "Env=test")).Items[0].ID
	part := map[string]func(ec2sim.Instance) bool{
		"tags":                   func(in ec2sim.Instance) bool { return in.Name() == "from-template" && len(in.Tags) == 3 },
		"iam-profile":            func(in ec2sim.Instance) bool { return in.ProfileName == "web" },
		"ebs-optimized":          func(in ec2sim.Instance) bool { return in.EBSOptimized },
		"imds-options":           func(in ec2sim.Instance) bool { return in.HTTPTokens == "optional" },
		"user-data":              func(in ec2sim.Instance) bool { return in.UserData != "" },
		"termination-protection": func(in ec2sim.Instance) bool { return in.DisableAPITermination },
	}
	op, _ := awsops.Find("run-instances-from-template")
	all := op.Info().Example["copy"]
	if len(all) != len(part) {
		t.Fatalf("the example copies %v", all)
	}
	for _, chosen := range append(all, "", strings.Join(all, ",")) {
		res := b.run(t, "run-instances-from-template", awsops.Values{"instance-id": {original}, "copy": {chosen}})
		in, _ := b.sim.Instance("us-east-1", res.Items[0].ID)
		for name, has := range part {
			if want := strings.Contains(chosen, name); has(in) != want {
				t.Errorf("copy %q: %s is copied: %t", chosen, name, has(in))
			}
		}
	}
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := b.request(t, "run-instances-from-template", awsops.Values{"instance-id": {original}, "copy": {"tags,user-data"}}).Ahead(t.Context(), client)
	if err != nil || len(lines) != 3 || lines[1] != "Copied too: tags, user-data." || lines[2] != "Not copied: iam-profile, ebs-optimized, imds-options, termination-protection, further volumes." {
		t.Errorf("%q %v", lines, err)
	}
	if strings.Contains(strings.Join(lines, ""), "hunter2") {
		t.Error("tells the user data")
	}
}
