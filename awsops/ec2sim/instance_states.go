package ec2sim

import (
	"slices"
	"time"
)

func instanceStateActions() []action {
	ids := []string{"InstanceId"}
	count := func(c *call) int { return len(c.form.list("InstanceId")) }
	return []action{
		{name: "StartInstances", mutating: true, required: ids, resources: count, check: startInstances},
		{name: "StopInstances", mutating: true, required: ids, resources: count, check: stopInstances},
		{name: "RebootInstances", mutating: true, required: ids, check: rebootInstances},
		{name: "TerminateInstances", mutating: true, required: ids, resources: count, check: terminateInstances},
		{name: "MonitorInstances", mutating: true, required: ids, dryRunFirst: true, check: monitorInstances("pending", "enabled")},
		{name: "UnmonitorInstances", mutating: true, required: ids, dryRunFirst: true, check: monitorInstances("disabling", "disabled")},
	}
}

// enter puts an instance into a state, does what goes with it, and notes in
// the agenda how it goes on. It is the only place where a state changes.
func (s *Sim) enter(r *region, in *Instance, state string, at time.Time) {
	in.State = state
	in.turn++
	switch state {
	case Pending:
		s.givePublicAddress(in)
		s.after(r, in, at, s.delays.Start, Running)
	case Running:
		in.hasRun, in.ChecksFrom, in.MetadataPending = true, at, false
		in.StateReason, in.TransitionReason = StateReason{}, ""
		if in.Monitoring == "pending" {
			in.Monitoring = "enabled"
		}
	case Stopping:
		s.after(r, in, at, s.delays.Stop, Stopped)
	case Stopped:
		if !in.ElasticIP {
			in.PublicIP = ""
		}
	case ShuttingDown:
		s.after(r, in, at, s.delays.Terminate, Terminated)
	case Terminated:
		r.release(in)
		s.agenda.add(at.Add(s.delays.Forget), func(time.Time) { r.instances.remove(in.ID) })
	}
}

// after enters the next state when the delay is over, unless something else
// has happened to the instance by then. Even after a delay of zero it is the
// next request that sees the new state: EC2 never says running to a start.
func (s *Sim) after(r *region, in *Instance, at time.Time, delay time.Duration, next string) {
	if in.Stuck {
		return
	}
	turn := in.turn
	s.agenda.add(at.Add(delay), func(at time.Time) {
		if in.turn == turn && !in.Stuck {
			s.enter(r, in, next, at)
		}
	})
}

func (s *Sim) givePublicAddress(in *Instance) {
	if in.WantsPublicIP && in.PublicIP == "" {
		in.PublicIP = s.publicAddress()
	}
}

// release takes away what a terminated instance no longer has. Its tags stay
// as long as it is listed.
func (r *region) release(in *Instance) {
	for _, d := range in.Devices {
		v := r.volumes.byID[d.VolumeID]
		if v == nil {
			continue
		}
		if v.leave(in.ID); d.DeleteOnTermination && len(v.instances) == 0 {
			r.volumes.remove(v.id)
		}
	}
	r.freeAddressesOf(in)
	in.Devices, in.Interfaces, in.Groups = nil, nil, nil
	in.PrivateIP, in.PublicIP, in.SubnetID, in.VPCID = "", "", "", ""
	in.Monitoring = "disabled"
}

func userReason(at time.Time, hibernated bool) (StateReason, string) {
	why := StateReason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"}
	if hibernated {
		why = StateReason{"Client.UserInitiatedHibernate", "Client.UserInitiatedHibernate: User initiated hibernate"}
	}
	return why, "User initiated (" + at.UTC().Format("2006-01-02 15:04:05") + " GMT)"
}

// named returns the instances of InstanceId.n, each once, after the checks of
// syntax and existence.
func (c *call) named() ([]*Instance, *apiError) {
	ids := c.form.list("InstanceId")
	if err := c.lookupInstances(ids); err != nil {
		return nil, err
	}
	var out []*Instance
	for _, id := range ids {
		if in := c.region.instances.byID[id]; !slices.Contains(out, in) {
			out = append(out, in)
		}
	}
	return out, nil
}

// stateChanges changes the instances and writes what they were and are.
func (c *call) stateChanges(rows []*Instance, change func(*Instance)) {
	items(&c.out, "instancesSet", rows, func(in *Instance) {
		before := in.State
		change(in)
		c.out.text("instanceId", in.ID)
		c.state("currentState", in.State)
		c.state("previousState", before)
	})
}

func (c *call) state(name, state string) {
	c.out.start(name)
	c.out.num("code", stateCode(state))
	c.out.text("name", state)
	c.out.end(name)
}

func startInstances(c *call) (act, *apiError) {
	rows, err := c.named()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		for _, in := range rows {
			if err := in.canStart(); err != nil {
				return err
			}
		}
		c.stateChanges(rows, func(in *Instance) {
			if in.State == Stopped {
				in.LaunchTime, in.Stuck = c.now.Truncate(time.Second), false
				in.StateReason, in.TransitionReason = StateReason{}, ""
				c.sim.enter(c.region, in, Pending, c.now)
			}
		})
		return nil
	}, nil
}

func (in *Instance) canStart() *apiError {
	switch in.State {
	case Stopping, ShuttingDown, Terminated:
		return bad("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", in.ID)
	}
	return in.needsEBSRoot()
}

func (in *Instance) needsEBSRoot() *apiError {
	if in.RootDeviceType != "ebs" {
		return bad("UnsupportedOperation",
			"The instance '%s' does not have an 'ebs' root device type and cannot be stopped.", in.ID)
	}
	return nil
}

func stopInstances(c *call) (act, *apiError) {
	var force, hibernate bool
	if err := c.flags(map[string]*bool{"Force": &force, "Hibernate": &hibernate, "SkipOsShutdown": nil}); err != nil {
		return nil, err
	}
	rows, err := c.named()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		for _, in := range rows {
			if err := in.canStop(c, hibernate); err != nil {
				return err
			}
		}
		c.stateChanges(rows, func(in *Instance) {
			switch {
			case in.State == Running || in.State == Pending:
				in.StateReason, in.TransitionReason = userReason(c.now, hibernate)
				c.sim.enter(c.region, in, Stopping, c.now)
			case in.State == Stopping && force:
				in.Stuck = false
				c.sim.enter(c.region, in, Stopping, c.now)
			}
		})
		return nil
	}, nil
}

// flags reads booleans; nil checks one that changes nothing here.
func (c *call) flags(into map[string]*bool) *apiError {
	for name, target := range into {
		v, err := c.form.flag(name)
		if err != nil {
			return err
		}
		if target != nil {
			*target = v
		}
	}
	return nil
}

func (in *Instance) canStop(c *call, hibernate bool) *apiError {
	if in.State == ShuttingDown || in.State == Terminated {
		return bad("IncorrectInstanceState", "This instance '%s' is not in a state from which it can be stopped.", in.ID)
	}
	if err := in.needsEBSRoot(); err != nil {
		return err
	}
	if in.SpotKind == "one-time" {
		return bad("UnsupportedOperation", "You can't stop the Spot Instance '%s' because it is associated with a "+
			"one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.", in.ID)
	}
	if in.State == Stopping || in.State == Stopped {
		return nil
	}
	if in.State == Pending && !in.hasRun {
		return bad("IncorrectInstanceState", "Instance '%s' cannot be stopped as it has never reached the 'running' state.", in.ID)
	}
	if in.DisableAPIStop {
		return errProtected(in.ID, "stopped", "disableApiStop")
	}
	if !hibernate {
		return nil
	}
	if !in.HibernationConfigured {
		return bad("UnsupportedHibernationConfiguration",
			"The instance can't be hibernated because it was not configured at launch for hibernation: %s", in.ID)
	}
	if c.now.Sub(in.LaunchTime) < c.sim.delays.Hibernate {
		return bad("UnsupportedOperation", "Instance %s is not ready to hibernate yet, retry in a few minutes", in.ID)
	}
	return nil
}

func errProtected(id, done, attribute string) *apiError {
	return bad("OperationNotPermitted",
		"The instance '%s' may not be %s. Modify its '%s' instance attribute and try again.", id, done, attribute)
}

func rebootInstances(c *call) (act, *apiError) {
	rows, err := c.named()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		for _, in := range rows {
			switch in.State {
			case Pending, Stopping, Stopped:
				return bad("IncorrectState", "Cannot reboot instance %s that is currently in %s state.", in.ID, in.State)
			}
		}
		for _, in := range rows {
			if in.State == Running { // what is going down or gone is passed over
				in.ChecksFrom = c.now
			}
		}
		c.out.flag("return", true)
		return nil
	}, nil
}

func terminateInstances(c *call) (act, *apiError) {
	if err := c.flags(map[string]*bool{"Force": nil, "SkipOsShutdown": nil}); err != nil {
		return nil, err
	}
	rows, err := c.named()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		terminate := func(in *Instance) {
			switch in.State {
			case Terminated, ShuttingDown:
				return
			}
			in.Stuck = false
			next := ShuttingDown
			if in.State == Stopped {
				next = Terminated
			}
			in.StateReason, in.TransitionReason = userReason(c.now, false)
			c.sim.enter(c.region, in, next, c.now)
		}
		// A protected instance saves the others of its zone, and only those:
		// the rest is terminated although the call fails.
		var refusal *apiError
		saved := map[string]bool{}
		for _, in := range rows {
			if err := in.canTerminate(); err != nil {
				saved[in.Zone] = true
				if refusal == nil {
					refusal = err
				}
			}
		}
		if refusal != nil {
			for _, in := range rows {
				if !saved[in.Zone] {
					terminate(in)
				}
			}
			return refusal
		}
		c.stateChanges(rows, terminate)
		return nil
	}, nil
}

func (in *Instance) canTerminate() *apiError {
	switch {
	case in.State == Terminated || in.State == ShuttingDown:
		return nil
	case in.DisableAPITermination:
		return errProtected(in.ID, "terminated", "disableApiTermination")
	case in.DisableAPIStop: // which protects from both, though EC2 reports only itself
		return errProtected(in.ID, "terminated", "disableApiStop")
	}
	return nil
}

// monitorInstances makes the check of both actions on detailed monitoring,
// which differ in the states they lead through.
func monitorInstances(through, to string) func(*call) (act, *apiError) {
	return func(c *call) (act, *apiError) {
		rows, err := c.named()
		if err != nil {
			return nil, err
		}
		return func() *apiError {
			for _, in := range rows {
				if in.State == Terminated {
					return bad("InvalidState", "The instance '%s' is not in a valid state for this operation.", in.ID)
				}
			}
			items(&c.out, "instancesSet", rows, func(in *Instance) {
				if in.Monitoring != to {
					in.Monitoring = through
					c.sim.agenda.add(c.now.Add(c.sim.delays.Monitor), func(time.Time) {
						if in.Monitoring == through {
							in.Monitoring = to
						}
					})
				}
				c.out.text("instanceId", in.ID)
				c.out.start("monitoring")
				c.out.text("state", in.Monitoring)
				c.out.end("monitoring")
			})
			return nil
		}, nil
	}
}
