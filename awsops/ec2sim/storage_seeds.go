package ec2sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// amazonAccount owns the public images and the snapshots they are made from.
const amazonAccount = "137112412989"

// seedStorage makes the volumes that no instance brings along, and snapshots.
func (s *Sim) seedStorage(r *region, seed *RegionSeed, ids *idSource) error {
	start := s.now().Truncate(time.Second)
	r.encrypts, r.sharing, r.imageSharing = seed.EncryptByDefault, cmp.Or(seed.SnapshotSharing, unblocked), cmp.Or(seed.ImageSharing, unblocked)
	for _, v := range seed.Volumes {
		if err := s.seedVolume(r, v, ids, start); err != nil {
			return err
		}
	}
	s.seedImageSnapshots(r)
	s.seedBundles(r, seed.BundleTasks, start)
	for _, one := range seed.Snapshots {
		if err := s.seedSnapshots(r, one, ids, start); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sim) seedVolume(r *region, seed VolumeSeed, ids *idSource, start time.Time) error {
	v := &volume{id: seed.ID, size: seed.Size, kind: seed.Type, iops: seed.IOPS, throughput: seed.Throughput, encrypted: seed.Encrypted, key: seed.Key,
		status: seed.State, snapshotID: seed.Snapshot, multiAttach: seed.MultiAttach, createdAt: start.Add(-time.Duration(seed.Age)),
		tags: tagsOf(seed.Name, seed.Tags), health: seed.Health, stopped: seed.Stopped}
	if v.id == "" {
		v.id = ids.new("vol")
	}
	if v.kind == "" {
		v.kind = "gp3"
	}
	if v.status == "" {
		v.status = "available"
	}
	v.zone = r.name + seed.Zone
	for _, name := range seed.Instances {
		in := r.instanceNamed(name)
		if in == nil && s.cfg.Instances > 0 {
			continue // cut away with its fleet
		}
		if in == nil || in.Zone != v.zone {
			return fmt.Errorf("volume %s: no instance %q in %s", v.id, name, v.zone)
		}
		v.instances, v.status = append(v.instances, in.ID), "in-use"
		in.Devices = append(in.Devices, Device{Name: seed.Device, VolumeID: v.id, Status: "attached", AttachedAt: v.createdAt, Held: seed.Held})
	}
	r.volumes.add(v.id, v)
	return v.seeded()
}

// seeded is check as an error of a seed.
func (v *volume) seeded() error {
	if err := v.check(); err != nil {
		return fmt.Errorf("volume %s: %s", v.id, err.message)
	}
	return nil
}

func (s *Sim) seedSnapshots(r *region, seed SnapshotSeed, ids *idSource, start time.Time) error {
	like := snapshot{id: seed.ID, volume: seed.Volume, description: seed.Description, owner: r.account.ID, state: seed.State, message: seed.Message,
		size: seed.Size, stuckAt: seed.Progress, encrypted: seed.Encrypted, key: seed.Key, tier: seed.Tier, public: seed.Public}
	if seed.Instance != "" {
		v := r.volumeOn(seed.Instance, seed.Device)
		if v == nil && s.cfg.Instances > 0 {
			return nil // cut away with its fleet
		}
		if v == nil {
			return fmt.Errorf("snapshot of %s: no volume %q there", seed.Instance, seed.Device)
		}
		like.volume, like.size, like.encrypted, like.key = v.id, v.size, v.encrypted, v.key
	}
	if v := r.volumes.byID[like.volume]; v != nil {
		like.size, like.encrypted, like.key = v.size, v.encrypted, v.key
	}
	if like.tier == "" {
		like.tier = "standard"
	}
	if like.state == "" {
		like.state = "completed"
	}
	for n := range max(1, seed.Count) {
		one := like
		if one.id == "" || n > 0 {
			one.id = ids.new("snap")
		}
		one.startedAt = start.Add(-time.Duration(seed.Age) - time.Duration(n)*time.Duration(seed.Every))
		if one.state == "completed" {
			one.completedAt = one.startedAt.Add(4 * time.Minute)
		}
		one.users = slices.Clone(seed.SharedWith)
		one.tags = tagsOf(strings.ReplaceAll(seed.Name, "#", fmt.Sprintf("%02d", n+1)), seed.Tags)
		r.snapshots.add(one.id, &one)
	}
	return nil
}

// volumeOn finds the volume of an instance by the instance's name.
func (r *region) volumeOn(instance, device string) *volume {
	for in := range r.instances.all {
		if in.Name() != instance && in.ID != instance {
			continue
		}
		for _, d := range in.Devices {
			if d.Name == device {
				return r.volumes.byID[d.VolumeID]
			}
		}
	}
	return nil
}

func (r *RegionSeed) checkStorage(at string) error {
	if err := firstOf(oneOf(at+".snapshotSharing", r.SnapshotSharing, unblocked, blockNew, blockAll), oneOf(at+".imageSharing", r.ImageSharing, unblocked, blockNew)); err != nil {
		return err
	}
	var letters []string
	for _, z := range r.Zones {
		letters = append(letters, strings.TrimPrefix(z.Name, r.Name))
	}
	for i, v := range r.Volumes {
		at := fmt.Sprintf("%s.volumes[%d]", at, i)
		if err := firstOf(idOr(at+".id", v.ID, "vol"), idOr(at+".snapshot", v.Snapshot, "snap"), need(at+".zone", v.Zone), oneOf(at+".zone", v.Zone, letters...),
			oneOf(at+".state", v.State, "creating", "available", "error"), oneOf(at+".health", v.Health, "warning", "impaired", "insufficient-data")); err != nil {
			return err
		}
	}
	for i, s := range r.Snapshots {
		at := fmt.Sprintf("%s.snapshots[%d]", at, i)
		if err := firstOf(idOr(at+".id", s.ID, "snap"), idOr(at+".volume", s.Volume, "vol"),
			oneOf(at+".state", s.State, "pending", "completed", "error", "recoverable", "recovering"), oneOf(at+".tier", s.Tier, "standard", "archive")); err != nil {
			return err
		}
	}
	return nil
}
