package ec2sim

import (
	"slices"
	"strconv"
	"strings"
)

// rule is one rule of a group. Exactly one of cidr, cidr6, group and
// prefixList is its peer.
type rule struct {
	id                   string
	of                   *securityGroup
	egress               bool
	protocol             string
	from, to             int
	cidr, cidr6, group   string
	prefixList, describe string
	tags                 []Tag
}

// maxRules is EC2's default quota of rules in each direction, for IPv4 and
// for IPv6 apart.
const maxRules = 60

// hasPorts tells whether from and to mean something: ports, or ICMP's type and code.
func (r *rule) hasPorts() bool {
	return slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, r.protocol)
}

func (r *rule) samePorts(o *rule) bool {
	return r.protocol == o.protocol && r.from == o.from && r.to == o.to
}

// peer is the other side, as EC2 names it in messages.
func (r *rule) peer() string { return r.cidr + r.cidr6 + r.group + r.prefixList }

// same tells whether two rules allow the same; the description does not count.
func (r *rule) same(o *rule) bool {
	return r.egress == o.egress && r.samePorts(o) && r.peer() == o.peer()
}

func (s *Sim) addRule(r *region, g *securityGroup, one rule) *rule {
	if one.of = g; one.id == "" {
		one.id = s.rules.new("sgr")
	}
	list := g.list(one.egress)
	*list = append(*list, &one)
	r.rules.add(one.id, &one)
	return &one
}

func (r *region) removeRule(g *securityGroup, one *rule) {
	list := g.list(one.egress)
	*list = slices.DeleteFunc(*list, func(o *rule) bool { return o == one })
	r.rules.remove(one.id)
}

// list is the rules of one direction.
func (g *securityGroup) list(egress bool) *[]*rule {
	if egress {
		return &g.egress
	}
	return &g.ingress
}

func (g *securityGroup) find(like *rule) *rule {
	for _, one := range *g.list(like.egress) {
		if one.same(like) {
			return one
		}
	}
	return nil
}

func securityGroupRuleActions() []action {
	both := func(name string, required []string, check func(c *call, egress bool) (act, *apiError)) []action {
		return []action{
			{name: name + "Ingress", mutating: true, check: func(c *call) (act, *apiError) { return check(c, false) }},
			{name: name + "Egress", mutating: true, required: required, check: func(c *call) (act, *apiError) { return check(c, true) }},
		}
	}
	return slices.Concat(
		[]action{
			{name: "DescribeSecurityGroupRules", check: describeSecurityGroupRules},
			{name: "ModifySecurityGroupRules", mutating: true, required: []string{"GroupId", "SecurityGroupRule"}, check: modifySecurityGroupRules},
		},
		both("AuthorizeSecurityGroup", []string{"GroupId"}, authorizeSecurityGroup),
		both("RevokeSecurityGroup", []string{"GroupId"}, revokeSecurityGroup),
		both("UpdateSecurityGroupRuleDescriptions", nil, updateRuleDescriptions),
	)
}

func describeSecurityGroupRules(c *call) (act, *apiError) {
	return describe(c, listing[*rule]{
		table:   c.region.rules,
		idParam: "SecurityGroupRuleId", idSet: "securityGroupRuleIds", maxIDs: 1000, min: 5, max: 1000,
		tokenCode: "InvalidPaginationToken",
		lookup:    c.lookupRules,
		filters: map[string]filterOf[*rule]{
			"group-id":               is(func(r *rule) string { return r.of.id }),
			"security-group-rule-id": is(func(r *rule) string { return r.id }),
		},
		tags: func(r *rule) []Tag { return r.tags },
	}, "securityGroupRuleSet", c.securityGroupRule)
}

func (c *call) lookupRules(ids []string) *apiError {
	return lookupOne(c.region.rules, ids, "sgr", "InvalidSecurityGroupRuleId.Malformed", errNoRule)
}

func errNoRule(id string) *apiError {
	return bad("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
}

func (c *call) securityGroupRule(r *rule) {
	d := &c.out
	c.ruleMembers(r)
	d.text("groupOwnerId", c.account.ID)
	if r.group != "" {
		d.start("referencedGroupInfo")
		d.text("groupId", r.group)
		d.text("userId", c.account.ID)
		if g := c.region.groups.byID[r.group]; g != nil {
			d.text("vpcId", g.vpc.id)
		}
		d.end("referencedGroupInfo")
	}
	d.text("securityGroupRuleArn", c.arn("security-group-rule", r.id))
	d.tags(r.tags)
}

// ruleMembers are what a rule has both when it is described and when it is
// revoked. Where ports mean nothing EC2 writes -1.
func (c *call) ruleMembers(r *rule) {
	d := &c.out
	d.text("securityGroupRuleId", r.id)
	d.text("groupId", r.of.id)
	d.flag("isEgress", r.egress)
	d.text("ipProtocol", r.protocol)
	from, to := r.from, r.to
	if !r.hasPorts() {
		from, to = -1, -1
	}
	d.num("fromPort", from)
	d.num("toPort", to)
	d.some("cidrIpv4", r.cidr)
	d.some("cidrIpv6", r.cidr6)
	d.some("prefixListId", r.prefixList)
	d.some("description", r.describe)
}

// authorizeSecurityGroup adds all rules of a request, or none.
func authorizeSecurityGroup(c *call, egress bool) (act, *apiError) {
	g, err := c.groupOfRequest()
	if err != nil {
		return nil, err
	}
	rules, err := c.rulesOfRequest(g, egress)
	if err != nil {
		return nil, err
	}
	tags, err := c.newTags("security-group-rule")
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		for i, one := range rules {
			if g.find(&one) != nil || slices.ContainsFunc(rules[:i], func(o rule) bool { return o.same(&one) }) {
				return errDuplicateRule(&one)
			}
		}
		if err := c.roomFor(g, egress, rules); err != nil {
			return err
		}
		var added []*rule
		for _, one := range rules {
			one.tags = slices.Clone(tags)
			added = append(added, c.sim.addRule(c.region, g, one))
		}
		c.out.flag("return", true)
		items(&c.out, "securityGroupRuleSet", added, c.securityGroupRule)
		return nil
	}, nil
}

func errDuplicateRule(r *rule) *apiError {
	what := "ALL"
	switch r.protocol {
	case "tcp", "udp":
		what = strings.ToUpper(r.protocol) + ", from port: " + itoa(r.from) + ", to port: " + itoa(r.to)
	case "icmp", "icmpv6":
		what = strings.ToUpper(r.protocol) + ", type: " + wildcard(r.from) + ", code: " + wildcard(r.to)
	case "-1":
	default:
		what = r.protocol
	}
	return bad("InvalidPermission.Duplicate", `the specified rule "peer: %s, %s, ALLOW" already exists`, r.peer(), what)
}

func wildcard(n int) string {
	if n == -1 {
		return "ALL"
	}
	return itoa(n)
}

// roomFor checks the quota. A rule with a group counts for IPv4 and IPv6, one
// with a prefix list as many times as the list may have entries.
func (c *call) roomFor(g *securityGroup, egress bool, more []rule) *apiError {
	v4, v6 := 0, 0
	count := func(r *rule) {
		weight := 1
		if pl := c.region.prefixList(r.prefixList); pl != nil {
			weight = pl.maxEntries
		}
		if r.cidr != "" || r.group != "" || r.prefixList != "" {
			v4 += weight
		}
		if r.cidr6 != "" || r.group != "" {
			v6 += weight
		}
	}
	for _, one := range *g.list(egress) {
		count(one)
	}
	for i := range more {
		count(&more[i])
	}
	if max(v4, v6) > maxRules {
		return bad("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	return nil
}

// revokeSecurityGroup takes rules away by id or by their properties. What
// does not exist is an error, but in the default VPC only a remark.
func revokeSecurityGroup(c *call, egress bool) (act, *apiError) {
	g, err := c.groupOfRequest()
	if err != nil {
		return nil, err
	}
	found, missing, err := c.rulesNamed(g, egress)
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if len(missing) > 0 && !g.vpc.isDefault {
			return errNoSuchRule()
		}
		c.out.flag("return", true)
		c.permissions("unknownIpPermissionSet", missing)
		items(&c.out, "revokedSecurityGroupRuleSet", found, func(r *rule) {
			c.ruleMembers(r)
			c.out.some("referencedGroupId", r.group)
		})
		for _, one := range found {
			c.region.removeRule(g, one)
		}
		return nil
	}, nil
}

func errNoSuchRule() *apiError {
	return bad("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

// rulesNamed finds the rules that a request names by id or by properties.
func (c *call) rulesNamed(g *securityGroup, egress bool) (found, missing []*rule, err *apiError) {
	if !c.form.has("SecurityGroupRuleId") {
		like, err := c.rulesOfRequest(g, egress)
		if err != nil {
			return nil, nil, err
		}
		for i := range like {
			if one := g.find(&like[i]); one != nil {
				found = append(found, one)
			} else {
				missing = append(missing, &like[i])
			}
		}
		return found, missing, nil
	}
	if c.form.has("IpPermissions") {
		return nil, nil, bad("InvalidParameterCombination", "Only one of 'ipPermissions' or 'securityGroupRuleIds' can be provided.")
	}
	found, err = c.rulesByID(g, egress, c.form.list("SecurityGroupRuleId"))
	return found, nil, err
}

// rulesByID finds rules that must be of this group and direction.
func (c *call) rulesByID(g *securityGroup, egress bool, ids []string) ([]*rule, *apiError) {
	if err := c.lookupRules(ids); err != nil {
		return nil, err
	}
	var out []*rule
	for _, id := range ids {
		one := c.region.rules.byID[id]
		if one.of != g || one.egress != egress {
			return nil, errNoRule(id)
		}
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out, nil
}

// modifySecurityGroupRules replaces rules and keeps their ids. Each has to be
// given whole, and its peer stays of the same kind.
func modifySecurityGroupRules(c *call) (act, *apiError) {
	g, err := c.groupOfRequest()
	if err != nil {
		return nil, err
	}
	changed := map[*rule]rule{}
	for i := 1; c.form.hasPrefix("SecurityGroupRule." + strconv.Itoa(i) + "."); i++ {
		old, to, err := c.modification(g, "SecurityGroupRule."+strconv.Itoa(i)+".")
		if err != nil {
			return nil, err
		}
		changed[old] = to
	}
	return func() *apiError {
		for old, to := range changed {
			if twin := g.find(&to); twin != nil && twin != old {
				return errDuplicateRule(&to)
			}
		}
		for old, to := range changed {
			*old = to
		}
		c.out.flag("return", true)
		return nil
	}, nil
}

func (c *call) modification(g *securityGroup, prefix string) (*rule, rule, *apiError) {
	id := c.form.get(prefix + "SecurityGroupRuleId")
	if err := c.lookupRules([]string{id}); err != nil {
		return nil, rule{}, err
	}
	old := c.region.rules.byID[id]
	if old.of != g {
		return nil, rule{}, errNoRule(id)
	}
	prefix += "SecurityGroupRule."
	to := rule{id: old.id, of: g, egress: old.egress, tags: old.tags, describe: c.form.get(prefix + "Description"),
		cidr: c.form.get(prefix + "CidrIpv4"), cidr6: c.form.get(prefix + "CidrIpv6"),
		group: c.form.get(prefix + "ReferencedGroupId"), prefixList: c.form.get(prefix + "PrefixListId")}
	if err := c.parsePorts(&to, prefix); err != nil {
		return nil, rule{}, err
	}
	if err := c.checkPeer(g, &to); err != nil {
		return nil, rule{}, err
	}
	if to.kind() != old.kind() {
		return nil, rule{}, bad("InvalidParameterValue", "The source or destination type of the rule %s cannot be changed.", id)
	}
	return old, to, nil
}

// kind says of what kind the peer is.
func (r *rule) kind() [3]bool { return [3]bool{r.cidr != "", r.cidr6 != "", r.group != ""} }

// updateRuleDescriptions takes ids with descriptions, or permissions with them.
func updateRuleDescriptions(c *call, egress bool) (act, *apiError) {
	g, err := c.groupOfRequest()
	if err != nil {
		return nil, err
	}
	texts := map[*rule]string{}
	byID, byRule := c.form.has("SecurityGroupRuleDescription"), c.form.has("IpPermissions")
	switch {
	case byID && byRule:
		return nil, bad("InvalidParameterCombination", "Only one of 'ipPermissions' or 'securityGroupRuleDescriptions' can be provided.")
	case byID:
		err = c.describedByID(g, egress, texts)
	default:
		err = c.describedByRule(g, egress, texts)
	}
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		for one, text := range texts {
			one.describe = text
		}
		c.out.flag("return", true)
		return nil
	}, nil
}

func (c *call) describedByID(g *securityGroup, egress bool, texts map[*rule]string) *apiError {
	for i := 1; ; i++ {
		prefix := "SecurityGroupRuleDescription." + strconv.Itoa(i) + "."
		if !c.form.hasPrefix(prefix) {
			return nil
		}
		rules, err := c.rulesByID(g, egress, []string{c.form.get(prefix + "SecurityGroupRuleId")})
		if err != nil {
			return err
		}
		text := c.form.get(prefix + "Description")
		if err := checkRuleDescription(text); err != nil {
			return err
		}
		texts[rules[0]] = text
	}
}

func (c *call) describedByRule(g *securityGroup, egress bool, texts map[*rule]string) *apiError {
	like, err := c.rulesOfRequest(g, egress)
	if err != nil {
		return err
	}
	for i := range like {
		one := g.find(&like[i])
		if one == nil {
			return errNoSuchRule()
		}
		texts[one] = like[i].describe
	}
	return nil
}
