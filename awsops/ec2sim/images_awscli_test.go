//go:build external

package ec2sim_test

import "testing"

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
	c.want("", "reset-image-attribute", "--image-id", ami("06"), "--attribute", "launchPermission")
	c.want("", "modify-image-attribute", "--image-id", ami("06"), "--description", "said by the CLI")
	c.want(`"said by the CLI"`, "describe-image-attribute", "--image-id", ami("06"), "--attribute", "description", "--query", "Description.Value")
	c.refused("DescribeImageAttribute", "AuthFailure", "Unauthorized attempt to access restricted resource", "describe-image-attribute", "--image-id", ami("06"), "--attribute", "blockDeviceMapping")
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
