package ec2sim

import "time"

// modification is a change of a volume's size, type or performance.
type modification struct {
	state      string // modifying, optimizing, completed
	old, new   volume
	start, end time.Time
	optimizes  time.Time // since when
	volume     string
}

// mostModifications is how many changes of a volume EC2 takes in a day.
const mostModifications = 4

func modifyVolume(c *call) (act, *apiError) {
	v, err := c.volumeOfRequest()
	if err != nil {
		return nil, err
	}
	next := *v
	next.iops, next.throughput = 0, 0
	kind := c.form.get("VolumeType")
	if kind == "" || kind == v.kind { // another type starts with its own defaults
		next.iops, next.throughput = v.iops, v.throughput
	}
	if err := c.sizes(&next); err != nil {
		return nil, err
	}
	switch {
	case next.size == v.size && next.kind == v.kind && next.iops == v.iops && next.throughput == v.throughput && next.multiAttach == v.multiAttach:
		return nil, bad("InvalidParameterValue", "The volume '%s' has these properties already: nothing would change.", v.id)
	case next.size < v.size:
		return nil, bad("InvalidParameterValue", "New size cannot be smaller than existing size")
	}
	if err := next.check(); err != nil {
		return nil, err
	}
	return func() *apiError {
		if err := v.canModify(c.now); err != nil {
			return err
		}
		m := &modification{state: "modifying", volume: v.id, old: *v, new: next, start: c.now.Truncate(time.Millisecond)}
		v.change, v.changed = m, append(v.changed, c.now)
		c.sim.agenda.add(c.now.Add(c.sim.delays.Modify), func(at time.Time) {
			v.size, v.kind, v.iops, v.throughput, v.multiAttach = next.size, next.kind, next.iops, next.throughput, next.multiAttach
			m.state, m.optimizes = "optimizing", at
			c.sim.agenda.add(at.Add(c.sim.delays.Optimize), func(at time.Time) { m.state, m.end = "completed", at })
		})
		c.out.start("volumeModification")
		c.volumeModification(m)
		c.out.end("volumeModification")
		return nil
	}, nil
}

func (v *volume) canModify(now time.Time) *apiError {
	if v.status != "available" && v.status != "in-use" {
		return bad("IncorrectState", "The volume '%s' is in the '%s' state.", v.id, v.status)
	}
	if v.change != nil && v.change.state != "completed" {
		return bad("IncorrectModificationState", "The volume '%s' cannot be modified in the modification state '%s'.", v.id, v.change.state)
	}
	recent := 0
	for _, at := range v.changed {
		if now.Sub(at) < 24*time.Hour {
			recent++
		}
	}
	if recent >= mostModifications {
		return bad("VolumeModificationRateExceeded", "You've reached the maximum modification rate per volume limit. Wait at least 24 hours between the first and the fifth modification of an EBS volume.")
	}
	return nil
}

func (c *call) volumeModification(m *modification) {
	d := &c.out
	d.text("volumeId", m.volume)
	d.text("modificationState", m.state)
	for _, side := range []struct {
		name string
		v    *volume
	}{{"original", &m.old}, {"target", &m.new}} {
		d.num(side.name+"Size", side.v.size)
		d.text(side.name+"VolumeType", side.v.kind)
		iops, throughput := side.v.performance()
		if iops > 0 {
			d.num(side.name+"Iops", iops)
		}
		if throughput > 0 {
			d.num(side.name+"Throughput", throughput)
		}
		d.flag(side.name+"MultiAttachEnabled", side.v.multiAttach)
	}
	d.num("progress", m.progress(c))
	d.at("startTime", m.start)
	d.at("endTime", m.end)
}

func (m *modification) progress(c *call) int {
	switch m.state {
	case "optimizing":
		return share(c.now.Sub(m.optimizes), c.sim.delays.Optimize)
	case "completed":
		return 100
	}
	return 0
}

// share is how much of something is over, in percent; 100 is for its end only.
func share(done, all time.Duration) int {
	if all <= 0 {
		return 99
	}
	return max(0, min(99, int(100*done/all)))
}

func describeModifications(c *call) (act, *apiError) {
	ids := c.form.list("VolumeId")
	changed := newTable[*volume](0)
	for _, row := range c.region.volumes.rows {
		if row.row.change != nil {
			changed.rows = append(changed.rows, row)
			changed.byID[row.id] = row.row
		}
	}
	do, err := describe(c, listing[*volume]{
		table: changed, idParam: "VolumeId", idSet: "volumeModificationSet", min: 5, max: 500,
		lookup: func(ids []string) *apiError { return c.region.lookupVolumes(ids, "volumes") },
		filters: map[string]filterOf[*volume]{
			"modification-state":   is(func(v *volume) string { return v.change.state }),
			"original-size":        is(func(v *volume) string { return itoa(v.change.old.size) }),
			"original-volume-type": is(func(v *volume) string { return v.change.old.kind }),
			"start-time":           is(func(v *volume) string { return stamp(v.change.start) }),
			"target-size":          is(func(v *volume) string { return itoa(v.change.new.size) }),
			"target-volume-type":   is(func(v *volume) string { return v.change.new.kind }),
			"volume-id":            is(func(v *volume) string { return v.id }),
		},
	}, "volumeModificationSet", func(v *volume) { c.volumeModification(v.change) })
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if changed.byID[id] == nil {
			return nil, bad("InvalidVolumeModification.NotFound", "Modification for volume '%s' does not exist.", id)
		}
	}
	return do, nil
}
