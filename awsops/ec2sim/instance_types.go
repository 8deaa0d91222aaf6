package ec2sim

import "strings"

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
	case "m3", "m4", "c3", "c4", "r4", "i2":
		return family{x86, false, largeSizes + " medium"}, true
	case "m5", "m5a", "m5d", "m6i", "m7i", "c5", "c5d", "c5n", "c6i", "c7i", "r5", "r6i", "r7i", "i3", "i3en", "g4dn", "g5", "d3", "x2idn":
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
	if !ok || !offers(f.sizes, size) {
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

func offers(sizes, size string) bool {
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
