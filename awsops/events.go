package awsops

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Event is what AWS has scheduled for an instance.
type Event struct {
	types.InstanceStatusEvent
	Instance, Name, Zone, State string
	// Keys are the display keys, by format. No two events of a listing share one.
	Keys map[string]string
}

// ID is EC2's, or what tells the event apart where EC2 gives none.
func (e *Event) ID() string {
	if id := aws.ToString(e.InstanceEventId); id != "" {
		return id
	}
	return e.Instance + "/" + string(e.Code)
}

// Completed says that it is over. EC2 tells so in the text, and lists the event
// for up to a week more.
func (e *Event) Completed() bool { return eventDone(e.InstanceStatusEvent) }

func eventDone(e types.InstanceStatusEvent) bool {
	return strings.HasPrefix(aws.ToString(e.Description), "[Completed]")
}

// EventKeys are the formats of the key that an event is shown by, the usual one first.
func EventKeys() []string {
	return []string{"Instance ID/Events ID", "Events ID/Instance ID", "Instance Name/Events ID", "Instance ID/Event Code", "Events ID"}
}

// eventKeys makes keys out of formats, for the events of one listing.
type eventKeys map[string]int

// name gives an event its keys. One that there is already gets a number.
func (seen eventKeys) name(e *Event) {
	name := e.Name
	if name == "" {
		name = e.Instance
	}
	parts := map[string]string{"Instance ID": e.Instance, "Instance Name": name, "Events ID": e.ID(), "Event Code": string(e.Code)}
	e.Keys = map[string]string{}
	for _, format := range EventKeys() {
		var words []string
		for word := range strings.SplitSeq(format, "/") {
			words = append(words, parts[word])
		}
		key := strings.Join(words, "/")
		seen[format+"\n"+key]++
		if n := seen[format+"\n"+key]; n > 1 {
			key = fmt.Sprintf("%s#%d", key, n)
		}
		e.Keys[format] = key
	}
}

// scheduled asks for the instances that have an event, running or not: EC2
// cannot be asked for the events themselves.
func scheduled(in ec2.DescribeInstanceStatusInput) *ec2.DescribeInstanceStatusInput {
	in.IncludeAllInstances = aws.Bool(true)
	if !slices.ContainsFunc(in.Filters, func(f types.Filter) bool { return strings.HasPrefix(aws.ToString(f.Name), "event.") }) {
		var codes []string
		for _, code := range types.EventCode("").Values() {
			codes = append(codes, string(code))
		}
		in.Filters = append(slices.Clone(in.Filters), filterOn("event.code", codes...))
	}
	return &in
}

// Events lists what AWS has scheduled for the instances of a scope, the events
// of stopped instances and those that are over included.
func Events(ctx context.Context, client *ec2.Client) iter.Seq2[[]*Event, error] {
	in, keys := scheduled(ec2.DescribeInstanceStatusInput{}), eventKeys{}
	return pagesOf(client, "list-scheduled-events", func(size *int32, token *string) ([]*Event, *string, error) {
		in.MaxResults, in.NextToken = size, token
		out, err := client.DescribeInstanceStatus(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		return eventsOf(ctx, client, out.InstanceStatuses, keys), out.NextToken, nil
	})
}

// eventsOf flattens statuses, and names the instances as far as they can be read.
func eventsOf(ctx context.Context, client *ec2.Client, statuses []types.InstanceStatus, keys eventKeys) []*Event {
	var ids []string
	for _, s := range statuses {
		if len(s.Events) > 0 {
			ids = append(ids, aws.ToString(s.InstanceId))
		}
	}
	names := map[string]string{}
	_ = describeByFilter(ctx, client, ids, func(rs []types.Reservation) {
		for _, row := range instanceRows(rs) {
			names[row.ID] = row.Name
		}
	})
	var out []*Event
	for _, s := range statuses {
		for _, e := range s.Events {
			row := &Event{InstanceStatusEvent: e, Instance: aws.ToString(s.InstanceId), Zone: aws.ToString(s.AvailabilityZone), State: stateName(s.InstanceState)}
			row.Name = names[row.Instance]
			keys.name(row)
			out = append(out, row)
		}
	}
	return out
}

const eventFilters = "availability-zone, event.code, event.description, event.instance-event-id, event.not-after, event.not-before, event.not-before-deadline, instance-state-code, instance-state-name, instance-status.reachability, instance-status.status, system-status.reachability, system-status.status, attached-ebs-status.status"

// eventsIn is a listing of events with the key to show them by.
type eventsIn struct {
	ec2.DescribeInstanceStatusInput
	Key string
}

type listedEvents struct {
	events []*Event
	key    string
}

func eventOperations() []Operation {
	return []Operation{listScheduledEvents(), describeInstanceStatus(), rescheduleEvent()}
}

func listScheduledEvents() Operation {
	type in = eventsIn
	return &Op[*in, *listedEvents]{
		Name: "list-scheduled-events", Help: "List what AWS has scheduled for the instances: reboots, retirements, maintenance", Noun: "event", API: "DescribeInstanceStatus",
		Fields: []Field[*in]{
			{Name: "display-key-format", Help: "what an event is called by", Default: EventKeys()[0], Choices: EventKeys(), To: Binding[*in]{kind: KindString, local: true, set: func(in *in, v []string) { in.Key = v[0] }}},
			{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames(eventFilters), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
			{Name: "page-size", Help: "instances in one answer", Default: "100", Rule: Between(5, fullPage), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
		},
		Call: listEvents, Outputs: names(eventColumns("")),
		Show: func(out *listedEvents) Result {
			res := Result{Table: tableOf(eventColumns(out.key), out.events)}
			if len(out.events) == 0 {
				res.Message = "AWS has nothing scheduled for these instances."
			}
			return res
		},
		Example: Values{"display-key-format": {"Instance Name/Events ID"}, "filters": {"event.code=system-reboot", "event.code=instance-reboot"}, "page-size": {"50"}},
	}
}

func listEvents(client *ec2.Client, ctx context.Context, in *eventsIn, opts ...func(*ec2.Options)) (*listedEvents, error) {
	out, keys := &listedEvents{key: in.Key}, eventKeys{}
	if out.key == "" {
		out.key = EventKeys()[0]
	}
	if in.MaxResults == nil {
		in.MaxResults = aws.Int32(100)
	}
	ask := scheduled(in.DescribeInstanceStatusInput)
	err := everyPage(func(token *string) (*string, error) {
		ask.NextToken = token
		page, err := client.DescribeInstanceStatus(ctx, ask, opts...)
		if err != nil {
			return nil, err
		}
		out.events = append(out.events, eventsOf(ctx, client, page.InstanceStatuses, keys)...)
		return page.NextToken, nil
	})
	sortBy(out.events, func(a, b *Event) int { return aws.ToTime(a.NotBefore).Compare(aws.ToTime(b.NotBefore)) })
	return out, err
}

func eventColumns(key string) []column[*Event] {
	return []column[*Event]{
		{"display-key", "Display key", false, func(e *Event) any { return e.Keys[key] }},
		{"instance-id", "Instance ID", false, func(e *Event) any { return e.Instance }},
		{"events-id", "Events ID", false, func(e *Event) any { return e.InstanceEventId }},
		{"code", "Code", false, func(e *Event) any { return e.Code }},
		{"description", "Description", false, func(e *Event) any { return e.Description }},
		{"not-before", "Not before", false, func(e *Event) any { return e.NotBefore }},
		{"not-after", "Not after", false, func(e *Event) any { return e.NotAfter }},
		{"not-before-deadline", "Deadline", false, func(e *Event) any { return e.NotBeforeDeadline }},
		{"completed", "Completed", false, func(e *Event) any { return e.Completed() }},
		{"instance-name", "Instance name", true, func(e *Event) any { return e.Name }},
		{"availability-zone", "Zone", true, func(e *Event) any { return e.Zone }},
		{"instance-state", "State", true, func(e *Event) any { return e.State }},
	}
}

func rescheduleEvent() Operation {
	type in = ec2.ModifyInstanceEventStartTimeInput
	type out = ec2.ModifyInstanceEventStartTimeOutput
	return &Op[*in, *out]{
		Name: "modify-instance-event-start-time", Help: "Move a scheduled event to another time before its deadline", Noun: "event", Risk: Changes, Word: "move", Compare: eventAhead,
		Warning: "The event then happens at the new time, without asking again.",
		Advice: map[string]string{
			"InstanceEventStartTimeCannotChange": "Only an event with a deadline can be moved, and not within 5 minutes of its beginning: stop and start the instance yourself instead, if its root is a volume.",
			"InvalidInstanceEventStartTime":      "Choose a time at least 60 minutes ahead and not after the deadline.",
			"InvalidInstanceEventIDNotFound":     "The event is over or was called off: list-scheduled-events tells what there is.",
		},
		Fields: []Field[*in]{
			{Name: "instance-id", Help: "the instance that it is for", Need: Required, Rule: ID("i"), To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "instance-event-id", Help: "the event", Need: Required, Default: "selected row", Rule: Shaped(`^instance-event-[0-9a-f]+$`, "instance-event- and hex digits").picking("events", ""), Target: true, To: ToString(func(in *in) **string { return &in.InstanceEventId })},
			{Name: "not-before", Help: "the new time, at least 60 minutes ahead and not after the deadline", Need: Required, Rule: Moment(), To: to(KindString, func(in *in, v string) {
				at, _ := time.Parse(time.RFC3339, v) // the rule has seen it
				in.NotBefore = &at
			})},
		},
		Call: (*ec2.Client).ModifyInstanceEventStartTime, Outputs: names(eventDetails()),
		Show: func(out *out) Result {
			e := orEmpty(out.Event)
			return Result{Message: "moved to " + aws.ToTime(e.NotBefore).UTC().Format(time.RFC3339), Outputs: outputsOf(eventDetails(), &Event{InstanceStatusEvent: *e})}
		},
		Example: Values{"instance-id": {"i-0aa00000000000008"}, "instance-event-id": {"instance-event-0aa00000000000001"}, "not-before": {"2026-11-25T03:00:00Z"}},
	}
}

// eventDetails are the columns that tell of the event alone.
func eventDetails() []column[*Event] { return eventColumns("")[2:9] }

// eventAhead tells what is moved, and how far it can be.
func eventAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	statuses, err := statusesOf(ctx, client, []string{strings.ToLower(v.Get("instance-id"))})
	if err != nil {
		return nil, err
	}
	for _, e := range eventsOf(ctx, client, statuses, eventKeys{}) {
		if e.ID() != v.Get("instance-event-id") {
			continue
		}
		line := fmt.Sprintf("%s of %s (%s): now %s", e.Code, e.Instance, e.Name, aws.ToTime(e.NotBefore).UTC().Format(time.RFC3339))
		if e.NotBeforeDeadline == nil {
			return []string{line, "It has no deadline: EC2 does not let it be moved."}, nil
		}
		return []string{line, "Deadline: " + e.NotBeforeDeadline.UTC().Format(time.RFC3339)}, nil
	}
	return []string{"EC2 lists no such event for this instance."}, nil
}

// Moment is a time that names its zone, or is in UTC; it is kept in UTC.
func Moment() Rule {
	return Rule{Text: "a time such as 2026-11-21 03:00 (UTC) or 2026-11-21T03:00:00+01:00", Check: func(s string) (string, error) {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04Z"} {
			if at, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
				return at.UTC().Format(time.RFC3339), nil
			}
		}
		return "", errors.New("write a time such as 2026-11-21 03:00, in UTC, or with a zone as 2026-11-21T03:00:00+01:00")
	}}
}
