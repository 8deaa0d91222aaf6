package awsops

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The advice of the catalogue's section 2 about rules.
const (
	adviceFrom     = "write a port from 0 to 65535 (ICMP type: -1 for any, else 0 to 255)"
	adviceTo       = "write a port from 0 to 65535, not below from-port (ICMP code: -1 for any, else 0 to 255)"
	adviceProtocol = "write tcp, udp, icmp, icmpv6, all, or a protocol number"
	adviceSource   = "pick one source kind: a security group, an address range or a prefix list"
)

// threeProtocols stands for every TCP and UDP port and every ICMP type, which
// is what a group as source meant before EC2 had the protocol -1.
const threeProtocols = "tcp+udp+icmp"

// protocolOf is rule V-PROTO: EC2's own name of a protocol, -1 for all.
func protocolOf(s string) (string, error) {
	s = strings.ToLower(s)
	if name, ok := map[string]string{"all": "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}[s]; ok {
		return name, nil
	}
	if slices.Contains([]string{"-1", "tcp", "udp", "icmp", "icmpv6"}, s) {
		return s, nil
	}
	if n, err := strconv.ParseUint(s, 10, 8); err == nil {
		return strconv.Itoa(int(n)), nil
	}
	return "", errors.New(adviceProtocol)
}

func isICMP(protocol string) bool  { return protocol == "icmp" || protocol == "icmpv6" }
func isPorts(protocol string) bool { return protocol == "tcp" || protocol == "udp" }

// ParseRule reads a rule the way people say it:
//
//	tcp/443 from 10.0.0.0/8
//	tcp/8000-8100 from pl-0123456789abcdef0 "why"
//	icmp/8 from ::/0
//	all to sg-0123456789abcdef0
//
// "from" lets something in, "to" lets something out. For ICMP the number is
// the type, and a second one the code: icmp/3/4. Addresses come back without
// host bits. An error names the position and what was expected there.
func ParseRule(text string) (rule types.SecurityGroupRuleRequest, egress bool, err error) {
	s := &ruleScanner{words: ruleWords(text), end: utf8.RuneCountInString(strings.TrimRight(text, " \t")) + 1}
	if err = s.protocol(&rule); err != nil {
		return rule, false, err
	}
	way := s.next()
	switch strings.ToLower(way.text) {
	case "from":
	case "to":
		egress = true
	default:
		return rule, false, s.expected(way, 0, "from (comes in) or to (goes out)")
	}
	if err = s.peer(&rule); err != nil {
		return rule, egress, err
	}
	return rule, egress, s.description(&rule)
}

// ruleWord is a word of a rule and its position, counted from 1.
type ruleWord struct {
	text string
	at   int
}

// ruleWords splits at blanks outside quotes.
func ruleWords(text string) []ruleWord {
	var words []ruleWord
	open, quoted := false, false
	at := 0
	for _, r := range text {
		at++
		blank := (r == ' ' || r == '\t') && !quoted
		switch {
		case blank:
			open = false
			continue
		case !open:
			words, open = append(words, ruleWord{at: at}), true
		}
		if r == '"' {
			quoted = !quoted
		}
		words[len(words)-1].text += string(r)
	}
	return words
}

type ruleScanner struct {
	words []ruleWord
	end   int // the position after the last word
}

// next takes a word; after the last one come empty ones.
func (s *ruleScanner) next() ruleWord {
	if len(s.words) == 0 {
		return ruleWord{at: s.end}
	}
	w := s.words[0]
	s.words = s.words[1:]
	return w
}

// expected is the error for what begins after skip characters of a word.
func (s *ruleScanner) expected(w ruleWord, skip int, what string) error {
	found := "the end"
	if rest := string([]rune(w.text)[skip:]); rest != "" {
		found = strconv.Quote(Clean(rest))
	}
	return fmt.Errorf("at position %d: expected %s, found %s", w.at+skip, what, found)
}

func (s *ruleScanner) protocol(rule *types.SecurityGroupRuleRequest) error {
	w := s.next()
	name, ports, given := strings.Cut(w.text, "/")
	protocol, err := protocolOf(name)
	if err != nil {
		return s.expected(w, 0, strings.TrimPrefix(adviceProtocol, "write "))
	}
	rule.IpProtocol = &protocol
	skip := utf8.RuneCountInString(name)
	switch {
	case isPorts(protocol) && !given:
		return s.expected(w, skip, "/ and ports, such as /443, /8000-8100 or /all")
	case isPorts(protocol):
		return s.ports(rule, w, skip+1, ports)
	case isICMP(protocol):
		return s.icmp(rule, w, skip+1, ports, given)
	case given:
		return s.expected(w, skip, "a blank, because "+sayProtocol(protocol)+" has no ports")
	}
	return nil
}

func (s *ruleScanner) ports(rule *types.SecurityGroupRuleRequest, w ruleWord, skip int, text string) error {
	first, last, ranged := strings.Cut(text, "-")
	from, ok := portNumber(first, 65535)
	switch {
	case text == "all":
		rule.FromPort, rule.ToPort = aws.Int32(0), aws.Int32(65535)
		return nil
	case !ok:
		return s.expected(w, skip, "a port from 0 to 65535, a range, or all")
	case !ranged:
		rule.FromPort, rule.ToPort = &from, &from
		return nil
	}
	to, ok := portNumber(last, 65535)
	if !ok || to < from {
		return s.expected(w, skip+len(first)+1, fmt.Sprintf("a port from %d to 65535", from))
	}
	rule.FromPort, rule.ToPort = &from, &to
	return nil
}

func (s *ruleScanner) icmp(rule *types.SecurityGroupRuleRequest, w ruleWord, skip int, text string, given bool) error {
	rule.FromPort, rule.ToPort = aws.Int32(-1), aws.Int32(-1)
	if !given || text == "all" {
		return nil
	}
	first, last, coded := strings.Cut(text, "/")
	kind, ok := portNumber(first, 255)
	if !ok {
		return s.expected(w, skip, "an ICMP type from 0 to 255, or all")
	}
	rule.FromPort = &kind
	if !coded {
		return nil
	}
	code, ok := portNumber(last, 255)
	if !ok {
		return s.expected(w, skip+len(first)+1, "an ICMP code from 0 to 255")
	}
	rule.ToPort = &code
	return nil
}

func portNumber(s string, most uint64) (int32, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int32(n), err == nil && n <= most
}

func (s *ruleScanner) peer(rule *types.SecurityGroupRuleRequest) error {
	w := s.next()
	for _, kind := range []struct {
		rule Rule
		to   **string
	}{{CIDR4(), &rule.CidrIpv4}, {CIDR6(), &rule.CidrIpv6}, {ID("sg"), &rule.ReferencedGroupId}, {ID("pl"), &rule.PrefixListId}} {
		if v, err := kind.rule.Check(w.text); err == nil {
			*kind.to = &v
			return nil
		}
	}
	return s.expected(w, 0, "an address range such as 10.0.0.0/8 or 2001:db8::/32, a security group sg-… or a prefix list pl-…")
}

func (s *ruleScanner) description(rule *types.SecurityGroupRuleRequest) error {
	w := s.next()
	if w.text == "" {
		return nil
	}
	inner, opened := strings.CutPrefix(w.text, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !opened {
		return s.expected(w, 0, `a description in quotes or the end`)
	}
	if !closed || strings.Contains(inner, `"`) {
		return s.expected(ruleWord{at: s.end}, 0, `a quote " that ends the description`)
	}
	if _, err := ruleDescription().Check(inner); err != nil {
		return fmt.Errorf("at position %d: %w", w.at+1, err)
	}
	if inner != "" {
		rule.Description = &inner
	}
	if w := s.next(); w.text != "" {
		return s.expected(w, 0, "the end")
	}
	return nil
}

// SayRule writes a rule the way ParseRule reads it.
func SayRule(r types.SecurityGroupRuleRequest, egress bool) string {
	protocol := aws.ToString(r.IpProtocol)
	s := sayProtocol(protocol)
	if ports := SayPorts(r.IpProtocol, r.FromPort, r.ToPort); isPorts(protocol) || isICMP(protocol) && ports != "all" {
		s += "/" + ports
	}
	way := " from "
	if egress {
		way = " to "
	}
	s += way + peerOf(r)
	if text := aws.ToString(r.Description); text != "" {
		s += ` "` + text + `"`
	}
	return s
}

func sayProtocol(protocol string) string {
	if protocol == "-1" {
		return "all"
	}
	return protocol
}

// SayPorts writes ports, or type and code of ICMP: "443", "8000-8100", "8/0", "all".
func SayPorts(protocol *string, from, to *int32) string {
	a, b := aws.ToInt32(from), aws.ToInt32(to)
	switch p := aws.ToString(protocol); {
	case isICMP(p) && (from == nil || a == -1), isPorts(p) && a == 0 && b == 65535, p == "-1":
		return "all"
	case isICMP(p) && b == -1:
		return fmt.Sprint(a)
	case isICMP(p):
		return fmt.Sprintf("%d/%d", a, b)
	case !isPorts(p):
		return ""
	case a == b:
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%d-%d", a, b)
}

func peerOf(r types.SecurityGroupRuleRequest) string {
	return aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6) + aws.ToString(r.ReferencedGroupId) + aws.ToString(r.PrefixListId)
}

// rulesIn takes the permissions of a group apart into single rules.
func rulesIn(permissions []types.IpPermission) []types.SecurityGroupRuleRequest {
	var out []types.SecurityGroupRuleRequest
	for _, p := range permissions {
		add := func(r types.SecurityGroupRuleRequest) {
			r.IpProtocol, r.FromPort, r.ToPort = p.IpProtocol, p.FromPort, p.ToPort
			out = append(out, r)
		}
		for _, r := range p.IpRanges {
			add(types.SecurityGroupRuleRequest{CidrIpv4: r.CidrIp, Description: r.Description})
		}
		for _, r := range p.Ipv6Ranges {
			add(types.SecurityGroupRuleRequest{CidrIpv6: r.CidrIpv6, Description: r.Description})
		}
		for _, r := range p.UserIdGroupPairs {
			add(types.SecurityGroupRuleRequest{ReferencedGroupId: r.GroupId, Description: r.Description})
		}
		for _, r := range p.PrefixListIds {
			add(types.SecurityGroupRuleRequest{PrefixListId: r.PrefixListId, Description: r.Description})
		}
	}
	return out
}

// SayPermissions writes every rule of some permissions.
func SayPermissions(permissions []types.IpPermission, egress bool) []string {
	var out []string
	for _, r := range rulesIn(permissions) {
		out = append(out, SayRule(r, egress))
	}
	return out
}

// openToWorld says whether a rule's peer is every address that there is.
func openToWorld(r types.SecurityGroupRuleRequest) bool {
	p, err := netip.ParsePrefix(aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6))
	return err == nil && p.Bits() == 0
}

// exposes names what no rule should open to the world: SSH, RDP, everything.
func exposes(r types.SecurityGroupRuleRequest) []string {
	if !openToWorld(r) {
		return nil
	}
	protocol, ports := aws.ToString(r.IpProtocol), SayPorts(r.IpProtocol, r.FromPort, r.ToPort)
	if ports == "all" && !isICMP(protocol) {
		return []string{"all ports"}
	}
	var out []string
	for _, port := range []int32{22, 3389} {
		if isPorts(protocol) && !(port == 22 && protocol == "udp") && aws.ToInt32(r.FromPort) <= port && port <= aws.ToInt32(r.ToPort) {
			out = append(out, fmt.Sprint(port))
		}
	}
	return out
}

// Exposure says what a group lets in from everywhere: "! 22" for what should
// not be open, "open 80, 443" for the rest, "" for nothing.
func Exposure(g types.SecurityGroup) (text string, grave bool) {
	var bad, open []string
	for _, r := range rulesIn(g.IpPermissions) {
		if !openToWorld(r) {
			continue
		}
		bad = append(bad, exposes(r)...)
		ports := SayPorts(r.IpProtocol, r.FromPort, r.ToPort)
		if !isPorts(aws.ToString(r.IpProtocol)) {
			ports = strings.TrimSuffix(sayProtocol(aws.ToString(r.IpProtocol))+"/"+ports, "/")
		}
		open = append(open, ports)
	}
	switch {
	case slices.Contains(bad, "all ports"):
		return "! all ports", true
	case len(bad) > 0:
		return "! " + strings.Join(unique(bad), ", "), true
	case len(open) > 0:
		return "open " + strings.Join(unique(open), ", "), false
	}
	return "", false
}

// groupWords is the charset of names and descriptions.
func groupWords(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ._-:/()#,@[]+=&;{}!$*", r))
	}) < 0
}

const groupCharset = "1 to 255 of a-z, A-Z, 0-9, blank and ._-:/()#,@[]+=&;{}!$*"

// newGroupName is rule V-SGNAME.
func newGroupName() Rule {
	return Rule{Text: groupCharset + ", not sg-… nor default", Check: func(s string) (string, error) {
		switch {
		case s == "default":
			return "", errors.New("default is reserved: choose another name")
		case strings.HasPrefix(s, "sg-"):
			return "", errors.New("sg- begins the IDs of groups: choose another name")
		}
		return groupText(s)
	}}
}

func groupText(s string) (string, error) {
	if len(s) > 255 || !groupWords(s) {
		return "", errors.New("write " + groupCharset)
	}
	return s, nil
}

// groupDescription is rule V-SGDESC.
func groupDescription() Rule { return Rule{Text: groupCharset, Check: groupText} }

// ruleDescription is rule V-SGDESC for a rule, where it may be empty.
func ruleDescription() Rule {
	return Rule{Text: strings.Replace(groupCharset, "1 to", "at most", 1), Check: groupText}
}

// groupRef is a group by name or by ID.
func groupRef() Rule {
	id := ID("sg")
	return Rule{Text: "a name or sg- and 8 or 17 hex digits", Check: func(s string) (string, error) {
		if strings.HasPrefix(strings.ToLower(s), "sg-") {
			return id.Check(s)
		}
		return groupText(s)
	}}.picking("groups", "")
}
