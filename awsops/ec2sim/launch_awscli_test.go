//go:build external

package ec2sim_test

import (
	"encoding/json"
	"testing"
)

const cliTemplate = "lt-0aa00000000000001"

// launched runs a launch and gives the IDs of its instances.
func (c *cli) launched(args ...string) []string {
	c.Helper()
	var out struct{ Instances []struct{ InstanceId string } }
	if err := json.Unmarshal([]byte(c.ok(append([]string{"run-instances"}, args...)...)), &out); err != nil {
		c.Fatal(err)
	}
	var ids []string
	for _, i := range out.Instances {
		ids = append(ids, i.InstanceId)
	}
	return ids
}

func TestCLILaunches(t *testing.T) {
	c := newCLI(t, "small")
	all := []string{"--image-id", "ami-0aa00000000000001", "--instance-type", "m5.large", "--count", "2:3", "--key-name", "ops", "--client-token", "cli-1",
		"--subnet-id", "subnet-0aa00000000000012", "--security-group-ids", "sg-0aa00000000000011", "sg-0aa00000000000021", "--monitoring", "Enabled=true",
		"--ebs-optimized", "--disable-api-termination", "--disable-api-stop", "--instance-initiated-shutdown-behavior", "terminate",
		"--iam-instance-profile", "Name=web", "--metadata-options", "HttpTokens=optional,HttpPutResponseHopLimit=3", "--hibernation-options", "Configured=true",
		"--user-data", "#!/bin/sh\necho hello", "--kernel-id", "aki-0aa00001", "--ramdisk-id", "ari-0aa00001",
		"--block-device-mappings", `[{"DeviceName":"/dev/sdf","Ebs":{"VolumeSize":30,"VolumeType":"gp3","DeleteOnTermination":false}},{"DeviceName":"/dev/xvda","Ebs":{"VolumeSize":12}}]`,
		"--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=cli},{Key=Env,Value=test}]", "ResourceType=volume,Tags=[{Key=Of,Value=cli}]"}
	ids := c.launched(all...)
	if len(ids) != 3 {
		t.Fatalf("%d instances", len(ids))
	}
	c.want(`["m5.large","pending",0,"ops","subnet-0aa00000000000012","us-east-1b",["sg-0aa00000000000011","sg-0aa00000000000021"],"pending",true,`+
		`"arn:aws:iam::123456789012:instance-profile/web","optional",3,true,"aki-0aa00001","ari-0aa00001","cli-1",["/dev/sdf","/dev/xvda"],["Env=test","Name=cli"],0]`,
		"describe-instances", "--instance-ids", ids[0], "--query", "Reservations[0].Instances[0].[InstanceType,State.Name,State.Code,KeyName,SubnetId,Placement.AvailabilityZone,"+
			"sort(SecurityGroups[].GroupId),Monitoring.State,EbsOptimized,IamInstanceProfile.Arn,MetadataOptions.HttpTokens,MetadataOptions.HttpPutResponseHopLimit,"+
			"HibernationOptions.Configured,KernelId,RamdiskId,ClientToken,sort(BlockDeviceMappings[].DeviceName),sort(Tags[].join('=',[Key,Value])),AmiLaunchIndex]")
	for attribute, want := range map[string]string{
		"disableApiTermination": `{"Value":true}`, "disableApiStop": `{"Value":true}`, "instanceInitiatedShutdownBehavior": `{"Value":"terminate"}`,
	} {
		member := map[string]string{"disableApiTermination": "DisableApiTermination", "disableApiStop": "DisableApiStop", "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior"}[attribute]
		c.want(want, "describe-instance-attribute", "--instance-id", ids[0], "--attribute", attribute, "--query", member)
	}
	c.want(`"IyEvYmluL3NoCmVjaG8gaGVsbG8="`, "describe-instance-attribute", "--instance-id", ids[0], "--attribute", "userData", "--query", "UserData.Value")
	c.want(`[["/dev/sdf",30,false],["/dev/xvda",12,true]]`, "describe-volumes", "--filters", "Name=attachment.instance-id,Values="+ids[0], "Name=tag:Of,Values=cli",
		"--query", "sort_by(Volumes,&Attachments[0].Device)[].[Attachments[0].Device,Size,Attachments[0].DeleteOnTermination]")
	if again := c.launched(all...); again[0] != ids[0] || len(again) != 3 {
		t.Errorf("the same token launched %v", again)
	}
}

func TestCLIRefusalsOfLaunches(t *testing.T) {
	c := newCLI(t, "small")
	c.launched("--image-id", "ami-0aa00000000000001", "--instance-type", "t3.micro", "--client-token", "once")
	for _, r := range []struct {
		code, message string
		args          []string
	}{
		{"MissingParameter", "The request must contain the parameter ImageId", []string{"--instance-type", "t3.micro"}},
		{"InvalidAMIID.NotFound", "The image id '[ami-0aafffff]' does not exist", []string{"--image-id", "ami-0aafffff"}},
		{"InvalidKeyPair.NotFound", "The key pair 'nobody' does not exist", []string{"--image-id", "ami-0aa00000000000001", "--key-name", "nobody"}},
		{"InvalidSubnetID.NotFound", "The subnet ID 'subnet-0aafffff' does not exist", []string{"--image-id", "ami-0aa00000000000001", "--subnet-id", "subnet-0aafffff"}},
		{"InvalidParameterValue", "Value (1) for parameter maxCount is invalid. Must be greater than or equal to minCount.", []string{"--image-id", "ami-0aa00000000000001", "--count", "2:1"}},
		{"IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).", []string{"--image-id", "ami-0aa00000000000001", "--instance-type", "m5.large", "--client-token", "once"}},
		{"DryRunOperation", "Request would have succeeded, but DryRun flag is set.", []string{"--image-id", "ami-0aa00000000000001", "--dry-run"}},
		{"InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID lt-0aaffffffffffffff, does not exist.", []string{"--launch-template", "LaunchTemplateId=lt-0aaffffffffffffff"}},
		{"InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name nobody, does not exist.", []string{"--launch-template", "LaunchTemplateName=nobody"}},
		{"InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version 9 for the launch template with ID " + cliTemplate + ".", []string{"--launch-template", "LaunchTemplateName=web,Version=9"}},
		{"InvalidParameterValue", "Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed.", []string{"--launch-template", "LaunchTemplateName=web,Version=newest"}},
		{"InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request", []string{"--launch-template", "LaunchTemplateName=apart", "--subnet-id", "subnet-0aa00000000000011"}},
		{"InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request", []string{"--launch-template", "LaunchTemplateName=apart", "--security-group-ids", "sg-0aa00000000000031"}},
	} {
		c.refused("RunInstances", r.code, r.message, append([]string{"run-instances"}, r.args...)...)
	}
}

func TestCLILaunchTemplates(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[["web",2,3,"yes"],["apart",1,1,null],["bare",1,1,null]]`, "describe-launch-templates", "--page-size", "1",
		"--query", "LaunchTemplates[].[LaunchTemplateName,DefaultVersionNumber,LatestVersionNumber,Tags[0].Value]")
	c.want(`["bare"]`, "describe-launch-templates", "--filters", "Name=launch-template-name,Values=b*", "--query", "LaunchTemplates[].LaunchTemplateName")
	c.want(`["web"]`, "describe-launch-templates", "--launch-template-ids", cliTemplate, "--query", "LaunchTemplates[].LaunchTemplateName")
	c.want(`[3,2,1]`, "describe-launch-template-versions", "--launch-template-name", "web", "--page-size", "1", "--query", "LaunchTemplateVersions[].VersionNumber")
	c.want(`[[3,false,"web"],[1,true,"apart"],[1,true,"bare"]]`, "describe-launch-template-versions", "--versions", "$Latest",
		"--query", "sort_by(LaunchTemplateVersions,&LaunchTemplateId)[].[VersionNumber,DefaultVersion,LaunchTemplateName]")
	c.want(`["t3.micro","ami-0aa00000000000001","ops",["sg-0aa00000000000011"],"web",true,"required",20,false,"from-template","web servers",true]`,
		"describe-launch-template-versions", "--launch-template-id", cliTemplate, "--versions", "$Default",
		"--query", "LaunchTemplateVersions[0].[LaunchTemplateData.InstanceType,LaunchTemplateData.ImageId,LaunchTemplateData.KeyName,LaunchTemplateData.SecurityGroupIds,"+
			"LaunchTemplateData.IamInstanceProfile.Name,LaunchTemplateData.Monitoring.Enabled,LaunchTemplateData.MetadataOptions.HttpTokens,"+
			"LaunchTemplateData.BlockDeviceMappings[0].Ebs.VolumeSize,LaunchTemplateData.BlockDeviceMappings[0].Ebs.DeleteOnTermination,"+
			"LaunchTemplateData.TagSpecifications[0].Tags[0].Value,VersionDescription,DefaultVersion]")
	c.want(`[["subnet-0aa00000000000111",["sg-0aa00000000000031"]]]`, "describe-launch-template-versions", "--launch-template-name", "apart",
		"--query", "LaunchTemplateVersions[0].LaunchTemplateData.NetworkInterfaces[].[SubnetId,Groups]")
	c.refused("DescribeLaunchTemplates", "InvalidLaunchTemplateId.Malformed", `Invalid id: "lt-1" (expecting "lt-...")`, "describe-launch-templates", "--launch-template-ids", "lt-1")
	c.refused("DescribeLaunchTemplates", "InvalidParameterValue", "Value ( 201 ) for parameter maxResults is invalid. Expecting a value smaller than 200.", "describe-launch-templates", "--max-results", "201")
	c.refused("DescribeLaunchTemplateVersions", "InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version 9 for the launch template with ID "+cliTemplate+".",
		"describe-launch-template-versions", "--launch-template-name", "web", "--versions", "9")
	c.refused("DescribeLaunchTemplateVersions", "MissingParameter", "The request must contain the parameter LaunchTemplateId", "describe-launch-template-versions")
	id := c.launched("--launch-template", "LaunchTemplateName=web,Version=$Latest", "--instance-type", "t3.nano", "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=over}]")[0]
	c.want(`["t3.nano","optional",true,["Name=over","aws:ec2launchtemplate:id=`+cliTemplate+`","aws:ec2launchtemplate:version=3"]]`, "describe-instances", "--instance-ids", id,
		"--query", "Reservations[0].Instances[0].[InstanceType,MetadataOptions.HttpTokens,EbsOptimized,sort(Tags[].join('=',[Key,Value]))]")
	id = c.launched("--launch-template", "LaunchTemplateId="+cliTemplate, "--block-device-mappings", "DeviceName=/dev/sdf,Ebs={VolumeSize=33}")[0]
	c.want(`[33,8]`, "describe-volumes", "--filters", "Name=attachment.instance-id,Values="+id, "--query", "sort_by(Volumes,&Attachments[0].Device)[].Size")
}
