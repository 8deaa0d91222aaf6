package views

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type event = *awsops.Event

// events is the table of what AWS has scheduled for instances.
func events() *Resource[event] {
	return &Resource[event]{
		Kind: "events", Title: "Events", Noun: "event", Follows: []string{"instance"},
		Empty: "AWS has nothing scheduled for the instances here.",
		Hint:  "state:open hides what is over",
		Sort:  "Deadline",
		Pages: awsops.Events,
		ID:    event.ID,
		Name:  func(e event) string { return e.Name },
		State: eventState,

		Columns: slices.Concat([]Column[event]{
			{Title: "Name", Width: 16, Grow: true, Value: func(e event) string { return e.Name }},
			{Title: "Code", Width: 19, Value: func(e event) string { return string(e.Code) }},
			state(9, eventState, map[string]theme.Tone{"open": theme.Plain, "completed": theme.Faint}),
			coming("Begins", func(e event) *time.Time { return e.NotBefore }),
			deadline(),
		}, eventKeys(), []Column[event]{
			{Title: "Instance", Width: 19, Value: func(e event) string { return e.Instance }},
			{Title: "Description", Width: 40, Value: func(e event) string { return aws.ToString(e.Description) }},
			{Title: "ID", Width: 32, Extra: true, Value: event.ID},
			{Title: "Zone", Width: 15, Extra: true, Value: func(e event) string { return e.Zone }},
			{Title: "Instance state", Width: 14, Extra: true, Value: func(e event) string { return e.State }},
			extra(coming("Ends", func(e event) *time.Time { return e.NotAfter })),
		}),
		Actions: []Action[event]{
			{Key: "m", Operation: "modify-instance-event-start-time", Help: "move", Form: true, Fill: fromEvent, Deny: cannotMove},
			{Key: "h", Operation: "describe-instance-status", Help: "status checks", Of: func(e event) string { return e.Instance }},
			{Key: "D", Operation: "list-scheduled-events", Help: "all columns, and keys", Whole: true, Form: true},
		},
		Links: []Link[event]{{Key: "C", Help: "without what is over", Word: "state:open"}, {Key: "i", Help: "its instance", Kind: "instances", Query: func(e event) string { return column("id", e.Instance) }}},
		Inspect: func(_ context.Context, _ *ec2.Client, e event) (Detail, error) {
			return Detail{Object: &e.InstanceStatusEvent, Sections: sections(e, eventFields(), nil)}, nil
		},
	}
}

// eventKeys are the display keys; the usual one shows from the start.
func eventKeys() []Column[event] {
	var columns []Column[event]
	for i, format := range awsops.EventKeys() {
		columns = append(columns, Column[event]{Title: format, Width: 52, Extra: i > 0, Value: func(e event) string { return e.Keys[format] }})
	}
	return columns
}

func eventState(e event) string {
	if e.Completed() {
		return "completed"
	}
	return "open"
}

// Until when an event is urgent, and when it can wait.
const (
	urgent = 24 * time.Hour
	soon   = 7 * 24 * time.Hour
)

// coming is a column of a time ahead, in the tone of how near it is.
func coming(title string, at func(event) *time.Time) Column[event] {
	return Column[event]{
		Title: title, Width: 8,
		Value: func(e event) string {
			if at(e) == nil {
				return ""
			}
			return at(e).UTC().Format(awsops.TimeFormat)
		},
		Show: func(e event, now time.Time) string {
			when := aws.ToTime(at(e))
			if when.After(now) {
				return "in " + since(now, when)
			}
			if when.IsZero() {
				return ""
			}
			return since(when, now) + " ago"
		},
		Number: func(e event) int64 {
			if at(e) == nil {
				return math.MaxInt64 // never comes last
			}
			return at(e).Unix()
		},
		ToneAt: func(e event, now time.Time) theme.Tone {
			switch left := aws.ToTime(at(e)).Sub(now); {
			case e.Completed():
				return theme.Faint
			case left < urgent:
				return theme.Bad
			case left < soon:
				return theme.Busy
			}
			return theme.Plain
		},
	}
}

// deadline sorts by when something has to be done: before the deadline, or
// before it happens. What is over comes last.
func deadline() Column[event] {
	c := coming("Deadline", func(e event) *time.Time { return e.NotBeforeDeadline })
	c.Width++ // for the arrow of the order
	c.Number = func(e event) int64 {
		switch {
		case e.Completed():
			return math.MaxInt64
		case e.NotBeforeDeadline != nil:
			return e.NotBeforeDeadline.Unix()
		}
		return aws.ToTime(e.NotBefore).Unix()
	}
	return c
}

func fromEvent(e event) awsops.Values {
	return awsops.Values{"instance-id": {e.Instance}, "not-before": {aws.ToTime(e.NotBefore).UTC().Format("2006-01-02 15:04")}}
}

func cannotMove(e event) string {
	switch {
	case e.Completed():
		return "is completed"
	case e.NotBeforeDeadline == nil:
		return "has no deadline, and EC2 moves only events that have one"
	}
	return ""
}

func eventFields() []field[event] {
	type e = event
	return []field[e]{
		{"Event", "ID", func(e e) any { return e.ID() }},
		{"Event", "Code", func(e e) any { return e.Code }},
		{"Event", "Description", func(e e) any { return e.Description }},
		{"Event", "State", func(e e) any { return eventState(e) }},
		{"Times", "Not before", func(e e) any { return e.NotBefore }},
		{"Times", "Not after", func(e e) any { return e.NotAfter }},
		{"Times", "Deadline to begin", func(e e) any { return e.NotBeforeDeadline }},
		{"Instance", "ID", func(e e) any { return e.Instance }},
		{"Instance", "Name", func(e e) any { return e.Name }},
		{"Instance", "State", func(e e) any { return e.State }},
		{"Instance", "Zone", func(e e) any { return e.Zone }},
	}
}
