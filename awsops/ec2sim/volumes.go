package ec2sim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// volume is an EBS volume. How it is attached is known to its instances only,
// so that the two never disagree.
type volume struct {
	id, kind, zone, status, snapshotID string
	instances                          []string // ids; several with Multi-Attach
	size, iops, throughput             int      // 0 is the default of the type
	encrypted, multiAttach             bool
	key                                string // "" is the default key of EBS
	createdAt                          time.Time
	tags                               []Tag
	change                             *modification
	changed                            []time.Time // of modifications
	snapped                            time.Time   // of the last snapshot
	health                             string      // as DescribeVolumeStatus says it; "" is ok
	stopped                            bool        // EBS has stopped reads and writes
}

func volumeActions() []action {
	id := []string{"VolumeId"}
	return []action{
		{name: "DescribeVolumes", check: describeVolumes},
		{name: "CreateVolume", mutating: true, check: createVolume},
		{name: "DeleteVolume", mutating: true, required: id, check: deleteVolume},
		{name: "AttachVolume", mutating: true, required: []string{"VolumeId", "InstanceId", "Device"}, check: attachVolume},
		{name: "DetachVolume", mutating: true, required: id, check: detachVolume},
		{name: "ModifyVolume", mutating: true, required: id, check: modifyVolume},
		{name: "DescribeVolumesModifications", check: describeModifications},
		{name: "DescribeVolumeStatus", check: describeVolumeStatus},
		{name: "EnableVolumeIO", mutating: true, required: id, check: enableVolumeIO},
		{name: "GetEbsEncryptionByDefault", check: encryptionByDefault},
	}
}

func errNoVolumes(ids []string) *apiError {
	if len(ids) == 1 {
		return bad("InvalidVolume.NotFound", "The volume '%s' does not exist.", ids[0])
	}
	return bad("InvalidVolume.NotFound", "The volumes '%s' do not exist.", strings.Join(ids, ", "))
}

// lookupVolumes checks ids; EC2 calls the parameter otherwise in a listing.
func (r *region) lookupVolumes(ids []string, parameter string) *apiError {
	return lookup(r.volumes, ids, "vol", func(id string) *apiError {
		return bad("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Expected: 'vol-...'.", id, parameter)
	}, errNoVolumes)
}

// volumeOfRequest is the volume that a change is about.
func (c *call) volumeOfRequest() (*volume, *apiError) {
	id := c.form.get("VolumeId")
	if err := c.region.lookupVolumes([]string{id}, "volumeId"); err != nil {
		return nil, err
	}
	return c.region.volumes.byID[id], nil
}

func describeVolumes(c *call) (act, *apiError) {
	return describe(c, listing[*volume]{
		table:   c.region.volumes,
		idParam: "VolumeId", idSet: "volumeIdsSet", min: 5, max: 1000, noTokenWithIDs: true,
		lookup:  func(ids []string) *apiError { return c.region.lookupVolumes(ids, "volumes") },
		filters: volumeFilters(c.region),
		tags:    func(v *volume) []Tag { return v.tags },
		// So does EC2, and a client that stops at an empty page loses rows.
		tagsAfterCut: true,
		bytes:        1000,
	}, "volumeSet", c.volume)
}

// attachment is one instance that a volume is attached to, and its device there.
type attachment struct {
	in  *Instance
	dev *Device
}

func (r *region) attachments(v *volume) []attachment {
	var out []attachment
	for _, id := range v.instances {
		in := r.instances.byID[id]
		if in == nil {
			continue
		}
		for i := range in.Devices {
			if in.Devices[i].VolumeID == v.id {
				out = append(out, attachment{in, &in.Devices[i]})
			}
		}
	}
	return out
}

// performance is what a volume does: what was asked for, or the default of its
// type.
func (v *volume) performance() (iops, throughput int) {
	switch v.kind {
	case "gp3":
		return cmp.Or(v.iops, 3000), cmp.Or(v.throughput, 125)
	case "gp2":
		return min(16000, max(100, 3*v.size)), 0
	case "io1", "io2":
		return cmp.Or(v.iops, min(64000, 50*v.size)), 0
	}
	return 0, 0
}

func (c *call) volume(v *volume) {
	d := &c.out
	d.text("volumeId", v.id)
	d.num("size", v.size)
	d.text("snapshotId", v.snapshotID)
	d.text("availabilityZone", v.zone)
	if z, ok := c.region.zone(v.zone); ok {
		d.text("availabilityZoneId", z.ID)
	}
	d.text("status", v.status)
	d.at("createTime", v.createdAt)
	d.start("attachmentSet")
	for _, a := range c.region.attachments(v) {
		d.start("item")
		c.attachment(v, a)
		d.end("item")
	}
	d.end("attachmentSet")
	d.tags(v.tags)
	d.text("volumeType", v.kind)
	iops, throughput := v.performance()
	if iops > 0 {
		d.num("iops", iops)
	}
	if throughput > 0 {
		d.num("throughput", throughput)
	}
	d.flag("encrypted", v.encrypted)
	if v.encrypted {
		d.text("kmsKeyId", c.keyARN(v.key))
	}
	d.flag("multiAttachEnabled", v.multiAttach)
	d.operator()
}

func (c *call) attachment(v *volume, a attachment) {
	d := &c.out
	d.text("volumeId", v.id)
	d.text("instanceId", a.in.ID)
	d.text("device", a.dev.Name)
	d.text("status", a.dev.Status)
	d.at("attachTime", a.dev.AttachedAt)
	d.flag("deleteOnTermination", a.dev.DeleteOnTermination)
}

func volumeFilters(r *region) map[string]filterOf[*volume] {
	attached := func(get func(*Instance, *Device) string) filterOf[*volume] {
		return func(v *volume, pass test) bool {
			return slices.ContainsFunc(r.attachments(v), func(a attachment) bool { return pass(get(a.in, a.dev)) })
		}
	}
	return map[string]filterOf[*volume]{
		"attachment.attach-time":           attached(func(_ *Instance, d *Device) string { return stamp(d.AttachedAt) }),
		"attachment.delete-on-termination": attached(func(_ *Instance, d *Device) string { return yesno(d.DeleteOnTermination) }),
		"attachment.device":                attached(func(_ *Instance, d *Device) string { return d.Name }),
		"attachment.instance-id":           attached(func(in *Instance, _ *Device) string { return in.ID }),
		"attachment.status":                attached(func(_ *Instance, d *Device) string { return d.Status }),
		"availability-zone":                is(func(v *volume) string { return v.zone }),
		"availability-zone-id":             is(func(v *volume) string { z, _ := r.zone(v.zone); return z.ID }),
		"create-time":                      is(func(v *volume) string { return stamp(v.createdAt) }),
		"encrypted":                        is(func(v *volume) string { return yesno(v.encrypted) }),
		"fast-restored":                    is(func(*volume) string { return "false" }),
		"multi-attach-enabled":             is(func(v *volume) string { return yesno(v.multiAttach) }),
		"operator.managed":                 is(func(*volume) string { return "false" }),
		"operator.principal":               never[*volume],
		"size":                             is(func(v *volume) string { return itoa(v.size) }),
		"snapshot-id":                      is(func(v *volume) string { return v.snapshotID }),
		"status":                           is(func(v *volume) string { return v.status }),
		"volume-id":                        is(func(v *volume) string { return v.id }),
		"volume-type":                      is(func(v *volume) string { return v.kind }),
	}
}
