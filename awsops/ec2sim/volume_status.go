package ec2sim

import "time"

// state is a volume's status as DescribeVolumeStatus sums it up.
func (v *volume) state() string {
	switch {
	case v.stopped:
		return "impaired"
	case v.health != "":
		return v.health
	}
	return "ok"
}

// eventType is why EBS stopped a volume.
const eventType = "potential-data-inconsistency"

// event is the id of what stopped a volume.
func (v *volume) event() string { return "evol-" + v.id[len("vol-"):] }

func describeVolumeStatus(c *call) (act, *apiError) {
	stopped := func(get func(*volume) string) filterOf[*volume] {
		return func(v *volume, pass test) bool { return v.stopped && pass(get(v)) }
	}
	return describe(c, listing[*volume]{
		table: c.region.volumes, idParam: "VolumeId", idSet: "volumeIdsSet", min: 5, max: 1000,
		lookup: func(ids []string) *apiError { return c.region.lookupVolumes(ids, "volumes") },
		filters: map[string]filterOf[*volume]{
			"action.code":     stopped(func(*volume) string { return "enable-volume-io" }),
			"action.event-id": stopped((*volume).event), "event.event-id": stopped((*volume).event),
			"event.event-type":             stopped(func(*volume) string { return eventType }),
			"availability-zone":            is(func(v *volume) string { return v.zone }),
			"volume-status.details-name":   is(func(*volume) string { return "io-enabled" }),
			"volume-status.details-status": is(func(v *volume) string { return v.ioEnabled() }),
			"volume-status.status":         is(func(v *volume) string { return v.state() }),
		},
	}, "volumeStatusSet", c.volumeStatus)
}

func (v *volume) ioEnabled() string {
	if v.stopped {
		return "failed"
	}
	return "passed"
}

func (v *volume) ioPerformance() string {
	switch {
	case v.kind != "io1" && v.kind != "io2":
		return "not-applicable"
	case v.health == "warning":
		return "degraded"
	}
	return "normal"
}

func (c *call) volumeStatus(v *volume) {
	d := &c.out
	d.text("volumeId", v.id)
	d.text("availabilityZone", v.zone)
	d.start("volumeStatus")
	d.text("status", v.state())
	d.start("details")
	for _, detail := range [][2]string{{"io-enabled", v.ioEnabled()}, {"io-performance", v.ioPerformance()}} {
		d.start("item")
		d.text("name", detail[0])
		d.text("status", detail[1])
		d.end("item")
	}
	d.end("details")
	d.end("volumeStatus")
	d.start("eventsSet")
	if v.stopped {
		d.start("item")
		d.text("eventId", v.event())
		d.text("eventType", eventType)
		d.text("description", "EBS has stopped reads and writes: the data may be inconsistent")
		d.at("notBefore", c.now.Add(-time.Hour).Truncate(time.Hour))
		d.end("item")
	}
	d.end("eventsSet")
	d.start("actionsSet")
	if v.stopped {
		d.start("item")
		d.text("code", "enable-volume-io")
		d.text("eventType", eventType)
		d.text("eventId", v.event())
		d.text("description", "Enable volume I/O")
		d.end("item")
	}
	d.end("actionsSet")
}

func enableVolumeIO(c *call) (act, *apiError) {
	v, err := c.volumeOfRequest()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		v.stopped, v.health = false, ""
		c.out.flag("return", true)
		return nil
	}, nil
}

func encryptionByDefault(c *call) (act, *apiError) {
	return func() *apiError {
		c.out.flag("ebsEncryptionByDefault", c.region.encrypts)
		return nil
	}, nil
}
