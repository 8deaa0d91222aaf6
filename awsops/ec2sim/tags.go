package ec2sim

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Limits of tags. Tags of AWS itself do not count.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// tagsOf makes the tags of a seed, in the order of their keys.
func tagsOf(name string, tags map[string]string) []Tag {
	var out []Tag
	if name != "" {
		out = append(out, Tag{"Name", name})
	}
	for k, v := range tags {
		out = append(out, Tag{k, v})
	}
	sort.SliceStable(out, func(a, b int) bool { return out[a].Key < out[b].Key })
	return out
}

func reserved(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

func checkTag(t Tag) *apiError {
	switch {
	case t.Key == "":
		return bad("InvalidTagKey.Malformed", "Tag keys cannot be empty or null.")
	case reserved(t.Key):
		return bad("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
	case utf8.RuneCountInString(t.Key) > maxTagKey:
		return bad("InvalidParameterValue", "Tag key exceeds the maximum length of %d characters", maxTagKey)
	case utf8.RuneCountInString(t.Value) > maxTagValue:
		return bad("InvalidParameterValue", "Tag value exceeds the maximum length of %d characters", maxTagValue)
	}
	return nil
}

// newTags reads the tags that a new resource of a kind gets.
func (c *call) newTags(kind string) ([]Tag, *apiError) {
	tags := c.form.tagsFor(kind)
	for i, t := range tags {
		if err := checkTag(t); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(tags[:i], func(o Tag) bool { return o.Key == t.Key }) {
			return nil, bad("InvalidParameterValue", "Duplicate tag key '%s' specified.", t.Key)
		}
	}
	if len(tags) > maxTags {
		return nil, errTooManyTags()
	}
	return tags, nil
}

func errTooManyTags() *apiError {
	return bad("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
}

func tagActions() []action {
	return []action{
		{name: "DescribeTags", check: describeTags},
		{name: "CreateTags", mutating: true, required: []string{"ResourceId", "Tag"}, check: createTags},
		{name: "DeleteTags", mutating: true, required: []string{"ResourceId"}, check: deleteTags},
	}
}

// taggable is a kind of resource that takes tags.
type taggable struct {
	prefix, kind string
	// find gives the tags of a resource, or nil if there is no such thing.
	find func(*region, string) *[]Tag
	// each walks all resources with a number that they keep.
	each    func(r *region, yield func(n uint64, id string, tags []Tag))
	unknown func(id string) *apiError
}

// taggables lists the kinds in the order in which tags are described.
func taggables() []taggable {
	return []taggable{
		tagged("i", "instance", func(r *region) *table[*Instance] { return r.instances }, func(in *Instance) *[]Tag { return &in.Tags },
			func(id string) *apiError { return errNoInstances([]string{id}) }),
		tagged("vol", "volume", func(r *region) *table[*volume] { return r.volumes }, func(v *volume) *[]Tag { return &v.tags },
			func(id string) *apiError { return errNoVolumes([]string{id}) }),
		tagged("snap", "snapshot", func(r *region) *table[*snapshot] { return r.snapshots }, func(s *snapshot) *[]Tag { return &s.tags }, errNoSnapshot),
		tagged("sg", "security-group", func(r *region) *table[*securityGroup] { return r.groups }, func(g *securityGroup) *[]Tag { return &g.tags }, errNoGroup),
		tagged("sgr", "security-group-rule", func(r *region) *table[*rule] { return r.rules }, func(one *rule) *[]Tag { return &one.tags }, errNoRule),
		tagged("eipalloc", "elastic-ip", func(r *region) *table[*address] { return r.addresses }, func(a *address) *[]Tag { return &a.tags }, errNoAllocation),
		tagged("lt", "launch-template", func(r *region) *table[*launchTemplate] { return r.templates }, func(t *launchTemplate) *[]Tag { return &t.tags }, errNoTemplateID),
		tagged("key", "key-pair", func(r *region) *table[*keyPair] { return r.keyPairs }, func(k *keyPair) *[]Tag { return &k.tags }, errNoKeyPair),
		beside("ami", "image", (*region).imageIDs, func(id string) *apiError { return errNoImage(id) }),
		beside("eni", "network-interface", (*region).interfaceIDs, errNoInterface),
		beside("subnet", "subnet", (*region).subnetIDs, errNoSubnet),
		beside("vpc", "vpc", (*region).vpcIDs, errNoVPC),
	}
}

// tagged is a kind whose rows hold their tags.
func tagged[T any](prefix, kind string, in func(*region) *table[T], tags func(T) *[]Tag, unknown func(string) *apiError) taggable {
	return taggable{
		prefix: prefix, kind: kind, unknown: unknown,
		find: func(r *region, id string) *[]Tag {
			if row, ok := in(r).byID[id]; ok {
				return tags(row)
			}
			return nil
		},
		each: func(r *region, yield func(uint64, string, []Tag)) {
			for _, row := range in(r).rows {
				yield(row.n, row.id, *tags(row.row))
			}
		},
	}
}

// beside is a kind whose tags the region keeps beside the resources.
func beside(prefix, kind string, ids func(*region) []string, unknown func(string) *apiError) taggable {
	return taggable{
		prefix: prefix, kind: kind, unknown: unknown,
		find: func(r *region, id string) *[]Tag {
			if !slices.Contains(ids(r), id) {
				return nil
			}
			if r.tags[id] == nil {
				r.tags[id] = &[]Tag{}
			}
			return r.tags[id]
		},
		each: func(r *region, yield func(uint64, string, []Tag)) {
			if len(r.tags) == 0 {
				return
			}
			for n, id := range ids(r) {
				if tags := r.tags[id]; tags != nil {
					yield(uint64(n), id, *tags)
				}
			}
		},
	}
}

func (r *region) imageIDs() (ids []string) {
	for img := range r.images.all {
		ids = append(ids, img.ID)
	}
	return ids
}

func (r *region) vpcIDs() (ids []string) {
	for _, v := range r.vpcs {
		ids = append(ids, v.id)
	}
	return ids
}

func (r *region) subnetIDs() (ids []string) {
	for _, v := range r.vpcs {
		for _, n := range v.subnets {
			ids = append(ids, n.id)
		}
	}
	return ids
}

func (r *region) interfaceIDs() (ids []string) {
	for in := range r.instances.all {
		for i := range in.Interfaces {
			ids = append(ids, in.Interfaces[i].ID)
		}
	}
	return ids
}

// tagRow is one tag as DescribeTags lists it.
type tagRow struct {
	id, kind string
	tag      Tag
}

// tagRows makes a table of all tags. A tag is numbered by its kind, the number
// of its resource and its place there, so that pages keep their places while
// resources come and go.
func (r *region) tagRows() *table[*tagRow] {
	t := newTable[*tagRow](0)
	for k, kind := range taggables() {
		kind.each(r, func(n uint64, id string, tags []Tag) {
			for i, tag := range tags {
				t.rows = append(t.rows, numbered[*tagRow]{uint64(k)<<56 | (n+1)<<8 | uint64(i), id, &tagRow{id, kind.kind, tag}})
			}
		})
	}
	return t
}

func describeTags(c *call) (act, *apiError) {
	return describe(c, listing[*tagRow]{
		table: c.region.tagRows(), idSet: "resourceSet", min: 5, max: 1000,
		filters: map[string]filterOf[*tagRow]{
			"key":           is(func(t *tagRow) string { return t.tag.Key }),
			"resource-id":   is(func(t *tagRow) string { return t.id }),
			"resource-type": is(func(t *tagRow) string { return t.kind }),
			"value":         func(t *tagRow, pass test) bool { return pass(t.tag.Value) }, // an empty one is a value too
		},
		tags: func(t *tagRow) []Tag { return []Tag{t.tag} },
	}, "tagSet", func(t *tagRow) {
		c.out.text("resourceId", t.id)
		c.out.text("resourceType", t.kind)
		c.out.text("key", t.tag.Key)
		c.out.text("value", t.tag.Value)
	})
}

// tagTargets finds the tags of every resource of ResourceId.n.
func (c *call) tagTargets() ([]*[]Tag, *apiError) {
	ids := c.form.list("ResourceId")
	if len(ids) > 1000 {
		return nil, bad("InvalidParameterValue", "The number of resources must not be greater than 1000.")
	}
	var out []*[]Tag
	var missing *apiError
	for _, id := range ids {
		i := slices.IndexFunc(taggables(), func(t taggable) bool { return isID(id, t.prefix) })
		if i < 0 {
			return nil, bad("InvalidID", "The ID '%s' is not valid", id)
		}
		kind := taggables()[i]
		tags := kind.find(c.region, id)
		if tags == nil && missing == nil {
			missing = kind.unknown(id)
		}
		if !slices.Contains(out, tags) {
			out = append(out, tags)
		}
	}
	return out, missing
}

func createTags(c *call) (act, *apiError) {
	var tags []Tag
	for i := 1; c.form.hasPrefix("Tag." + itoa(i) + "."); i++ {
		t := Tag{c.form.get("Tag." + itoa(i) + ".Key"), c.form.get("Tag." + itoa(i) + ".Value")}
		if err := checkTag(t); err != nil {
			return nil, err
		}
		tags = append(tags, t)
	}
	targets, err := c.tagTargets()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		changed := make([][]Tag, len(targets))
		for i, target := range targets {
			changed[i] = withTags(*target, tags)
			if userTags(changed[i]) > maxTags {
				return errTooManyTags()
			}
		}
		for i, target := range targets {
			*target = changed[i]
		}
		c.out.flag("return", true)
		return nil
	}, nil
}

// withTags adds tags to a copy; a key that is there gets the new value.
func withTags(old, add []Tag) []Tag {
	out := slices.Clone(old)
	for _, t := range add {
		if i := slices.IndexFunc(out, func(o Tag) bool { return o.Key == t.Key }); i >= 0 {
			out[i].Value = t.Value
			continue
		}
		out = append(out, t)
	}
	return out
}

func userTags(tags []Tag) int {
	n := 0
	for _, t := range tags {
		if !reserved(t.Key) {
			n++
		}
	}
	return n
}

// deleteTags takes tags away: without any Tag all that are not AWS's own, with
// a key alone that key whatever its value, with a value, empty ones included,
// the key only if it has that value.
func deleteTags(c *call) (act, *apiError) {
	type wanted struct {
		key, value string
		valued     bool
	}
	var gone []wanted
	for i := 1; c.form.hasPrefix("Tag." + itoa(i) + "."); i++ {
		at := "Tag." + itoa(i)
		_, valued := c.form[at+".Value"]
		w := wanted{c.form.get(at + ".Key"), c.form.get(at + ".Value"), valued}
		if err := checkTag(Tag{w.key, w.value}); err != nil {
			return nil, err
		}
		gone = append(gone, w)
	}
	targets, err := c.tagTargets()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		for _, target := range targets {
			*target = slices.DeleteFunc(slices.Clone(*target), func(t Tag) bool {
				if len(gone) == 0 {
					return !reserved(t.Key)
				}
				return slices.ContainsFunc(gone, func(w wanted) bool { return w.key == t.Key && (!w.valued || w.value == t.Value) })
			})
		}
		c.out.flag("return", true)
		return nil
	}, nil
}
