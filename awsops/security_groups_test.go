package awsops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	webGroup, dbGroup, apart = "sg-0aa00000000000011", "sg-0aa00000000000021", "sg-0aa00000000000031"
	httpRule, sshRule        = "sgr-0aa00000000000001", "sgr-0aa00000000000002"
	otherVPC                 = "vpc-0aa00000000000011"
)

// on is the inputs of an operation on a group: name, value, name, value.
func on(group string, pairs ...string) awsops.Values {
	v := awsops.Values{"group": {group}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v[pairs[i]] = append(v[pairs[i]], pairs[i+1])
	}
	return v
}

func TestParseRule(t *testing.T) {
	for _, test := range []struct{ text, want string }{ // want is the rule said again, or the error
		{"tcp/443 from 10.0.0.0/8", "tcp/443 from 10.0.0.0/8"},
		{"  TCP/443   From 10.9.9.9/8  ", "tcp/443 from 10.0.0.0/8"},
		{"tcp/8000-8100 from pl-0123456789abcdef0 \"why\"", `tcp/8000-8100 from pl-0123456789abcdef0 "why"`},
		{"all from sg-0123456789abcdef0", "all from sg-0123456789abcdef0"},
		{"-1 to 0.0.0.0/0", "all to 0.0.0.0/0"},
		{"icmp/8 from ::/0", "icmp/8 from ::/0"},
		{"icmp/3/4 from 10.0.0.0/8", "icmp/3/4 from 10.0.0.0/8"},
		{"icmp from 10.0.0.0/8", "icmp from 10.0.0.0/8"},
		{"icmpv6/all from 2001:DB8::1/32", "icmpv6 from 2001:db8::/32"},
		{"tcp/all to 192.0.2.1/32", "tcp/all to 192.0.2.1/32"},
		{"6/0-65535 to 192.0.2.1/32", "tcp/all to 192.0.2.1/32"},
		{"47 from 10.0.0.0/8", "47 from 10.0.0.0/8"},
		{"0 from 10.0.0.0/8", "0 from 10.0.0.0/8"},
		{"255 from 10.0.0.0/8", "255 from 10.0.0.0/8"},
		{`udp/53 from 10.0.0.0/8 "a  description (with #blanks)"`, `udp/53 from 10.0.0.0/8 "a  description (with #blanks)"`},
		{`udp/53 from 10.0.0.0/8 ""`, "udp/53 from 10.0.0.0/8"},

		{"", "at position 1: expected tcp, udp, icmp, icmpv6, all, or a protocol number, found the end"},
		{"ssh from 10.0.0.0/8", `at position 1: expected tcp, udp, icmp, icmpv6, all, or a protocol number, found "ssh"`},
		{"256 from 10.0.0.0/8", `at position 1: expected tcp, udp, icmp, icmpv6, all, or a protocol number, found "256"`},
		{"tcp from 10.0.0.0/8", "at position 4: expected / and ports, such as /443, /8000-8100 or /all, found the end"},
		{"tcp/65536 from 10.0.0.0/8", `at position 5: expected a port from 0 to 65535, a range, or all, found "65536"`},
		{"  tcp/x from 10.0.0.0/8", `at position 7: expected a port from 0 to 65535, a range, or all, found "x"`},
		{"tcp/90-80 from 10.0.0.0/8", `at position 8: expected a port from 90 to 65535, found "80"`},
		{"tcp/1-65536 from 10.0.0.0/8", `at position 7: expected a port from 1 to 65535, found "65536"`},
		{"icmp/256 from 10.0.0.0/8", `at position 6: expected an ICMP type from 0 to 255, or all, found "256"`},
		{"icmp/8/256 from 10.0.0.0/8", `at position 8: expected an ICMP code from 0 to 255, found "256"`},
		{"all/22 from 10.0.0.0/8", `at position 4: expected a blank, because all has no ports, found "/22"`},
		{"tcp/443 10.0.0.0/8", `at position 9: expected from (comes in) or to (goes out), found "10.0.0.0/8"`},
		{"tcp/443", "at position 8: expected from (comes in) or to (goes out), found the end"},
		{"tcp/443 from", "at position 13: expected an address range such as 10.0.0.0/8 or 2001:db8::/32, a security group sg-… or a prefix list pl-…, found the end"},
		{"tcp/443 from 10.0.0.0", `at position 14: expected an address range such as 10.0.0.0/8 or 2001:db8::/32, a security group sg-… or a prefix list pl-…, found "10.0.0.0"`},
		{"tcp/443 from 10.0.0.0/33", `at position 14: expected an address range such as 10.0.0.0/8 or 2001:db8::/32, a security group sg-… or a prefix list pl-…, found "10.0.0.0/33"`},
		{"tcp/443 from 10.0.0.0/8 why", `at position 25: expected a description in quotes or the end, found "why"`},
		{`tcp/443 from 10.0.0.0/8 "why`, `at position 29: expected a quote " that ends the description, found the end`},
		{`tcp/443 from 10.0.0.0/8 "wü"`, "at position 26: write 1 to 255 of a-z, A-Z, 0-9, blank and ._-:/()#,@[]+=&;{}!$*"},
		{`tcp/443 from 10.0.0.0/8 "why" not`, `at position 31: expected the end, found "not"`},
	} {
		rule, egress, err := awsops.ParseRule(test.text)
		got := awsops.SayRule(rule, egress)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

func FuzzParseRule(f *testing.F) {
	f.Add("tcp/443 from 10.0.0.0/8")
	f.Add(`icmpv6/128/0 to 2001:db8::/32 "x"`)
	f.Add("all from sg-0123456789abcdef0 \"")
	f.Fuzz(func(t *testing.T, text string) {
		rule, egress, err := awsops.ParseRule(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("%q is not one clean line", err)
			}
			return
		}
		said := awsops.SayRule(rule, egress)
		again, way, err := awsops.ParseRule(said)
		if err != nil || way != egress || awsops.SayRule(again, way) != said {
			t.Fatalf("%q is said %q, which reads as %q, %v", text, said, awsops.SayRule(again, way), err)
		}
	})
}

func groupRuleCases() []ruleCase {
	const in, out, revoke = "authorize-security-group-ingress", "authorize-security-group-egress", "revoke-security-group-ingress"
	name := func(n string) awsops.Values {
		return awsops.Values{"group-name": {n}, "group-description": {"x"}}
	}
	charset := "write 1 to 255 of a-z, A-Z, 0-9, blank and ._-:/()#,@[]+=&;{}!$*"
	from, to := "write a port from 0 to 65535 (ICMP type: -1 for any, else 0 to 255)", "write a port from 0 to 65535, not below from-port (ICMP code: -1 for any, else 0 to 255)"
	source := "pick one source kind: a security group, an address range or a prefix list"
	four, six := "write a.b.c.d/n, n = 0 to 32; one host is /32", "write an IPv6 range x::/n, n = 0 to 128; one host is /128"
	ports := func(protocol, a, b string) awsops.Values {
		return on("web", "ip-protocol", protocol, "from-port", a, "to-port", b, "cidr-ip", "10.0.0.0/8")
	}
	long := strings.Repeat("x", 255)
	tag := func(s string) awsops.Values { return name("api").With("tags", s) }
	var fifty []string
	for i := range 51 {
		fifty = append(fifty, fmt.Sprintf("k%d=v", i))
	}
	return []ruleCase{
		// V-SGNAME and V-SGDESC
		{"create-security-group", name("a"), ""},
		{"create-security-group", name(long), ""},
		{"create-security-group", name(long + "x"), `--group-name "` + long + `x": ` + charset},
		{"create-security-group", name("a b._-:/()#,@[]+=&;{}!$*"), ""},
		{"create-security-group", name("a^b"), `--group-name "a^b": ` + charset},
		{"create-security-group", name("default"), `--group-name "default": default is reserved: choose another name`},
		{"create-security-group", name("sg-1"), `--group-name "sg-1": sg- begins the IDs of groups: choose another name`},
		{"create-security-group", awsops.Values{"group-name": {"a"}}, "--group-description is required: what it is for; it cannot be changed later"},
		{"create-security-group", name("a").With("group-description", "für"), `--group-description "für": ` + charset},
		{"create-security-group", name("a").With("vpc-id", "main"), `--vpc-id "main": write vpc- and 8 or 17 hex digits`},
		// V-TAG
		{"create-security-group", tag(strings.Repeat("k", 128) + "=" + strings.Repeat("v", 256)), ""},
		{"create-security-group", tag("k="), ""},
		{"create-security-group", tag("k=a=b"), ""},
		{"create-security-group", tag(strings.Repeat("k", 129) + "="), `--tags "` + strings.Repeat("k", 129) + `=": the name: write at most 128 characters, without control characters`},
		{"create-security-group", tag("k=" + strings.Repeat("v", 257)), `--tags "k=` + strings.Repeat("v", 257) + `": the value: write at most 256 characters, without control characters`},
		{"create-security-group", tag("Aws:x=1"), `--tags "Aws:x=1": the name: aws: is reserved for AWS itself`},
		{"create-security-group", tag("novalue"), `--tags "novalue": write name=value`},
		{"create-security-group", name("a").With("tags", fifty...), `--tags "51 values": takes at most 50`},
		{"create-security-group", name("a").With("tags", fifty[:50]...), ""},
		// V-PROTO
		{in, ports("0", "", ""), ""},
		{in, ports("255", "", ""), ""},
		{in, ports("256", "", ""), `--ip-protocol "256": write tcp, udp, icmp, icmpv6, all, or a protocol number`},
		{in, ports("ALL", "", ""), ""},
		{in, ports("gre", "", ""), `--ip-protocol "gre": write tcp, udp, icmp, icmpv6, all, or a protocol number`},
		{in, ports("tcp+udp+icmp", "", ""), `--ip-protocol "tcp+udp+icmp": is for a source group only; write tcp, udp, icmp, icmpv6, all, or a protocol number`},
		{in, on("web", "source-group", "db", "ip-protocol", "tcp+udp+icmp", "from-port", "1"), "--from-port must be left out: tcp+udp+icmp has no ports"},
		// V-PORT
		{in, ports("tcp", "0", "65535"), ""},
		{in, ports("tcp", "65535", ""), ""},
		{in, ports("tcp", "65536", ""), `--from-port "65536": ` + from},
		{in, ports("tcp", "-1", ""), `--from-port "-1": ` + from},
		{in, ports("tcp", "http", ""), `--from-port "http": ` + from},
		{in, ports("tcp", "", ""), "--from-port is required for tcp: " + from},
		{in, ports("", "", "80"), "--from-port is required for tcp: " + from},
		{in, ports("udp", "80", "79"), `--to-port "79": ` + to},
		{in, ports("udp", "80", "65536"), `--to-port "65536": ` + to},
		{in, ports("icmp", "-1", "-1"), ""},
		{in, ports("icmp", "", ""), ""},
		{in, ports("icmp", "255", "255"), ""},
		{in, ports("icmp", "256", "0"), `--from-port "256": ` + from},
		{in, ports("icmpv6", "8", "256"), `--to-port "256": ` + to},
		{in, ports("icmp", "-1", "0"), `--to-port "0": must be -1 or left out, because the ICMP type is -1: any`},
		{in, ports("icmp", "-2", ""), `--from-port "-2": ` + from},
		{in, ports("all", "80", ""), "--from-port must be left out: all has no ports"},
		{in, ports("47", "", "80"), "--to-port must be left out: 47 has no ports"},
		// V-SRC
		{in, on("web", "from-port", "80"), "--rule is missing: write one, or " + source},
		{in, on("web", "source-group", "db", "cidr-ip", "10.0.0.0/8"), "--cidr-ip cannot be combined with --source-group: " + source},
		{in, on("web", "cidr-ipv6", "::/0", "prefix-list", "pl-63a5400a"), "--prefix-list cannot be combined with --cidr-ipv6: " + source},
		{in, on("web", "source-group-owner", "123456789012"), "--source-group-owner needs --source-group"},
		{in, on("web", "source-group-owner", "123456789012", "cidr-ip", "10.0.0.0/8", "from-port", "1"), "--source-group-owner needs --source-group"},
		{in, on("web", "rule", "tcp/1 from 10.0.0.0/8", "from-port", "1"), "--rule says everything: leave the other inputs of the rule out"},
		{in, on("web", "rule", "tcp/1 to 10.0.0.0/8"), `--rule "tcp/1 to 10.0.0.0/8": "to" is for the other direction: write a rule such as tcp/443 from 10.0.0.0/8`},
		{out, on("web", "rule", "tcp/1 from 10.0.0.0/8"), `--rule "tcp/1 from 10.0.0.0/8": "from" is for the other direction: write a rule such as tcp/443 to 10.0.0.0/8`},
		{in, on("", "rule", "tcp/1 from 10.0.0.0/8"), "--group is required: the group, by name or ID"},
		{in, on("sg-1", "rule", "tcp/1 from 10.0.0.0/8"), `--group "sg-1": write sg- and 8 or 17 hex digits`},
		// V-CIDR4 and V-CIDR6
		{in, on("web", "ip-protocol", "all", "cidr-ip", "0.0.0.0/0"), ""},
		{in, on("web", "ip-protocol", "all", "cidr-ip", "192.0.2.1/32"), ""},
		{in, on("web", "ip-protocol", "all", "cidr-ip", "192.0.2.1/33"), `--cidr-ip "192.0.2.1/33": ` + four},
		{in, on("web", "ip-protocol", "all", "cidr-ip", "192.0.2.1"), `--cidr-ip "192.0.2.1": ` + four},
		{in, on("web", "ip-protocol", "all", "cidr-ip", "192.0.2.256/8"), `--cidr-ip "192.0.2.256/8": ` + four},
		{in, on("web", "ip-protocol", "all", "cidr-ip", "::/0"), `--cidr-ip "::/0": ` + four},
		{in, on("web", "ip-protocol", "all", "cidr-ipv6", "::/0"), ""},
		{in, on("web", "ip-protocol", "all", "cidr-ipv6", "2001:db8::1/128"), ""},
		{in, on("web", "ip-protocol", "all", "cidr-ipv6", "2001:db8::/129"), `--cidr-ipv6 "2001:db8::/129": ` + six},
		{in, on("web", "ip-protocol", "all", "cidr-ipv6", "::ffff:1.2.3.4/128"), `--cidr-ipv6 "::ffff:1.2.3.4/128": ` + six},
		{in, on("web", "ip-protocol", "all", "cidr-ipv6", "10.0.0.0/8"), `--cidr-ipv6 "10.0.0.0/8": ` + six},
		{in, on("web", "ip-protocol", "all", "prefix-list", "pl-1"), `--prefix-list "pl-1": write pl- and 8 or 17 hex digits`},
		// V-ACCT
		{in, on("web", "source-group", "db", "source-group-owner", "1234-5678-9012"), ""},
		{in, on("web", "source-group", "db", "source-group-owner", "12345678901"), `--source-group-owner "12345678901": write an account ID of 12 digits`},
		{in, on("web", "source-group", "db", "source-group-owner", "1234567890123"), `--source-group-owner "1234567890123": write an account ID of 12 digits`},

		{revoke, on("web"), "--rule is missing: write one, or " + source},
		{revoke, on("web", "rule-ids", "sgr-1"), `--rule-ids "sgr-1": write sgr- and 8 or 17 hex digits`},
		{revoke, on("web", "rule-ids", httpRule, "cidr-ip", "10.0.0.0/8"), "--rule-ids say everything: leave the inputs of the rule out"},
		{"delete-security-group", on("default"), `--group "default": the default group of a VPC cannot be deleted: edit its rules instead`},
		{"modify-security-group-rules", on("web", "rule-id", httpRule, "rule", "tcp/1 from ::/0", "rule", "tcp/2 from ::/0"), `--rule "tcp/2 from ::/0": is one too many: one rule becomes one other`},
		{"modify-security-group-rules", on("web", "rule-id", httpRule, "source-group", "db", "ip-protocol", "tcp+udp+icmp"), `--ip-protocol "tcp+udp+icmp": makes three rules: one rule becomes one other`},
		{"update-security-group-rule-descriptions-ingress", on("web", "description", "x"), "--rule-ids is missing: give IDs, or rules in words"},
		{"update-security-group-rule-descriptions-egress", on("web", "rule-ids", httpRule, "rule", "all to ::/0"), "--rule cannot be combined with --rule-ids"},
		{"describe-security-groups", awsops.Values{"page-size": {"4"}}, `--page-size "4": write a number from 5 to 1000`},
		{"describe-security-groups", awsops.Values{"page-size": {"5"}, "group-ids": {webGroup}}, "--page-size cannot be used together with --group-ids"},
		{"describe-security-group-rules", awsops.Values{"page-size": {"1000"}, "rule-ids": {httpRule}}, "--page-size cannot be used together with --rule-ids"},
	}
}

func TestRulesOfGroups(t *testing.T) { checkRules(t, groupRuleCases()) }

// TestAdviceOnGroups provokes what EC2 refuses and reads the advice.
func TestAdviceOnGroups(t *testing.T) {
	const in = "authorize-security-group-ingress"
	ipv6, missing := "tcp/1 from ::/0", "sg-0ffffffffffffffff"
	for _, test := range []struct {
		name, op   string
		v          awsops.Values
		code, says string
		exit       int
		local      bool // found out by a read of ours: no request ID
	}{
		{"E31", "create-security-group", awsops.Values{"group-name": {"web"}, "group-description": {"x"}}, "InvalidGroup.Duplicate", "The VPC already has a group of that name: choose another.", 1, false},
		{"E32", in, on(missing, "rule", ipv6), "InvalidGroup.NotFound", "prefer the sg- ID", 1, false},
		{"E32 by name", in, on("nope", "rule", ipv6), "InvalidGroup.NotFound", `no security group is called "nope" in region us-east-1 – Names are per VPC`, 1, true},
		{"a source in another VPC", in, on("web", "source-group", "apart"), "InvalidGroup.NotFound", `no security group is called "apart" in vpc vpc-0aa00000000000001, region us-east-1`, 1, true},
		{"several of a name", "get-security-group-details", awsops.Values{"group-name": {"default"}}, "AmbiguousGroup", "2 security groups are called \"default\": sg-", 2, true},
		{"E28 N8", in, on("web", "rule", "tcp/80 from 0.0.0.0/0"), "InvalidPermission.Duplicate", "The rule already exists: nothing changed.", 1, false},
		{"N9 N10", "delete-security-group", on("web"), "DependencyViolation", "Used by: i-0aa00000000000001 (eni-", 1, false},
		{"N10", "delete-security-group", on(webGroup), "DependencyViolation", "Referenced by rules of: sg-0aa00000000000021 (db). Revoke those rules first.", 1, false},
		{"not found, other VPC", "revoke-security-group-ingress", on("apart", "rule", ipv6), "InvalidPermission.NotFound", "No such rule: refresh.", 1, false},
		{"not found, default VPC", "revoke-security-group-ingress", on("web", "rule", ipv6), "InvalidPermission.NotFound", "nothing was revoked: there is no rule tcp/1 from ::/0", 1, true},
		{"a rule that is gone", "revoke-security-group-ingress", on("web", "rule-ids", "sgr-0ffffffffffffffff"), "InvalidSecurityGroupRuleId.NotFound", "No such rule: refresh.", 1, false},
		{"another direction", "modify-security-group-rules", on("web", "rule-id", httpRule, "rule", "tcp/80 to 0.0.0.0/0"), "AnotherRule", "the direction of a rule cannot change: it is tcp/80 from 0.0.0.0/0", 2, true},
		{"another kind of peer", "modify-security-group-rules", on("web", "rule-id", httpRule, "rule", "tcp/80 from ::/0"), "AnotherRule", "the kind of peer of a rule cannot change", 2, true},
		{"another group's rule", "modify-security-group-rules", on("db", "rule-id", httpRule, "rule", "tcp/80 from 10.0.0.0/8"), "InvalidSecurityGroupRuleId.NotFound", "No such rule: refresh.", 1, false},
		{"unknown prefix list", in, on("web", "rule", "all from pl-0ffffffffffffffff"), "InvalidPrefixListID.NotFound", "The wrong region (us-east-1)", 1, false},
		{"unknown VPC", "create-security-group", awsops.Values{"group-name": {"x"}, "group-description": {"x"}, "vpc-id": {"vpc-0ffffffffffffffff"}}, "InvalidVpcID.NotFound", "The wrong region (us-east-1)", 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
			if !test.local {
				expectError(t, err, test.code, test.exit, test.says)
				return
			}
			if e := awsops.AsError(err); e == nil || e.Code != test.code || awsops.ExitCode(err) != test.exit || !strings.Contains(e.Error(), test.says) {
				t.Errorf("%v (exit %d)", err, awsops.ExitCode(err))
			}
		})
	}
}

func TestAdviceOnQuotas(t *testing.T) {
	b := newBench(t)
	v := awsops.Values{"group": {"web"}}
	for i := range 59 { // it has two rules that let something in
		v["rule"] = append(v["rule"], fmt.Sprintf("tcp/%d from 10.0.0.0/8", i+1000))
	}
	_, err := b.Run(t.Context(), b.request(t, "authorize-security-group-ingress", v))
	expectError(t, err, "RulesPerSecurityGroupLimitExceeded", 1, "ask for a greater quota")
	b.sim.Inject(ec2sim.Fault{Code: "SecurityGroupLimitExceeded", Message: "no"})
	_, err = b.Run(t.Context(), b.request(t, "create-security-group", awsops.Values{"group-name": {"x"}, "group-description": {"x"}}))
	expectError(t, err, "SecurityGroupLimitExceeded", 1, "ask for a greater quota")
	b.sim.Inject(ec2sim.Fault{Code: "InvalidParameterValue", Message: "CIDR block x is malformed"})
	_, err = b.Run(t.Context(), b.request(t, "create-security-group", awsops.Values{"group-name": {"x"}, "group-description": {"x"}}))
	expectError(t, err, "InvalidParameterValue", 1, "CIDR block x is malformed")
}

func TestRiskOfRules(t *testing.T) {
	for rule, want := range map[string]struct {
		risk awsops.Risk
		says string
	}{
		"tcp/443 from 10.0.0.0/8":      {awsops.Changes, "In words: tcp/443 from 10.0.0.0/8"},
		"tcp/443 from 0.0.0.0/0":       {awsops.Disrupts, "In words: tcp/443 from 0.0.0.0/0"},
		"tcp/443 from 1.2.3.4/0":       {awsops.Disrupts, "In words: tcp/443 from 0.0.0.0/0"},
		"tcp/20-30 from ::/0":          {awsops.Disrupts, "opens SSH (22) to the whole internet"},
		"tcp/22-3389 from 0.0.0.0/0":   {awsops.Disrupts, "opens SSH (22) and remote desktop (3389) to the whole internet"},
		"udp/3389 from 0.0.0.0/0":      {awsops.Disrupts, "opens remote desktop (3389)"},
		"all from ::/0":                {awsops.Disrupts, "opens all ports to the whole internet"},
		"tcp/all from 0.0.0.0/0":       {awsops.Disrupts, "opens all ports to the whole internet"},
		"all from " + dbGroup:          {awsops.Changes, "In words: all from " + dbGroup},
		"icmp from 0.0.0.0/0":          {awsops.Disrupts, "In words: icmp from 0.0.0.0/0"},
		"tcp/22 from 10.0.0.0/8 \"x\"": {awsops.Changes, `In words: tcp/22 from 10.0.0.0/8 "x"`},
	} {
		for _, name := range []string{"authorize-security-group-ingress", "modify-security-group-rules"} {
			op, _ := awsops.Find(name)
			v := on("web", "rule", rule)
			if name != "authorize-security-group-ingress" {
				v = v.With("rule-id", httpRule)
			}
			if got := op.Info().RiskOf(v); got != want.risk {
				t.Errorf("%s %s: %s", name, rule, got)
			}
			if got := strings.Join(op.Info().Warnings(v), "\n"); !strings.Contains(got, want.says) {
				t.Errorf("%s %s: %s", name, rule, got)
			}
		}
	}
	op, _ := awsops.Find("authorize-security-group-egress")
	v := on("web", "rule", "all to 0.0.0.0/0")
	if got := strings.Join(op.Info().Warnings(v), "\n"); op.Info().RiskOf(v) != awsops.Disrupts || strings.Contains(got, "Danger") {
		t.Errorf("out: %s %s", op.Info().RiskOf(v), got)
	}
	if got := op.Info().RiskOf(on("web", "rule", "nonsense")); got != awsops.Changes {
		t.Errorf("nonsense is %s", got)
	}
}

func TestRulesAreWhatWasAskedFor(t *testing.T) {
	b := newBench(t)
	run := func(name string, v awsops.Values) awsops.Result {
		t.Helper()
		res, err := b.Run(t.Context(), b.request(t, name, v))
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := run("authorize-security-group-ingress", on("web", "source-group", "db"))
	if got := res.Items[0].To; got != "all from "+dbGroup {
		t.Errorf("a group opens %s", got)
	}
	res = run("authorize-security-group-ingress", on("web", "source-group", "db", "ip-protocol", "tcp+udp+icmp"))
	if got := res.Items[0].To; got != "tcp/all from "+dbGroup+"; udp/all from "+dbGroup+"; icmp from "+dbGroup || len(res.Table.Rows) != 3 {
		t.Errorf("a group opens %s", got)
	}
	res = run("authorize-security-group-ingress", on("web", "source-group", "db", "from-port", "5"))
	if got := res.Items[0].To; got != "tcp/5 from "+dbGroup {
		t.Errorf("a group opens %s", got)
	}
	// Of two rules one is there: EC2 calls that a success in the default VPC.
	res = run("revoke-security-group-ingress", on("web", "rule", "tcp/80 from 0.0.0.0/0", "rule", "tcp/81 from 0.0.0.0/0"))
	if failed := res.Failed(); len(res.Items) != 2 || len(failed) != 1 || failed[0].ID != "tcp/81 from 0.0.0.0/0" || res.Message != "1 of 2 failed" || res.Outputs[0].Value != false {
		t.Errorf("%+v", res)
	}
	// A modification that says nothing of the description keeps it.
	run("modify-security-group-rules", on("web", "rule-id", sshRule, "from-port", "2222", "cidr-ip", "203.0.113.0/24"))
	if got := b.ruleText(t, sshRule); got != `tcp/2222 from 203.0.113.0/24 "office"` {
		t.Errorf("now %s", got)
	}
	run("update-security-group-rule-descriptions-ingress", on("web", "rule-ids", sshRule))
	if got := b.ruleText(t, sshRule); got != "tcp/2222 from 203.0.113.0/24" {
		t.Errorf("now %s", got)
	}
	run("delete-security-group", on("apart"))
	if _, err := b.Run(t.Context(), b.request(t, "delete-security-group", on("apart"))); awsops.ExitCode(err) != 1 {
		t.Errorf("deleted twice: %v", err)
	}
}

// ruleText finds a rule in the listing and says it.
func (b *bench) ruleText(t *testing.T, id string) string {
	t.Helper()
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for page, err := range awsops.SecurityGroupRules(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			if aws.ToString(r.SecurityGroupRuleId) == id {
				text = r.Text()
			}
		}
	}
	return text
}

func TestListingsOfGroups(t *testing.T) {
	b := newBench(t)
	for i := range 120 {
		if _, err := b.Run(t.Context(), b.request(t, "create-security-group", awsops.Values{"group-name": {fmt.Sprintf("more-%d", i)}, "group-description": {"x"}})); err != nil {
			t.Fatal(err)
		}
	}
	client, _ := b.Client(b.scope)
	var pages []int
	for page, err := range awsops.SecurityGroups(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, len(page))
	}
	if !slices.Equal(pages, []int{50, 75}) {
		t.Errorf("groups in pages of %v", pages)
	}
	pages = nil
	named := 0
	for page, err := range awsops.SecurityGroupRules(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, len(page))
		if len(pages) > 1 { // the first comes at once, and again with names
			named += len(slices.DeleteFunc(slices.Clone(page), func(r awsops.SecurityGroupRule) bool { return r.GroupName == "" }))
		}
	}
	if !slices.Equal(pages, []int{50, 50, 84}) || named != 134 {
		t.Errorf("rules in pages of %v, %d named", pages, named)
	}
	asked := b.count("DescribeSecurityGroupRules")
	b.run(t, "describe-security-group-rules", awsops.Values{"page-size": {"50"}})
	if n := b.count("DescribeSecurityGroupRules") - asked; n != 3 { // 134 rules
		t.Errorf("%d pages of 50", n)
	}
	b.sim.Inject(ec2sim.Fault{Action: "DescribeSecurityGroups", Code: "UnauthorizedOperation", Message: "no", Status: 403})
	for page, err := range awsops.SecurityGroupRules(t.Context(), client) {
		if err != nil && awsops.AsError(err).Code != "UnauthorizedOperation" || err == nil && len(page) != 50 {
			t.Errorf("%d rules, %v", len(page), err)
		}
	}
}

func TestExposure(t *testing.T) {
	for want, rules := range map[string][]string{
		"":                {"tcp/22 from 10.0.0.0/8", "all from " + webGroup},
		"open 80, 443":    {"tcp/80 from 0.0.0.0/0", "tcp/443 from 0.0.0.0/0", "tcp/443 from ::/0"},
		"open icmp/8, 47": {"icmp/8 from 0.0.0.0/0", "47 from ::/0"},
		"! 22":            {"tcp/22 from ::/0", "tcp/443 from ::/0"},
		"! 22, 3389":      {"tcp/20-4000 from 0.0.0.0/0"},
		"! all ports":     {"all from 0.0.0.0/0", "tcp/22 from ::/0"},
	} {
		var g types.SecurityGroup
		for _, text := range rules {
			r, _, err := awsops.ParseRule(text)
			if err != nil {
				t.Fatal(err)
			}
			p := types.IpPermission{IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort}
			switch {
			case r.CidrIpv4 != nil:
				p.IpRanges = []types.IpRange{{CidrIp: r.CidrIpv4}}
			case r.CidrIpv6 != nil:
				p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: r.CidrIpv6}}
			default:
				p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: r.ReferencedGroupId}}
			}
			g.IpPermissions = append(g.IpPermissions, p)
		}
		got, grave := awsops.Exposure(g)
		if got != want || grave != strings.HasPrefix(want, "!") {
			t.Errorf("%v: %q, %v; want %q", rules, got, grave, want)
		}
	}
}

// TestANameMayHoldBlanks keeps the target of a change whole.
func TestANameMayHoldBlanks(t *testing.T) {
	b := newBench(t)
	r := b.request(t, "delete-security-group", on("my, own group"))
	if got := r.Targets(); !slices.Equal(got, []string{"my, own group"}) || r.Phrase() != "my, own group" {
		t.Errorf("%q, phrase %q", got, r.Phrase())
	}
	create := awsops.Values{"group-name": {"my, own group"}, "group-description": {"x"}}
	for _, req := range []awsops.Request{b.request(t, "create-security-group", create), r} {
		if _, err := b.Run(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatIsThereAlready warns before EC2 refuses: E28 and E31.
func TestWhatIsThereAlready(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string, vpc ...string) awsops.Values {
		return awsops.Values{"group-name": {name}, "group-description": {"x"}, "vpc-id": vpc}
	}
	for _, test := range []struct {
		op   string
		v    awsops.Values
		want string
	}{
		{"create-security-group", named("web"), "vpc-0aa00000000000001 already has a group of that name, " + webGroup + ": choose another name there."},
		{"create-security-group", named("web", otherVPC), ""},
		{"create-security-group", named("api"), ""},
		{"authorize-security-group-ingress", on("web", "rule", `tcp/22 from 203.0.113.9/24 "again"`, "rule", "tcp/23 from 203.0.113.9/24"),
			"The rule already exists: tcp/22 from 203.0.113.0/24. EC2 will refuse it."},
		{"authorize-security-group-egress", on("web", "cidr-ip", "0.0.0.0/0", "ip-protocol", "all"), "The rule already exists: all to 0.0.0.0/0. EC2 will refuse it."},
		{"authorize-security-group-ingress", on("db", "source-group", "web", "from-port", "5432"), "The rule already exists: tcp/5432 from " + webGroup + ". EC2 will refuse it."},
		{"authorize-security-group-ingress", on("db", "source-group", "web"), ""},
	} {
		lines, err := b.request(t, test.op, test.v).Ahead(t.Context(), client)
		if got := strings.Join(lines, "\n"); err != nil || got != test.want {
			t.Errorf("%s %v: %q, %v", test.op, test.v, got, err)
		}
	}
}
