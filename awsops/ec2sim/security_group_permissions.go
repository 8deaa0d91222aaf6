package ec2sim

import (
	"net/netip"
	"strconv"
	"strings"
)

// rulesOfRequest reads IpPermissions, or the flat parameters that an older
// client sends, as single rules with canonical addresses.
func (c *call) rulesOfRequest(g *securityGroup, egress bool) ([]rule, *apiError) {
	if !c.form.has("IpPermissions") {
		return c.flatRule(g, egress)
	}
	var out []rule
	for i := 1; c.form.hasPrefix("IpPermissions." + strconv.Itoa(i) + "."); i++ {
		prefix := "IpPermissions." + strconv.Itoa(i) + "."
		head := rule{egress: egress}
		if err := c.parsePorts(&head, prefix); err != nil {
			return nil, err
		}
		before := len(out)
		for _, kind := range []struct {
			list, member string
			peer         func(*rule) *string
		}{
			{"IpRanges.", "CidrIp", func(r *rule) *string { return &r.cidr }},
			{"Ipv6Ranges.", "CidrIpv6", func(r *rule) *string { return &r.cidr6 }},
			{"PrefixListIds.", "PrefixListId", func(r *rule) *string { return &r.prefixList }},
			{"Groups.", "GroupId", func(r *rule) *string { return &r.group }},
		} {
			for j := 1; c.form.hasPrefix(prefix + kind.list + strconv.Itoa(j) + "."); j++ {
				at, one := prefix+kind.list+strconv.Itoa(j)+".", head
				*kind.peer(&one) = c.form.get(at + kind.member)
				one.describe = c.form.get(at + "Description")
				if err := c.checkPair(g, &one, at); err != nil {
					return nil, err
				}
				out = append(out, one)
			}
		}
		if len(out) == before {
			return nil, errNoSource()
		}
	}
	return out, nil
}

// checkPair checks one peer of a permission. A group may be named by its name
// in the VPC, and its owner has to be this account: there is no peering here.
func (c *call) checkPair(g *securityGroup, one *rule, at string) *apiError {
	if name := c.form.get(at + "GroupName"); one.peer() == "" && name != "" {
		peer := c.region.groupNamed(g.vpc.id, name)
		if peer == nil {
			return errNoGroupIn(name, g.vpc)
		}
		one.group = peer.id
	}
	if owner := c.form.get(at + "UserId"); owner != "" && owner != c.account.ID {
		return errNoGroup(one.group)
	}
	return c.checkPeer(g, one)
}

func (c *call) flatRule(g *securityGroup, egress bool) ([]rule, *apiError) {
	one := rule{egress: egress, cidr: c.form.get("CidrIp")}
	if !c.form.has("IpProtocol") && one.cidr == "" {
		return nil, bad("MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
	}
	if err := c.parsePorts(&one, ""); err != nil {
		return nil, err
	}
	return []rule{one}, c.checkPeer(g, &one)
}

func errNoSource() *apiError {
	return bad("MissingParameter", "Missing source specification: include source security group or CIDR information")
}

// parsePorts reads protocol and ports and checks them.
func (c *call) parsePorts(r *rule, prefix string) *apiError {
	r.protocol = strings.ToLower(c.form.get(prefix + "IpProtocol"))
	if name, ok := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}[r.protocol]; ok {
		r.protocol = name
	}
	var hasFrom, hasTo bool
	var err *apiError
	if r.from, hasFrom, err = c.form.number(prefix + "FromPort"); err != nil {
		return err
	}
	if r.to, hasTo, err = c.form.number(prefix + "ToPort"); err != nil {
		return err
	}
	switch {
	case r.protocol == "":
		return bad("InvalidParameterValue", "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
	case r.protocol == "tcp" || r.protocol == "udp":
		return checkPorts(r, hasFrom && hasTo)
	case r.hasPorts():
		return checkICMP(r, hasFrom)
	}
	r.from, r.to = 0, 0 // EC2 ignores ports that mean nothing
	if n, e := strconv.Atoi(r.protocol); e != nil || n < -1 || n > 255 {
		return bad("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.", r.protocol)
	}
	return nil
}

func checkPorts(r *rule, given bool) *apiError {
	if !given {
		return bad("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	for _, port := range []int{r.from, r.to} {
		if port < 0 || port > 65535 {
			return bad("InvalidParameterValue", "TCP/UDP port (%d) out of range", port)
		}
	}
	if r.from > r.to {
		return bad("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", r.from, r.to)
	}
	return nil
}

func checkICMP(r *rule, given bool) *apiError {
	if !given {
		r.from, r.to = -1, -1
	}
	switch {
	case r.from < -1 || r.from > 255:
		return bad("InvalidParameterValue", "ICMP type (%d) out of range", r.from)
	case r.to < -1 || r.to > 255:
		return bad("InvalidParameterValue", "ICMP code (%d) out of range", r.to)
	case r.from == -1 && r.to != -1:
		return bad("InvalidParameterValue", "ICMP code (%d) cannot be specified when the ICMP type is -1", r.to)
	}
	return nil
}

// checkPeer checks the peer of a rule and writes its address the way EC2
// keeps it: with the host bits cleared.
func (c *call) checkPeer(g *securityGroup, r *rule) *apiError {
	if err := checkRuleDescription(r.describe); err != nil {
		return err
	}
	switch {
	case r.cidr != "":
		p, err := netip.ParsePrefix(r.cidr)
		if err != nil || !p.Addr().Is4() {
			return bad("InvalidParameterValue", "CIDR block %s is malformed", r.cidr)
		}
		r.cidr = p.Masked().String()
	case r.cidr6 != "":
		p, err := netip.ParsePrefix(r.cidr6)
		if err != nil || !p.Addr().Is6() {
			return bad("InvalidParameterValue", "CIDR block %s is malformed", r.cidr6)
		}
		r.cidr6 = p.Masked().String()
	case r.group != "":
		if err := c.lookupGroups([]string{r.group}); err != nil {
			return err
		}
		if c.region.groups.byID[r.group].vpc != g.vpc {
			return bad("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
	case r.prefixList != "":
		return c.lookupPrefixLists([]string{r.prefixList})
	default:
		return errNoSource()
	}
	return nil
}

func checkRuleDescription(s string) *apiError {
	if len(s) > 255 || !inGroupCharset(s) {
		return bad("InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  %s", groupCharset)
	}
	return nil
}
