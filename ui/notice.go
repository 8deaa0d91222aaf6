package ui

import (
	"slices"

	"ec2deck/awsops"
	"ec2deck/views"
)

// Notice is a message from whoever runs the screen, such as a server that is
// about to stop. It stands where the screen tells its own, until a key is pressed.
type Notice struct{ Text string }

// Busy says whether ending the screen now would leave a change without an
// answer or half done, or lose a secret that is shown once or not yet kept. Any
// goroutine may ask.
func (m *Model) Busy() bool { return m.busy.Load() }

func (m *Model) unfinished() bool {
	secret := func(v views.View) bool {
		_, once := v.(*shown)
		return once || holds(v)
	}
	return slices.ContainsFunc(m.overlays, secret) || slices.ContainsFunc(m.stack, secret) || slices.ContainsFunc(m.jobs, func(j *job) bool {
		return len(j.next) > 0 || j.unanswered > 0 && j.info.Risk > awsops.Reads
	})
}
