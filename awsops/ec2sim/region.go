package ec2sim

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// account is an account with its regions.
type account struct {
	Account
	regions []*region
}

func (a *account) region(name string) *region {
	for _, r := range a.regions {
		if r.name == name {
			return r
		}
	}
	return nil
}

// region holds what one account has in one region.
type region struct {
	account     *account
	name        string
	geography   string
	optInStatus string
	zones       []zone
	vpcs        []*vpc
	images      *table[*image]
	shortages   []Shortage

	instances *table[*Instance]
	volumes   *table[*volume]
	snapshots *table[*snapshot]
	groups    *table[*securityGroup]
	rules     *table[*rule]
	launches  map[string]launched // by client token
	templates *table[*launchTemplate]
	creations map[string]created // of volumes, by client token

	encrypts bool   // new volumes and copies of snapshots
	sharing  string // the block of public snapshots

	imageSharing string // the block of public images
	bundles      *table[*bundleTask]

	tags              map[string]*[]Tag // of resources that hold none themselves, by id
	keyPairs          *table[*keyPair]
	addresses         *table[*address]
	addressPools      []string // pools of the account's own
	releasedAddresses []string // which can perhaps be had again
}

func (r *region) enabled() bool { return r.optInStatus != "not-opted-in" }

type zone struct {
	ZoneSeed
	region string
}

// open tells whether the account may use the zone.
func (z zone) open() bool { return z.OptInStatus != "not-opted-in" }

type vpc struct {
	id, name  string
	cidr      netip.Prefix
	isDefault bool
	noGateway bool // without an internet gateway
	subnets   []*subnet
}

type subnet struct {
	id    string
	zone  string
	vpc   *vpc
	base  netip.Addr
	size  int
	taken int
}

// address hands out the next private address; EC2 keeps the first four of a
// subnet and the last for itself.
func (n *subnet) address() (string, bool) {
	if n.taken+5 > n.size {
		return "", false
	}
	b := n.base.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += uint32(n.taken) + 4
	n.taken++
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String(), true
}

// publicAddress hands out addresses of the block that RFC 2544 keeps for
// benchmarks, so that nobody's machine is ever meant.
func (s *Sim) publicAddress() string {
	n := s.publics%(1<<17-256) + 10
	s.publics++
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16), byte(n >> 8), byte(n)}).String()
}

// build makes the fleet.
func (s *Sim) build(f *Fleet, scale int) error {
	start := s.now().Truncate(time.Millisecond)
	for i := range f.Accounts {
		seed := &f.Accounts[i]
		a := &account{Account: Account{Profile: seed.Profile, ID: seed.ID,
			AccessKeyID: seed.AccessKeyID, SecretAccessKey: seed.SecretAccessKey}}
		s.accounts = append(s.accounts, a)
		for j := range seed.Regions {
			r := s.newRegion(f, a, &seed.Regions[j])
			a.regions = append(a.regions, r)
			if !r.enabled() {
				continue
			}
			a.Regions = append(a.Regions, r.name)
			target := 0
			if i == 0 && j == 0 {
				target = scale
			}
			if err := s.populate(r, seed, &seed.Regions[j], target, start); err != nil {
				return fmt.Errorf("%s %s: %w", a.Profile, r.name, err)
			}
		}
	}
	return s.furnish(f)
}

// furnish adds what stands beside the instances. Its ids come from a source of
// their own, so that the instances' stay what they are.
func (s *Sim) furnish(f *Fleet) error {
	ids, keys, templates, disks := newIDSource(s.cfg.Seed, 4), newIDSource(s.cfg.Seed, 5), newIDSource(s.cfg.Seed, 6), newIDSource(s.cfg.Seed, 7)
	for i, a := range s.accounts {
		for j, r := range a.regions {
			if !r.enabled() {
				continue
			}
			if err := s.seedAddresses(r, &f.Accounts[i].Regions[j], ids); err != nil {
				return fmt.Errorf("%s %s: %w", a.Profile, r.name, err)
			}
			if err := s.seedKeyPairs(r, f.KeyPairs, keys); err != nil {
				return fmt.Errorf("%s %s: %w", a.Profile, r.name, err)
			}
			if err := s.seedTemplates(r, f.Accounts[i].Regions[j].LaunchTemplates, templates); err != nil {
				return fmt.Errorf("%s %s: %w", a.Profile, r.name, err)
			}
			if err := s.seedStorage(r, &f.Accounts[i].Regions[j], disks); err != nil {
				return fmt.Errorf("%s %s: %w", a.Profile, r.name, err)
			}
		}
	}
	return nil
}

func (s *Sim) newRegion(f *Fleet, a *account, seed *RegionSeed) *region {
	r := &region{
		account: a, name: seed.Name, geography: seed.Geography, optInStatus: seed.OptInStatus,
		keyPairs: newTable[*keyPair](0), shortages: seed.Shortages,
		instances: newTable[*Instance](0), volumes: newTable[*volume](0), groups: newTable[*securityGroup](0), rules: newTable[*rule](0),
		launches: map[string]launched{}, templates: newTable[*launchTemplate](0), addresses: newTable[*address](0), tags: map[string]*[]Tag{},
		creations: map[string]created{}, snapshots: newTable[*snapshot](0), images: newTable[*image](0), bundles: newTable[*bundleTask](0),
	}
	if r.optInStatus == "" {
		r.optInStatus = "opt-in-not-required"
	}
	for _, z := range seed.Zones {
		r.zones = append(r.zones, zone{z.withDefaults(), r.name})
	}
	s.seedImages(r, slices.Concat(f.Images, seed.Images), s.now().Truncate(time.Millisecond))
	vpcs := seed.VPCs
	if len(vpcs) == 0 && r.enabled() {
		vpcs = []VPCSeed{{Name: "default", CIDR: "172.31.0.0/16", Default: true}}
	}
	groups := slices.Concat(f.SecurityGroups, seed.SecurityGroups)
	for _, v := range vpcs {
		s.addVPC(r, v, groups)
	}
	return r
}

func (s *Sim) addVPC(r *region, seed VPCSeed, groups []GroupSeed) {
	v := &vpc{id: seed.ID, name: seed.Name, cidr: netip.MustParsePrefix(seed.CIDR), isDefault: seed.Default, noGateway: seed.NoGateway}
	if v.id == "" {
		v.id = s.ids.new("vpc")
	}
	size := 1 << 14 // four zones of a /18 each, or sixteen of a /20
	if len(r.zones) > 4 {
		size = 1 << 12
	}
	b := v.cidr.Addr().As4()
	for i, z := range r.zones {
		if !z.open() {
			continue
		}
		n := &subnet{zone: z.Name, vpc: v, size: size,
			base: netip.AddrFrom4([4]byte{b[0], b[1], byte(i * size >> 8), 0})}
		if i < len(seed.Subnets) {
			n.id = seed.Subnets[i]
		} else {
			n.id = s.ids.new("subnet")
		}
		v.subnets = append(v.subnets, n)
	}
	if v.name != "" {
		r.tags[v.id] = &[]Tag{{"Name", v.name}}
	}
	r.vpcs = append(r.vpcs, v)
	s.addGroups(r, v, groups)
}

// populate adds the instances of a region: the particular ones first, then
// the services. A target above zero is reached exactly, by more rounds of the
// services or by leaving some out.
func (s *Sim) populate(r *region, a *AccountSeed, seed *RegionSeed, target int, start time.Time) error {
	services := a.servicesIn(r.name)
	if len(services) == 0 {
		services = likenesses(seed.Instances, r.name)
	}
	r.instances = newTable[*Instance](max(target, len(seed.Instances)))
	r.volumes = newTable[*volume](max(target, len(seed.Instances)))
	full := func() bool { return target > 0 && len(r.instances.rows) >= target }
	for _, in := range seed.Instances {
		if full() {
			return nil
		}
		if _, err := s.seedInstance(r, in, 0, start); err != nil {
			return err
		}
	}
	if len(a.servicesIn(r.name)) == 0 && target == 0 {
		return nil
	}
	for round := 0; round == 0 || len(r.instances.rows) < target; round++ {
		for _, svc := range services {
			p, err := r.plan(svc.InstanceSeed)
			if err != nil {
				return err
			}
			if svc.Together {
				p.reservation = s.ids.new("r")
			}
			count := svc.Count[r.name]
			for n := range count {
				if full() {
					return nil
				}
				if _, err := s.launchSeed(r, p, round*count+n+1, start); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// servicesIn are the services with instances in a region.
func (a *AccountSeed) servicesIn(region string) []ServiceSeed {
	var out []ServiceSeed
	for _, s := range a.Services {
		if s.Count[region] > 0 {
			out = append(out, s)
		}
	}
	return out
}

// likenesses makes services out of single instances, for a fleet that has
// nothing else to be scaled.
func likenesses(seeds []InstanceSeed, region string) []ServiceSeed {
	var out []ServiceSeed
	for _, in := range seeds {
		if in.State != "" && in.State != Running {
			continue
		}
		in.ID, in.PrivateIP, in.PublicIP = "", "", ""
		in.Name += "-#"
		in.Volumes = slices.Clone(in.Volumes)
		for i := range in.Volumes {
			in.Volumes[i].ID = ""
		}
		out = append(out, ServiceSeed{InstanceSeed: in, Count: map[string]int{region: 1}})
	}
	return out
}

// image finds an image by the key of the fleet or by id.
func (r *region) image(keyOrID string) (*image, bool) {
	for img := range r.images.all {
		if img.Key != "" && img.Key == keyOrID || img.ID == keyOrID {
			return img, true
		}
	}
	return &image{}, false
}

// vpcNamed finds a VPC by name; the empty name means the default one, or else
// the first.
func (r *region) vpcNamed(name string) *vpc {
	for _, v := range r.vpcs {
		if v.name == name || name == "" && v.isDefault {
			return v
		}
	}
	return r.vpcs[0]
}

func (r *region) subnet(id string) *subnet {
	for _, v := range r.vpcs {
		for _, n := range v.subnets {
			if n.id == id {
				return n
			}
		}
	}
	return nil
}

// zone finds a zone by name; one that does not exist has no id either.
func (r *region) zone(name string) (*zone, bool) {
	for i := range r.zones {
		if r.zones[i].Name == name {
			return &r.zones[i], true
		}
	}
	return &zone{}, false
}
