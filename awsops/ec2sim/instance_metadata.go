package ec2sim

import "time"

func instanceMetadataActions() []action {
	return []action{{name: "ModifyInstanceMetadataOptions", mutating: true, required: []string{"InstanceId"}, check: modifyInstanceMetadataOptions}}
}

// metadataOptions writes the options, with those that are not applied yet.
func (d *doc) metadataOptions(name string, in *Instance) {
	word := map[bool]string{true: "enabled", false: "disabled"}
	d.start(name)
	if in.MetadataPending {
		d.text("state", "pending")
	} else {
		d.text("state", "applied")
	}
	d.text("httpTokens", in.HTTPTokens)
	d.num("httpPutResponseHopLimit", in.HopLimit)
	d.text("httpEndpoint", word[!in.MetadataOff])
	d.text("httpProtocolIpv6", word[in.MetadataIPv6])
	d.text("instanceMetadataTags", word[in.MetadataTags])
	d.end(name)
}

// metadataChange reads the options that a request names.
func (c *call) metadataChange() (func(*Instance), *apiError) {
	var sets []func(*Instance)
	words := func(param, on, off string, set func(*Instance, bool)) *apiError {
		v := c.form.get(param)
		if v != "" && v != on && v != off {
			return bad("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Valid values are %s, %s.", v, param, on, off)
		}
		if v != "" {
			sets = append(sets, func(in *Instance) { set(in, v == on) })
		}
		return nil
	}
	for _, o := range []struct {
		param, on, off string
		set            func(*Instance, bool)
	}{
		{"HttpTokens", "required", "optional", func(in *Instance, on bool) { in.HTTPTokens = map[bool]string{true: "required", false: "optional"}[on] }},
		{"HttpEndpoint", "enabled", "disabled", func(in *Instance, on bool) { in.MetadataOff = !on }},
		{"HttpProtocolIpv6", "enabled", "disabled", func(in *Instance, on bool) { in.MetadataIPv6 = on }},
		{"InstanceMetadataTags", "enabled", "disabled", func(in *Instance, on bool) { in.MetadataTags = on }},
	} {
		if err := words(o.param, o.on, o.off, o.set); err != nil {
			return nil, err
		}
	}
	hops, given, err := c.form.number("HttpPutResponseHopLimit")
	if err != nil {
		return nil, err
	}
	if given && (hops < 1 || hops > 64) {
		return nil, bad("InvalidParameterValue", "Value (%d) for parameter HttpPutResponseHopLimit is invalid. Expecting a value between 1 and 64.", hops)
	}
	if given {
		sets = append(sets, func(in *Instance) { in.HopLimit = hops })
	}
	if len(sets) == 0 {
		return nil, bad("InvalidParameterCombination", "No attributes specified.")
	}
	return func(in *Instance) {
		for _, set := range sets {
			set(in)
		}
	}, nil
}

// modifyInstanceMetadataOptions changes options, which an instance that runs
// takes up after a moment and a stopped one at its next start.
func modifyInstanceMetadataOptions(c *call) (act, *apiError) {
	id := c.form.get("InstanceId")
	if !isID(id, "i") {
		return nil, malformed("InvalidInstanceID.Malformed", id, "i")
	}
	change, err := c.metadataChange()
	if err != nil {
		return nil, err
	}
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		if in.State == Terminated || in.State == ShuttingDown {
			return bad("IncorrectInstanceState", "The instance '%s' is not in a valid state for this operation.", in.ID)
		}
		change(in)
		in.MetadataPending = true
		if in.State == Running {
			c.sim.agenda.add(c.now.Add(c.sim.delays.Metadata), func(time.Time) {
				if in.State == Running {
					in.MetadataPending = false
				}
			})
		}
		c.out.text("instanceId", id)
		c.out.metadataOptions("instanceMetadataOptions", in)
		return nil
	}, nil
}
