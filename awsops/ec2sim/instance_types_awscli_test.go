//go:build external

package ec2sim_test

import "testing"

func TestCLIInstanceTypes(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[["m5.large",2,8192,["x86_64"],true,"nitro"]]`, "describe-instance-types", "--instance-types", "m5.large",
		"--query", "InstanceTypes[].[InstanceType,VCpuInfo.DefaultVCpus,MemoryInfo.SizeInMiB,ProcessorInfo.SupportedArchitectures,CurrentGeneration,Hypervisor]")
	c.want(`["t2.micro","t3.micro"]`, "describe-instance-types", "--filters", "Name=free-tier-eligible,Values=true", "--query", "sort(InstanceTypes[].InstanceType)")
	c.want(`["us-east-1a","us-east-1b"]`, "describe-instance-type-offerings", "--location-type", "availability-zone",
		"--filters", "Name=instance-type,Values=g5.xlarge", "--query", "sort(InstanceTypeOfferings[].Location)")
	c.refused("DescribeInstanceTypes", "InvalidInstanceType", "The following supplied instance types do not exist: [z9.huge]",
		"describe-instance-types", "--instance-types", "z9.huge")
}
