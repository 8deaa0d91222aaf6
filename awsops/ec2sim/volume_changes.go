package ec2sim

import (
	"crypto/sha256"
	"slices"
	"time"
)

// created remembers a new volume by its client token.
type created struct {
	parameters [sha256.Size]byte
	id         string
}

// volumeKind is what a type of volume takes.
type volumeKind struct {
	least, most         int // GiB
	leastIOPS, mostIOPS int // none when both are 0
	perGiB              int // IOPS
	mustIOPS            bool
}

func volumeKinds() map[string]volumeKind {
	return map[string]volumeKind{
		"gp2": {least: 1, most: 16384}, "gp3": {least: 1, most: 65536, leastIOPS: 3000, mostIOPS: 80000, perGiB: 500},
		"io1": {4, 16384, 100, 64000, 50, true}, "io2": {4, 65536, 100, 256000, 1000, true},
		"st1": {least: 125, most: 16384}, "sc1": {least: 125, most: 16384}, "standard": {least: 1, most: 1024},
	}
}

const leastThroughput, mostThroughput = 125, 2000

// checkVolume refuses what a volume of its type cannot be.
func (v *volume) check() *apiError {
	kind, ok := volumeKinds()[v.kind]
	switch {
	case !ok:
		return bad("UnknownVolumeType", "Unknown volume type '%s'", v.kind)
	case v.size > kind.most:
		return bad("InvalidParameterValue", "Volume of %dGiB is too large for volume type %s; maximum is %dGiB", v.size, v.kind, kind.most)
	case v.size < kind.least:
		return bad("InvalidParameterValue", "Volume of %dGiB is too small for volume type %s; minimum is %dGiB", v.size, v.kind, kind.least)
	case v.multiAttach && v.kind != "io1" && v.kind != "io2":
		return bad("InvalidParameterCombination", "Multi-Attach is not supported for %s volumes.", v.kind)
	}
	if err := v.checkIOPS(kind); err != nil {
		return err
	}
	return v.checkThroughput()
}

func (v *volume) checkIOPS(kind volumeKind) *apiError {
	switch {
	case v.iops == 0 && kind.mustIOPS:
		return bad("InvalidParameterCombination", "The parameter iops must be specified for %s volumes.", v.kind)
	case v.iops == 0:
		return nil
	case kind.mostIOPS == 0:
		return bad("InvalidParameterCombination", "The parameter iops is not supported for %s volumes.", v.kind)
	case v.iops < kind.leastIOPS:
		return bad("InvalidParameterValue", "Volume iops of %d is too low; minimum is %d.", v.iops, kind.leastIOPS)
	case v.iops > kind.mostIOPS:
		return bad("InvalidParameterValue", "Volume iops of %d is too high; maximum is %d.", v.iops, kind.mostIOPS)
	case v.iops > kind.perGiB*v.size && v.iops > 3000*yes(v.kind == "gp3"):
		return bad("InvalidParameterValue", "Iops to volume size ratio of %.6f is too high; maximum is %d.000000", float64(v.iops)/float64(v.size), kind.perGiB)
	}
	return nil
}

func (v *volume) checkThroughput() *apiError {
	iops, _ := v.performance()
	switch {
	case v.throughput == 0:
		return nil
	case v.kind != "gp3":
		return bad("InvalidParameterCombination", "The parameter throughput is not supported for %s volumes.", v.kind)
	case v.throughput < leastThroughput:
		return bad("InvalidParameterValue", "Throughput of %d MiBps is too low; minimum is %d MiBps.", v.throughput, leastThroughput)
	case v.throughput > mostThroughput:
		return bad("InvalidParameterValue", "Throughput of %d MiBps is too high; maximum is %d MiBps.", v.throughput, mostThroughput)
	case 4*v.throughput > iops:
		return bad("InvalidParameterValue", "Throughput (MiBps) to iops ratio of %.6f is too high; maximum is 0.250000 MiBps per iops.", float64(v.throughput)/float64(iops))
	}
	return nil
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sizes reads what creating and modifying a volume have in common.
func (c *call) sizes(v *volume) *apiError {
	for name, into := range map[string]*int{"Size": &v.size, "Iops": &v.iops, "Throughput": &v.throughput} {
		n, set, err := c.form.number(name)
		if err != nil {
			return err
		}
		if set {
			*into = n
		}
	}
	if k := c.form.get("VolumeType"); k != "" {
		v.kind = k
	}
	if !c.form.has("MultiAttachEnabled") {
		return nil
	}
	return c.flags(map[string]*bool{"MultiAttachEnabled": &v.multiAttach})
}

func createVolume(c *call) (act, *apiError) {
	token := c.form.get("ClientToken")
	if before, ok := c.region.creations[token]; ok && token != "" {
		if c.form.digest() != before.parameters {
			return nil, bad("IdempotentParameterMismatch",
				"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
		}
		if v := c.region.volumes.byID[before.id]; v != nil {
			return func() *apiError { c.volume(v); return nil }, nil
		}
	}
	v, snap, err := c.parseNewVolume()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if snap != nil && snap.state != "completed" {
			return bad("IncorrectState", "Snapshot is in invalid state - %s", snap.state)
		}
		v.id = c.sim.ids.new("vol")
		c.region.volumes.add(v.id, v)
		if token != "" {
			c.region.creations[token] = created{c.form.digest(), v.id}
		}
		c.volume(v)
		c.sim.agenda.add(c.now.Add(c.sim.delays.Volume), func(time.Time) {
			if v.status == "creating" {
				v.status = "available"
			}
		})
		return nil
	}, nil
}

func (c *call) parseNewVolume() (*volume, *snapshot, *apiError) {
	v := &volume{kind: "gp2", status: "creating", createdAt: c.now.Truncate(time.Millisecond), encrypted: c.region.encrypts, key: c.form.get("KmsKeyId")}
	if err := c.sizes(v); err != nil {
		return nil, nil, err
	}
	var encrypted bool
	err := c.flags(map[string]*bool{"Encrypted": &encrypted})
	if err != nil {
		return nil, nil, err
	}
	v.encrypted = v.encrypted || encrypted
	if v.key != "" && !v.encrypted {
		return nil, nil, bad("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if v.tags, err = c.newTags("volume"); err != nil {
		return nil, nil, err
	}
	if v.zone, err = c.zoneOfVolume(); err != nil {
		return nil, nil, err
	}
	snap, err := c.sourceOfVolume(v)
	if err != nil {
		return nil, nil, err
	}
	return v, snap, v.check()
}

func (c *call) zoneOfVolume() (string, *apiError) {
	name, id := c.form.get("AvailabilityZone"), c.form.get("AvailabilityZoneId")
	switch {
	case name == "" && id == "":
		return "", missing("availabilityZone")
	case name != "" && id != "":
		return "", bad("InvalidParameterCombination", "The parameter availabilityZone cannot be used with the parameter availabilityZoneId")
	}
	for _, z := range c.region.zones {
		if (z.Name == name || z.ID == id) && z.open() {
			return z.Name, nil
		}
	}
	return "", bad("InvalidZone.NotFound", "The zone '%s' does not exist.", name+id)
}

// sourceOfVolume fills a volume from a snapshot, if there is one.
func (c *call) sourceOfVolume(v *volume) (*snapshot, *apiError) {
	id := c.form.get("SnapshotId")
	if id == "" {
		if !c.form.has("Size") {
			return nil, missing("size/snapshot")
		}
		return nil, nil
	}
	if err := checkSnapshotID(id); err != nil {
		return nil, err
	}
	snap := c.visibleSnapshot(id)
	if snap == nil {
		return nil, errNoSnapshot(id)
	}
	if !c.form.has("Size") {
		v.size = snap.size
	}
	if v.size < snap.size {
		return nil, bad("InvalidParameterValue", "Volume of %dGiB is smaller than snapshot '%s', expect size >= %dGiB", v.size, id, snap.size)
	}
	v.snapshotID = id
	if snap.encrypted {
		if v.encrypted = true; v.key == "" {
			v.key = snap.key
		}
	}
	return snap, nil
}

func deleteVolume(c *call) (act, *apiError) {
	v, err := c.volumeOfRequest()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if on := c.region.attachments(v); len(on) > 0 {
			return bad("VolumeInUse", "Volume %s is currently attached to %s", v.id, on[0].in.ID)
		}
		switch v.status {
		case "available", "error":
		default:
			return bad("IncorrectState", "The volume '%s' is in the '%s' state.", v.id, v.status)
		}
		v.status = "deleting"
		c.sim.agenda.add(c.now.Add(c.sim.delays.Volume), func(time.Time) { c.region.volumes.remove(v.id) })
		c.out.flag("return", true)
		return nil
	}, nil
}

// leave takes a volume away from an instance.
func (v *volume) leave(instance string) {
	v.instances = slices.DeleteFunc(v.instances, func(id string) bool { return id == instance })
	if len(v.instances) == 0 && v.status == "in-use" {
		v.status = "available"
	}
}
