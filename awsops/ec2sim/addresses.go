package ec2sim

import (
	"fmt"
	"slices"
)

// address is an Elastic IP. While it is associated it names the interface; the
// interface names it too, so that both sides can be read.
type address struct {
	ip, id, borderGroup, pool       string
	association                     string // empty while it is free
	instanceID, interfaceID, subnet string
	privateIP                       string
	vpc                             *vpc
	// service manages the address, and nobody else may: alb, nlb, rnat, rds.
	service string
	// requester says that the interface belongs to a service, as a NAT
	// gateway's does.
	requester bool
	tags      []Tag
}

// addressQuota is the default quota of a region. Addresses that a service
// manages do not count.
const addressQuota = 5

// amazonPool is the pool of everybody who has none of his own.
const amazonPool = "amazon"

func addressActions() []action {
	return []action{
		{name: "DescribeAddresses", check: describeAddresses},
		{name: "AllocateAddress", mutating: true, check: allocateAddress},
		{name: "AssociateAddress", mutating: true, check: associateAddress},
		{name: "DisassociateAddress", mutating: true, check: disassociateAddress},
		{name: "ReleaseAddress", mutating: true, check: releaseAddress},
	}
}

func errNoAddress(ip string) *apiError {
	return bad("InvalidAddress.NotFound", "Address '%s' not found.", ip)
}

func errNoAllocation(id string) *apiError {
	return bad("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", id)
}

func errNotOwner() *apiError {
	return bad("AuthFailure", "You do not have permission to access the specified resource.")
}

func (r *region) addressAt(ip string) *address {
	for a := range r.addresses.all {
		if a.ip == ip {
			return a
		}
	}
	return nil
}

func describeAddresses(c *call) (act, *apiError) {
	ips := c.form.list("PublicIp")
	do, err := describe(c, listing[*address]{
		table:   c.region.addresses,
		idParam: "AllocationId", idSet: "allocationIdsSet",
		lookup:  func(ids []string) *apiError { return lookupAny(c.region.addresses, ids, errNoAllocation) },
		filters: addressFilters(c),
		tags:    func(a *address) []Tag { return a.tags },
		keep:    func(a *address) bool { return len(ips) == 0 || slices.Contains(ips, a.ip) },
	}, "addressesSet", c.elasticIP)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if c.region.addressAt(ip) == nil {
			return nil, errNoAddress(ip)
		}
	}
	return do, nil
}

func (c *call) elasticIP(a *address) {
	d := &c.out
	d.some("instanceId", a.instanceID)
	d.text("publicIp", a.ip)
	d.text("allocationId", a.id)
	d.some("associationId", a.association)
	d.text("domain", "vpc")
	d.some("networkInterfaceId", a.interfaceID)
	if a.interfaceID != "" {
		d.text("networkInterfaceOwnerId", c.account.ID)
	}
	d.some("privateIpAddress", a.privateIP)
	d.some("subnetId", a.subnet)
	d.tags(a.tags)
	d.text("publicIpv4Pool", a.pool)
	d.text("networkBorderGroup", a.borderGroup)
	d.some("serviceManaged", a.service)
}

func addressFilters(c *call) map[string]filterOf[*address] {
	return map[string]filterOf[*address]{
		"allocation-id":        is(func(a *address) string { return a.id }),
		"association-id":       is(func(a *address) string { return a.association }),
		"instance-id":          is(func(a *address) string { return a.instanceID }),
		"network-border-group": is(func(a *address) string { return a.borderGroup }),
		"network-interface-id": is(func(a *address) string { return a.interfaceID }),
		"network-interface-owner-id": is(func(a *address) string {
			if a.interfaceID == "" {
				return ""
			}
			return c.account.ID
		}),
		"private-ip-address": is(func(a *address) string { return a.privateIP }),
		"public-ip":          is(func(a *address) string { return a.ip }),
	}
}

func allocateAddress(c *call) (act, *apiError) {
	if d := c.form.get("Domain"); d != "" && d != "vpc" {
		return nil, bad("InvalidParameterValue", "Invalid value '%s' for domain. It must be 'vpc'.", d)
	}
	a := &address{ip: c.form.get("Address"), pool: c.form.get("PublicIpv4Pool"), borderGroup: c.form.get("NetworkBorderGroup")}
	if a.ip != "" && !slices.Contains(c.region.releasedAddresses, a.ip) {
		return nil, errNoAddress(a.ip) // nobody gets an address that somebody may have
	}
	if a.pool == "" {
		a.pool = amazonPool
	}
	if a.pool != amazonPool && !slices.Contains(c.region.addressPools, a.pool) {
		return nil, bad("InvalidPublicIpv4PoolID.NotFound", "The pool ID '%s' does not exist", a.pool)
	}
	if a.borderGroup == "" {
		a.borderGroup = c.region.name
	}
	if !c.region.bordersOn(a.borderGroup) {
		return nil, bad("InvalidParameterValue", "The network border group '%s' is not valid for region '%s'.", a.borderGroup, c.region.name)
	}
	var err *apiError
	if a.tags, err = c.newTags("elastic-ip"); err != nil {
		return nil, err
	}
	return func() *apiError {
		if c.region.ownAddresses() >= addressQuota {
			return bad("AddressLimitExceeded", "The maximum number of addresses has been reached.")
		}
		if a.ip == "" {
			a.ip = c.sim.publicAddress()
		}
		a.id = c.sim.ids.new("eipalloc")
		c.region.releasedAddresses = slices.DeleteFunc(c.region.releasedAddresses, func(ip string) bool { return ip == a.ip })
		c.region.addresses.add(a.id, a)
		c.out.text("publicIp", a.ip)
		c.out.text("allocationId", a.id)
		c.out.text("publicIpv4Pool", a.pool)
		c.out.text("networkBorderGroup", a.borderGroup)
		c.out.text("domain", "vpc")
		return nil
	}, nil
}

// bordersOn tells whether addresses can be advertised from a group: the region
// itself, or one of its local and wavelength zones.
func (r *region) bordersOn(group string) bool {
	return group == r.name || slices.ContainsFunc(r.zones, func(z zone) bool {
		return z.Type != "availability-zone" && z.Name[:len(z.Name)-1] == group
	})
}

func (r *region) ownAddresses() int {
	n := 0
	for a := range r.addresses.all {
		if a.service == "" {
			n++
		}
	}
	return n
}

// allocation finds the address that a change is about. Public IPs alone are
// for EC2-Classic, which is gone.
func (c *call) allocation(must string) (*address, *apiError) {
	id := c.form.get("AllocationId")
	if id == "" {
		if c.form.get("PublicIp") != "" {
			return nil, bad("InvalidParameterValue", "You must specify an allocation id when %s", must)
		}
		return nil, missing("AllocationId")
	}
	a := c.region.addresses.byID[id]
	if a == nil {
		return nil, errNoAllocation(id)
	}
	if a.service != "" {
		return nil, errNotOwner()
	}
	return a, nil
}

// place is where an address goes: an interface of an instance.
type place struct {
	in *Instance
	at int
}

func (p place) nic() *Interface { return &p.in.Interfaces[p.at] }

func associateAddress(c *call) (act, *apiError) {
	var move bool
	if c.form.get("AllowReassociation") == "" {
		move = true // in a VPC that is the default
	} else if err := c.flags(map[string]*bool{"AllowReassociation": &move}); err != nil {
		return nil, err
	}
	if !c.form.has("InstanceId") && !c.form.has("NetworkInterfaceId") {
		return nil, missing("InstanceId")
	}
	a, err := c.allocation("mapping an address to a VPC instance")
	if err != nil {
		return nil, err
	}
	p, err := c.placeOf()
	if err != nil {
		return nil, err
	}
	if ip := c.form.get("PrivateIpAddress"); ip != "" && ip != p.nic().PrivateIP {
		return nil, bad("InvalidParameterValue", "The private IP address '%s' is not assigned to interface '%s'.", ip, p.nic().ID)
	}
	return func() *apiError { return c.associate(a, p, move) }, nil
}

// placeOf finds the interface that the request names, by itself or by its
// instance, and refuses instances that cannot take an address now.
func (c *call) placeOf() (place, *apiError) {
	if id := c.form.get("NetworkInterfaceId"); id != "" {
		return c.placeOfInterface(id)
	}
	id := c.form.get("InstanceId")
	if err := c.lookupInstances([]string{id}); err != nil {
		return place{}, err
	}
	in := c.region.instances.byID[id]
	switch in.State {
	case Pending, ShuttingDown, Terminated:
		return place{}, bad("InvalidInstanceID", "The %s instance '%s' is not in a valid state for this operation.", in.State, id)
	}
	if len(in.Interfaces) > 1 {
		return place{}, bad("InvalidInstanceID", "There are multiple interfaces attached to instance '%s'. "+
			"Please specify an interface ID for the operation instead.", id)
	}
	return place{in, 0}, nil
}

func (c *call) placeOfInterface(id string) (place, *apiError) {
	if c.form.has("InstanceId") {
		return place{}, bad("InvalidParameterCombination", "You may specify either an instance ID or a network interface ID, but not both.")
	}
	if !isID(id, "eni") {
		return place{}, malformed("InvalidNetworkInterfaceID.Malformed", id, "eni")
	}
	for in := range c.region.instances.all {
		for i := range in.Interfaces {
			if in.Interfaces[i].ID != id {
				continue
			}
			if in.State == Pending || in.State == ShuttingDown {
				return place{}, bad("IncorrectInstanceState", "The %s instance '%s' is not in a valid state for this operation.", in.State, in.ID)
			}
			return place{in, i}, nil
		}
	}
	for a := range c.region.addresses.all {
		if a.interfaceID == id {
			return place{}, errNotOwner() // a service's interface
		}
	}
	return place{}, errNoInterface(id)
}

func (c *call) associate(a *address, p place, move bool) *apiError {
	r, nic := c.region, p.nic()
	v := r.subnet(nic.SubnetID).vpc
	if v.noGateway {
		return bad("Gateway.NotAttached", "Network %s is not attached to any internet gateway", v.id)
	}
	if a.interfaceID != nic.ID {
		if a.association != "" && !move {
			return bad("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", a.id, a.association)
		}
		if a.association != "" && a.requester {
			return errNotOwner()
		}
		c.sim.disassociate(r, a)
		if other := r.addressAt(nic.ElasticIP); other != nil {
			other.free() // displaced, and still allocated
		}
		a.association = c.sim.ids.new("eipassoc")
		a.put(p, v)
	}
	c.out.flag("return", true)
	c.out.text("associationId", a.association)
	return nil
}

// put writes both sides of an association.
func (a *address) put(p place, v *vpc) {
	nic := p.nic()
	a.instanceID, a.interfaceID, a.subnet, a.privateIP, a.vpc = p.in.ID, nic.ID, nic.SubnetID, nic.PrivateIP, v
	nic.ElasticIP = a.ip
	if p.at == 0 {
		p.in.PublicIP, p.in.ElasticIP = a.ip, true
	}
}

func (a *address) free() {
	a.association, a.instanceID, a.interfaceID, a.subnet, a.privateIP, a.vpc, a.requester = "", "", "", "", "", nil, false
}

// disassociate takes an address away from its interface. An instance that was
// launched with a public address, runs and has one interface gets a new one.
func (s *Sim) disassociate(r *region, a *address) {
	in := r.instances.byID[a.instanceID]
	if in != nil {
		for i := range in.Interfaces {
			if in.Interfaces[i].ID != a.interfaceID {
				continue
			}
			in.Interfaces[i].ElasticIP = ""
			if i == 0 {
				in.PublicIP, in.ElasticIP = "", false
				if in.State == Running && len(in.Interfaces) == 1 {
					s.givePublicAddress(in)
				}
			}
		}
	}
	a.free()
}

func disassociateAddress(c *call) (act, *apiError) {
	id := c.form.get("AssociationId")
	if id == "" && c.form.get("PublicIp") != "" {
		return nil, bad("InvalidParameterValue", "You must specify an association id when unmapping an address from a VPC instance")
	}
	if id == "" {
		return nil, missing("AssociationId")
	}
	for a := range c.region.addresses.all {
		if a.association != id {
			continue
		}
		if a.service != "" || a.requester {
			return nil, errNotOwner()
		}
		return func() *apiError {
			c.sim.disassociate(c.region, a)
			c.out.flag("return", true)
			return nil
		}, nil
	}
	return nil, bad("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
}

func releaseAddress(c *call) (act, *apiError) {
	a, err := c.allocation("releasing a VPC elastic IP address")
	if err != nil {
		return nil, err
	}
	if g := c.form.get("NetworkBorderGroup"); g != "" && g != a.borderGroup {
		return nil, errNoAddress(a.ip)
	}
	return func() *apiError {
		switch {
		case a.requester:
			return errNotOwner()
		case a.association != "" && !a.vpc.isDefault:
			return bad("InvalidIPAddress.InUse", "Address %s is in use.", a.ip)
		}
		c.sim.disassociate(c.region, a)
		c.region.addresses.remove(a.id)
		c.region.releasedAddresses = append(c.region.releasedAddresses, a.ip)
		c.out.flag("return", true)
		return nil
	}, nil
}

// freeAddressesOf disassociates what a terminated instance had.
func (r *region) freeAddressesOf(in *Instance) {
	for a := range r.addresses.all {
		if a.instanceID == in.ID {
			a.free()
		}
	}
}

// seedAddresses makes the addresses of a fleet.
func (s *Sim) seedAddresses(r *region, seed *RegionSeed, ids *idSource) error {
	r.releasedAddresses, r.addressPools = slices.Clone(seed.ReleasedAddresses), seed.AddressPools
	for _, e := range seed.Addresses {
		a := &address{ip: e.IP, id: e.ID, service: e.Service, borderGroup: r.name, pool: amazonPool, tags: tagsOf(e.Name, e.Tags)}
		if a.id == "" {
			a.id = ids.new("eipalloc")
		}
		switch {
		case e.Instance != "":
			in := r.instanceNamed(e.Instance)
			if in == nil && s.cfg.Instances > 0 {
				break // cut away with its fleet; the address is free
			}
			if in == nil {
				return fmt.Errorf("address %s: no instance %q with an interface", e.IP, e.Instance)
			}
			a.association = ids.new("eipassoc")
			a.put(place{in, 0}, r.subnet(in.SubnetID).vpc)
		case e.Interface != "":
			n := r.vpcNamed(e.VPC).subnets[0]
			a.association, a.interfaceID, a.subnet = ids.new("eipassoc"), e.Interface, n.id
			a.privateIP, a.vpc, a.requester = e.PrivateIP, n.vpc, true
		}
		r.addresses.add(a.id, a)
	}
	return nil
}

// instanceNamed finds an instance with an interface by its id or its name.
func (r *region) instanceNamed(name string) *Instance {
	for in := range r.instances.all {
		if (in.ID == name || in.Name() == name) && len(in.Interfaces) > 0 {
			return in
		}
	}
	return nil
}
