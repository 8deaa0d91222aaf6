package ec2sim

import (
	"slices"
	"strings"
)

// family is what instance types of one family have in common.
type family struct {
	arch  string
	nitro bool // the console output can be read while the instance runs
	sizes string
}

const (
	smallSizes = "nano micro small medium large xlarge 2xlarge"
	largeSizes = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge metal"
)

// familyOf knows a selection, current and old. EC2 itself has over a thousand
// types.
func familyOf(name string) (family, bool) {
	x86, arm := "x86_64", "arm64"
	switch name {
	case "t2":
		return family{x86, false, smallSizes}, true
	case "t3", "t3a":
		return family{x86, true, smallSizes}, true
	case "t4g":
		return family{arm, true, smallSizes}, true
	case "m1":
		return family{x86, false, "small medium large xlarge"}, true
	case "m3":
		return family{x86, false, "medium large xlarge 2xlarge"}, true
	case "c3", "c4", "i2":
		return family{x86, false, "large xlarge 2xlarge 4xlarge 8xlarge"}, true
	case "m4", "r4":
		return family{x86, false, "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge"}, true
	case "g4dn", "g5":
		return family{x86, true, "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"}, true
	case "d3":
		return family{x86, true, "xlarge 2xlarge 4xlarge 8xlarge"}, true
	case "m5", "m5a", "m5d", "m6i", "m7i", "c5", "c5d", "c5n", "c6i", "c7i", "r5", "r6i", "r7i", "i3", "i3en", "x2idn":
		return family{x86, true, largeSizes}, true
	case "m6g", "m7g", "c6g", "c7g", "r6g", "r7g", "i4g", "im4gn":
		return family{arm, true, largeSizes + " medium"}, true
	}
	return family{}, false
}

// typeInfo is what the simulator knows about an instance type.
type typeInfo struct {
	family
	cores, threads int
}

func typeOf(name string) (typeInfo, bool) {
	fam, size, _ := strings.Cut(name, ".")
	f, ok := familyOf(fam)
	if !ok || !hasSize(f.sizes, size) {
		return typeInfo{}, false
	}
	vcpus := vcpusOf(size)
	switch {
	case f.arch == "arm64":
		if size == "medium" && fam != "t4g" {
			vcpus = 1
		}
		return typeInfo{f, vcpus, 1}, true
	case fam == "t2" || fam == "m1":
		return typeInfo{f, max(1, vcpus/2), 1}, true
	}
	return typeInfo{f, vcpus / 2, 2}, true
}

func hasSize(sizes, size string) bool {
	for s := range strings.FieldsSeq(sizes) {
		if s == size {
			return true
		}
	}
	return false
}

func vcpusOf(size string) int {
	switch size {
	case "xlarge":
		return 4
	case "2xlarge":
		return 8
	case "4xlarge":
		return 16
	case "8xlarge":
		return 32
	case "12xlarge":
		return 48
	case "16xlarge":
		return 64
	case "24xlarge", "metal":
		return 96
	}
	return 2
}

// traits is what describes a family beyond what its instances need.
type traits struct {
	families string
	perCPU   int  // MiB of memory for each vCPU; 0 is by size
	old      bool // of a previous generation
	diskGB   int  // of instance store for each vCPU
	gpu      string
	gpuMiB   int
}

// allTraits are the families in the order in which they are described.
func allTraits() []traits {
	return []traits{
		{families: "t3 t3a t4g"}, {families: "t2"},
		{families: "m5 m5a m6i m7i m6g m7g", perCPU: 4096}, {families: "m5d", perCPU: 4096, diskGB: 37},
		{families: "c5 c6i c7i c6g c7g", perCPU: 2048}, {families: "c5d", perCPU: 2048, diskGB: 25}, {families: "c5n", perCPU: 2688},
		{families: "r5 r6i r7i r6g r7g", perCPU: 8192},
		{families: "i3", perCPU: 7808, diskGB: 237}, {families: "i3en", perCPU: 8192, diskGB: 625},
		{families: "i4g", perCPU: 8192, diskGB: 234}, {families: "im4gn", perCPU: 4096, diskGB: 468},
		{families: "d3", perCPU: 8192, diskGB: 1485}, {families: "x2idn", perCPU: 16384, diskGB: 29},
		{families: "g4dn", perCPU: 4096, diskGB: 31, gpu: "T4", gpuMiB: 16384}, {families: "g5", perCPU: 4096, diskGB: 62, gpu: "A10G", gpuMiB: 24576},
		{families: "m1", perCPU: 1740, old: true, diskGB: 160}, {families: "m3 c3", perCPU: 3840, old: true, diskGB: 4},
		{families: "m4", perCPU: 4096, old: true}, {families: "c4", perCPU: 1920, old: true}, {families: "r4", perCPU: 7808, old: true},
		{families: "i2", perCPU: 7808, old: true, diskGB: 200},
	}
}

// describedType is an instance type as DescribeInstanceTypes knows it.
type describedType struct {
	typeInfo
	traits
	name, fam, size string
}

// describedTypes is the catalogue, which is the same in every region.
func describedTypes() *table[*describedType] {
	t := newTable[*describedType](300)
	for _, tr := range allTraits() {
		for fam := range strings.FieldsSeq(tr.families) {
			f, _ := familyOf(fam)
			for size := range strings.FieldsSeq(f.sizes) {
				info, ok := typeOf(fam + "." + size)
				if ok {
					t.add(fam+"."+size, &describedType{info, tr, fam + "." + size, fam, size})
				}
			}
		}
	}
	return t
}

func (t *describedType) vcpus() int      { return t.cores * t.threads }
func (t *describedType) burstable() bool { return t.fam[0] == 't' }
func (t *describedType) metal() bool     { return t.size == "metal" }
func (t *describedType) free() bool      { return t.name == "t2.micro" || t.name == "t3.micro" }
func (t *describedType) hibernates() bool {
	return t.diskGB == 0 && !t.metal() && t.fam != "m1" && t.vcpus() <= 48
}

func (t *describedType) mib() int {
	if t.perCPU > 0 {
		return t.perCPU * t.vcpus()
	}
	return map[string]int{"nano": 512, "micro": 1024, "small": 2048, "medium": 4096, "large": 8192, "xlarge": 16384, "2xlarge": 32768}[t.size]
}

func (t *describedType) hypervisor() string {
	switch {
	case t.metal():
		return ""
	case t.nitro:
		return "nitro"
	}
	return "xen"
}

func (t *describedType) ena() string {
	switch {
	case t.nitro:
		return "required"
	case t.fam == "r4":
		return "supported"
	}
	return "unsupported"
}

func (t *describedType) nvme() string {
	if t.nitro {
		return "required"
	}
	return "unsupported"
}

func (t *describedType) ebsOptimized() string {
	switch {
	case t.nitro, t.fam == "m4", t.fam == "c4", t.fam == "r4":
		return "default"
	case t.fam == "t2":
		return "unsupported"
	}
	return "supported"
}

func (t *describedType) network() string {
	switch n := t.vcpus(); {
	case t.old && n < 8:
		return "Moderate"
	case t.old:
		return "High"
	case t.fam == "t2":
		return "Low to Moderate"
	case t.burstable():
		return "Up to 5 Gigabit"
	case t.fam == "c5n" && n >= 72:
		return "100 Gigabit"
	case n <= 16:
		return "Up to 10 Gigabit"
	case n <= 32:
		return "12 Gigabit"
	}
	return "25 Gigabit"
}

func (t *describedType) bootModes() []string {
	switch {
	case t.arch == "arm64":
		return []string{"uefi"}
	case t.nitro && !t.metal():
		return []string{"legacy-bios", "uefi"}
	}
	return []string{"legacy-bios"}
}

func (t *describedType) virtualizations() []string {
	if t.fam == "m1" {
		return []string{"paravirtual"}
	}
	if t.fam == "m3" || t.fam == "c3" {
		return []string{"hvm", "paravirtual"}
	}
	return []string{"hvm"}
}

func (t *describedType) rootDevices() []string {
	if t.fam == "m1" || t.fam == "m3" || t.fam == "c3" || t.fam == "i2" {
		return []string{"ebs", "instance-store"}
	}
	return []string{"ebs"}
}

func instanceTypeActions() []action {
	return []action{
		{name: "DescribeInstanceTypes", check: describeInstanceTypes},
		{name: "DescribeInstanceTypeOfferings", check: describeInstanceTypeOfferings},
	}
}

// every makes a filter of a member that has several values.
func every[T any](get func(T) []string) filterOf[T] {
	return func(row T, pass test) bool { return slices.ContainsFunc(get(row), pass) }
}

func describeInstanceTypes(c *call) (act, *apiError) {
	types := describedTypes()
	type row = *describedType
	return describe(c, listing[row]{
		table: types, idParam: "InstanceType", idSet: "instanceTypes", maxIDs: 100, min: 5, max: 100,
		lookup: func(names []string) *apiError {
			gone := slices.DeleteFunc(slices.Clone(names), func(s string) bool { return types.byID[s] != nil })
			if len(gone) > 0 {
				return bad("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(gone, ", "))
			}
			return nil
		},
		filters: map[string]filterOf[row]{
			"bare-metal":                            is(func(t row) string { return yesno(t.metal()) }),
			"burstable-performance-supported":       is(func(t row) string { return yesno(t.burstable()) }),
			"current-generation":                    is(func(t row) string { return yesno(!t.old) }),
			"ebs-info.ebs-optimized-support":        is(row.ebsOptimized),
			"ebs-info.nvme-support":                 is(row.nvme),
			"free-tier-eligible":                    is(func(t row) string { return yesno(t.free()) }),
			"hibernation-supported":                 is(func(t row) string { return yesno(t.hibernates()) }),
			"hypervisor":                            is(row.hypervisor),
			"instance-storage-supported":            is(func(t row) string { return yesno(t.diskGB > 0) }),
			"instance-type":                         is(func(t row) string { return t.name }),
			"memory-info.size-in-mib":               is(func(t row) string { return itoa(t.mib()) }),
			"network-info.ena-support":              is(row.ena),
			"processor-info.supported-architecture": is(func(t row) string { return t.arch }),
			"supported-boot-mode":                   every(row.bootModes),
			"supported-root-device-type":            every(row.rootDevices),
			"supported-virtualization-type":         every(row.virtualizations),
			"vcpu-info.default-cores":               is(func(t row) string { return itoa(t.cores) }),
			"vcpu-info.default-vcpus":               is(func(t row) string { return itoa(t.vcpus()) }),
		},
		tags: func(row) []Tag { return nil },
	}, "instanceTypeSet", c.out.instanceType)
}

func (d *doc) texts(name string, list []string) {
	d.start(name)
	for _, s := range list {
		d.text("item", s)
	}
	d.end(name)
}

func (d *doc) instanceType(t *describedType) {
	d.text("instanceType", t.name)
	d.flag("currentGeneration", !t.old)
	d.flag("freeTierEligible", t.free())
	d.texts("supportedUsageClasses", []string{"on-demand", "spot"})
	d.texts("supportedRootDeviceTypes", t.rootDevices())
	d.texts("supportedVirtualizationTypes", t.virtualizations())
	d.flag("bareMetal", t.metal())
	d.some("hypervisor", t.hypervisor())
	d.start("processorInfo")
	d.texts("supportedArchitectures", []string{t.arch})
	d.end("processorInfo")
	d.start("vCpuInfo")
	d.num("defaultVCpus", t.vcpus())
	d.num("defaultCores", t.cores)
	d.num("defaultThreadsPerCore", t.threads)
	d.end("vCpuInfo")
	d.start("memoryInfo")
	d.num("sizeInMiB", t.mib())
	d.end("memoryInfo")
	d.flag("instanceStorageSupported", t.diskGB > 0)
	if t.diskGB > 0 {
		d.start("instanceStorageInfo")
		d.num("totalSizeInGB", t.diskGB*t.vcpus())
		d.end("instanceStorageInfo")
	}
	d.start("ebsInfo")
	d.text("ebsOptimizedSupport", t.ebsOptimized())
	d.text("encryptionSupport", "supported")
	d.text("nvmeSupport", t.nvme())
	d.end("ebsInfo")
	d.start("networkInfo")
	d.text("networkPerformance", t.network())
	d.num("maximumNetworkInterfaces", min(15, 2+t.vcpus()/2))
	d.flag("ipv6Supported", t.fam != "m1")
	d.text("enaSupport", t.ena())
	d.end("networkInfo")
	d.gpus(t)
	d.flag("hibernationSupported", t.hibernates())
	d.flag("burstablePerformanceSupported", t.burstable())
	d.flag("dedicatedHostsSupported", !t.burstable())
	d.flag("autoRecoverySupported", t.diskGB == 0 && !t.metal())
	d.texts("supportedBootModes", t.bootModes())
}

func (d *doc) gpus(t *describedType) {
	if t.gpu == "" {
		return
	}
	n := 1
	if t.vcpus() >= 48 {
		n = 4
	}
	d.start("gpuInfo")
	d.raw("<gpus><item>")
	d.text("name", t.gpu)
	d.text("manufacturer", "NVIDIA")
	d.num("count", n)
	d.start("memoryInfo")
	d.num("sizeInMiB", t.gpuMiB)
	d.end("memoryInfo")
	d.raw("</item></gpus>")
	d.num("totalGpuMemoryInMiB", n*t.gpuMiB)
	d.end("gpuInfo")
}

// offering says that a type can be had in a place.
type offering struct{ typ, location string }

// offers says whether a type can be had in a zone: of the old ones and those
// with GPUs the last zone of a region has none.
func (r *region) offers(t *describedType, zoneName string) bool {
	if last := r.zones[len(r.zones)-1].Name; zoneName == last && len(r.zones) > 1 && (t.old || t.gpu != "") {
		return false
	}
	return !slices.ContainsFunc(r.shortages, func(s Shortage) bool {
		return s.Zone == zoneName && s.Type == t.name && s.Code == "Unsupported"
	})
}

func (c *call) offerings() (*table[*offering], *apiError) {
	kind := c.form.get("LocationType")
	if kind == "" {
		kind = "region"
	}
	out := newTable[*offering](0)
	add := func(t *describedType, place string) { out.add(t.name+" "+place, &offering{t.name, place}) }
	for t := range describedTypes().all {
		switch kind {
		case "region":
			add(t, c.region.name)
		case "availability-zone", "availability-zone-id":
			for _, z := range c.region.zones {
				if !z.open() || z.Type != "availability-zone" || !c.region.offers(t, z.Name) {
					continue
				}
				if kind == "availability-zone" {
					add(t, z.Name)
				} else {
					add(t, z.ID)
				}
			}
		default:
			return nil, bad("InvalidParameterValue", "Value (%s) for parameter locationType is invalid.", kind)
		}
	}
	return out, nil
}

func describeInstanceTypeOfferings(c *call) (act, *apiError) {
	all, err := c.offerings()
	if err != nil {
		return nil, err
	}
	d := &c.out
	return describe(c, listing[*offering]{
		table: all, min: 5, max: 1000,
		filters: map[string]filterOf[*offering]{
			"instance-type": is(func(o *offering) string { return o.typ }),
			"location":      is(func(o *offering) string { return o.location }),
		},
		tags: func(*offering) []Tag { return nil },
	}, "instanceTypeOfferingSet", func(o *offering) {
		d.text("instanceType", o.typ)
		d.text("locationType", c.form.get("LocationType"))
		d.text("location", o.location)
	})
}
