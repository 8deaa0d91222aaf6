package ec2sim

import (
	"slices"
	"time"
)

func describeInstanceStatus(c *call) (act, *apiError) {
	all, err := c.form.flag("IncludeAllInstances")
	if err != nil {
		return nil, err
	}
	l := c.instanceListing()
	l.maxIDs, l.tags, l.bytes = 100, nil, 1100
	l.filters = statusFilters(c)
	if !all {
		l.keep = func(in *Instance) bool { return in.State == Running }
	}
	return describe(c, l, "instanceStatusSet", c.status)
}

// check gives the outcome of one of the status checks: system, instance or ebs.
func (in *Instance) check(which string, now time.Time, d Delays) string {
	switch {
	case in.State != Running || which == "ebs" && in.RootDeviceType != "ebs":
		return "not-applicable"
	case in.Impaired == which:
		return "impaired"
	case in.initializing(now, d):
		return "initializing"
	}
	return "ok"
}

// reachability is the detail behind the outcome of a check.
func reachability(outcome string) string {
	switch outcome {
	case "ok":
		return "passed"
	case "impaired":
		return "failed"
	case "initializing":
		return "initializing"
	}
	return ""
}

func (c *call) status(in *Instance) {
	d := &c.out
	d.text("instanceId", in.ID)
	d.text("availabilityZone", in.Zone)
	if z, ok := c.region.zone(in.Zone); ok {
		d.text("availabilityZoneId", z.ID)
	}
	if len(in.Events) > 0 {
		items(d, "eventsSet", in.Events, d.event)
	}
	c.state("instanceState", in.State)
	c.summary("systemStatus", in, "system")
	c.summary("instanceStatus", in, "instance")
	c.summary("attachedEbsStatus", in, "ebs")
	d.operator()
}

func (d *doc) event(e Event) {
	d.text("instanceEventId", e.ID)
	d.text("code", e.Code)
	d.text("description", e.Description)
	d.at("notBefore", e.NotBefore)
	d.at("notAfter", e.NotAfter)
	d.at("notBeforeDeadline", e.NotBeforeDeadline)
}

func (c *call) summary(name string, in *Instance, which string) {
	d, outcome := &c.out, in.check(which, c.now, c.sim.delays)
	d.start(name)
	d.text("status", outcome)
	if detail := reachability(outcome); detail != "" {
		d.start("details")
		d.start("item")
		d.text("name", "reachability")
		d.text("status", detail)
		if outcome == "impaired" {
			d.at("impairedSince", in.ImpairedSince)
		}
		d.end("item")
		d.end("details")
	}
	d.end(name)
}

func statusFilters(c *call) map[string]filterOf[*Instance] {
	all := map[string]filterOf[*Instance]{}
	members := instanceMembers(c.region)
	for _, name := range []string{"availability-zone", "availability-zone-id", "instance-state-code",
		"instance-state-name", "operator.managed"} {
		all[name] = is(members[name])
	}
	for name, which := range map[string]string{"system-status": "system", "instance-status": "instance", "attached-ebs-status": "ebs"} {
		outcome := func(in *Instance) string { return in.check(which, c.now, c.sim.delays) }
		all[name+".status"] = is(outcome)
		if which != "ebs" {
			all[name+".reachability"] = is(func(in *Instance) string { return reachability(outcome(in)) })
		}
	}
	event := func(get func(Event) string) filterOf[*Instance] {
		return func(in *Instance, pass test) bool {
			return slices.ContainsFunc(in.Events, func(e Event) bool {
				v := get(e)
				return v != "" && pass(v)
			})
		}
	}
	all["event.code"] = event(func(e Event) string { return e.Code })
	all["event.description"] = event(func(e Event) string { return e.Description })
	all["event.instance-event-id"] = event(func(e Event) string { return e.ID })
	all["event.not-before"] = event(func(e Event) string { return stamp(e.NotBefore) })
	all["event.not-after"] = event(func(e Event) string { return stamp(e.NotAfter) })
	all["event.not-before-deadline"] = event(func(e Event) string { return stamp(e.NotBeforeDeadline) })
	all["operator.principal"], all["application-status.status"] = never[*Instance], never[*Instance]
	return all
}
