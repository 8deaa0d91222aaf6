package ec2sim

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Fleet describes what exists when a simulator starts. It is a seed, not a
// dump: identifiers, addresses and times that it leaves out are made up in a
// way that depends only on the simulator's seed, and times are ages before
// its start. What stands at the top is shared by all regions of all accounts.
type Fleet struct {
	Images         []ImageSeed `json:"images"`
	SecurityGroups []GroupSeed `json:"securityGroups"`
	KeyPairs       []string    `json:"keyPairs"`
	// LegacyBundles answers BundleInstance as EC2 did before it was retired.
	LegacyBundles bool          `json:"legacyBundles"`
	Accounts      []AccountSeed `json:"accounts"`
}

// AccountSeed is an account: its credentials, its regions, and the services
// that run in several of them.
type AccountSeed struct {
	Profile         string        `json:"profile"`
	ID              string        `json:"id"`
	AccessKeyID     string        `json:"accessKeyId"`
	SecretAccessKey string        `json:"secretAccessKey"`
	Regions         []RegionSeed  `json:"regions"`
	Services        []ServiceSeed `json:"services"`
}

// RegionSeed is a region as one account sees it.
type RegionSeed struct {
	Name           string         `json:"name"`
	Geography      string         `json:"geography"`
	OptInStatus    string         `json:"optInStatus"` // empty means opt-in-not-required
	Zones          []ZoneSeed     `json:"zones"`
	VPCs           []VPCSeed      `json:"vpcs"` // none means one default VPC
	SecurityGroups []GroupSeed    `json:"securityGroups"`
	Images         []ImageSeed    `json:"images"`
	Shortages      []Shortage     `json:"shortages"`
	Instances      []InstanceSeed `json:"instances"`
	Addresses      []AddressSeed  `json:"addresses"`
	// LaunchTemplates are the region's launch templates.
	LaunchTemplates []TemplateSeed `json:"launchTemplates"`
	// AddressPools are the account's own pools of public addresses.
	AddressPools []string `json:"addressPools"`
	// Volumes are those that no seeded instance brings along.
	Volumes   []VolumeSeed   `json:"volumes"`
	Snapshots []SnapshotSeed `json:"snapshots"`
	// EncryptByDefault encrypts new volumes.
	EncryptByDefault bool `json:"encryptByDefault"`
	// SnapshotSharing is the block of public snapshots; empty means unblocked.
	SnapshotSharing string `json:"snapshotSharing"`
	// ImageSharing is the block of public images; empty means unblocked.
	ImageSharing string `json:"imageSharing"`
	// BundleTasks are seen where the fleet still bundles.
	BundleTasks []BundleSeed `json:"bundleTasks"`
	// ReleasedAddresses were the account's and can still be had again.
	ReleasedAddresses []string `json:"releasedAddresses"`
}

// TemplateSeed is a launch template with its versions, oldest first.
type TemplateSeed struct {
	ID       string                `json:"id"`
	Name     string                `json:"name"`
	Tags     map[string]string     `json:"tags"`
	Default  int                   `json:"default"` // number; 0 means the first
	Versions []TemplateVersionSeed `json:"versions"`
}

// TemplateVersionSeed is a version of a launch template. What is empty is left
// to the launch.
type TemplateVersionSeed struct {
	Description string   `json:"description"`
	Age         Age      `json:"age"`
	Image       string   `json:"image"` // key
	Type        string   `json:"type"`
	KeyName     string   `json:"keyName"`
	Groups      []string `json:"groups"`
	// VPC gives the template an interface in the first subnet of a VPC.
	VPC                string            `json:"vpc"`
	Zone               string            `json:"zone"` // name
	Profile            string            `json:"profile"`
	UserData           string            `json:"userData"` // plain text
	HTTPTokens         string            `json:"httpTokens"`
	ShutdownBehavior   string            `json:"shutdownBehavior"`
	Monitoring         bool              `json:"monitoring"`
	EBSOptimized       bool              `json:"ebsOptimized"`
	ProtectTermination bool              `json:"protectTermination"`
	ProtectStop        bool              `json:"protectStop"`
	Volumes            []VolumeSeed      `json:"volumes"`
	InstanceTags       map[string]string `json:"instanceTags"`
}

// AddressSeed is an Elastic IP: free, on an instance, or on an interface that
// belongs to a service.
type AddressSeed struct {
	ID       string            `json:"id"`
	IP       string            `json:"ip"`
	Name     string            `json:"name"`
	Tags     map[string]string `json:"tags"`
	Instance string            `json:"instance"` // id or name
	// Interface is an interface without an instance, in the first subnet of VPC.
	Interface string `json:"interface"`
	VPC       string `json:"vpc"`
	PrivateIP string `json:"privateIp"`
	Service   string `json:"service"` // alb, nlb, rnat or rds
}

// ZoneSeed is an availability zone. Its name belongs to the account, its id
// to the building.
type ZoneSeed struct {
	Name        string `json:"name"`
	ID          string `json:"id"`
	State       string `json:"state"`       // empty means available
	Type        string `json:"type"`        // empty means availability-zone
	OptInStatus string `json:"optInStatus"` // empty means opt-in-not-required
	Message     string `json:"message"`
}

// VPCSeed is a VPC with one subnet in each zone that is not closed to the
// account.
type VPCSeed struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	CIDR    string `json:"cidr"` // a /16
	Default bool   `json:"default"`
	// NoGateway leaves the internet gateway out.
	NoGateway bool     `json:"noGateway"`
	Subnets   []string `json:"subnets"` // ids, in the order of the zones
}

// GroupSeed is a security group.
type GroupSeed struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	VPC         string     `json:"vpc"` // name; empty means every VPC of the region
	Ingress     []RuleSeed `json:"ingress"`
	Egress      []RuleSeed `json:"egress"` // none means everything to everywhere
}

// RuleSeed is one rule of a security group; one of CIDR, CIDR6, Group and PrefixList.
type RuleSeed struct {
	ID          string `json:"id"`
	Protocol    string `json:"protocol"`
	From        int    `json:"from"`
	To          int    `json:"to"`
	CIDR        string `json:"cidr"`
	CIDR6       string `json:"cidr6"`
	Group       string `json:"group"`
	PrefixList  string `json:"prefixList"` // id
	Description string `json:"description"`
}

// Shortage makes launches of a type fail in a zone.
type Shortage struct {
	Zone string `json:"zone"`
	Type string `json:"type"`
	Code string `json:"code"`
}

// ServiceSeed is a number of instances of one kind. In the name, # stands for
// the number of the instance.
type ServiceSeed struct {
	InstanceSeed
	Count map[string]int `json:"count"` // by region
	// Together launches them in one reservation per region.
	Together bool `json:"together"`
}

// InstanceSeed is one instance.
type InstanceSeed struct {
	ID                 string            `json:"id"`
	Name               string            `json:"name"` // empty means no Name tag
	State              string            `json:"state"`
	Stuck              bool              `json:"stuck"` // stays in its transition
	Type               string            `json:"type"`
	Image              string            `json:"image"`
	VPC                string            `json:"vpc"`
	Zone               string            `json:"zone"` // letter; empty means in turn
	Groups             []string          `json:"groups"`
	KeyName            string            `json:"keyName"`
	PrivateIP          string            `json:"privateIp"`
	PublicIP           string            `json:"publicIp"`
	Public             bool              `json:"public"`
	Tags               map[string]string `json:"tags"`
	AutoScalingGroup   string            `json:"autoScalingGroup"`
	Profile            string            `json:"profile"` // instance profile
	Age                Age               `json:"age"`     // of the last launch
	OldestAge          Age               `json:"oldestAge"`
	StateAge           Age               `json:"stateAge"` // since when stopped or terminated
	Monitoring         bool              `json:"monitoring"`
	Spot               string            `json:"spot"`
	ProtectTermination bool              `json:"protectTermination"`
	ProtectStop        bool              `json:"protectStop"`
	Hibernation        bool              `json:"hibernation"`
	Hibernated         bool              `json:"hibernated"`
	Interfaces         int               `json:"interfaces"`
	RootSize           int               `json:"rootSize"`
	Volumes            []VolumeSeed      `json:"volumes"`
	IMDSv1             bool              `json:"imdsv1"`
	UserData           string            `json:"userData"` // plain text
	Impaired           string            `json:"impaired"`
	ImpairedAge        Age               `json:"impairedAge"`
	Events             []EventSeed       `json:"events"`
	Console            string            `json:"console"`
}

// VolumeSeed is a data volume of an instance, or a volume of a region.
type VolumeSeed struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Tags       map[string]string `json:"tags"`
	Device     string            `json:"device"`
	Size       int               `json:"size"`
	Type       string            `json:"type"`
	IOPS       int               `json:"iops"`
	Throughput int               `json:"throughput"`
	Encrypted  bool              `json:"encrypted"`
	Key        string            `json:"key"` // empty means the default key of EBS
	// Keep leaves the volume when the instance is terminated.
	Keep bool `json:"keep"`
	// Held says that the guest has it mounted and does not let go.
	Held bool `json:"held"`
	// Health is warning, impaired or insufficient-data; empty means ok.
	Health string `json:"health"`
	// Stopped says that EBS has stopped reads and writes.
	Stopped bool `json:"stopped"`

	// What follows is for a volume of a region.
	Zone        string   `json:"zone"`  // letter
	State       string   `json:"state"` // empty means available, or in-use
	Age         Age      `json:"age"`
	Snapshot    string   `json:"snapshot"`
	MultiAttach bool     `json:"multiAttach"`
	Instances   []string `json:"instances"` // names, with Multi-Attach

	snapshot string
}

// SnapshotSeed is a snapshot, or a series of them.
type SnapshotSeed struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Tags        map[string]string `json:"tags"`
	Description string            `json:"description"`
	// Volume is the id of the volume, which may be gone; Instance and Device
	// name one that is there.
	Volume   string `json:"volume"`
	Instance string `json:"instance"`
	Device   string `json:"device"`
	Size     int    `json:"size"` // of a volume that is gone
	State    string `json:"state"`
	Message  string `json:"message"`
	// Progress is where a pending snapshot stays.
	Progress   int      `json:"progress"`
	Age        Age      `json:"age"`
	Every      Age      `json:"every"` // between two of a series
	Count      int      `json:"count"` // how many; 0 is one
	Encrypted  bool     `json:"encrypted"`
	Key        string   `json:"key"`
	Tier       string   `json:"tier"` // empty means standard
	Public     bool     `json:"public"`
	SharedWith []string `json:"sharedWith"`
}

// EventSeed is a scheduled event. Its times count from the simulator's start.
type EventSeed struct {
	ID          string `json:"id"`
	Code        string `json:"code"`
	Description string `json:"description"`
	In          Age    `json:"in"`
	Lasts       Age    `json:"lasts"`
	Deadline    Age    `json:"deadline"`
	Completed   bool   `json:"completed"`
}

// Age is a length of time such as 90m, 3h or 400d, and negative for the past
// of an event.
type Age time.Duration

// UnmarshalText reads an Age.
func (a *Age) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		if n, err := strconv.Atoi(days); err == nil {
			*a = Age(time.Duration(n) * 24 * time.Hour)
			return nil
		}
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a length of time such as 90m, 3h or 400d", text)
	}
	*a = Age(d)
	return nil
}

// ReadFleet reads a fleet from JSON and checks it. The error names the field
// that is wrong and what may stand there.
func ReadFleet(r io.Reader) (*Fleet, error) {
	var f Fleet
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return &f, nil
}
