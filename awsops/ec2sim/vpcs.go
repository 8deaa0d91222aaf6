package ec2sim

func vpcActions() []action {
	return []action{
		{name: "DescribeVpcs", check: describeVPCs},
		{name: "DescribeSubnets", check: describeSubnets},
	}
}

func (r *region) vpc(id string) *vpc {
	for _, v := range r.vpcs {
		if v.id == id {
			return v
		}
	}
	return nil
}

// tagsOn are the tags that the region keeps beside a resource.
func (r *region) tagsOn(id string) []Tag {
	if tags := r.tags[id]; tags != nil {
		return *tags
	}
	return nil
}

// tableOf makes a table of rows that the simulator keeps in another way.
func tableOf[T any](rows []T, id func(T) string) *table[T] {
	t := newTable[T](len(rows))
	for _, row := range rows {
		t.add(id(row), row)
	}
	return t
}

func errNoVPC(id string) *apiError {
	return bad("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
}

func errNoSubnet(id string) *apiError {
	return bad("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
}

func describeVPCs(c *call) (act, *apiError) {
	vpcs := tableOf(c.region.vpcs, func(v *vpc) string { return v.id })
	d := &c.out
	return describe(c, listing[*vpc]{
		table: vpcs, idParam: "VpcId", idSet: "vpcSet", min: 5, max: 1000,
		lookup: func(ids []string) *apiError {
			return lookupOne(vpcs, ids, "vpc", "InvalidVpcID.Malformed", errNoVPC)
		},
		filters: map[string]filterOf[*vpc]{
			"cidr": is(func(v *vpc) string { return v.cidr.String() }), "cidr-block-association.cidr-block": is(func(v *vpc) string { return v.cidr.String() }),
			"is-default": is(func(v *vpc) string { return yesno(v.isDefault) }), "isDefault": is(func(v *vpc) string { return yesno(v.isDefault) }),
			"owner-id": is(func(*vpc) string { return c.account.ID }),
			"state":    is(func(*vpc) string { return "available" }),
			"vpc-id":   is(func(v *vpc) string { return v.id }),
		},
		tags: func(v *vpc) []Tag { return c.region.tagsOn(v.id) },
	}, "vpcSet", func(v *vpc) {
		d.text("vpcId", v.id)
		d.text("ownerId", c.account.ID)
		d.text("state", "available")
		d.text("cidrBlock", v.cidr.String())
		d.start("cidrBlockAssociationSet")
		d.start("item")
		d.text("cidrBlock", v.cidr.String())
		d.raw("<cidrBlockState><state>associated</state></cidrBlockState>")
		d.end("item")
		d.end("cidrBlockAssociationSet")
		d.text("instanceTenancy", "default")
		d.flag("isDefault", v.isDefault)
		d.tags(c.region.tagsOn(v.id))
	})
}

func describeSubnets(c *call) (act, *apiError) {
	var all []*subnet
	for _, v := range c.region.vpcs {
		all = append(all, v.subnets...)
	}
	subnets := tableOf(all, func(n *subnet) string { return n.id })
	zoneID := func(n *subnet) string { z, _ := c.region.zone(n.zone); return z.ID }
	d := &c.out
	return describe(c, listing[*subnet]{
		table: subnets, idParam: "SubnetId", idSet: "subnetSet", min: 5, max: 1000,
		lookup: func(ids []string) *apiError {
			return lookupOne(subnets, ids, "subnet", "InvalidSubnetID.Malformed", errNoSubnet)
		},
		filters: map[string]filterOf[*subnet]{
			"availability-zone":          is(func(n *subnet) string { return n.zone }),
			"availability-zone-id":       is(zoneID),
			"available-ip-address-count": is(func(n *subnet) string { return itoa(n.free()) }),
			"cidr-block":                 is((*subnet).block),
			"default-for-az":             is(func(n *subnet) string { return yesno(n.vpc.isDefault) }),
			"map-public-ip-on-launch":    is(func(n *subnet) string { return yesno(n.vpc.isDefault) }),
			"owner-id":                   is(func(*subnet) string { return c.account.ID }),
			"state":                      is(func(*subnet) string { return "available" }),
			"subnet-id":                  is(func(n *subnet) string { return n.id }),
			"vpc-id":                     is(func(n *subnet) string { return n.vpc.id }),
		},
		tags: func(n *subnet) []Tag { return c.region.tagsOn(n.id) },
	}, "subnetSet", func(n *subnet) {
		d.text("subnetId", n.id)
		d.text("subnetArn", c.arn("subnet", n.id))
		d.text("ownerId", c.account.ID)
		d.text("state", "available")
		d.text("vpcId", n.vpc.id)
		d.text("cidrBlock", n.block())
		d.num("availableIpAddressCount", n.free())
		d.text("availabilityZone", n.zone)
		d.text("availabilityZoneId", zoneID(n))
		d.flag("defaultForAz", n.vpc.isDefault)
		d.flag("mapPublicIpOnLaunch", n.vpc.isDefault)
		d.tags(c.region.tagsOn(n.id))
	})
}

// free is how many addresses are left; EC2 keeps five of every subnet.
func (n *subnet) free() int { return n.size - 5 - n.taken }

func (n *subnet) block() string {
	bits := 32
	for size := n.size; size > 1; size >>= 1 {
		bits--
	}
	return n.base.String() + "/" + itoa(bits)
}
