package ec2sim

import "slices"

// instanceFilters are the filters of DescribeInstances.
func instanceFilters(r *region) map[string]filterOf[*Instance] {
	all := map[string]filterOf[*Instance]{}
	for name, get := range instanceMembers(r) {
		all[name] = is(get)
	}
	add := func(some map[string]filterOf[*Instance]) {
		for name, f := range some {
			all[name] = f
		}
	}
	add(groupFilters(r, "instance.", func(in *Instance) []string { return in.Groups }))
	add(deviceFilters())
	add(interfaceFilters(r))
	for _, name := range unsetInstanceFilters() {
		all[name] = never
	}
	return all
}

// instanceMembers are the filters on members with one value.
func instanceMembers(r *region) map[string]func(*Instance) string {
	constant := func(v string) func(*Instance) string { return func(*Instance) string { return v } }
	return map[string]func(*Instance) string{
		"architecture":         func(in *Instance) string { return in.Architecture },
		"availability-zone":    func(in *Instance) string { return in.Zone },
		"availability-zone-id": func(in *Instance) string { z, _ := r.zone(in.Zone); return z.ID },
		"boot-mode":            func(in *Instance) string { return in.BootMode },
		"capacity-reservation-specification.capacity-reservation-preference": constant("open"),
		"client-token":                                    func(in *Instance) string { return in.ClientToken },
		"current-instance-boot-mode":                      (*Instance).currentBootMode,
		"dns-name":                                        func(in *Instance) string { return publicDNS(r.name, in.PublicIP) },
		"ebs-optimized":                                   func(in *Instance) string { return yesno(in.EBSOptimized) },
		"ena-support":                                     constant("true"),
		"enclave-options.enabled":                         constant("false"),
		"hibernation-options.configured":                  func(in *Instance) string { return yesno(in.HibernationConfigured) },
		"hypervisor":                                      constant("xen"),
		"iam-instance-profile.arn":                        func(in *Instance) string { return profileARN(r, in) },
		"iam-instance-profile.id":                         func(in *Instance) string { return in.ProfileID },
		"iam-instance-profile.name":                       func(in *Instance) string { return in.ProfileName },
		"image-id":                                        func(in *Instance) string { return in.ImageID },
		"instance-id":                                     func(in *Instance) string { return in.ID },
		"instance-lifecycle":                              func(in *Instance) string { return in.Lifecycle },
		"instance-state-code":                             func(in *Instance) string { return itoa(stateCode(in.State)) },
		"instance-state-name":                             func(in *Instance) string { return in.State },
		"instance-type":                                   func(in *Instance) string { return in.Type },
		"ip-address":                                      func(in *Instance) string { return in.PublicIP },
		"kernel-id":                                       func(in *Instance) string { return in.KernelID },
		"key-name":                                        func(in *Instance) string { return in.KeyName },
		"launch-index":                                    func(in *Instance) string { return itoa(in.LaunchIndex) },
		"launch-time":                                     func(in *Instance) string { return stamp(in.LaunchTime) },
		"maintenance-options.auto-recovery":               constant("default"),
		"metadata-options.http-endpoint":                  constant("enabled"),
		"metadata-options.http-protocol-ipv4":             constant("enabled"),
		"metadata-options.http-protocol-ipv6":             constant("disabled"),
		"metadata-options.http-put-response-hop-limit":    func(in *Instance) string { return itoa(in.HopLimit) },
		"metadata-options.http-tokens":                    func(in *Instance) string { return in.HTTPTokens },
		"metadata-options.instance-metadata-tags":         constant("disabled"),
		"metadata-options.state":                          constant("applied"),
		"monitoring-state":                                func(in *Instance) string { return in.Monitoring },
		"network-performance-options.bandwidth-weighting": constant("default"),
		"operator.managed":                                constant("false"),
		"owner-id":                                        constant(r.account.ID),
		"placement-group-name":                            func(in *Instance) string { return in.PlacementGroup },
		"platform":                                        func(in *Instance) string { return in.Platform },
		"platform-details":                                func(in *Instance) string { return in.PlatformDetails },
		"private-dns-name":                                func(in *Instance) string { return privateDNS(r.name, in.PrivateIP) },
		"private-dns-name-options.hostname-type":          constant("ip-name"),
		"private-dns-name-options.enable-resource-name-dns-a-record":    constant("false"),
		"private-dns-name-options.enable-resource-name-dns-aaaa-record": constant("false"),
		"private-ip-address":          func(in *Instance) string { return in.PrivateIP },
		"ramdisk-id":                  func(in *Instance) string { return in.RAMDiskID },
		"reason":                      func(in *Instance) string { return in.TransitionReason },
		"reservation-id":              func(in *Instance) string { return in.ReservationID },
		"root-device-name":            func(in *Instance) string { return in.RootDeviceName },
		"root-device-type":            func(in *Instance) string { return in.RootDeviceType },
		"source-dest-check":           func(in *Instance) string { return yesno(in.SourceDestCheck) },
		"spot-instance-request-id":    func(in *Instance) string { return in.SpotRequestID },
		"state-reason-code":           func(in *Instance) string { return in.StateReason.Code },
		"state-reason-message":        func(in *Instance) string { return in.StateReason.Message },
		"subnet-id":                   func(in *Instance) string { return in.SubnetID },
		"tenancy":                     func(in *Instance) string { return in.Tenancy },
		"usage-operation":             func(in *Instance) string { return in.UsageOperation },
		"usage-operation-update-time": func(in *Instance) string { return stamp(in.CreatedAt) },
		"virtualization-type":         (*Instance).virtualization,
		"vpc-id":                      func(in *Instance) string { return in.VPCID },
	}
}

func profileARN(r *region, in *Instance) string {
	if in.ProfileName == "" {
		return ""
	}
	return "arn:aws:iam::" + r.account.ID + ":instance-profile/" + in.ProfileName
}

func groupFilters[T any](r *region, prefix string, groups func(T) []string) map[string]filterOf[T] {
	return map[string]filterOf[T]{
		prefix + "group-id": func(row T, pass test) bool { return slices.ContainsFunc(groups(row), pass) },
		prefix + "group-name": func(row T, pass test) bool {
			return slices.ContainsFunc(groups(row), func(id string) bool {
				g := r.groups.byID[id]
				return g != nil && pass(g.name)
			})
		},
	}
}

func deviceFilters() map[string]filterOf[*Instance] {
	of := func(get func(Device) string) filterOf[*Instance] {
		return func(in *Instance, pass test) bool {
			return slices.ContainsFunc(in.Devices, func(d Device) bool { return pass(get(d)) })
		}
	}
	const p = "block-device-mapping."
	return map[string]filterOf[*Instance]{
		p + "attach-time":           of(func(d Device) string { return stamp(d.AttachedAt) }),
		p + "delete-on-termination": of(func(d Device) string { return yesno(d.DeleteOnTermination) }),
		p + "device-name":           of(func(d Device) string { return d.Name }),
		p + "status":                of(func(d Device) string { return d.Status }),
		p + "volume-id":             of(func(d Device) string { return d.VolumeID }),
	}
}

func interfaceFilters(r *region) map[string]filterOf[*Instance] {
	of := func(get func(*Instance, int) string) filterOf[*Instance] {
		return func(in *Instance, pass test) bool {
			for i := range in.Interfaces {
				if v := get(in, i); v != "" && pass(v) {
					return true
				}
			}
			return false
		}
	}
	public := of((*Instance).publicAt)
	private := of(func(in *Instance, i int) string { return in.Interfaces[i].PrivateIP })
	const p = "network-interface."
	all := map[string]filterOf[*Instance]{
		p + "addresses.association.public-ip": public,
		p + "association.public-ip":           public,
		p + "addresses.private-ip-address":    private,
		p + "private-ip-address":              private,
		p + "private-dns-name":                of(func(in *Instance, i int) string { return privateDNS(r.name, in.Interfaces[i].PrivateIP) }),
		p + "network-interface-id":            of(func(in *Instance, i int) string { return in.Interfaces[i].ID }),
		p + "attachment.attachment-id":        of(func(in *Instance, i int) string { return in.Interfaces[i].AttachmentID }),
		p + "attachment.device-index":         of(func(_ *Instance, i int) string { return itoa(i) }),
		p + "attachment.instance-id":          of(func(in *Instance, _ int) string { return in.ID }),
		p + "attachment.status":               of(func(*Instance, int) string { return "attached" }),
		p + "availability-zone":               of(func(in *Instance, _ int) string { return in.Zone }),
		p + "description":                     of(func(in *Instance, i int) string { return in.Interfaces[i].Description }),
		p + "mac-address":                     of(func(in *Instance, i int) string { return in.Interfaces[i].MAC }),
		p + "owner-id":                        of(func(*Instance, int) string { return r.account.ID }),
		p + "status":                          of(func(*Instance, int) string { return "in-use" }),
		p + "source-dest-check":               of(func(in *Instance, _ int) string { return yesno(in.SourceDestCheck) }),
		p + "subnet-id":                       of(func(in *Instance, i int) string { return in.Interfaces[i].SubnetID }),
		p + "vpc-id":                          of(func(in *Instance, _ int) string { return in.VPCID }),
	}
	for name, f := range groupFilters(r, p, func(in *Instance) []string {
		var ids []string
		for i := range in.Interfaces {
			ids = append(ids, in.Interfaces[i].Groups...)
		}
		return ids
	}) {
		all[name] = f
	}
	return all
}

// unsetInstanceFilters are names that EC2 knows and whose members no instance
// of the simulator has.
func unsetInstanceFilters() []string {
	return []string{"affinity", "capacity-reservation-id", "host-id", "ipv6-address", "operator.principal",
		"outpost-arn", "placement-partition-number", "product-code", "product-code.type", "requester-id", "tpm-support",
		"network-interface.ipv6-addresses.ipv6-address", "network-interface.requester-id"}
}
