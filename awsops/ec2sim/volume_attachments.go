package ec2sim

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	linuxDevice   = regexp.MustCompile(`^/dev/(sd[a-z]|sda[12]|xvd[a-z]|xvd[b-d][a-z]|hd[a-z])$`)
	windowsDevice = regexp.MustCompile(`^(xvd[a-z]|xvd[b-d][a-z]|/dev/sda1|/dev/sd[a-z])$`)
)

// place of a device: sdf and xvdf are the same one.
func devicePlace(name string) string {
	name = strings.TrimPrefix(name, "/dev/")
	for _, p := range []string{"xvd", "sd", "hd"} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			return rest
		}
	}
	return name
}

// Limits of attachments: Nitro counts interfaces too.
const nitroSlots, xenVolumes, multiAttachMost = 28, 40, 16

func (in *Instance) hasRoom() bool {
	if t, _ := typeOf(in.Type); t.nitro {
		return len(in.Devices)+len(in.Interfaces) < nitroSlots
	}
	return len(in.Devices) < xenVolumes
}

func attachVolume(c *call) (act, *apiError) {
	v, err := c.volumeOfRequest()
	if err != nil {
		return nil, err
	}
	id, device := c.form.get("InstanceId"), c.form.get("Device")
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	shape := linuxDevice
	if in.Platform != "" {
		shape = windowsDevice
	}
	if !shape.MatchString(device) {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter device is invalid. %s is not a valid EBS device name.", device, device)
	}
	return func() *apiError {
		if err := c.canAttach(v, in, device); err != nil {
			return err
		}
		in.Devices = append(in.Devices, Device{Name: device, VolumeID: v.id, Status: "attaching", AttachedAt: c.now.Truncate(time.Millisecond)})
		v.instances, v.status = append(v.instances, in.ID), "in-use"
		c.attachment(v, attachment{in, &in.Devices[len(in.Devices)-1]})
		c.sim.agenda.add(c.now.Add(c.sim.delays.Attach), func(time.Time) {
			if d := in.device(v.id); d != nil && d.Status == "attaching" {
				d.Status = "attached"
			}
		})
		return nil
	}, nil
}

func (in *Instance) device(volume string) *Device {
	i := slices.IndexFunc(in.Devices, func(d Device) bool { return d.VolumeID == volume })
	if i < 0 {
		return nil
	}
	return &in.Devices[i]
}

func (c *call) canAttach(v *volume, in *Instance, device string) *apiError {
	switch {
	case len(v.instances) > 0 && (!v.multiAttach || slices.Contains(v.instances, in.ID)):
		return bad("VolumeInUse", "%s is already attached to an instance", v.id)
	case len(v.instances) >= multiAttachMost:
		return bad("AttachmentLimitExceeded", "The volume '%s' is attached to %d instances already.", v.id, multiAttachMost)
	case v.status != "available" && len(v.instances) == 0:
		return bad("IncorrectState", "%s is not 'available'.", v.id)
	case in.State != Running && in.State != Stopped:
		return bad("IncorrectState", "Instance '%s' is not 'running'.", in.ID)
	case v.zone != in.Zone:
		return bad("InvalidVolume.ZoneMismatch", "The volume '%s' is not in the same availability zone as instance '%s'", v.id, in.ID)
	case slices.ContainsFunc(in.Devices, func(d Device) bool { return devicePlace(d.Name) == devicePlace(device) }):
		return bad("InvalidParameterValue", "Invalid value '%s' for unixDevice. Attachment point %s is already in use", device, device)
	case !in.hasRoom():
		return bad("AttachmentLimitExceeded", "Volume attachment limit exceeded for the instance '%s' of type %s.", in.ID, in.Type)
	}
	return nil
}

func detachVolume(c *call) (act, *apiError) {
	var force bool
	if err := c.flags(map[string]*bool{"Force": &force}); err != nil {
		return nil, err
	}
	v, err := c.volumeOfRequest()
	if err != nil {
		return nil, err
	}
	if id := c.form.get("InstanceId"); id != "" {
		if err := c.lookupInstances([]string{id}); err != nil {
			return nil, err
		}
	}
	return func() *apiError {
		a, err := c.attachmentOfRequest(v)
		if err != nil {
			return err
		}
		in, dev := a.in, a.dev
		if dev.Name == in.RootDeviceName && in.State != Stopped && in.State != Terminated {
			return bad("IncorrectState", "Unable to detach root volume '%s' from instance '%s'", v.id, in.ID)
		}
		dev.Status = "detaching"
		if force {
			dev.Held = false
		}
		held := dev.Held && in.State == Running
		c.attachment(v, a)
		c.sim.agenda.add(c.now.Add(c.sim.delays.Attach), func(time.Time) {
			d := in.device(v.id)
			switch {
			case d == nil || d.Status != "detaching":
			case held && d.Held:
				d.Status = "busy"
			default:
				in.Devices = slices.DeleteFunc(in.Devices, func(d Device) bool { return d.VolumeID == v.id })
				v.leave(in.ID)
			}
		})
		return nil
	}, nil
}

// attachmentOfRequest finds the attachment that a detach is about.
func (c *call) attachmentOfRequest(v *volume) (attachment, *apiError) {
	all := c.region.attachments(v)
	if len(all) == 0 {
		return attachment{}, bad("IncorrectState", "Volume '%s' is in the '%s' state.", v.id, v.status)
	}
	id, device := c.form.get("InstanceId"), c.form.get("Device")
	if id == "" && len(all) > 1 {
		return attachment{}, bad("InvalidParameterCombination", "The parameter InstanceId must be specified for the volume '%s', which has several attachments.", v.id)
	}
	for _, a := range all {
		if (id == "" || a.in.ID == id) && (device == "" || a.dev.Name == device) {
			return a, nil
		}
	}
	return attachment{}, bad("InvalidAttachment.NotFound", "The volume '%s' is not attached to instance '%s' as device '%s'.", v.id, id, device)
}
