package awsops

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// TagLimit narrows a role to what carries tags: of every key one of its
// values. Empty is no limit.
//
// It is kept next to the wire, in the requests themselves, so that nothing that
// asks EC2 can pass it by: a listing asks for tagged rows only, what is made
// is tagged, and every ID that any other request names is looked up first.
type TagLimit []TagRule

// TagRule is one key of a limit. What is created gets the first of the values.
type TagRule struct {
	Key    string
	Values []string
}

// String writes the limit as a role does: "Env=dev, Team=a|b".
func (l TagLimit) String() string {
	parts := make([]string, len(l))
	for i, r := range l {
		parts[i] = r.Key + "=" + strings.Join(r.Values, "|")
	}
	return strings.Join(parts, ", ")
}

// covers says whether a thing with these tags is within the limit.
func (l TagLimit) covers(tags []Tag) bool {
	for _, r := range l {
		if !slices.ContainsFunc(tags, func(t Tag) bool { return t.Key == r.Key && slices.Contains(r.Values, t.Value) }) {
			return false
		}
	}
	return true
}

func (l TagLimit) rule(key string) (TagRule, bool) {
	k := slices.IndexFunc(l, func(r TagRule) bool { return r.Key == key })
	if k < 0 {
		return TagRule{}, false
	}
	return l[k], true
}

// limited is how an action is kept within a tag limit. An action that is not
// named here has to name things, and all of them have to carry the tags.
type limited struct {
	free   bool     // tells or needs nothing of what the account has
	narrow bool     // a listing that EC2 narrows by tags
	sift   siftFunc // a listing that EC2 does not narrow: rows are taken out
	makes  []string // what is created, by the resource type of its tags
}

// limitedActions are the actions that need no lookup of every ID.
func limitedActions() map[string]limited {
	free, narrow := limited{free: true}, limited{narrow: true}
	image := []string{"image", "snapshot"}
	return map[string]limited{
		"DescribeAccountAttributes": free, "DescribeAvailabilityZones": free, "DescribeRegions": free,
		"DescribeInstanceTypes": free, "DescribeInstanceTypeOfferings": free,
		"DescribeSubnets": free, "DescribeVpcs": free, "DescribeManagedPrefixLists": free,
		"GetEbsDefaultKmsKeyId": free, "GetEbsEncryptionByDefault": free, "GetInstanceMetadataDefaults": free,
		"GetImageBlockPublicAccessState": free, "GetSnapshotBlockPublicAccessState": free,

		"DescribeAddresses": narrow, "DescribeInstances": narrow, "DescribeKeyPairs": narrow,
		"DescribeLaunchTemplates": narrow, "DescribeNetworkInterfaces": narrow, "DescribeSecurityGroupRules": narrow,
		"DescribeSecurityGroups": narrow, "DescribeSnapshots": narrow, "DescribeVolumes": narrow,

		"DescribeBundleTasks": {sift: siftBundleTasks}, "DescribeImages": {sift: siftImages}, "DescribeInstanceStatus": {sift: siftInstanceStatus},
		"DescribeTags": {sift: siftTags}, "DescribeVolumeStatus": {sift: siftVolumeStatus},
		"DescribeVolumesModifications": {sift: siftModifications},

		"AllocateAddress":              {makes: []string{"elastic-ip"}},
		"AuthorizeSecurityGroupEgress": {makes: []string{"security-group-rule"}}, "AuthorizeSecurityGroupIngress": {makes: []string{"security-group-rule"}},
		"CopyImage": {makes: image}, "CreateImage": {makes: image}, "RegisterImage": {makes: image},
		"CopySnapshot": {makes: []string{"snapshot"}}, "CreateSnapshot": {makes: []string{"snapshot"}}, "CreateSnapshots": {makes: []string{"snapshot"}},
		"CreateKeyPair": {makes: []string{"key-pair"}}, "ImportKeyPair": {makes: []string{"key-pair"}},
		"CreateLaunchTemplate": {makes: []string{"launch-template"}},
		"CreateSecurityGroup":  {makes: []string{"security-group"}},
		"CreateVolume":         {makes: []string{"volume"}},
		"RunInstances":         {makes: []string{"instance", "volume", "network-interface"}},
	}
}

// Adds says which tags the policy puts on what an operation creates; "" is none.
func (p Policy) Adds(info Info) string {
	if len(p.Tags) == 0 || len(limitedActions()[info.Action()].makes) == 0 {
		return ""
	}
	parts := make([]string, len(p.Tags))
	for i, r := range p.Tags {
		parts[i] = r.Key + "=" + r.Values[0]
	}
	return "The role " + p.Role + " adds " + strings.Join(parts, ", ") + " to what is created, where no value of it is given."
}

// narrowed adds the limit to the filters of a listing.
func (l TagLimit) narrowed(form url.Values) error {
	for _, r := range l {
		n := 1
		for ; form.Has(fmt.Sprintf("Filter.%d.Name", n)); n++ {
			if form.Get(fmt.Sprintf("Filter.%d.Name", n)) == "tag:"+r.Key {
				if values := valuesBelow(form, fmt.Sprintf("Filter.%d.Value.", n)); !subset(values, r.Values) {
					return outside(fmt.Sprintf("%s=%s is beyond that", r.Key, strings.Join(values, "|")))
				}
				break
			}
		}
		form.Set(fmt.Sprintf("Filter.%d.Name", n), "tag:"+r.Key)
		if !form.Has(fmt.Sprintf("Filter.%d.Value.1", n)) {
			for i, v := range r.Values {
				form.Set(fmt.Sprintf("Filter.%d.Value.%d", n, i+1), exactly(v))
			}
		}
	}
	return nil
}

// tagged puts the tags of the limit on everything that a request creates.
func (l TagLimit) tagged(makes []string, form url.Values) {
	if form.Has("NetworkInterface.1.NetworkInterfaceId") { // EC2 tags none that exists
		makes = slices.DeleteFunc(slices.Clone(makes), func(kind string) bool { return kind == "network-interface" })
	}
	for _, kind := range makes {
		n := 1
		for ; form.Has(fmt.Sprintf("TagSpecification.%d.ResourceType", n)); n++ {
			if form.Get(fmt.Sprintf("TagSpecification.%d.ResourceType", n)) == kind {
				break
			}
		}
		spec := fmt.Sprintf("TagSpecification.%d.", n)
		form.Set(spec+"ResourceType", kind)
		m := 1
		for ; form.Has(fmt.Sprintf("%sTag.%d.Key", spec, m)); m++ {
		}
		for _, r := range l {
			if !hasKey(form, spec, r.Key) {
				form.Set(fmt.Sprintf("%sTag.%d.Key", spec, m), r.Key)
				form.Set(fmt.Sprintf("%sTag.%d.Value", spec, m), r.Values[0])
				m++
			}
		}
	}
}

func hasKey(form url.Values, spec, key string) bool {
	for name := range form {
		if strings.HasPrefix(name, spec+"Tag.") && strings.HasSuffix(name, ".Key") && form.Get(name) == key {
			return true
		}
	}
	return false
}

// keeps refuses a request that would change the tags that the limit is made of.
func (l TagLimit) keeps(action string, form url.Values) error {
	if action == "DeleteTags" && !form.Has("Tag.1.Key") {
		return outside("it would delete every tag; name those to delete")
	}
	for name := range form {
		stem, ok := strings.CutSuffix(name, ".Key")
		if !ok {
			continue
		}
		r, limits := l.rule(form.Get(name))
		switch {
		case !limits:
		case action == "CreateTags" || action == "DeleteTags":
			return outside("the tag " + r.Key + " may not be changed")
		case !slices.Contains(r.Values, form.Get(stem+".Value")):
			return outside(fmt.Sprintf("%s=%s is beyond that", r.Key, form.Get(stem+".Value")))
		}
	}
	return nil
}

var idShape = regexp.MustCompile(`^[a-z]+(-[a-z]+)?-[0-9a-f]{8}([0-9a-f]{9})?$`)

// idsIn are the IDs that a request names, wherever it names them; texts that
// people write are left out.
func idsIn(form url.Values) []string {
	var ids []string
	for name, values := range form {
		last := name[strings.LastIndexByte(name, '.')+1:]
		if strings.Contains("."+name, ".Tag.") || slices.Contains([]string{"Name", "Description", "Comment", "ClientToken", "NextToken", "UserData"}, last) {
			continue
		}
		for _, v := range values {
			if idShape.MatchString(v) && !slices.Contains(ids, v) {
				ids = append(ids, v)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// valuesBelow are the members of a list, in order.
func valuesBelow(form url.Values, prefix string) []string {
	var out []string
	for i := 1; form.Has(prefix + strconv.Itoa(i)); i++ {
		out = append(out, form.Get(prefix+strconv.Itoa(i)))
	}
	return out
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
