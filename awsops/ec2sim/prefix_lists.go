package ec2sim

import "strings"

// prefixList is a managed prefix list: AWS's own, or one of the account.
type prefixList struct {
	id, name   string
	mine       bool
	maxEntries int
	entries    []prefixEntry
}

type prefixEntry struct{ cidr, description string }

func prefixListActions() []action {
	return []action{
		{name: "DescribeManagedPrefixLists", check: describePrefixLists},
		{name: "GetManagedPrefixListEntries", required: []string{"PrefixListId"}, check: prefixListEntries},
	}
}

// prefixLists are the same few in every region.
func (r *region) prefixLists() []*prefixList {
	return []*prefixList{
		{id: "pl-63a5400a", name: "com.amazonaws." + r.name + ".s3", maxEntries: 5, entries: []prefixEntry{{"198.18.64.0/20", ""}, {"198.18.80.0/22", ""}}},
		{id: "pl-02cd2c6b", name: "com.amazonaws." + r.name + ".dynamodb", maxEntries: 5, entries: []prefixEntry{{"198.18.96.0/22", ""}}},
		{id: "pl-0aa00000000000001", name: "offices", mine: true, maxEntries: 10, entries: []prefixEntry{{"198.51.100.0/24", "Sydney"}, {"203.0.113.0/24", "Berlin"}}},
	}
}

func (r *region) prefixList(id string) *prefixList {
	for _, p := range r.prefixLists() {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (c *call) lookupPrefixLists(ids []string) *apiError {
	t := tableOf(c.region.prefixLists(), func(p *prefixList) string { return p.id })
	return lookupOne(t, ids, "pl", "InvalidPrefixListId.Malformed", func(id string) *apiError {
		return bad("InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", id)
	})
}

func (p *prefixList) owner(c *call) string {
	if p.mine {
		return c.account.ID
	}
	return "AWS"
}

func describePrefixLists(c *call) (act, *apiError) {
	d := &c.out
	return describe(c, listing[*prefixList]{
		table:   tableOf(c.region.prefixLists(), func(p *prefixList) string { return p.id }),
		idParam: "PrefixListId", idSet: "prefixListIds", min: 1, max: 100,
		lookup: c.lookupPrefixLists,
		filters: map[string]filterOf[*prefixList]{
			"owner-id":         is(func(p *prefixList) string { return p.owner(c) }),
			"prefix-list-id":   is(func(p *prefixList) string { return p.id }),
			"prefix-list-name": is(func(p *prefixList) string { return p.name }),
		},
		tags: func(*prefixList) []Tag { return nil },
	}, "prefixListSet", func(p *prefixList) {
		d.text("prefixListId", p.id)
		d.text("addressFamily", "IPv4")
		d.text("state", "create-complete")
		d.text("prefixListArn", strings.Replace(c.arn("prefix-list", p.id), c.account.ID, strings.ToLower(p.owner(c)), 1))
		d.text("prefixListName", p.name)
		d.num("maxEntries", p.maxEntries)
		d.num("version", 1)
		d.text("ownerId", p.owner(c))
	})
}

func prefixListEntries(c *call) (act, *apiError) {
	id := c.form.get("PrefixListId")
	if err := c.lookupPrefixLists([]string{id}); err != nil {
		return nil, err
	}
	return func() *apiError {
		items(&c.out, "entrySet", c.region.prefixList(id).entries, func(e prefixEntry) {
			c.out.text("cidr", e.cidr)
			c.out.some("description", e.description)
		})
		return nil
	}, nil
}
