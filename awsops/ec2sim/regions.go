package ec2sim

import "slices"

func regionActions() []action {
	return []action{
		{name: "DescribeRegions", check: describeRegions},
		{name: "DescribeAvailabilityZones", check: describeZones},
	}
}

// choose applies names and filters to a list that is never paged.
func choose[T any](c *call, rows []T, filters map[string]filterOf[T]) ([]T, *apiError) {
	asked, err := c.form.filters()
	if err != nil {
		return nil, err
	}
	for _, f := range asked {
		get, ok := filters[f.name]
		if !ok {
			return nil, bad("InvalidParameterValue", "The filter '%s' is invalid", f.name)
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !get(row, f.pass) })
	}
	return rows, nil
}

// named keeps the rows that are asked for by name, and complains about names
// that belong to none.
func named[T any](rows []T, names []string, name func(T) string, unknown string) ([]T, *apiError) {
	if len(names) == 0 {
		return rows, nil
	}
	for _, want := range names {
		if !slices.ContainsFunc(rows, func(row T) bool { return name(row) == want }) {
			return nil, bad("InvalidParameterValue", unknown, want)
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !slices.Contains(names, name(row)) }), nil
}

func (r *region) endpoint() string { return "ec2." + r.name + ".amazonaws.com" }

// describeRegions lists the enabled regions, or all with AllRegions. A region
// asked for by name is listed in any case.
func describeRegions(c *call) (act, *apiError) {
	all, err := c.form.flag("AllRegions")
	if err != nil {
		return nil, err
	}
	names := c.form.list("RegionName")
	rows, err := named(c.account.regions, names, func(r *region) string { return r.name }, "Invalid region: [%s]")
	if err != nil {
		return nil, err
	}
	rows, err = choose(c, rows, map[string]filterOf[*region]{
		"region-name":   is(func(r *region) string { return r.name }),
		"opt-in-status": is(func(r *region) string { return r.optInStatus }),
		"endpoint":      is((*region).endpoint),
	})
	if err != nil {
		return nil, err
	}
	if !all && len(names) == 0 {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r *region) bool { return !r.enabled() })
	}
	return func() *apiError {
		d := &c.out
		items(d, "regionInfo", rows, func(r *region) {
			d.text("regionName", r.name)
			d.text("regionEndpoint", r.endpoint())
			d.text("optInStatus", r.optInStatus)
			if r.geography != "" {
				items(d, "geographySet", []string{r.geography}, func(name string) { d.text("name", name) })
			}
		})
		return nil
	}, nil
}

func (z ZoneSeed) withDefaults() ZoneSeed {
	if z.State == "" {
		z.State = "available"
	}
	if z.Type == "" {
		z.Type = "availability-zone"
	}
	if z.OptInStatus == "" {
		z.OptInStatus = "opt-in-not-required"
	}
	return z
}

// group is the name under which a zone is opted in: for a local zone its own
// without the last letter, otherwise that of the region's zone group.
func (z zone) group() string {
	if z.Type == "availability-zone" {
		return z.region + "-zg-1"
	}
	return z.Name[:len(z.Name)-1]
}

func (z zone) borderGroup() string {
	if z.Type == "availability-zone" {
		return z.region
	}
	return z.group()
}

func describeZones(c *call) (act, *apiError) {
	all, err := c.form.flag("AllAvailabilityZones")
	if err != nil {
		return nil, err
	}
	names, ids := c.form.list("ZoneName"), c.form.list("ZoneId")
	rows := c.region.zones
	if rows, err = named(rows, names, func(z zone) string { return z.Name }, "Invalid availability zone: [%s]"); err != nil {
		return nil, err
	}
	if rows, err = named(rows, ids, func(z zone) string { return z.ID }, "Invalid availability zone-id: [%s]"); err != nil {
		return nil, err
	}
	rows, err = choose(c, rows, map[string]filterOf[zone]{
		"zone-name":        is(func(z zone) string { return z.Name }),
		"zone-id":          is(func(z zone) string { return z.ID }),
		"zone-type":        is(func(z zone) string { return z.Type }),
		"state":            is(func(z zone) string { return z.State }),
		"opt-in-status":    is(func(z zone) string { return z.OptInStatus }),
		"region-name":      is(func(z zone) string { return z.region }),
		"group-name":       is(zone.group),
		"group-long-name":  never[zone],
		"message":          is(func(z zone) string { return z.Message }),
		"parent-zone-id":   never[zone],
		"parent-zone-name": never[zone],
	})
	if err != nil {
		return nil, err
	}
	if !all {
		rows = slices.DeleteFunc(slices.Clone(rows), func(z zone) bool { return !z.open() })
	}
	return func() *apiError {
		items(&c.out, "availabilityZoneInfo", rows, c.out.zone)
		return nil
	}, nil
}

func (d *doc) zone(z zone) {
	d.text("optInStatus", z.OptInStatus)
	d.start("messageSet")
	if z.Message != "" {
		d.start("item")
		d.text("message", z.Message)
		d.end("item")
	}
	d.end("messageSet")
	d.text("regionName", z.region)
	d.text("zoneName", z.Name)
	d.text("zoneId", z.ID)
	d.text("groupName", z.group())
	d.text("networkBorderGroup", z.borderGroup())
	d.text("zoneState", z.State) // not "state", which is the SDK's name for it
	d.text("zoneType", z.Type)
}
