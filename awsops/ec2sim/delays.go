package ec2sim

import "time"

// Delays are the lengths of everything that takes time.
type Delays struct {
	Start     time.Duration // pending to running, at launch and at start
	Stop      time.Duration // stopping to stopped
	Terminate time.Duration // shutting-down to terminated
	Forget    time.Duration // terminated to no longer listed
	Monitor   time.Duration // pending to enabled, disabling to disabled
	Metadata  time.Duration // metadata options from pending to applied
	Checks    time.Duration // status checks from initializing to ok, after running
	Console   time.Duration // launch to the first console output
	Password  time.Duration // first launch to the password of a Windows instance
	Hibernate time.Duration // launch to the first hibernation that is accepted

	Volume   time.Duration // creating to available, deleting to gone
	Attach   time.Duration // attaching to attached, detaching to removed
	Modify   time.Duration // modifying to optimizing
	Optimize time.Duration // optimizing to completed
	Snapshot time.Duration // pending to completed

	Image  time.Duration // pending to available
	Fade   time.Duration // deregistered to no longer listed, and from there to unknown
	Bundle time.Duration // each state of a bundle task to the next
}

// DefaultDelays are short enough to watch. Only a terminated instance stays
// as long as it does in reality.
func DefaultDelays() Delays {
	return Delays{
		Start:     2 * time.Second,
		Stop:      2 * time.Second,
		Terminate: 2 * time.Second,
		Forget:    time.Hour,
		Monitor:   time.Second,
		Metadata:  time.Second,
		Checks:    3 * time.Second,
		Console:   30 * time.Second,
		Password:  4 * time.Minute,
		Hibernate: 2 * time.Minute,
		Volume:    time.Second,
		Attach:    time.Second,
		Modify:    time.Second,
		Optimize:  10 * time.Second,
		Snapshot:  3 * time.Second,
		Image:     3 * time.Second,
		Fade:      5 * time.Second,
		Bundle:    2 * time.Second,
	}
}
