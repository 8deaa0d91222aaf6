package awsops

import "strings"

// ARN names a resource of EC2 by its ID for all of AWS, or is "" where the
// kind of the ID is not known. Snapshots and images have no account in theirs.
func ARN(scope Scope, account, id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	kind := map[string]string{
		"i": "instance", "vol": "volume", "snap": "snapshot", "ami": "image", "sg": "security-group", "sgr": "security-group-rule",
		"eipalloc": "elastic-ip", "key": "key-pair", "lt": "launch-template", "vpc": "vpc", "subnet": "subnet", "eni": "network-interface",
	}[prefix]
	if kind == "" {
		return ""
	}
	if kind == "snapshot" || kind == "image" {
		account = ""
	}
	return "arn:" + partition(scope.Region) + ":ec2:" + scope.Region + ":" + account + ":" + kind + "/" + id
}

// partition is the part of AWS that a region belongs to.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// ConsoleLink is where AWS's own console shows something, or "".
func ConsoleLink(scope Scope, id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	page := map[string]string{
		"i": "InstanceDetails:instanceId", "vol": "VolumeDetails:volumeId", "snap": "SnapshotDetails:snapshotId", "ami": "ImageDetails:imageId",
		"sg": "SecurityGroup:groupId", "eipalloc": "ElasticIpDetails:AllocationId", "lt": "LaunchTemplateDetails:launchTemplateId",
	}[prefix]
	if page == "" {
		return ""
	}
	domain := map[string]string{"aws": "aws.amazon.com", "aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}[partition(scope.Region)]
	return "https://" + scope.Region + ".console." + domain + "/ec2/home?region=" + scope.Region + "#" + page + "=" + id
}
