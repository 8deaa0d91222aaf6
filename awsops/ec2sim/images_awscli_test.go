//go:build external

package ec2sim_test

import (
	"strings"
	"testing"
	"time"
)

func TestCLIImages(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[["`+ami("06")+`","golden-web-1","available"],["`+ami("07")+`","app-2026-10","available"],["`+ami("08")+`","broken-1","failed"],["`+ami("09")+`","kept-1","available"]]`,
		"describe-images", "--owners", "self", "--query", "Images[].[ImageId,Name,State]")
	id := c.value("ImageId", "create-image", "--instance-id", web, "--name", "by the CLI", "--no-reboot", "--block-device-mappings", "DeviceName=/dev/sdh,Ebs={VolumeSize=7}", "--tag-specifications", "ResourceType=image,Tags=[{Key=Name,Value=cli}]")
	c.want(`["by the CLI","cli",2,"123456789012/by the CLI"]`, "describe-images", "--image-ids", id,
		"--query", "Images[0].[Name,Tags[0].Value,length(BlockDeviceMappings),ImageLocation]")
	c.refused("CreateImage", "InvalidAMIName.Duplicate", "AMI name by the CLI is already in use by AMI "+id, "create-image", "--instance-id", web, "--name", "by the CLI")
	c.want("", "modify-image-attribute", "--image-id", ami("06"), "--launch-permission", "Add=[{UserId=210987654321},{Group=all}]")
	c.want(`[{"Group":"all"},{"UserId":"210987654321"}]`, "describe-image-attribute", "--image-id", ami("06"), "--attribute", "launchPermission", "--query", "LaunchPermissions")
	const organization, unit = "arn:aws:organizations::123456789012:organization/o-exampleorg1", "arn:aws:organizations::123456789012:ou/o-exampleorg1/ou-ab12-example1"
	c.want("", "modify-image-attribute", "--image-id", ami("07"), "--launch-permission", "Add=[{OrganizationArn="+organization+"},{OrganizationalUnitArn="+unit+"}],Remove=[]")
	c.want(`[["`+organization+`",null],[null,"`+unit+`"]]`, "describe-image-attribute", "--image-id", ami("07"), "--attribute", "launchPermission", "--query", "LaunchPermissions[?!UserId].[OrganizationArn,OrganizationalUnitArn]")
	c.want("", "reset-image-attribute", "--image-id", ami("06"), "--attribute", "launchPermission")
	c.want("", "modify-image-attribute", "--image-id", ami("06"), "--description", "said by the CLI")
	c.want(`"said by the CLI"`, "describe-image-attribute", "--image-id", ami("06"), "--attribute", "description", "--query", "Description.Value")
	c.refused("DescribeImageAttribute", "AuthFailure", "Unauthorized attempt to access restricted resource", "describe-image-attribute", "--image-id", ami("06"), "--attribute", "blockDeviceMapping")
	c.want(`["Windows_Server-2022-English-Full-Base-2024.08.14","al2023-ami-2023.5.20240805.0-kernel-6.1-arm64","al2023-ami-2023.5.20240805.0-kernel-6.1-x86_64"]`, "describe-images", "--owners", "amazon", "--page-size", "1",
		"--filters", "Name=name,Values=?l2023*,*?indows*", "Name=is-public,Values=true", "--query", "sort(Images[].Name)")
	c.refused("DescribeImages", "InvalidUserID.Malformed", `Invalid user id: "ubuntu"`, "describe-images", "--owners", "ubuntu")
	c.refused("DeregisterImage", "AuthFailure", "Not authorized for image:"+ami("01"), "deregister-image", "--image-id", ami("01"))
	c.refused("DeregisterImage", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "deregister-image", "--dry-run", "--image-id", ami("06"))
	c.ok("copy-image", "--source-image-id", ami("06"), "--source-region", "us-east-1", "--name", "copied")
	c.ok("register-image", "--name", "registered", "--root-device-name", "/dev/xvda", "--architecture", "x86_64", "--virtualization-type", "hvm", "--block-device-mappings", "DeviceName=/dev/xvda,Ebs={SnapshotId="+snap("11")+"}")
	c.ok("deregister-image", "--image-id", ami("06"))
	c.want(`"deregistered"`, "describe-images", "--image-ids", ami("06"), "--query", "Images[0].State")
	c.refused("ResetImageAttribute", "InvalidAMIID.Unavailable", "The image ID '"+ami("06")+"' is no longer available", "reset-image-attribute", "--image-id", ami("06"), "--attribute", "launchPermission")
	c.refused("DescribeImages", "InvalidAMIID.NotFound", "The image id '[ami-0fffffff]' does not exist", "describe-images", "--image-ids", "ami-0fffffff")
}

func TestCLIBundleTasks(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[]`, "describe-bundle-tasks", "--query", "BundleTasks")
	c.refused("BundleInstance", "UnsupportedOperation", "The operation BundleInstance is no longer supported.",
		"bundle-instance", "--instance-id", windows, "--bucket", "mine", "--prefix", "win", "--owner-akid", "AKIASIMULATORTEST001", "--owner-sak", "test/secret/key/not/real/0000000000000001")
	c.refused("CancelBundleTask", "UnsupportedOperation", "The operation CancelBundleTask is no longer supported.", "cancel-bundle-task", "--bundle-id", "bun-0aa00001")
	c.refused("DescribeBundleTasks", "InvalidBundleID.NotFound", "Invalid bundle ids: bun-0aa00001", "describe-bundle-tasks", "--bundle-ids", "bun-0aa00001")
}

// TestCLIBundleTasksOfOld lets the CLI sign the upload policies.
func TestCLIBundleTasksOfOld(t *testing.T) {
	c := newCLI(t, "small", bundling)
	bundle := func(secret string) []string {
		return []string{"bundle-instance", "--instance-id", bundled, "--bucket", "mine", "--prefix", "win", "--owner-akid", "AKIASIMULATORTEST001", "--owner-sak", secret}
	}
	made := func(secret string) string {
		t.Helper()
		return strings.Trim(c.ok(append(bundle(secret), "--query", "BundleTask.BundleId")...), `"`)
	}
	const secret = "test/secret/key/not/real/0000000000000001"
	state := func(want, instance, id string) {
		t.Helper()
		c.want(want, "describe-bundle-tasks", "--bundle-ids", id, "--query", "BundleTasks[0].[State,Progress]")
		c.want(`"`+instance+`"`, "describe-instances", "--instance-ids", bundled, "--query", "Reservations[0].Instances[0].State.Name")
	}
	c.want(`[["bun-0aa00001","complete"]]`, "describe-bundle-tasks", "--query", "BundleTasks[].[BundleId,State]")
	c.refused("BundleInstance", "InvalidInstanceType", "Only Windows instances with an instance store root can be bundled; '"+windows+"' is none.",
		"bundle-instance", "--instance-id", windows, "--bucket", "mine", "--prefix", "win", "--owner-akid", "AKIASIMULATORTEST001", "--owner-sak", secret)
	c.want(`"complete"`, "cancel-bundle-task", "--bundle-id", "bun-0aa00001", "--query", "BundleTask.State")

	id := made(secret)
	c.refused("BundleInstance", "BundlingInProgress", "Instance '"+bundled+"' already has an active bundle task: '"+id+"'.", bundle(secret)...)
	state(`["pending",null]`, "running", id)
	c.clock.pass(2 * time.Second)
	state(`["waiting-for-shutdown",null]`, "stopping", id)
	c.clock.pass(3 * time.Second)
	state(`["bundling","50%"]`, "stopped", id)
	c.want(`[["mine","win"]]`, "describe-bundle-tasks", "--filters", "Name=state,Values=bundling", "Name=s3-bucket,Values=mi*", "--query", "BundleTasks[].Storage.S3.[Bucket,Prefix]")
	c.clock.pass(2 * time.Second)
	state(`["storing","50%"]`, "stopped", id)
	c.clock.pass(4 * time.Second)
	state(`["complete","100%"]`, "running", id)
	c.want("", "wait", "bundle-task-complete", "--bundle-ids", id)

	id = made(secret)
	c.clock.pass(4 * time.Second)
	c.want(`["cancelling","mine"]`, "cancel-bundle-task", "--bundle-id", id, "--query", "BundleTask.[State,Storage.S3.Bucket]")
	c.clock.pass(4 * time.Second)
	state(`["failed",null]`, "running", id)
	c.want(`"Client.Cancelled"`, "describe-bundle-tasks", "--bundle-ids", id, "--query", "BundleTasks[0].BundleTaskError.Code")

	id = made("wrong")
	c.clock.pass(8 * time.Second)
	state(`["failed",null]`, "running", id)
	c.want(`"Client.S3Error"`, "describe-bundle-tasks", "--filters", "Name=bundle-id,Values="+id, "--query", "BundleTasks[0].BundleTaskError.Code")
	c.refused("CancelBundleTask", "InvalidBundleID.NotFound", "Invalid bundle ids: bun-0fffffff", "cancel-bundle-task", "--bundle-id", "bun-0fffffff")
}
