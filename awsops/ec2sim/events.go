package ec2sim

import (
	"slices"
	"time"
)

// Event is a scheduled event of an instance.
type Event struct {
	ID, Code, Description                  string
	NotBefore, NotAfter, NotBeforeDeadline time.Time
	Completed                              bool
}

// What EC2 wants between now and the times of an event that is moved.
const (
	leastNotice = time.Hour
	tooLate     = 5 * time.Minute
)

func eventActions() []action {
	return []action{{name: "ModifyInstanceEventStartTime", mutating: true, required: []string{"InstanceId", "InstanceEventId", "NotBefore"}, check: moveEvent}}
}

func moveEvent(c *call) (act, *apiError) {
	id, event := c.form.get("InstanceId"), c.form.get("InstanceEventId")
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	to, err := time.Parse(time.RFC3339, c.form.get("NotBefore"))
	if err != nil {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter NotBefore is invalid. Expecting a timestamp in ISO 8601.", c.form.get("NotBefore"))
	}
	in := c.region.instances.byID[id]
	k := slices.IndexFunc(in.Events, func(e Event) bool { return e.ID == event })
	if k < 0 {
		return nil, bad("InvalidInstanceEventIDNotFound", "The instance event ID '%s' does not exist", event)
	}
	return func() *apiError {
		e := &in.Events[k]
		if err := e.canMove(c.now, to); err != nil {
			return err
		}
		if !e.NotAfter.IsZero() {
			e.NotAfter = e.NotAfter.Add(to.Sub(e.NotBefore))
		}
		e.NotBefore = to
		c.out.start("event")
		c.out.event(*e)
		c.out.end("event")
		return nil
	}, nil
}

func (e *Event) canMove(now, to time.Time) *apiError {
	switch {
	case e.Completed || e.NotBeforeDeadline.IsZero():
		return bad("InstanceEventStartTimeCannotChange", "The start time of the event '%s' cannot be changed.", e.ID)
	case e.NotBefore.Before(now.Add(tooLate)):
		return bad("InstanceEventStartTimeCannotChange", "The event '%s' starts within 5 minutes: its start time cannot be changed.", e.ID)
	case to.Before(now.Add(leastNotice)):
		return bad("InvalidInstanceEventStartTime", "The new start time must be at least 60 minutes from now.")
	case to.After(e.NotBeforeDeadline):
		return bad("InvalidInstanceEventStartTime", "The new start time must not be after the deadline %s.", stamp(e.NotBeforeDeadline))
	}
	return nil
}

func (s *Sim) newEvent(seed EventSeed, start time.Time) Event {
	start = start.Truncate(time.Second)
	e := Event{ID: seed.ID, Code: seed.Code, Description: seed.Description, Completed: seed.Completed,
		NotBefore: start.Add(time.Duration(seed.In))}
	if e.ID == "" {
		e.ID = s.ids.new("instance-event")
	}
	if seed.Lasts != 0 {
		e.NotAfter = e.NotBefore.Add(time.Duration(seed.Lasts))
	}
	if seed.Deadline != 0 {
		e.NotBeforeDeadline = start.Add(time.Duration(seed.Deadline))
	}
	if seed.Completed { // EC2 marks a past event in its text, for up to a week
		e.Description = "[Completed] " + e.Description
	}
	return e
}
