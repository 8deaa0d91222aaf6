package ec2sim

import "time"

// instance writes an instance in the order and with the members of real EC2,
// about five kilobytes of them.
func (c *call) instance(in *Instance) {
	d, r := &c.out, c.region
	d.text("instanceId", in.ID)
	d.text("imageId", in.ImageID)
	c.state("instanceState", in.State)
	// EC2 sends these two empty rather than not at all.
	d.text("privateDnsName", privateDNS(r.name, in.PrivateIP))
	d.text("dnsName", publicDNS(r.name, in.PublicIP))
	d.text("reason", in.TransitionReason)
	d.some("keyName", in.KeyName)
	d.num("amiLaunchIndex", in.LaunchIndex)
	d.raw("<productCodes/>")
	d.text("instanceType", in.Type)
	d.at("launchTime", in.LaunchTime)
	c.placement(in)
	d.some("kernelId", in.KernelID)
	d.some("ramdiskId", in.RAMDiskID)
	d.some("platform", in.Platform)
	d.start("monitoring")
	d.text("state", in.Monitoring)
	d.end("monitoring")
	d.some("subnetId", in.SubnetID)
	d.some("vpcId", in.VPCID)
	d.some("privateIpAddress", in.PrivateIP)
	d.some("ipAddress", in.PublicIP)
	d.flag("sourceDestCheck", in.SourceDestCheck)
	c.groupSet(in.Groups)
	if in.StateReason.Code != "" {
		d.start("stateReason")
		d.text("code", in.StateReason.Code)
		d.text("message", in.StateReason.Message)
		d.end("stateReason")
	}
	d.text("architecture", in.Architecture)
	d.text("rootDeviceType", in.RootDeviceType)
	d.some("rootDeviceName", in.RootDeviceName)
	d.devices(in.Devices)
	d.text("virtualizationType", in.virtualization())
	d.some("instanceLifecycle", in.Lifecycle)
	d.some("spotInstanceRequestId", in.SpotRequestID)
	d.text("clientToken", in.ClientToken)
	d.tags(in.Tags)
	d.text("hypervisor", "xen") // for Nitro as well
	c.interfaces(in)
	if in.ProfileName != "" {
		d.start("iamInstanceProfile")
		d.text("arn", "arn:aws:iam::"+c.account.ID+":instance-profile/"+in.ProfileName)
		d.text("id", in.ProfileID)
		d.end("iamInstanceProfile")
	}
	c.options(in)
}

// virtualization is paravirtual for the images that still bring a kernel.
func (in *Instance) virtualization() string {
	if in.KernelID != "" {
		return "paravirtual"
	}
	return "hvm"
}

func (c *call) placement(in *Instance) {
	d := &c.out
	d.start("placement")
	d.text("availabilityZone", in.Zone)
	if z, ok := c.region.zone(in.Zone); ok {
		d.text("availabilityZoneId", z.ID)
	}
	d.text("groupName", in.PlacementGroup)
	d.text("tenancy", in.Tenancy)
	d.end("placement")
}

func (c *call) groupSet(ids []string) {
	d := &c.out
	d.start("groupSet")
	for _, id := range ids {
		d.start("item")
		d.text("groupId", id)
		if g := c.region.groups.byID[id]; g != nil {
			d.text("groupName", g.name)
		}
		d.end("item")
	}
	d.end("groupSet")
}

func (d *doc) devices(devices []Device) {
	d.start("blockDeviceMapping")
	for i := range devices {
		v := &devices[i]
		d.start("item")
		d.text("deviceName", v.Name)
		d.start("ebs")
		d.text("volumeId", v.VolumeID)
		d.text("status", v.Status)
		d.at("attachTime", v.AttachedAt)
		d.flag("deleteOnTermination", v.DeleteOnTermination)
		d.end("ebs")
		d.end("item")
	}
	d.end("blockDeviceMapping")
}

func (c *call) interfaces(in *Instance) {
	d := &c.out
	d.start("networkInterfaceSet")
	for i := range in.Interfaces {
		d.start("item")
		c.networkInterface(in, i)
		d.end("item")
	}
	d.end("networkInterfaceSet")
}

// networkInterface writes one interface.
func (c *call) networkInterface(in *Instance, i int) {
	d, n := &c.out, &in.Interfaces[i]
	dns := privateDNS(c.region.name, n.PrivateIP)
	public := in.publicAt(i)
	d.text("networkInterfaceId", n.ID)
	d.text("subnetId", n.SubnetID)
	d.text("vpcId", in.VPCID)
	d.text("description", n.Description)
	d.text("ownerId", c.account.ID)
	d.text("status", "in-use")
	d.text("macAddress", n.MAC)
	d.text("privateIpAddress", n.PrivateIP)
	d.text("privateDnsName", dns)
	d.flag("sourceDestCheck", in.SourceDestCheck)
	c.groupSet(n.Groups)
	d.start("attachment")
	d.text("attachmentId", n.AttachmentID)
	if c.action.name == "DescribeNetworkInterfaces" { // an instance does not name itself
		d.text("instanceId", in.ID)
		d.text("instanceOwnerId", c.account.ID)
	}
	d.num("deviceIndex", i)
	d.text("status", "attached")
	d.at("attachTime", n.AttachedAt)
	d.flag("deleteOnTermination", i == 0)
	d.num("networkCardIndex", 0)
	d.end("attachment")
	c.association(n, public)
	d.start("privateIpAddressesSet")
	d.start("item")
	d.text("privateIpAddress", n.PrivateIP)
	d.text("privateDnsName", dns)
	d.flag("primary", true)
	c.association(n, public)
	d.end("item")
	d.end("privateIpAddressesSet")
	d.raw("<ipv6AddressesSet/>")
	d.text("interfaceType", "interface")
	d.operator()
}

// publicAt is the public address of an interface; an automatic one is always
// that of the first.
func (in *Instance) publicAt(i int) string {
	if i == 0 {
		return in.PublicIP
	}
	return in.Interfaces[i].ElasticIP
}

func (c *call) association(n *Interface, public string) {
	if public == "" {
		return
	}
	d := &c.out
	d.start("association")
	d.text("publicIp", public)
	d.text("publicDnsName", publicDNS(c.region.name, public))
	owner := "amazon"
	if n.ElasticIP != "" {
		owner = c.account.ID
	}
	d.text("ipOwnerId", owner)
	d.end("association")
}

func (d *doc) operator() { d.raw("<operator><managed>false</managed></operator>") }

// options writes what recent API versions have added at the end.
func (c *call) options(in *Instance) {
	d := &c.out
	d.flag("ebsOptimized", in.EBSOptimized)
	d.flag("enaSupport", !in.NoENA)
	d.some("sriovNetSupport", in.SriovNet)
	t, _ := typeOf(in.Type)
	d.start("cpuOptions")
	d.num("coreCount", t.cores)
	d.num("threadsPerCore", t.threads)
	d.end("cpuOptions")
	d.raw("<capacityReservationSpecification><capacityReservationPreference>open</capacityReservationPreference></capacityReservationSpecification>")
	d.start("hibernationOptions")
	d.flag("configured", in.HibernationConfigured)
	d.end("hibernationOptions")
	d.metadataOptions("metadataOptions", in)
	c.enclaves(in)
	d.some("bootMode", in.BootMode)
	d.text("currentInstanceBootMode", in.currentBootMode())
	d.text("platformDetails", in.PlatformDetails)
	d.text("usageOperation", in.UsageOperation)
	d.at("usageOperationUpdateTime", in.CreatedAt)
	d.raw("<privateDnsNameOptions><hostnameType>ip-name</hostnameType>" +
		"<enableResourceNameDnsARecord>false</enableResourceNameDnsARecord>" +
		"<enableResourceNameDnsAAAARecord>false</enableResourceNameDnsAAAARecord></privateDnsNameOptions>")
	d.raw("<maintenanceOptions><autoRecovery>default</autoRecovery><rebootMigration>default</rebootMigration></maintenanceOptions>")
	d.raw("<networkPerformanceOptions><bandwidthWeighting>default</bandwidthWeighting></networkPerformanceOptions>")
	d.operator()
}

func (c *call) enclaves(in *Instance) {
	c.out.start("enclaveOptions")
	c.out.flag("enabled", in.Enclaves)
	c.out.end("enclaveOptions")
}

// currentBootMode is what an image that prefers UEFI comes to on its type.
func (in *Instance) currentBootMode() string {
	if in.Architecture == "arm64" || in.BootMode == "uefi" || in.BootMode == "uefi-preferred" {
		return "uefi"
	}
	return "legacy-bios"
}

// initializing tells whether the status checks have not come to a result yet.
func (in *Instance) initializing(now time.Time, d Delays) bool {
	return now.Before(in.ChecksFrom.Add(d.Checks))
}
