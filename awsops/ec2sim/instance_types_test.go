package ec2sim_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestInstanceTypesInPages(t *testing.T) {
	b := newBench(t, "small")
	ask := func(size int32, names ...types.InstanceType) (*ec2.DescribeInstanceTypesOutput, error) {
		in := &ec2.DescribeInstanceTypesInput{InstanceTypes: names}
		if size > 0 {
			in.MaxResults = aws.Int32(size)
		}
		return b.ec2.DescribeInstanceTypes(b.ctx, in)
	}
	_, err := ask(4)
	wantError(t, err, 400, "InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.")
	_, err = ask(101)
	wantError(t, err, 400, "InvalidParameterValue", "Value ( 101 ) for parameter maxResults is invalid. Expecting a value smaller than 100.")
	_, err = ask(5, "t3.micro")
	wantError(t, err, 400, "InvalidParameterCombination", "The parameter instanceTypes cannot be used with the parameter maxResults")
	_, err = ask(0, "t3.micro", "z9.huge", "z9.vast")
	wantError(t, err, 400, "InvalidInstanceType", "The following supplied instance types do not exist: [z9.huge, z9.vast]")
	seen := map[types.InstanceType]bool{}
	for _, size := range []int32{5, 100} {
		clear(seen)
		pages := ec2.NewDescribeInstanceTypesPaginator(b.ec2, &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(size)})
		for pages.HasMorePages() {
			out := must[*ec2.DescribeInstanceTypesOutput](t)(pages.NextPage(b.ctx))
			for _, row := range out.InstanceTypes {
				if seen[row.InstanceType] || row.MemoryInfo == nil || aws.ToInt64(row.MemoryInfo.SizeInMiB) == 0 || aws.ToInt32(row.VCpuInfo.DefaultVCpus) == 0 || len(row.SupportedBootModes) == 0 {
					t.Errorf("%s comes twice or lacks something", row.InstanceType)
				}
				seen[row.InstanceType] = true
			}
		}
	}
	if whole := must[*ec2.DescribeInstanceTypesOutput](t)(ask(0)); len(whole.InstanceTypes) != len(seen) {
		t.Errorf("%d in pages, %d at once", len(seen), len(whole.InstanceTypes))
	}
}

func TestWhatInstanceTypesHave(t *testing.T) {
	b := newBench(t, "small")
	out := must[*ec2.DescribeInstanceTypesOutput](t)(b.ec2.DescribeInstanceTypes(b.ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"m1.small", "r6g.large", "m5.metal", "t2.nano"}}))
	got := map[types.InstanceType]types.InstanceTypeInfo{}
	for _, row := range out.InstanceTypes {
		got[row.InstanceType] = row
	}
	old, arm, metal, tiny := got["m1.small"], got["r6g.large"], got["m5.metal"], got["t2.nano"]
	if aws.ToBool(old.CurrentGeneration) || old.SupportedVirtualizationTypes[0] != "paravirtual" || len(old.SupportedRootDeviceTypes) != 2 || old.NetworkInfo.EnaSupport != "unsupported" {
		t.Errorf("%+v", old)
	}
	if arm.ProcessorInfo.SupportedArchitectures[0] != "arm64" || arm.SupportedBootModes[0] != "uefi" || arm.EbsInfo.NvmeSupport != "required" || aws.ToInt64(arm.MemoryInfo.SizeInMiB) != 16384 {
		t.Errorf("%+v", arm)
	}
	if !aws.ToBool(metal.BareMetal) || metal.Hypervisor != "" || aws.ToBool(metal.HibernationSupported) {
		t.Errorf("%+v", metal)
	}
	if tiny.EbsInfo.EbsOptimizedSupport != "unsupported" || !aws.ToBool(tiny.BurstablePerformanceSupported) || aws.ToInt64(tiny.MemoryInfo.SizeInMiB) != 512 || tiny.Hypervisor != "xen" {
		t.Errorf("%+v", tiny)
	}
}

func TestOfferings(t *testing.T) {
	b := newBench(t, "edge")
	count := func(kind types.LocationType, filters ...types.Filter) int {
		out := must[*ec2.DescribeInstanceTypeOfferingsOutput](t)(b.ec2.DescribeInstanceTypeOfferings(b.ctx, &ec2.DescribeInstanceTypeOfferingsInput{LocationType: kind, Filters: filters}))
		for _, o := range out.InstanceTypeOfferings {
			if o.LocationType != kind {
				t.Errorf("%+v", o)
			}
		}
		return len(out.InstanceTypeOfferings)
	}
	in := func(name, value string) types.Filter {
		return types.Filter{Name: aws.String(name), Values: []string{value}}
	}
	if region, zone := count("region"), count("availability-zone", in("location", "us-east-1a")); region < 150 || zone > region || zone < region/2 {
		t.Errorf("%d in the region, %d in a zone", region, zone)
	}
	if n := count("availability-zone", in("instance-type", "t3.micro")); n < 2 || n != count("availability-zone-id", in("instance-type", "t3.micro")) {
		t.Errorf("%d zones", n)
	}
	_, err := b.ec2.DescribeInstanceTypeOfferings(b.ctx, &ec2.DescribeInstanceTypeOfferingsInput{LocationType: "planet"})
	wantError(t, err, 400, "InvalidParameterValue", "Value (planet) for parameter locationType is invalid.")
}
