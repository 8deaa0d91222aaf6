package awsops

import (
	"fmt"
	"slices"
	"strings"
)

// Naming is a format for the names of instances: text with tokens in braces.
type Naming struct{ parts []piece }

// piece is a part of a format: a token, or text as it is.
type piece struct{ text, token string }

// NamingTokens lists what may stand in braces; Tag:KEY is a tag's value.
func NamingTokens() []string {
	return []string{
		"InstanceId", "Name", "Tag:KEY", "InstanceType", "ImageId", "State", "AvailabilityZone", "PrivateIp", "PublicIp", "PrivateDns", "PublicDns",
		"KeyName", "VpcId", "SubnetId", "Platform", "Region", "AccountId", "LaunchTime",
	}
}

// ParseNaming reads a format; {{ and }} stand for the braces themselves.
func ParseNaming(format string) (*Naming, error) {
	n := &Naming{}
	var text strings.Builder
	for rest := format; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			text.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '{':
			token, after, closed := strings.Cut(rest[1:], "}")
			if !closed || !isToken(token) {
				return nil, fmt.Errorf("%q is no token; there are {%s}", token, strings.Join(NamingTokens(), "} {"))
			}
			n.parts = append(n.parts, piece{text: text.String()}, piece{token: token})
			text.Reset()
			rest = after
		case rest[0] == '}':
			return nil, fmt.Errorf("a } closes nothing; write }} for the brace itself")
		default:
			text.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	n.parts = append(n.parts, piece{text: text.String()})
	return n, nil
}

func isToken(s string) bool {
	key, tag := strings.CutPrefix(s, "Tag:")
	return tag && key != "" || slices.Contains(NamingTokens(), s) && !tag
}

// Of is the name of an instance, which lies where at and account say. One that
// would be empty is the ID.
func (n *Naming) Of(i Instance, at Scope, account string) string {
	var b strings.Builder
	for _, p := range n.parts {
		b.WriteString(p.text)
		if p.token != "" {
			b.WriteString(tokenOf(p.token, i, at, account))
		}
	}
	if name := strings.TrimSpace(b.String()); name != "" {
		return name
	}
	return i.ID
}

func tokenOf(token string, i Instance, at Scope, account string) string {
	if key, tag := strings.CutPrefix(token, "Tag:"); tag {
		return TagValue(i.Tags(), key)
	}
	launched := ""
	if !i.Launched.IsZero() {
		launched = i.Launched.UTC().Format(TimeFormat)
	}
	values := []string{
		i.ID, i.Name, "", i.Type, i.Image, i.State, i.Zone, i.PrivateIP, i.PublicIP, i.PrivateDNS, i.PublicDNS,
		i.Key, i.VPC, i.Subnet, i.Platform, at.Region, account, launched,
	}
	return values[slices.Index(NamingTokens(), token)]
}
