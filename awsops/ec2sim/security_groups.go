package ec2sim

import (
	"slices"
	"strings"
)

// securityGroup is a security group of a VPC.
type securityGroup struct {
	id, name, description string
	vpc                   *vpc
	tags                  []Tag
	ingress, egress       []*rule
}

// maxGroups is EC2's default quota of groups in a region.
const maxGroups = 2500

func securityGroupActions() []action {
	return []action{
		{name: "DescribeSecurityGroups", check: describeSecurityGroups},
		{name: "CreateSecurityGroup", mutating: true, required: []string{"GroupName", "GroupDescription"}, check: createSecurityGroup},
		{name: "DeleteSecurityGroup", mutating: true, check: deleteSecurityGroup},
	}
}

// addGroups makes the groups of a VPC: the default one and those of the fleet.
// Rules come last, because they may name any of them.
func (s *Sim) addGroups(r *region, v *vpc, seeds []GroupSeed) {
	def := &securityGroup{id: s.ids.new("sg"), name: "default", description: "default VPC security group", vpc: v}
	r.groups.add(def.id, def)
	s.addRule(r, def, rule{protocol: "-1", group: def.id})
	s.addRule(r, def, everywhere())
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
		s.seedRules(r, g, seed.Ingress, false)
		s.seedRules(r, g, seed.Egress, true)
		if len(seed.Egress) == 0 {
			s.addRule(r, g, everywhere())
		}
	}
}

func everywhere() rule { return rule{egress: true, protocol: "-1", cidr: "0.0.0.0/0"} }

func (s *Sim) seedRules(r *region, g *securityGroup, seeds []RuleSeed, egress bool) {
	for _, seed := range seeds {
		one := rule{id: seed.ID, egress: egress, protocol: seed.Protocol, from: seed.From, to: seed.To,
			cidr: seed.CIDR, cidr6: seed.CIDR6, prefixList: seed.PrefixList, describe: seed.Description}
		if seed.Group != "" {
			peer := r.groupNamed(g.vpc.id, seed.Group)
			if peer == nil { // a group of another VPC only
				continue
			}
			one.group = peer.id
		}
		s.addRule(r, g, one)
	}
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
	do, err := describe(c, listing[*securityGroup]{
		table:   c.region.groups,
		idParam: "GroupId", idSet: "securityGroupIdSet", min: 5, max: 1000,
		lookup:  c.lookupGroups,
		filters: securityGroupFilters(c),
		tags:    func(g *securityGroup) []Tag { return g.tags },
		// Names find groups of the default VPC only.
		keep: func(g *securityGroup) bool {
			return len(names) == 0 || g.vpc.isDefault && slices.Contains(names, g.name)
		},
	}, "securityGroupInfo", c.securityGroup)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if v := c.region.defaultVPC(); v == nil || c.region.groupNamed(v.id, name) == nil {
			return nil, errNoGroup(name)
		}
	}
	return do, nil
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
	return lookupOne(c.region.groups, ids, "sg", "InvalidGroupId.Malformed", errNoGroup)
}

func (c *call) securityGroup(g *securityGroup) {
	d := &c.out
	d.text("ownerId", c.account.ID)
	d.text("groupId", g.id)
	d.text("groupName", g.name)
	d.text("groupDescription", g.description)
	d.text("vpcId", g.vpc.id)
	d.text("securityGroupArn", c.arn("security-group", g.id))
	c.permissions("ipPermissions", g.ingress)
	c.permissions("ipPermissionsEgress", g.egress)
	d.tags(g.tags)
}

// permissions writes rules the way EC2 groups them: one item for a protocol
// and a range of ports, with all its sources.
func (c *call) permissions(name string, rules []*rule) {
	var heads []*rule
	for _, one := range rules {
		if !slices.ContainsFunc(heads, one.samePorts) {
			heads = append(heads, one)
		}
	}
	d := &c.out
	items(d, name, heads, func(head *rule) {
		d.text("ipProtocol", head.protocol)
		if head.hasPorts() {
			d.num("fromPort", head.from)
			d.num("toPort", head.to)
		}
		sources := func(set string, has func(*rule) string, write func(*rule)) {
			var some []*rule
			for _, one := range rules {
				if head.samePorts(one) && has(one) != "" {
					some = append(some, one)
				}
			}
			items(d, set, some, func(one *rule) {
				write(one)
				d.some("description", one.describe)
			})
		}
		sources("groups", func(r *rule) string { return r.group }, func(r *rule) {
			d.text("userId", c.account.ID)
			d.text("groupId", r.group)
		})
		sources("ipRanges", func(r *rule) string { return r.cidr }, func(r *rule) { d.text("cidrIp", r.cidr) })
		sources("ipv6Ranges", func(r *rule) string { return r.cidr6 }, func(r *rule) { d.text("cidrIpv6", r.cidr6) })
		sources("prefixListIds", func(r *rule) string { return r.prefixList }, func(r *rule) { d.text("prefixListId", r.prefixList) })
	})
}

func securityGroupFilters(c *call) map[string]filterOf[*securityGroup] {
	all := map[string]filterOf[*securityGroup]{
		"description": is(func(g *securityGroup) string { return g.description }),
		"group-id":    is(func(g *securityGroup) string { return g.id }),
		"group-name":  is(func(g *securityGroup) string { return g.name }),
		"owner-id":    is(func(*securityGroup) string { return c.account.ID }),
		"vpc-id":      is(func(g *securityGroup) string { return g.vpc.id }),
	}
	groupName := func(r *rule) string {
		if g := c.region.groups.byID[r.group]; g != nil {
			return g.name
		}
		return ""
	}
	port := func(r *rule, n int) string {
		if !r.hasPorts() {
			return "-1"
		}
		return itoa(n)
	}
	owner := func(r *rule) string {
		if r.group == "" {
			return ""
		}
		return c.account.ID
	}
	for name, get := range map[string]func(*rule) string{
		"cidr":           func(r *rule) string { return r.cidr },
		"ipv6-cidr":      func(r *rule) string { return r.cidr6 },
		"from-port":      func(r *rule) string { return port(r, r.from) },
		"to-port":        func(r *rule) string { return port(r, r.to) },
		"group-id":       func(r *rule) string { return r.group },
		"group-name":     groupName,
		"prefix-list-id": func(r *rule) string { return r.prefixList },
		"protocol":       func(r *rule) string { return r.protocol },
		"user-id":        owner,
	} {
		of := func(rules func(*securityGroup) []*rule) filterOf[*securityGroup] {
			return func(g *securityGroup, pass test) bool {
				return slices.ContainsFunc(rules(g), func(r *rule) bool { v := get(r); return v != "" && pass(v) })
			}
		}
		all["ip-permission."+name] = of(func(g *securityGroup) []*rule { return g.ingress })
		all["egress.ip-permission."+name] = of(func(g *securityGroup) []*rule { return g.egress })
	}
	return all
}

// createSecurityGroup makes a group that lets everything out and nothing in.
func createSecurityGroup(c *call) (act, *apiError) {
	name, description, vpcID := c.form.get("GroupName"), c.form.get("GroupDescription"), c.form.get("VpcId")
	if err := checkGroupWords(name, description); err != nil {
		return nil, err
	}
	tags, err := c.newTags("security-group")
	if err != nil {
		return nil, err
	}
	if vpcID != "" && !isID(vpcID, "vpc") {
		return nil, malformed("InvalidVpcID.Malformed", vpcID, "vpc")
	}
	v := c.region.defaultVPC()
	if vpcID != "" {
		v = c.region.vpc(vpcID)
	}
	switch {
	case vpcID != "" && v == nil:
		return nil, errNoVPC(vpcID)
	case v == nil:
		return nil, bad("VPCIdNotSpecified", "No default VPC for this user")
	}
	return func() *apiError {
		if c.region.groupNamed(v.id, name) != nil {
			return bad("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, v.id)
		}
		if len(c.region.groups.rows) >= maxGroups {
			return bad("SecurityGroupLimitExceeded", "The maximum number of security groups for VPC '%s' has been reached.", v.id)
		}
		g := &securityGroup{id: c.sim.ids.new("sg"), name: name, description: description, vpc: v, tags: tags}
		c.region.groups.add(g.id, g)
		c.sim.addRule(c.region, g, everywhere())
		c.out.flag("return", true)
		c.out.text("groupId", g.id)
		c.out.text("securityGroupArn", c.arn("security-group", g.id))
		c.out.tags(tags)
		return nil
	}, nil
}

func checkGroupWords(name, description string) *apiError {
	switch {
	case name == "default":
		return bad("InvalidParameterValue", "Cannot use reserved security group name: default")
	case strings.HasPrefix(name, "sg-"):
		return bad("InvalidParameterValue", "invalid value for parameter groupName: %s. Group names may not be in the format sg-*.", name)
	}
	for _, p := range []struct{ name, value string }{{"GroupName", name}, {"GroupDescription", description}} {
		switch {
		case !isASCII(p.value):
			return bad("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Character sets beyond ASCII are not supported.", p.value, p.name)
		case len(p.value) > 255 || !inGroupCharset(p.value):
			return bad("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Valid values are strings less than 256 characters from the following set: %s", p.value, p.name, groupCharset)
		}
	}
	return nil
}

// groupCharset is how EC2 writes the characters of names and descriptions.
const groupCharset = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

func inGroupCharset(s string) bool {
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune(". _-:/()#,@[]+=&;{}!$*", r) {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0x7e }) < 0
}

func (c *call) arn(kind, id string) string {
	return "arn:aws:ec2:" + c.region.name + ":" + c.account.ID + ":" + kind + "/" + id
}

// deleteSecurityGroup refuses while an interface is in the group or a rule of
// another group names it.
func deleteSecurityGroup(c *call) (act, *apiError) {
	g, err := c.groupOfRequest()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if g.name == "default" {
			return bad("CannotDelete", `the specified group: "%s" name: "default" cannot be deleted by a user`, g.id)
		}
		if c.region.groupInUse(g) {
			return bad("DependencyViolation", "resource %s has a dependent object", g.id)
		}
		for _, one := range slices.Concat(g.ingress, g.egress) {
			c.region.removeRule(g, one)
		}
		c.region.groups.remove(g.id)
		c.out.flag("return", true)
		c.out.text("groupId", g.id)
		return nil
	}, nil
}

// groupOfRequest finds the group of GroupId, or of GroupName in the default VPC.
func (c *call) groupOfRequest() (*securityGroup, *apiError) {
	id, name := c.form.get("GroupId"), c.form.get("GroupName")
	switch {
	case id == "" && name == "":
		return nil, bad("MissingParameter", "The request must contain the parameter groupName or groupId")
	case id == "":
		if v := c.region.defaultVPC(); v != nil {
			if g := c.region.groupNamed(v.id, name); g != nil {
				return g, nil
			}
			return nil, errNoGroupIn(name, v)
		}
		return nil, errNoGroup(name)
	}
	if err := c.lookupGroups([]string{id}); err != nil {
		return nil, err
	}
	return c.region.groups.byID[id], nil
}

func (r *region) groupInUse(g *securityGroup) bool {
	for in := range r.instances.all {
		for i := range in.Interfaces {
			if slices.Contains(in.Interfaces[i].Groups, g.id) {
				return true
			}
		}
	}
	for other := range r.groups.all {
		if other != g && slices.ContainsFunc(slices.Concat(other.ingress, other.egress), func(one *rule) bool { return one.group == g.id }) {
			return true
		}
	}
	return false
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
