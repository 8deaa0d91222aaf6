//go:build external

package ec2sim_test

import (
	"testing"
	"time"
)

func TestCLIEvents(t *testing.T) {
	const instance, event = "i-0aa00000000000008", "instance-event-0aa00000000000001"
	c := newCLI(t, "small")
	at := func(hours int) string {
		return c.clock.now().Add(time.Duration(hours) * time.Hour).Format("2006-01-02T15:04:05+00:00")
	}
	c.want(`[["`+event+`","system-reboot"],["instance-event-0aa00000000000002","instance-reboot"]]`, "describe-instance-status", "--include-all-instances",
		"--filters", "Name=event.code,Values=system-reboot", "--query", "InstanceStatuses[].Events[].[InstanceEventId,Code]")
	move := func(event string, hours int) []string {
		return []string{"modify-instance-event-start-time", "--instance-id", instance, "--instance-event-id", event, "--not-before", at(hours)}
	}
	c.refused("ModifyInstanceEventStartTime", "InvalidInstanceEventStartTime", "The new start time must be at least 60 minutes from now.", move(event, 0)...)
	c.refused("ModifyInstanceEventStartTime", "InvalidInstanceEventIDNotFound", "The instance event ID 'instance-event-0aa000000000000ff' does not exist", move("instance-event-0aa000000000000ff", 9)...)
	c.refused("ModifyInstanceEventStartTime", "InstanceEventStartTimeCannotChange", "The start time of the event 'instance-event-0aa00000000000002' cannot be changed.", move("instance-event-0aa00000000000002", 9)...)
	c.want(`["`+event+`","system-reboot"]`, append(move(event, 100), "--query", "Event.[InstanceEventId,Code]")...)
	c.want(`["`+at(100)+`"]`, "describe-instance-status", "--instance-ids", instance, "--query", "InstanceStatuses[].Events[?Code=='system-reboot'].NotBefore[]")
	c.want(`[["impaired","2026-03-01T11:25:00+00:00"]]`, "describe-instance-status", "--instance-ids", "i-0aa00000000000007",
		"--query", "InstanceStatuses[].SystemStatus.[Status,Details[0].ImpairedSince]")
}
