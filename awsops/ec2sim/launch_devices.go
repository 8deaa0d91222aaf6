package ec2sim

import (
	"fmt"
	"regexp"
	"slices"
)

var ephemeral = regexp.MustCompile(`^ephemeral([0-9]|1[0-9]|2[0-3])$`)

// parseDevices reads the block devices of a launch: the root volume with other
// properties, and data volumes. Instance stores come with the type by
// themselves.
func (c *call) parseDevices(req *runRequest) *apiError {
	var seen []string
	for i := 1; c.form.hasPrefix(fmt.Sprintf("BlockDeviceMapping.%d.", i)); i++ {
		at := fmt.Sprintf("BlockDeviceMapping.%d.", i)
		name, virtual := c.form.get(at+"DeviceName"), c.form.get(at+"VirtualName")
		switch {
		case name == "":
			return missing("BlockDeviceMapping.DeviceName")
		case slices.Contains(seen, name):
			return bad("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", name)
		case virtual != "" && !ephemeral.MatchString(virtual):
			return bad("InvalidBlockDeviceMapping", "Invalid virtual device name '%s'", virtual)
		}
		seen = append(seen, name)
		if virtual != "" {
			continue
		}
		if err := c.parseVolume(req, at+"Ebs.", name); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) parseVolume(req *runRequest, at, device string) *apiError {
	size, sized, err := c.form.number(at + "VolumeSize")
	if err != nil {
		return err
	}
	ends, err := c.form.flag(at + "DeleteOnTermination")
	if err != nil {
		return err
	}
	root := device == req.image.RootDeviceName
	from := c.form.get(at + "SnapshotId")
	if from == "" && root {
		from, _ = req.image.snapshot()
	}
	if from != "" {
		if !isID(from, "snap") {
			return malformed("InvalidSnapshotID.Malformed", from, "snap")
		}
		snap := c.visibleSnapshot(from)
		if snap == nil {
			return errNoSnapshot(from)
		}
		least := snap.size
		if !sized {
			size = least
		}
		if size < least {
			return bad("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB", size, from, least)
		}
	}
	if size < 1 {
		return missing("Either Ebs.SnapshotId or Ebs.VolumeSize")
	}
	keep := !ends
	if !c.form.has(at + "DeleteOnTermination") {
		keep = !root
	}
	v := VolumeSeed{Device: device, Size: size, Type: c.form.get(at + "VolumeType"), Encrypted: root, Keep: keep, snapshot: from}
	if root {
		req.root = &v
		return nil
	}
	req.volumes = append(req.volumes, v)
	return nil
}
