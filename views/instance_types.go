package views

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type instanceType = *awsops.TypeInfo

// instanceTypes is the table of instance types, from which forms pick too.
func instanceTypes() *Resource[instanceType] {
	type t = instanceType
	number := func(n func(t) int) func(t) string {
		return func(row t) string {
			if n(row) == 0 {
				return ""
			}
			return fmt.Sprint(n(row))
		}
	}
	return &Resource[t]{
		Kind: "instance-types", Title: "Instance types", Tab: "Types", Noun: "instance type",
		Pages: awsops.InstanceTypes, Lasts: 24 * time.Hour,
		ID:   func(t t) string { return string(t.InstanceType) },
		Name: func(t) string { return "" },
		Carry: func(old, listed t) t { // the zones come at the end of a listing
			if listed.Zones == nil {
				return &awsops.TypeInfo{InstanceTypeInfo: listed.InstanceTypeInfo, Zones: old.Zones}
			}
			return listed
		},

		Columns: []Column[t]{
			{Title: "Type", Width: 15, Value: func(t t) string { return string(t.InstanceType) }},
			{Title: "vCPUs", Width: 5, Right: true, Value: number(t.VCPUs), Number: numberOf(t.VCPUs)},
			{Title: "GiB", Width: 6, Right: true, Value: t.GiB, Number: numberOf(t.MiB)},
			{Title: "Architecture", Width: 12, List: true, Value: func(t t) string { return strings.Join(t.Architectures(), ",") }},
			{Title: "Current", Width: 8, Value: func(t t) string { return yesOrPrevious(t.CurrentGeneration) }, Tone: func(t t) theme.Tone {
				if aws.ToBool(t.CurrentGeneration) {
					return theme.Plain
				}
				return theme.Faint
			}},
			{Title: "Network", Width: 18, Value: t.Network},
			{Title: "Storage GB", Width: 10, Right: true, Value: number(t.StorageGB), Number: numberOf(t.StorageGB)},
			{Title: "GPU", Width: 8, Value: t.GPU},
			{Title: "Free tier", Width: 9, Value: func(t t) string { return onlyTrue("free", t.FreeTierEligible) }, Tone: func(t) theme.Tone { return theme.Good }},
			{Title: "Hibernation", Width: 11, Value: func(t t) string { return onlyTrue("hibernates", t.HibernationSupported) }},
			{Title: "Hypervisor", Width: 10, Value: func(t t) string { return string(t.Hypervisor) }},
			{Title: "Zones", Width: 34, List: true, Grow: true, Extra: true, Value: func(t t) string { return strings.Join(t.Zones, ",") }},
			{Title: "Burstable", Width: 9, Extra: true, Value: func(t t) string { return onlyTrue("burstable", t.BurstablePerformanceSupported) }},
			{Title: "Boot", Width: 16, List: true, Extra: true, Value: func(t t) string { return strings.Join(t.BootModes(), ",") }},
			{Title: "Virtualization", Width: 15, List: true, Extra: true, Value: func(t t) string { return strings.Join(t.Virtualizations(), ",") }},
			{Title: "ENA", Width: 11, Extra: true, Value: t.ENA},
			{Title: "NVMe", Width: 11, Extra: true, Value: t.NVMe},
			{Title: "EBS optimized", Width: 13, Extra: true, Value: t.EBSOptimized},
		},
		Links:   []Link[t]{{Key: "i", Help: "its instances", Kind: "instances", Query: func(t t) string { return column("type", string(t.InstanceType)) }}},
		Actions: []Action[t]{{Key: "D", Operation: "describe-instance-types", Help: "all columns", Whole: true}},
		Inspect: func(_ context.Context, _ *ec2.Client, t t) (Detail, error) {
			return Detail{Object: t.InstanceTypeInfo, Sections: sections(t, instanceTypeDetails(), nil)}, nil
		},
	}
}

func yesOrPrevious(current *bool) string {
	if aws.ToBool(current) {
		return "yes"
	}
	return "previous"
}

// onlyTrue is a word where something holds, which a filter finds, else nothing.
func onlyTrue(word string, holds *bool) string {
	if aws.ToBool(holds) {
		return word
	}
	return ""
}

func instanceTypeDetails() []field[instanceType] {
	type t = instanceType
	return []field[t]{
		{"Instance type", "Type", func(t t) any { return t.InstanceType }},
		{"Instance type", "Generation", func(t t) any {
			return map[bool]string{true: "current", false: "previous"}[aws.ToBool(t.CurrentGeneration)]
		}},
		{"Instance type", "Free tier", func(t t) any { return t.FreeTierEligible }},
		{"Instance type", "Purchase", func(t t) any { return t.UsageClasses() }},
		{"Instance type", "Zones", func(t t) any { return t.Zones }},
		{"Processor", "vCPUs", func(t t) any { return t.VCPUs() }},
		{"Processor", "Cores", func(t t) any { return orNil(t.VCpuInfo).DefaultCores }},
		{"Processor", "Threads per core", func(t t) any { return orNil(t.VCpuInfo).DefaultThreadsPerCore }},
		{"Processor", "Architecture", func(t t) any { return t.Architectures() }},
		{"Processor", "Burstable", func(t t) any { return t.BurstablePerformanceSupported }},
		{"Processor", "Hypervisor", func(t t) any { return t.Hypervisor }},
		{"Processor", "Bare metal", func(t t) any { return t.BareMetal }},
		{"Processor", "GPU", func(t t) any { return t.GPU() }},
		{"Memory", "GiB", func(t t) any { return t.GiB() }},
		{"Network", "Performance", func(t t) any { return t.Network() }},
		{"Network", "ENA", func(t t) any { return t.ENA() }},
		{"Network", "Interfaces at most", func(t t) any { return orNil(t.NetworkInfo).MaximumNetworkInterfaces }},
		{"Network", "IPv6", func(t t) any { return orNil(t.NetworkInfo).Ipv6Supported }},
		{"Storage", "Instance store GB", func(t t) any { return t.StorageGB() }},
		{"Storage", "NVMe", func(t t) any { return t.NVMe() }},
		{"Storage", "EBS optimized", func(t t) any { return t.EBSOptimized() }},
		{"Storage", "Root devices", func(t t) any { return t.RootDevices() }},
		{"Images", "Boot modes", func(t t) any { return t.BootModes() }},
		{"Images", "Virtualization", func(t t) any { return t.Virtualizations() }},
		{"Images", "Hibernation", func(t t) any { return t.HibernationSupported }},
		{"Images", "Auto recovery", func(t t) any { return t.AutoRecoverySupported }},
	}
}
