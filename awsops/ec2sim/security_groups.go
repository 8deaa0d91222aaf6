package ec2sim

import (
	"slices"
)

// securityGroup is a security group of a VPC.
type securityGroup struct {
	id, name, description string
	vpc                   *vpc
	tags                  []Tag
	ingress, egress       []rule
}

// rule is one rule, with a group by id.
type rule struct {
	protocol                     string
	from, to                     int
	cidr, cidr6, group, describe string
}

func securityGroupActions() []action {
	return []action{{name: "DescribeSecurityGroups", check: describeSecurityGroups}}
}

// addGroups makes the groups of a VPC: the default one and those of the fleet.
// Rules come last, because they may name any of them.
func (s *Sim) addGroups(r *region, v *vpc, seeds []GroupSeed) {
	def := &securityGroup{id: s.ids.new("sg"), name: "default", description: "default VPC security group", vpc: v}
	def.ingress = []rule{{protocol: "-1", group: def.id}}
	def.egress = everywhere()
	r.groups.add(def.id, def)
	mine := slices.DeleteFunc(slices.Clone(seeds), func(g GroupSeed) bool { return g.VPC != "" && g.VPC != v.name })
	for _, seed := range mine {
		g := &securityGroup{id: seed.ID, name: seed.Name, description: seed.Description, vpc: v}
		if g.id == "" {
			g.id = s.ids.new("sg")
		}
		g.tags = []Tag{{"Name", seed.Name}}
		r.groups.add(g.id, g)
	}
	for _, seed := range mine {
		g := r.groupNamed(v.id, seed.Name)
		g.ingress = r.rules(v, seed.Ingress)
		if g.egress = r.rules(v, seed.Egress); len(g.egress) == 0 {
			g.egress = everywhere()
		}
	}
}

func everywhere() []rule { return []rule{{protocol: "-1", cidr: "0.0.0.0/0"}} }

func (r *region) rules(v *vpc, seeds []RuleSeed) []rule {
	var out []rule
	for _, s := range seeds {
		one := rule{protocol: s.Protocol, from: s.From, to: s.To, cidr: s.CIDR, cidr6: s.CIDR6, describe: s.Description}
		if g := r.groupNamed(v.id, s.Group); g != nil {
			one.group = g.id
		}
		out = append(out, one)
	}
	return out
}

func (r *region) groupNamed(vpcID, name string) *securityGroup {
	for g := range r.groups.all {
		if g.vpc.id == vpcID && g.name == name {
			return g
		}
	}
	return nil
}

func errNoGroup(id string) *apiError {
	return bad("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}

func describeSecurityGroups(c *call) (act, *apiError) {
	names := c.form.list("GroupName")
	cut, err := list(c, listing[securityGroup]{
		table:   c.region.groups,
		idParam: "GroupId", idSet: "securityGroupIdSet", min: 5, max: 1000,
		lookup:  c.lookupGroups,
		filters: securityGroupFilters(c),
		tags:    func(g *securityGroup) []Tag { return g.tags },
		// Names find groups of the default VPC only.
		keep: func(g *securityGroup) bool {
			return len(names) == 0 || g.vpc.isDefault && slices.Contains(names, g.name)
		},
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if v := c.region.defaultVPC(); v == nil || c.region.groupNamed(v.id, name) == nil {
			return nil, errNoGroup(name)
		}
	}
	return func() *apiError {
		p := cut()
		items(&c.out, "securityGroupInfo", p.rows, c.securityGroup)
		c.out.some("nextToken", p.next)
		return nil
	}, nil
}

func (r *region) defaultVPC() *vpc {
	for _, v := range r.vpcs {
		if v.isDefault {
			return v
		}
	}
	return nil
}

func (c *call) lookupGroups(ids []string) *apiError {
	return lookup(c.region.groups, ids, "sg",
		func(id string) *apiError { return malformed("InvalidGroupId.Malformed", id, "sg") },
		func(ids []string) *apiError { return errNoGroup(ids[0]) })
}

func (c *call) securityGroup(g *securityGroup) {
	d := &c.out
	d.text("ownerId", c.account.ID)
	d.text("groupId", g.id)
	d.text("groupName", g.name)
	d.text("groupDescription", g.description)
	d.text("vpcId", g.vpc.id)
	d.text("securityGroupArn", "arn:aws:ec2:"+c.region.name+":"+c.account.ID+":security-group/"+g.id)
	c.permissions("ipPermissions", g.ingress)
	c.permissions("ipPermissionsEgress", g.egress)
	d.tags(g.tags)
}

// permissions writes rules the way EC2 groups them: one item for a protocol
// and a range of ports, with all its sources.
func (c *call) permissions(name string, rules []rule) {
	var heads []rule
	for _, one := range rules {
		if !slices.ContainsFunc(heads, one.samePorts) {
			heads = append(heads, one)
		}
	}
	d := &c.out
	items(d, name, heads, func(head rule) {
		d.text("ipProtocol", head.protocol)
		if head.protocol != "-1" {
			d.num("fromPort", head.from)
			d.num("toPort", head.to)
		}
		sources := func(set string, has func(rule) string, write func(rule)) {
			var some []rule
			for _, one := range rules {
				if head.samePorts(one) && has(one) != "" {
					some = append(some, one)
				}
			}
			items(d, set, some, func(one rule) {
				write(one)
				d.some("description", one.describe)
			})
		}
		sources("groups", func(r rule) string { return r.group }, func(r rule) {
			d.text("userId", c.account.ID)
			d.text("groupId", r.group)
		})
		sources("ipRanges", func(r rule) string { return r.cidr }, func(r rule) { d.text("cidrIp", r.cidr) })
		sources("ipv6Ranges", func(r rule) string { return r.cidr6 }, func(r rule) { d.text("cidrIpv6", r.cidr6) })
		d.raw("<prefixListIds/>")
	})
}

func (r rule) samePorts(o rule) bool {
	return r.protocol == o.protocol && r.from == o.from && r.to == o.to
}

func securityGroupFilters(c *call) map[string]filterOf[*securityGroup] {
	all := map[string]filterOf[*securityGroup]{
		"description": is(func(g *securityGroup) string { return g.description }),
		"group-id":    is(func(g *securityGroup) string { return g.id }),
		"group-name":  is(func(g *securityGroup) string { return g.name }),
		"owner-id":    is(func(*securityGroup) string { return c.account.ID }),
		"vpc-id":      is(func(g *securityGroup) string { return g.vpc.id }),
	}
	groupName := func(r rule) string {
		if g := c.region.groups.byID[r.group]; g != nil {
			return g.name
		}
		return ""
	}
	port := func(r rule, n int) string {
		if r.protocol == "-1" {
			return "-1"
		}
		return itoa(n)
	}
	owner := func(r rule) string {
		if r.group == "" {
			return ""
		}
		return c.account.ID
	}
	for name, get := range map[string]func(rule) string{
		"cidr":       func(r rule) string { return r.cidr },
		"ipv6-cidr":  func(r rule) string { return r.cidr6 },
		"from-port":  func(r rule) string { return port(r, r.from) },
		"to-port":    func(r rule) string { return port(r, r.to) },
		"group-id":   func(r rule) string { return r.group },
		"group-name": groupName,
		"protocol":   func(r rule) string { return r.protocol },
		"user-id":    owner,
	} {
		of := func(rules func(*securityGroup) []rule) filterOf[*securityGroup] {
			return func(g *securityGroup, pass test) bool {
				return slices.ContainsFunc(rules(g), func(r rule) bool { v := get(r); return v != "" && pass(v) })
			}
		}
		all["ip-permission."+name] = of(func(g *securityGroup) []rule { return g.ingress })
		all["egress.ip-permission."+name] = of(func(g *securityGroup) []rule { return g.egress })
	}
	all["ip-permission.prefix-list-id"] = never[*securityGroup]
	all["egress.ip-permission.prefix-list-id"] = never[*securityGroup]
	return all
}

// resolveGroups turns the groups of a launch into ids: by id, by name in the
// default VPC, or the VPC's own default.
func (c *call) resolveGroups(v *vpc) ([]string, *apiError) {
	ids, names := c.form.list("SecurityGroupId"), c.form.list("SecurityGroup")
	for _, id := range ids {
		if !isID(id, "sg") {
			return nil, malformed("InvalidGroupId.Malformed", id, "sg")
		}
		if g := c.region.groups.byID[id]; g == nil || g.vpc != v {
			return nil, errNoGroupIn(id, v)
		}
	}
	for _, name := range names {
		g := c.region.groupNamed(v.id, name)
		if g == nil {
			return nil, errNoGroupIn(name, v)
		}
		ids = append(ids, g.id)
	}
	if len(ids) == 0 {
		ids = []string{c.region.groupNamed(v.id, "default").id}
	}
	return ids, nil
}

func errNoGroupIn(group string, v *vpc) *apiError {
	return bad("InvalidGroup.NotFound", "The security group '%s' does not exist in VPC '%s'",
		group, v.id)
}
