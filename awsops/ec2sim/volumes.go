package ec2sim

import (
	"strings"
	"time"
)

// volume is an EBS volume. How it is attached is known to the instance only,
// so that the two never disagree.
type volume struct {
	id, kind, zone, status, snapshotID string
	instanceID                         string
	size                               int
	encrypted                          bool
	createdAt                          time.Time
	tags                               []Tag
}

func volumeActions() []action {
	return []action{{name: "DescribeVolumes", check: describeVolumes}}
}

func describeVolumes(c *call) (act, *apiError) {
	cut, err := list(c, listing[*volume]{
		table:   c.region.volumes,
		idParam: "VolumeId", idSet: "volumeIdsSet", min: 5, max: 1000, noTokenWithIDs: true,
		lookup: func(ids []string) *apiError {
			return lookup(c.region.volumes, ids, "vol", func(id string) *apiError {
				return bad("InvalidParameterValue", "Value (%s) for parameter volumes is invalid. Expected: 'vol-...'.", id)
			}, func(ids []string) *apiError {
				if len(ids) == 1 {
					return bad("InvalidVolume.NotFound", "The volume '%s' does not exist.", ids[0])
				}
				return bad("InvalidVolume.NotFound", "The volumes '%s' do not exist.", strings.Join(ids, ", "))
			})
		},
		filters: volumeFilters(c.region),
		tags:    func(v *volume) []Tag { return v.tags },
		// So does EC2, and a client that stops at an empty page loses rows.
		tagsAfterCut: true,
	})
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		p := cut()
		c.out.grow(len(p.rows) * 1000)
		items(&c.out, "volumeSet", p.rows, c.volume)
		c.out.some("nextToken", p.next)
		return nil
	}, nil
}

// attachment finds the instance of a volume and the device there.
func (r *region) attachment(v *volume) (*Instance, *Device) {
	in := r.instances.byID[v.instanceID]
	if in == nil {
		return nil, nil
	}
	for i := range in.Devices {
		if in.Devices[i].VolumeID == v.id {
			return in, &in.Devices[i]
		}
	}
	return nil, nil
}

// performance is what a volume does by default, by its type.
func (v *volume) performance() (iops, throughput int) {
	switch v.kind {
	case "gp3":
		return 3000, 125
	case "gp2":
		return min(16000, max(100, 3*v.size)), 0
	case "io1", "io2":
		return min(64000, 50*v.size), 0
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
	if in, dev := c.region.attachment(v); in != nil {
		d.start("item")
		d.text("volumeId", v.id)
		d.text("instanceId", in.ID)
		d.text("device", dev.Name)
		d.text("status", dev.Status)
		d.at("attachTime", dev.AttachedAt)
		d.flag("deleteOnTermination", dev.DeleteOnTermination)
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
		d.text("kmsKeyId", "arn:aws:kms:"+c.region.name+":"+c.account.ID+":key/11111111-2222-4333-8444-555555555555")
	}
	d.flag("multiAttachEnabled", false)
	d.operator()
}

func volumeFilters(r *region) map[string]filterOf[*volume] {
	attached := func(get func(*Instance, *Device) string) filterOf[*volume] {
		return func(v *volume, pass test) bool {
			in, dev := r.attachment(v)
			return in != nil && pass(get(in, dev))
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
		"multi-attach-enabled":             is(func(*volume) string { return "false" }),
		"operator.managed":                 is(func(*volume) string { return "false" }),
		"operator.principal":               never[*volume],
		"size":                             is(func(v *volume) string { return itoa(v.size) }),
		"snapshot-id":                      is(func(v *volume) string { return v.snapshotID }),
		"status":                           is(func(v *volume) string { return v.status }),
		"volume-id":                        is(func(v *volume) string { return v.id }),
		"volume-type":                      is(func(v *volume) string { return v.kind }),
	}
}
