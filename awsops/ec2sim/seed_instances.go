package ec2sim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// launch is what an instance is made from, be it a seed or a RunInstances.
type launch struct {
	image       *image
	typ         string
	subnet      *subnet
	groups      []string // ids
	tags        []Tag
	volumeTags  []Tag
	reservation string
	interfaces  int
	rootSize    int
	root        *VolumeSeed // nil is as the image has it
	volumes     []VolumeSeed
	public      bool
	at          time.Time
}

// newInstance makes an instance with its interfaces and volumes, in no state
// yet. The caller adds it to the region.
func (s *Sim) newInstance(r *region, l *launch) (*Instance, error) {
	ip, ok := l.subnet.address()
	if !ok {
		return nil, fmt.Errorf("the subnet %s has no free address", l.subnet.id)
	}
	img := l.image
	in := &Instance{
		ID: s.ids.new("i"), ReservationID: l.reservation, ImageID: img.ID, Type: l.typ,
		LaunchTime: l.at, CreatedAt: l.at,
		Zone: l.subnet.zone, SubnetID: l.subnet.id, VPCID: l.subnet.vpc.id, PrivateIP: ip,
		WantsPublicIP: l.public, Groups: l.groups, Tags: l.tags,
		Architecture: img.Architecture, Platform: img.Platform, PlatformDetails: img.PlatformDetails,
		UsageOperation: img.UsageOperation, RootDeviceType: img.RootDeviceType,
		RootDeviceName: img.RootDeviceName, BootMode: img.BootMode, KernelID: img.KernelID, RAMDiskID: img.RAMDiskID,
		Tenancy: "default", Monitoring: "disabled", HTTPTokens: "required", HopLimit: 2,
		SourceDestCheck: true, ShutdownBehavior: "stop",
	}
	if in.ReservationID == "" {
		in.ReservationID = s.ids.new("r")
	}
	in.Interfaces = make([]Interface, 0, max(1, l.interfaces))
	for n := range max(1, l.interfaces) {
		if n > 0 {
			if ip, ok = l.subnet.address(); !ok {
				break
			}
		}
		in.Interfaces = append(in.Interfaces, s.newInterface(l, ip))
	}
	s.addVolumes(r, in, l)
	return in, nil
}

func (s *Sim) newInterface(l *launch, ip string) Interface {
	mac := s.ids.hex(10)
	return Interface{
		ID: s.ids.new("eni"), AttachmentID: s.ids.new("eni-attach"), SubnetID: l.subnet.id,
		PrivateIP: ip, Groups: l.groups, AttachedAt: l.at,
		MAC: "02:" + mac[0:2] + ":" + mac[2:4] + ":" + mac[4:6] + ":" + mac[6:8] + ":" + mac[8:10],
	}
}

// addVolumes makes the root volume, unless the root is an instance store, and
// the data volumes.
func (s *Sim) addVolumes(r *region, in *Instance, l *launch) {
	if in.RootDeviceType == "ebs" {
		size := l.rootSize
		if size == 0 {
			_, size = l.image.snapshot()
		}
		root := VolumeSeed{Device: in.RootDeviceName, Size: size, Encrypted: true}
		if l.root != nil {
			root = *l.root
		}
		s.addVolume(r, in, l, root)
	}
	for _, d := range l.image.devices {
		if d.name != in.RootDeviceName && d.virtual == "" && !slices.ContainsFunc(l.volumes, func(v VolumeSeed) bool { return v.Device == d.name }) {
			s.addVolume(r, in, l, VolumeSeed{Device: d.name, Size: d.size, Type: d.kind, Encrypted: d.encrypted, Keep: d.keep, snapshot: d.snapshot})
		}
	}
	for _, v := range l.volumes {
		s.addVolume(r, in, l, v)
	}
}

func (s *Sim) addVolume(r *region, in *Instance, l *launch, seed VolumeSeed) {
	v := &volume{id: seed.ID, size: seed.Size, kind: seed.Type, encrypted: seed.Encrypted, zone: in.Zone, key: seed.Key,
		iops: seed.IOPS, throughput: seed.Throughput, health: seed.Health, stopped: seed.Stopped,
		status: "in-use", createdAt: l.at, instances: []string{in.ID}, tags: append(tagsOf(seed.Name, seed.Tags), l.volumeTags...)}
	if v.id == "" {
		v.id = s.ids.new("vol")
	}
	if v.kind == "" {
		v.kind = "gp3"
	}
	v.snapshotID = seed.snapshot
	if seed.Device == in.RootDeviceName {
		v.snapshotID, _ = l.image.snapshot()
	}
	r.volumes.add(v.id, v)
	in.Devices = append(in.Devices, Device{Name: seed.Device, VolumeID: v.id, Status: "attached", AttachedAt: l.at, DeleteOnTermination: !seed.Keep, Held: seed.Held})
}

// plan is a seed with everything looked up, ready to be launched many times.
type plan struct {
	seed        InstanceSeed
	image       *image
	vpc         *vpc
	groups      []string
	tags        []Tag
	reservation string
}

func (r *region) plan(seed InstanceSeed) (*plan, error) {
	img, ok := r.image(seed.Image)
	if !ok {
		return nil, fmt.Errorf("instance %q: no image %q", seed.Name, seed.Image)
	}
	if _, ok := typeOf(seed.Type); !ok {
		return nil, fmt.Errorf("instance %q: unknown instance type %q", seed.Name, seed.Type)
	}
	p := &plan{seed: seed, image: img, vpc: r.vpcNamed(seed.VPC)}
	names := seed.Groups
	if len(names) == 0 {
		names = []string{"default"}
	}
	for _, name := range names {
		g := r.groupNamed(p.vpc.id, name)
		if g == nil {
			return nil, fmt.Errorf("instance %q: no security group %q in its VPC", seed.Name, name)
		}
		p.groups = append(p.groups, g.id)
	}
	p.tags = tagsOf(seed.Name, seed.Tags)
	if seed.AutoScalingGroup != "" {
		p.tags = append(p.tags, Tag{"aws:autoscaling:groupName", seed.AutoScalingGroup})
	}
	sort.SliceStable(p.tags, func(a, b int) bool { return p.tags[a].Key < p.tags[b].Key })
	return p, nil
}

func (s *Sim) seedInstance(r *region, seed InstanceSeed, number int, start time.Time) (*Instance, error) {
	p, err := r.plan(seed)
	if err != nil {
		return nil, err
	}
	return s.launchSeed(r, p, number, start)
}

// launchSeed makes the instance that a seed describes.
func (s *Sim) launchSeed(r *region, p *plan, number int, start time.Time) (*Instance, error) {
	seed := &p.seed
	age := time.Duration(seed.Age)
	if oldest := time.Duration(seed.OldestAge); oldest > age {
		age += time.Duration(s.ids.rnd.Int64N(int64(oldest - age)))
	}
	l := &launch{image: p.image, typ: seed.Type, subnet: p.subnet(len(r.instances.rows)), groups: p.groups,
		tags: p.tags, reservation: p.reservation, interfaces: seed.Interfaces, rootSize: seed.RootSize,
		volumes: seed.Volumes, public: seed.Public || seed.PublicIP != "",
		at: start.Add(-age).Truncate(time.Second)}
	if number > 0 {
		l.tags = slices.Clone(p.tags)
		for i := range l.tags {
			if l.tags[i].Key == "Name" {
				l.tags[i].Value = strings.ReplaceAll(l.tags[i].Value, "#", fmt.Sprintf("%02d", number))
			}
		}
	} else {
		l.tags = slices.Clone(l.tags)
	}
	in, err := s.newInstance(r, l)
	if err != nil {
		return nil, err
	}
	if p.reservation != "" {
		in.LaunchIndex = number - 1
	}
	s.adorn(r, in, seed, start)
	r.instances.add(in.ID, in)
	s.begin(r, in, seed, start)
	return in, nil
}

// subnet takes the zones in turn unless the seed names one, and goes on to
// the next zone when a subnet is full.
func (p *plan) subnet(turn int) *subnet {
	n := p.vpc.subnets
	for i, sub := range n {
		if p.seed.Zone != "" && strings.HasSuffix(sub.zone, p.seed.Zone) {
			turn = i
		}
	}
	for i := range n {
		if sub := n[(turn+i)%len(n)]; sub.taken+8 < sub.size {
			return sub
		}
	}
	return n[turn%len(n)]
}

// adorn sets what a seed says beyond a plain launch.
func (s *Sim) adorn(r *region, in *Instance, seed *InstanceSeed, start time.Time) {
	if seed.ID != "" {
		for _, d := range in.Devices {
			r.volumes.byID[d.VolumeID].instances[0] = seed.ID
		}
		in.ID = seed.ID
	}
	if seed.PrivateIP != "" {
		in.PrivateIP, in.Interfaces[0].PrivateIP = seed.PrivateIP, seed.PrivateIP
	}
	in.KeyName = seed.KeyName
	in.HibernationConfigured = seed.Hibernation
	in.DisableAPITermination, in.DisableAPIStop = seed.ProtectTermination, seed.ProtectStop
	in.Impaired, in.Console = seed.Impaired, seed.Console
	in.EBSOptimized = in.RootDeviceType == "ebs" && !strings.HasPrefix(in.Type, "t")
	if seed.Monitoring {
		in.Monitoring = "enabled"
	}
	if seed.IMDSv1 {
		in.HTTPTokens, in.HopLimit = "optional", 1
	}
	if seed.Profile != "" {
		in.ProfileName, in.ProfileID = seed.Profile, "AIPA"+strings.ToUpper(s.ids.hex(17))
	}
	if seed.UserData != "" {
		in.UserData = base64.StdEncoding.EncodeToString([]byte(seed.UserData))
	}
	if seed.Spot != "" {
		in.Lifecycle, in.SpotKind, in.SpotRequestID = "spot", seed.Spot, "sir-"+s.ids.hex(8)
	}
	if seed.Impaired != "" {
		in.ImpairedSince = start.Add(-time.Duration(seed.ImpairedAge)).Truncate(time.Second)
	}
	for _, e := range seed.Events {
		in.Events = append(in.Events, s.newEvent(e, start))
	}
}

// begin puts a seeded instance into its state with the traces that the way
// there would have left.
func (s *Sim) begin(r *region, in *Instance, seed *InstanceSeed, start time.Time) {
	state, since := seed.State, start.Add(-time.Duration(seed.StateAge)).Truncate(time.Second)
	in.hasRun = state != Pending
	in.Stuck = seed.Stuck
	in.ChecksFrom = in.LaunchTime
	s.givePublicAddress(in)
	if seed.PublicIP != "" && in.PublicIP != "" {
		in.PublicIP = seed.PublicIP
	}
	switch state {
	case "", Running:
		in.State = Running
	case Pending:
		s.enter(r, in, Pending, since)
		in.StateReason = StateReason{"pending", "pending"}
	default:
		in.StateReason, in.TransitionReason = userReason(since, seed.Hibernated)
		s.enter(r, in, state, since)
	}
}
