package ec2sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ImageSeed is an image that instances refer to by its key. It is AWS's own
// and public, unless it is said to be the account's.
type ImageSeed struct {
	Key             string `json:"key"`
	ID              string `json:"id"`
	Name            string `json:"name"`
	Description     string `json:"description"`
	Architecture    string `json:"architecture"`
	Platform        string `json:"platform"`
	PlatformDetails string `json:"platformDetails"`
	UsageOperation  string `json:"usageOperation"`
	RootDeviceType  string `json:"rootDeviceType"`
	RootDeviceName  string `json:"rootDeviceName"`
	BootMode        string `json:"bootMode"`
	// Own says that the image belongs to the account.
	Own bool `json:"own"`
	// Snapshot is the account's own snapshot that its own image is made from.
	Snapshot  string `json:"snapshot"`
	Size      int    `json:"size"` // of the root volume; 0 is the platform's
	KernelID  string `json:"kernelId"`
	RAMDiskID string `json:"ramdiskId"`
	State     string `json:"state"`  // empty means available
	Reason    string `json:"reason"` // of a failure
	Age       Age    `json:"age"`
	// Count and Every make a series, as of nightly builds; # in the name stands for the number.
	Count      int      `json:"count"`
	Every      Age      `json:"every"`
	Public     bool     `json:"public"`
	SharedWith []string `json:"sharedWith"`
	// Protected refuses to be deregistered.
	Protected    bool              `json:"protected"`
	IMDSSupport  string            `json:"imdsSupport"`
	DeprecateIn  Age               `json:"deprecateIn"` // counted from its creation
	ProductCodes []string          `json:"productCodes"`
	Tags         map[string]string `json:"tags"`
}

func (s ImageSeed) withDefaults() ImageSeed {
	set := func(field *string, v string) { *field = cmp.Or(*field, v) }
	set(&s.Architecture, "x86_64")
	set(&s.RootDeviceType, "ebs")
	set(&s.RootDeviceName, "/dev/xvda")
	set(&s.State, "available")
	if s.Platform == "windows" {
		set(&s.PlatformDetails, "Windows")
		set(&s.UsageOperation, "RunInstances:0002")
	}
	set(&s.PlatformDetails, "Linux/UNIX")
	set(&s.UsageOperation, "RunInstances")
	s.Size = cmp.Or(s.Size, s.usualSize())
	s.Age = cmp.Or(s.Age, Age(60*24*time.Hour))
	s.Own = s.Own || s.Snapshot != ""
	s.Public = s.Public || !s.Own
	return s
}

func (s *ImageSeed) usualSize() int {
	if s.Platform != "" {
		return 50
	}
	return 8
}

// seedImages makes the images of a region. Ids of the account's own come from
// a source of their own, so that the instances' stay what they are.
func (s *Sim) seedImages(r *region, seeds []ImageSeed, start time.Time) {
	for _, seed := range seeds {
		for n := range max(1, seed.Count) {
			img := &image{ImageSeed: seed.withDefaults(), virtualization: "hvm", reason: seed.Reason}
			img.Name = strings.ReplaceAll(img.Name, "#", fmt.Sprintf("%03d", n+1))
			img.SharedWith = slices.Clone(img.SharedWith)
			img.owner, img.alias = amazonAccount, "amazon"
			ids := s.ids
			if img.Own {
				img.owner, img.alias, ids = r.account.ID, "", s.bakes
			}
			if img.ID == "" || n > 0 {
				img.ID = ids.new("ami")
			}
			if n > 0 {
				img.Key, img.Snapshot = "", ""
			}
			img.createdAt = start.Add(-time.Duration(seed.Age) - time.Duration(n)*time.Duration(seed.Every)).Truncate(time.Second)
			if seed.Age == 0 {
				img.createdAt = start.Add(-time.Duration(img.Age)).Truncate(time.Second)
			}
			img.hidden, img.unlisted = img.State == "deregistered", img.State == "deregistered"
			if img.RootDeviceType == "ebs" {
				img.devices = []imageDevice{{name: img.RootDeviceName, snapshot: cmp.Or(img.Snapshot, "snap-"+img.ID[len("ami-"):]), size: img.Size}}
			}
			if len(img.Tags) > 0 {
				tags := tagsOf("", img.Tags)
				r.tags[img.ID] = &tags
			}
			r.images.add(img.ID, img)
		}
	}
}

// seedImageSnapshots makes the snapshots behind the images that are not seeded
// by themselves.
func (s *Sim) seedImageSnapshots(r *region) {
	for img := range r.images.all {
		id, size := img.snapshot()
		if id == "" || img.Snapshot != "" {
			continue
		}
		snap := &snapshot{id: id, volume: copyOfNothing, owner: img.owner, alias: img.alias, state: "completed", tier: "standard",
			size: size, startedAt: img.createdAt, completedAt: img.createdAt.Add(time.Minute), public: !img.Own, description: "Copied for DestinationAmi " + img.ID}
		if img.Own {
			snap.volume, snap.description = s.bakes.new("vol"), "Created by CreateImage for "+img.ID
		}
		r.snapshots.add(id, snap)
	}
}

func (s *ImageSeed) check(at string) error {
	return firstOf(need(at+".key", s.Key), idOr(at+".id", s.ID, "ami"),
		oneOf(at+".architecture", s.Architecture, "i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"),
		oneOf(at+".platform", s.Platform, "windows"),
		oneOf(at+".rootDeviceType", s.RootDeviceType, "ebs", "instance-store"),
		oneOf(at+".bootMode", s.BootMode, "legacy-bios", "uefi", "uefi-preferred"),
		oneOf(at+".imdsSupport", s.IMDSSupport, "v2.0"),
		oneOf(at+".state", s.State, "available", "pending", "deregistered", "failed", "disabled", "invalid", "transient", "error"))
}
