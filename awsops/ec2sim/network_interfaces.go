package ec2sim

import "slices"

func networkInterfaceActions() []action {
	return []action{
		{name: "DescribeNetworkInterfaces", check: describeNetworkInterfaces},
		{name: "ModifyNetworkInterfaceAttribute", mutating: true, required: []string{"NetworkInterfaceId"}, check: modifyNetworkInterfaceAttribute},
	}
}

// interfaceOf is an interface together with the instance that it is attached to.
type interfaceOf struct {
	*Interface
	in    *Instance
	index int
}

// maxInterfaces is more than any instance has.
const maxInterfaces = 64

// interfaces lists the interfaces of all instances. Their numbers follow from
// those of the instances, so that pages hold while instances come and go.
func (r *region) interfaces() *table[*interfaceOf] {
	t := newTable[*interfaceOf](len(r.instances.rows))
	for _, row := range r.instances.rows {
		for i := range row.row.Interfaces {
			n := &row.row.Interfaces[i]
			t.last = row.n*maxInterfaces + uint64(i) - 1 // add counts on
			t.add(n.ID, &interfaceOf{n, row.row, i})
		}
	}
	return t
}

func describeNetworkInterfaces(c *call) (act, *apiError) {
	t := c.region.interfaces()
	filters := map[string]filterOf[*interfaceOf]{
		"attachment.attachment-id":     is(func(n *interfaceOf) string { return n.AttachmentID }),
		"attachment.device-index":      is(func(n *interfaceOf) string { return itoa(n.index) }),
		"attachment.instance-id":       is(func(n *interfaceOf) string { return n.in.ID }),
		"attachment.instance-owner-id": is(func(*interfaceOf) string { return c.account.ID }),
		"attachment.status":            is(func(*interfaceOf) string { return "attached" }),
		"availability-zone":            is(func(n *interfaceOf) string { return n.in.Zone }),
		"description":                  is(func(n *interfaceOf) string { return n.Description }),
		"interface-type":               is(func(*interfaceOf) string { return "interface" }),
		"mac-address":                  is(func(n *interfaceOf) string { return n.MAC }),
		"network-interface-id":         is(func(n *interfaceOf) string { return n.ID }),
		"owner-id":                     is(func(*interfaceOf) string { return c.account.ID }),
		"private-ip-address":           is(func(n *interfaceOf) string { return n.PrivateIP }),
		"addresses.private-ip-address": is(func(n *interfaceOf) string { return n.PrivateIP }),
		"status":                       is(func(*interfaceOf) string { return "in-use" }),
		"subnet-id":                    is(func(n *interfaceOf) string { return n.SubnetID }),
		"vpc-id":                       is(func(n *interfaceOf) string { return n.in.VPCID }),
	}
	for name, f := range groupFilters(c.region, "", func(n *interfaceOf) []string { return n.Groups }) {
		filters[name] = f
	}
	return describe(c, listing[*interfaceOf]{
		table: t, idParam: "NetworkInterfaceId", idSet: "networkInterfaceIdsSet", min: 5, max: 1000,
		lookup:  func(ids []string) *apiError { return lookupInterfaces(t, ids) },
		filters: filters,
		tags:    func(n *interfaceOf) []Tag { return c.region.tagsOn(n.ID) },
	}, "networkInterfaceSet", func(n *interfaceOf) {
		// The member that an instance's own list leaves out comes in front.
		c.out.text("availabilityZone", n.in.Zone)
		c.networkInterface(n.in, n.index)
		c.out.tags(c.region.tagsOn(n.ID))
	})
}

func lookupInterfaces(t *table[*interfaceOf], ids []string) *apiError {
	return lookupOne(t, ids, "eni", "InvalidNetworkInterfaceId.Malformed", errNoInterface)
}

func errNoInterface(id string) *apiError {
	return bad("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
}

// modifyNetworkInterfaceAttribute replaces the groups of an interface. Those of
// its instance are the groups of all its interfaces.
func modifyNetworkInterfaceAttribute(c *call) (act, *apiError) {
	id, t, groups := c.form.get("NetworkInterfaceId"), c.region.interfaces(), c.form.list("SecurityGroupId")
	if len(groups) == 0 {
		return nil, bad("InvalidParameterCombination", "No attributes specified.")
	}
	if err := lookupInterfaces(t, []string{id}); err != nil {
		return nil, err
	}
	n := t.byID[id]
	if err := c.groupsIn(groups, n.in.VPCID); err != nil {
		return nil, err
	}
	return func() *apiError {
		n.Groups = groups
		var all []string
		for _, other := range n.in.Interfaces {
			for _, g := range other.Groups {
				if !slices.Contains(all, g) {
					all = append(all, g)
				}
			}
		}
		n.in.Groups = all
		c.out.flag("return", true)
		return nil
	}, nil
}

// groupsIn checks that groups exist in a VPC.
func (c *call) groupsIn(ids []string, vpcID string) *apiError {
	for _, id := range ids {
		if !isID(id, "sg") {
			return malformed("InvalidGroupId.Malformed", id, "sg")
		}
		g := c.region.groups.byID[id]
		if g == nil {
			return errNoGroup(id)
		}
		if g.vpc.id != vpcID {
			return errNoGroupIn(id, &vpc{id: vpcID})
		}
	}
	return nil
}
