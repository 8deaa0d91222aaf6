package ec2sim

import (
	"fmt"
	"strings"
	"time"
)

// The states of an instance.
const (
	Pending      = "pending"
	Running      = "running"
	ShuttingDown = "shutting-down"
	Terminated   = "terminated"
	Stopping     = "stopping"
	Stopped      = "stopped"
)

// stateCode is the number that goes with a state on the wire.
func stateCode(state string) int {
	switch state {
	case Running:
		return 16
	case ShuttingDown:
		return 32
	case Terminated:
		return 48
	case Stopping:
		return 64
	case Stopped:
		return 80
	}
	return 0
}

// Tag is a key with a value.
type Tag struct{ Key, Value string }

// StateReason says why an instance is in its state.
type StateReason struct{ Code, Message string }

// Interface is a network interface of an instance.
type Interface struct {
	ID, AttachmentID string
	SubnetID         string
	PrivateIP        string
	MAC              string
	Description      string
	Groups           []string // ids
	AttachedAt       time.Time
	ElasticIP        string
}

// Device is a volume of an instance, seen from the instance.
type Device struct {
	Name                string
	VolumeID            string
	Status              string // attaching, attached, detaching, busy
	AttachedAt          time.Time
	DeleteOnTermination bool
	Held                bool // by the guest, which has it mounted
}

// Instance is an instance with everything the simulator knows of it.
type Instance struct {
	ID, ReservationID, ImageID, Type string
	ClientToken                      string
	LaunchIndex                      int
	LaunchTime                       time.Time
	CreatedAt                        time.Time // the first launch, which a later start does not renew

	State            string
	StateReason      StateReason
	TransitionReason string
	// Stuck keeps the instance in its transition until a forced stop.
	Stuck bool

	Zone, SubnetID, VPCID, PrivateIP, PublicIP string
	// ElasticIP marks a public address that survives a stop.
	ElasticIP bool
	// WantsPublicIP gives the instance a new public address at each start.
	WantsPublicIP bool
	Groups        []string // ids
	Interfaces    []Interface
	Devices       []Device
	Tags          []Tag

	Architecture, Platform, PlatformDetails, UsageOperation string
	RootDeviceType, RootDeviceName, BootMode                string
	KernelID, RAMDiskID                                     string
	KeyName, ProfileName, ProfileID                         string
	Tenancy, PlacementGroup                                 string
	Lifecycle, SpotRequestID                                string
	SpotKind                                                string // one-time or persistent
	Monitoring                                              string
	HTTPTokens                                              string
	HopLimit                                                int
	MetadataOff, MetadataIPv6, MetadataTags                 bool
	MetadataPending                                         bool // changed options that are not applied yet
	EBSOptimized, SourceDestCheck, HibernationConfigured    bool
	DisableAPITermination, DisableAPIStop                   bool
	ShutdownBehavior                                        string
	SriovNet                                                string
	Enclaves, NoENA                                         bool
	UserData                                                string // base64

	// Impaired is the status check that fails: system, instance or ebs.
	Impaired      string
	ImpairedSince time.Time
	// ChecksFrom is when the status checks began to initialize.
	ChecksFrom time.Time
	Events     []Event
	// Console is the kind of console output: linux, ansi, panic, windows or
	// empty; anything else is the output itself.
	Console string

	turn         int    // counts changes of the state, so that an entry of the agenda knows when it is out of date
	passwordData string // of Windows, once it has been asked for
	hasRun       bool   // an instance that never ran cannot be stopped
}

// Name is the value of the tag Name.
func (in *Instance) Name() string {
	for _, t := range in.Tags {
		if t.Key == "Name" {
			return t.Value
		}
	}
	return ""
}

// SetTag sets one tag.
func (in *Instance) SetTag(key, value string) {
	for i := range in.Tags {
		if in.Tags[i].Key == key {
			in.Tags[i].Value = value
			return
		}
	}
	in.Tags = append(in.Tags, Tag{key, value})
}

// privateDNS is the name inside the VPC, which us-east-1 spells its own way.
func privateDNS(region, ip string) string {
	if region == "us-east-1" {
		return dnsName("ip-", ip, ".ec2.internal", "", "")
	}
	return dnsName("ip-", ip, ".", region, ".compute.internal")
}

func publicDNS(region, ip string) string {
	if region == "us-east-1" {
		return dnsName("ec2-", ip, ".compute-1.amazonaws.com", "", "")
	}
	return dnsName("ec2-", ip, ".", region, ".compute.amazonaws.com")
}

// dnsName puts a name together with a single allocation; a page needs
// thousands of them.
func dnsName(prefix, ip, a, b, c string) string {
	if ip == "" {
		return ""
	}
	var buf [96]byte
	out := append(buf[:0], prefix...)
	for i := range len(ip) {
		if ip[i] == '.' {
			out = append(out, '-')
		} else {
			out = append(out, ip[i])
		}
	}
	return string(append(append(append(out, a...), b...), c...))
}

func instanceActions() []action {
	return []action{
		{name: "DescribeInstances", check: describeInstances},
		{name: "DescribeInstanceStatus", check: describeInstanceStatus},
	}
}

func (c *call) instanceListing() listing[*Instance] {
	return listing[*Instance]{
		table:   c.region.instances,
		idParam: "InstanceId", idSet: "instancesSet", maxIDs: 1000, min: 5, max: 1000,
		lookup:  c.lookupInstances,
		filters: instanceFilters(c.region),
		tags:    func(in *Instance) []Tag { return in.Tags },
	}
}

// lookupInstances checks instance ids: syntax of all, then existence of all.
func (c *call) lookupInstances(ids []string) *apiError {
	return lookup(c.region.instances, ids, "i",
		func(id string) *apiError { return malformed("InvalidInstanceID.Malformed", id, "i") },
		errNoInstances)
}

func errNoInstances(ids []string) *apiError {
	if len(ids) == 1 {
		return bad("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", ids[0])
	}
	return bad("InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(ids, ", "))
}

func describeInstances(c *call) (act, *apiError) {
	cut, err := list(c, c.instanceListing())
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		p := cut()
		c.out.grow(len(p.rows) * 5200)
		c.out.start("reservationSet")
		// Instances launched together are neighbours, so one pass groups them.
		for i := 0; i < len(p.rows); {
			j := i + 1
			for j < len(p.rows) && p.rows[j].ReservationID == p.rows[i].ReservationID {
				j++
			}
			c.out.start("item")
			c.reservation(p.rows[i].ReservationID, p.rows[i:j])
			c.out.end("item")
			i = j
		}
		c.out.end("reservationSet")
		c.out.some("nextToken", p.next)
		return nil
	}, nil
}

// reservation writes the members of a reservation. The group set of a
// reservation belonged to EC2-Classic and is empty in a VPC.
func (c *call) reservation(id string, rows []*Instance) {
	d := &c.out
	d.text("reservationId", id)
	d.text("ownerId", c.account.ID)
	if rows[0].tag("aws:autoscaling:groupName") != "" {
		d.text("requesterId", "940372691376") // the service that launched it
	}
	d.raw("<groupSet/>")
	d.start("instancesSet")
	for _, in := range rows {
		d.start("item")
		c.instance(in)
		d.end("item")
	}
	d.end("instancesSet")
}

func (in *Instance) tag(key string) string {
	for _, t := range in.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// findInstance looks in all accounts. The caller holds the lock.
func (s *Sim) findInstance(regionName, id string) (*region, *Instance) {
	for _, a := range s.accounts {
		if r := a.region(regionName); r != nil {
			if in := r.instances.byID[id]; in != nil {
				return r, in
			}
		}
	}
	return nil, nil
}

// SetInstance changes an instance behind the clients' backs. A new State that
// is a transition ends after its delay like any other, unless Stuck is set. It
// panics when the instance does not exist: a test that edits nothing proves
// nothing.
func (s *Sim) SetInstance(region, id string, edit func(*Instance)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.agenda.advance(now)
	r, in := s.findInstance(region, id)
	if in == nil {
		panic(fmt.Sprintf("ec2sim: no instance %s in %s", id, region))
	}
	before := in.State
	edit(in)
	if in.State != before {
		s.enter(r, in, in.State, now)
	}
}

// Instance returns a copy of an instance as it is now.
func (s *Sim) Instance(region, id string) (Instance, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agenda.advance(s.now())
	_, in := s.findInstance(region, id)
	if in == nil {
		return Instance{}, false
	}
	return *in, true
}

// AddInstance adds an instance to a region of an account, named by its
// profile, and returns its id.
func (s *Sim) AddInstance(profile, region string, seed InstanceSeed) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.agenda.advance(now)
	for _, a := range s.accounts {
		if r := a.region(region); a.Profile == profile && r != nil {
			in, err := s.seedInstance(r, seed, 0, now)
			if err != nil {
				return "", err
			}
			return in.ID, nil
		}
	}
	return "", fmt.Errorf("no region %s in profile %s", region, profile)
}

// RemoveInstance makes an instance vanish, as a terminated one does in the end.
func (s *Sim) RemoveInstance(region, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, in := s.findInstance(region, id); in != nil {
		r.instances.remove(id)
	}
}
