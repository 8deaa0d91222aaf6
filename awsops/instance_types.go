package awsops

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// TypeInfo is an instance type with the zones in which it can be had.
type TypeInfo struct {
	types.InstanceTypeInfo
	Zones []string
}

// typePage is the most instance types that EC2 tells in one answer.
const typePage = 100

// InstanceTypes lists the types of a region page by page. When all have been
// yielded they come once more, with their zones. They are kept on the disk of
// who accepts that.
func InstanceTypes(ctx context.Context, client *ec2.Client) iter.Seq2[[]*TypeInfo, error] {
	return func(yield func([]*TypeInfo, error) bool) {
		if kept := typesKept(ctx, client); kept != nil {
			yield(kept, nil)
			return
		}
		var all []*TypeInfo
		asked := onDisk(ctx).now()
		for page, err := range pagesOf(client, "describe-instance-types", func(size *int32, token *string) ([]*TypeInfo, *string, error) {
			return typesPage(client, ctx, &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(min(*size, typePage)), NextToken: token})
		}) {
			all = append(all, page...)
			if !yield(page, err) || err != nil {
				return
			}
		}
		zones, err := typeZones(ctx, client, nil)
		if err != nil {
			yield(nil, err)
			return
		}
		for i, t := range all { // what has been yielded is not changed
			all[i] = &TypeInfo{t.InstanceTypeInfo, zones[string(t.InstanceType)]}
		}
		keepTypes(ctx, client, asked, all)
		yield(all, nil)
	}
}

func typesPage(client *ec2.Client, ctx context.Context, in *ec2.DescribeInstanceTypesInput, opts ...func(*ec2.Options)) ([]*TypeInfo, *string, error) {
	out, err := client.DescribeInstanceTypes(ctx, in, opts...)
	if err != nil {
		return nil, nil, err
	}
	page := make([]*TypeInfo, len(out.InstanceTypes))
	for i, t := range out.InstanceTypes {
		page[i] = &TypeInfo{InstanceTypeInfo: t}
	}
	return page, out.NextToken, nil
}

// typeZones tells the zones in which types can be had, by type.
func typeZones(ctx context.Context, client *ec2.Client, filters []types.Filter, opts ...func(*ec2.Options)) (map[string][]string, error) {
	zones := map[string][]string{}
	err := everyPage(func(token *string) (*string, error) {
		out, err := client.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{
			LocationType: types.LocationTypeAvailabilityZone, Filters: filters, MaxResults: aws.Int32(fullPage), NextToken: token,
		}, opts...)
		if err != nil {
			return nil, explain(err, "describe-instance-type-offerings", client.Options().Region, false)
		}
		for _, o := range out.InstanceTypeOfferings {
			name := string(o.InstanceType)
			zones[name] = append(zones[name], aws.ToString(o.Location))
		}
		return out.NextToken, nil
	})
	for _, list := range zones {
		slices.Sort(list)
	}
	return zones, err
}

// VCPUs counts the virtual CPUs.
func (t *TypeInfo) VCPUs() int {
	if t.VCpuInfo == nil {
		return 0
	}
	return int(aws.ToInt32(t.VCpuInfo.DefaultVCpus))
}

// MiB is the memory.
func (t *TypeInfo) MiB() int {
	if t.MemoryInfo == nil {
		return 0
	}
	return int(aws.ToInt64(t.MemoryInfo.SizeInMiB))
}

// GiB is the memory as people read it: 0.5, 16.
func (t *TypeInfo) GiB() string {
	return strconv.FormatFloat(float64(t.MiB())/1024, 'f', -1, 64)
}

// Architectures are the processors that images have to be made for.
func (t *TypeInfo) Architectures() []string {
	if t.ProcessorInfo == nil {
		return nil
	}
	return texts(t.ProcessorInfo.SupportedArchitectures)
}

// Network is the network performance in EC2's words.
func (t *TypeInfo) Network() string {
	if t.NetworkInfo == nil {
		return ""
	}
	return aws.ToString(t.NetworkInfo.NetworkPerformance)
}

// StorageGB is the size of the instance store.
func (t *TypeInfo) StorageGB() int {
	if t.InstanceStorageInfo == nil {
		return 0
	}
	return int(aws.ToInt64(t.InstanceStorageInfo.TotalSizeInGB))
}

// GPU counts and names the graphics processors: "4 T4".
func (t *TypeInfo) GPU() string {
	if t.GpuInfo == nil {
		return ""
	}
	var parts []string
	for _, g := range t.GpuInfo.Gpus {
		parts = append(parts, fmt.Sprintf("%d %s", aws.ToInt32(g.Count), aws.ToString(g.Name)))
	}
	return strings.Join(parts, ", ")
}

// ENA and NVMe say "required", "supported" or "unsupported".
func (t *TypeInfo) ENA() string {
	if t.NetworkInfo == nil {
		return ""
	}
	return string(t.NetworkInfo.EnaSupport)
}

// NVMe says how volumes appear; see ENA.
func (t *TypeInfo) NVMe() string {
	if t.EbsInfo == nil {
		return ""
	}
	return string(t.EbsInfo.NvmeSupport)
}

// EBSOptimized says "default", "supported" or "unsupported".
func (t *TypeInfo) EBSOptimized() string {
	if t.EbsInfo == nil {
		return ""
	}
	return string(t.EbsInfo.EbsOptimizedSupport)
}

// BootModes are how an image may boot.
func (t *TypeInfo) BootModes() []string { return texts(t.SupportedBootModes) }

// Virtualizations are "hvm" and, of old types, "paravirtual".
func (t *TypeInfo) Virtualizations() []string { return texts(t.SupportedVirtualizationTypes) }

// RootDevices are "ebs" and, of old types, "instance-store".
func (t *TypeInfo) RootDevices() []string { return texts(t.SupportedRootDeviceTypes) }

// UsageClasses are how the type can be bought.
func (t *TypeInfo) UsageClasses() []string { return texts(t.SupportedUsageClasses) }

// texts makes enums of the SDK strings.
func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func numberOrNone(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func instanceTypeColumns() []column[*TypeInfo] {
	type t = *TypeInfo
	return []column[t]{
		{"instance-type", "Type", false, func(t t) any { return t.InstanceType }},
		{"vcpus", "vCPUs", false, func(t t) any { return t.VCPUs() }},
		{"memory-mib", "MiB", false, func(t t) any { return t.MiB() }},
		{"architectures", "Architecture", false, func(t t) any { return t.Architectures() }},
		{"network-performance", "Network", false, func(t t) any { return t.Network() }},
		{"storage-gb", "Storage GB", false, func(t t) any { return numberOrNone(t.StorageGB()) }},
		{"gpus", "GPU", false, func(t t) any { return t.GPU() }},
		{"current-generation", "Current", false, func(t t) any { return t.CurrentGeneration }},
		{"free-tier-eligible", "Free tier", false, func(t t) any { return t.FreeTierEligible }},
		{"hibernation-supported", "Hibernation", false, func(t t) any { return t.HibernationSupported }},
		{"hypervisor", "Hypervisor", false, func(t t) any { return t.Hypervisor }},
		{"burstable", "Burstable", true, func(t t) any { return t.BurstablePerformanceSupported }},
		{"boot-modes", "Boot modes", false, func(t t) any { return t.BootModes() }},
		{"virtualization-types", "Virtualization", true, func(t t) any { return t.Virtualizations() }},
		{"ena", "ENA", true, func(t t) any { return t.ENA() }},
		{"nvme", "NVMe", true, func(t t) any { return t.NVMe() }},
		{"ebs-optimized", "EBS optimized", true, func(t t) any { return t.EBSOptimized() }},
	}
}

// typesIn asks for instance types, perhaps for those of a zone, which EC2
// tells by another action.
type typesIn struct {
	ec2.DescribeInstanceTypesInput
	Zone string
}

type describedTypes struct{ types []*TypeInfo }

func instanceTypeOperations() []Operation {
	type in = typesIn
	list := func(in *in) *[]types.Filter { return &in.Filters }
	return []Operation{&Op[*in, *describedTypes]{
		Name: "describe-instance-types", Help: "List the instance types with what they have", Noun: "instance type",
		Fields: append([]Field[*in]{
			{Name: "instance-types", Help: "only these types", Default: "all", Rule: InstanceType(), Most: 100, To: toEach(KindList, func(in *in, s string) {
				in.InstanceTypes = append(in.InstanceTypes, types.InstanceType(s))
			})},
			{Name: "current-generation", Help: "only those of the current generation, or only older ones", To: ToFilter(KindBool, "current-generation", list)},
			{Name: "architecture", Help: "the processor that images are made for", Choices: []string{"x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac"}, To: ToFilter(KindString, "processor-info.supported-architecture", list)},
			{Name: "vcpus", Help: "this many virtual CPUs; several are alternatives", Rule: AtLeast(1), To: ToFilter(KindList, "vcpu-info.default-vcpus", list)},
			{Name: "memory", Help: "this many MiB of memory; several are alternatives", Rule: AtLeast(1), To: ToFilter(KindList, "memory-info.size-in-mib", list)},
			{Name: "free-tier", Help: "whether the free tier has it", To: ToFilter(KindBool, "free-tier-eligible", list)},
			{Name: "burstable", Help: "whether its CPU works with credits", To: ToFilter(KindBool, "burstable-performance-supported", list)},
			{Name: "zone", Help: "only what can be had in this zone", Default: "any", Rule: Zone(), Pick: Only("zones", ""), To: to(KindString, func(in *in, v string) { in.Zone = v })},
		}, delimiters[*in](";")...),
		Call: describeTypes, Outputs: names(instanceTypeColumns()),
		Show: func(out *describedTypes) Result {
			return Result{Table: tableOf(instanceTypeColumns(), out.types)}
		},
		Advice: map[string]string{"InvalidInstanceType": unknownType},
		Example: Values{"current-generation": {"true"}, "architecture": {"x86_64"}, "vcpus": {"2", "4"}, "memory": {"8192", "16384"},
			"free-tier": {"false"}, "burstable": {"true"}, "zone": {"us-east-1a"}},
	}}
}

const unknownType = "There is no such type in this region: the table of instance types lists what there is."

// describeTypes reads every page. Types asked for by name come in one answer.
func describeTypes(client *ec2.Client, ctx context.Context, in *typesIn, opts ...func(*ec2.Options)) (*describedTypes, error) {
	if len(in.InstanceTypes) == 0 {
		in.MaxResults = aws.Int32(typePage)
	}
	out := &describedTypes{}
	err := everyPage(func(token *string) (*string, error) {
		in.NextToken = token
		page, next, err := typesPage(client, ctx, &in.DescribeInstanceTypesInput, opts...)
		out.types = append(out.types, page...)
		return next, err
	})
	if err != nil {
		return nil, err
	}
	if in.Zone != "" {
		zones, err := typeZones(ctx, client, filtersOn("location", in.Zone), opts...)
		if err != nil {
			return nil, err
		}
		out.types = slices.DeleteFunc(out.types, func(t *TypeInfo) bool { return zones[string(t.InstanceType)] == nil })
	}
	sortBy(out.types, func(a, b *TypeInfo) int {
		return cmp.Or(strings.Compare(familyName(a), familyName(b)), a.VCPUs()-b.VCPUs(), a.MiB()-b.MiB(), strings.Compare(string(a.InstanceType), string(b.InstanceType)))
	})
	return out, nil
}

func familyName(t *TypeInfo) string {
	name, _, _ := strings.Cut(string(t.InstanceType), ".")
	return name
}
