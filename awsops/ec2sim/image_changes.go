package ec2sim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	imageName = regexp.MustCompile(`^[A-Za-z0-9 ()\[\]./'@_-]{3,128}$`)
	manifest  = regexp.MustCompile(`^/?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+\.manifest\.xml$`)
)

// imageOf is an image that a snapshot backs, or nil.
func (r *region) imageOf(snapshot string) *image {
	for img := range r.images.all {
		if img.State != "deregistered" && img.uses(snapshot) {
			return img
		}
	}
	return nil
}

// newImage checks what every new image has: a name of its own, and tags.
func (c *call) newImage() (*image, []Tag, *apiError) {
	name := c.form.get("Name")
	if !imageName.MatchString(name) {
		return nil, nil, bad("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'")
	}
	for img := range c.region.images.all {
		if img.Name == name && img.owner == c.account.ID && img.State != "deregistered" {
			return nil, nil, bad("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", name, img.ID)
		}
	}
	if len(c.form.get("Description")) > 255 {
		return nil, nil, bad("InvalidParameterValue", "Character length of description exceeds the maximum of 255.")
	}
	tags, err := c.newTags("image")
	seed := ImageSeed{Name: name, Description: c.form.get("Description"), Own: true, State: "pending"}
	return &image{ImageSeed: seed, owner: c.account.ID, virtualization: "hvm", createdAt: c.now.Truncate(time.Millisecond)}, tags, err
}

// appear lists a new image; it becomes available, or fails, by the clock.
func (c *call) appear(img *image, tags []Tag) {
	c.region.images.add(img.ID, img)
	if len(tags) > 0 {
		c.region.tags[img.ID] = &tags
	}
	c.sim.agenda.add(c.now.Add(c.sim.delays.Image), func(time.Time) {
		if img.State != "pending" {
			return
		}
		img.State = "available"
		if img.reason != "" {
			img.State = "failed"
		}
	})
	c.out.text("imageId", img.ID)
}

func createImage(c *call) (act, *apiError) {
	id := c.form.get("InstanceId")
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	img, tags, err := c.newImage()
	if err != nil {
		return nil, err
	}
	noReboot, err := c.form.flag("NoReboot")
	if err != nil {
		return nil, err
	}
	snapshotTags, err := c.newTags("snapshot")
	if err != nil {
		return nil, err
	}
	if in.RootDeviceType != "ebs" {
		return nil, bad("InvalidParameterValue", "Instance does not have a volume attached at root (%s)", in.RootDeviceName)
	}
	devices, err := c.devicesOf(in)
	if err != nil {
		return nil, err
	}
	img.Architecture, img.Platform, img.PlatformDetails, img.UsageOperation = in.Architecture, in.Platform, in.PlatformDetails, in.UsageOperation
	img.RootDeviceType, img.RootDeviceName, img.BootMode, img.source = in.RootDeviceType, in.RootDeviceName, in.BootMode, in.ID
	return func() *apiError {
		if in.State != Running && in.State != Stopped {
			return bad("IncorrectState", "An image can be created of an instance that is running or stopped; '%s' is %s.", in.ID, in.State)
		}
		img.ID = c.sim.ids.new("ami")
		img.devices = c.snapshotDevices(devices, "Created by CreateImage("+in.ID+") for "+img.ID, snapshotTags)
		if in.State == Running && !noReboot {
			in.ChecksFrom = c.now
		}
		c.appear(img, tags)
		return nil
	}, nil
}

// wanted is a device of a new image and the volume that it is made from.
type wanted struct {
	imageDevice
	volume *volume
}

// devicesOf are those of an instance, with the changes that a request makes.
func (c *call) devicesOf(in *Instance) ([]wanted, *apiError) {
	var out []wanted
	for _, d := range in.Devices {
		v := c.region.volumes.byID[d.VolumeID]
		out = append(out, wanted{imageDevice{name: d.Name, kind: v.kind, size: v.size, keep: !d.DeleteOnTermination, encrypted: v.encrypted}, v})
	}
	for i := 1; c.form.hasPrefix(fmt.Sprintf("BlockDeviceMapping.%d.", i)); i++ {
		at := fmt.Sprintf("BlockDeviceMapping.%d.", i)
		name := c.form.get(at + "DeviceName")
		if name == "" {
			return nil, missing("BlockDeviceMapping.DeviceName")
		}
		k := slices.IndexFunc(out, func(w wanted) bool { return w.name == name })
		_, omit := c.form[at+"NoDevice"]
		switch {
		case omit && name == in.RootDeviceName:
			return nil, bad("InvalidBlockDeviceMapping", "The root device '%s' cannot be left out", name)
		case omit && k < 0:
			return nil, bad("InvalidBlockDeviceMapping", "The device '%s' is not attached to the instance", name)
		case omit:
			out = slices.Delete(out, k, k+1)
		case k >= 0 && (c.form.has(at+"Ebs.VolumeSize") || c.form.has(at+"Ebs.SnapshotId") || c.form.has(at+"VirtualName")):
			return nil, bad("InvalidBlockDeviceMapping", "Of the attached device '%s' only DeleteOnTermination can be changed", name)
		case k >= 0:
			ends, err := c.form.flag(at + "Ebs.DeleteOnTermination")
			if err != nil {
				return nil, err
			}
			out[k].keep = !ends
		default:
			d, err := c.newDevice(at, name)
			if err != nil {
				return nil, err
			}
			out = append(out, wanted{d, nil})
		}
	}
	return out, nil
}

// newDevice reads a device that instances of an image are to get.
func (c *call) newDevice(at, name string) (imageDevice, *apiError) {
	d := imageDevice{name: name, virtual: c.form.get(at + "VirtualName"), snapshot: c.form.get(at + "Ebs.SnapshotId"), kind: c.form.get(at + "Ebs.VolumeType")}
	if d.virtual != "" {
		if !ephemeral.MatchString(d.virtual) {
			return d, bad("InvalidBlockDeviceMapping", "Invalid virtual device name '%s'", d.virtual)
		}
		return d, nil
	}
	size, _, err := c.form.number(at + "Ebs.VolumeSize")
	if err != nil {
		return d, err
	}
	if d.size = size; d.snapshot != "" {
		if err := checkSnapshotID(d.snapshot); err != nil {
			return d, err
		}
		s := c.visibleSnapshot(d.snapshot)
		if s == nil {
			return d, errNoSnapshot(d.snapshot)
		}
		if s.state != "completed" {
			return d, bad("IncorrectState", "Snapshot is in invalid state - %s", s.state)
		}
		d.size, d.encrypted = max(size, s.size), s.encrypted
	}
	if d.size < 1 {
		return d, missing("Either Ebs.SnapshotId or Ebs.VolumeSize")
	}
	ends, err := c.form.flag(at + "Ebs.DeleteOnTermination")
	d.keep = c.form.has(at+"Ebs.DeleteOnTermination") && !ends
	return d, err
}

// snapshotDevices takes a snapshot of each volume.
func (c *call) snapshotDevices(list []wanted, description string, tags []Tag) []imageDevice {
	var out []imageDevice
	for _, w := range list {
		d := w.imageDevice
		if w.volume != nil {
			s := &snapshot{volume: w.volume.id, description: description, size: w.volume.size, encrypted: w.volume.encrypted, key: w.volume.key, tags: slices.Clone(tags)}
			c.begin(s)
			d.snapshot = s.id
		}
		out = append(out, d)
	}
	return out
}

func registerImage(c *call) (act, *apiError) {
	img, tags, err := c.newImage()
	if err != nil {
		return nil, err
	}
	img.Architecture, img.virtualization, img.BootMode = c.form.get("Architecture"), c.form.get("VirtualizationType"), c.form.get("BootMode")
	if img.Architecture == "" {
		img.Architecture = "i386" // still EC2's default
	}
	if img.virtualization == "" {
		img.virtualization = "paravirtual"
	}
	if e := firstOf(oneOf("architecture", img.Architecture, "i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"), oneOf("virtualizationType", img.virtualization, "hvm", "paravirtual"),
		oneOf("bootMode", img.BootMode, "legacy-bios", "uefi", "uefi-preferred")); e != nil {
		return nil, bad("InvalidParameterValue", "%s", e)
	}
	ena, err := c.form.flag("EnaSupport")
	if err != nil {
		return nil, err
	}
	img.noENA, img.PlatformDetails, img.UsageOperation, img.RootDeviceName = !ena, "Linux/UNIX", "RunInstances", c.form.get("RootDeviceName")
	if err := c.sourceOfImage(img); err != nil {
		return nil, err
	}
	return func() *apiError {
		img.ID = c.sim.ids.new("ami")
		c.appear(img, tags)
		return nil
	}, nil
}

// sourceOfImage is a manifest in S3, or the block devices.
func (c *call) sourceOfImage(img *image) *apiError {
	if at := c.form.get("ImageLocation"); at != "" {
		if !manifest.MatchString(at) {
			return bad("InvalidManifest", "The manifest path '%s' is not bucket/path.manifest.xml", at)
		}
		if strings.HasPrefix(at, "private-") { // buckets that EC2 may not read
			return bad("InvalidManifest", "HTTP 403 (AccessDenied) response for URL https://s3.amazonaws.com/%s: check your S3 ACLs are correct.", at)
		}
		img.location, img.RootDeviceType = at, "instance-store"
		return nil
	}
	img.RootDeviceType = "ebs"
	for i := 1; c.form.hasPrefix(fmt.Sprintf("BlockDeviceMapping.%d.", i)); i++ {
		at := fmt.Sprintf("BlockDeviceMapping.%d.", i)
		d, err := c.newDevice(at, c.form.get(at+"DeviceName"))
		if err != nil {
			return err
		}
		img.devices = append(img.devices, d)
	}
	if img.RootDeviceName == "" {
		return missing("ImageLocation")
	}
	if id, _ := img.snapshot(); id == "" {
		return bad("InvalidBlockDeviceMapping", "The root device '%s' is not specified with a snapshot.", img.RootDeviceName)
	}
	return nil
}

func copyImage(c *call) (act, *apiError) {
	token := c.form.get("ClientToken")
	if before, ok := c.region.creations["image "+token]; ok && token != "" {
		if c.form.digest() != before.parameters {
			return nil, bad("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
		}
		return func() *apiError { c.out.text("imageId", before.id); return nil }, nil
	}
	from := c.account.region(c.form.get("SourceRegion"))
	if from == nil || !from.enabled() {
		return nil, bad("InvalidParameterValue", "Invalid source region '%s'.", c.form.get("SourceRegion"))
	}
	there := *c
	there.region = from
	source, err := there.launchable(c.form.get("SourceImageId"))
	if err != nil {
		return nil, err
	}
	img, tags, err := c.newImage()
	if err != nil {
		return nil, err
	}
	var encrypt, copyTags bool
	if err := c.flags(map[string]*bool{"Encrypted": &encrypt, "CopyImageTags": &copyTags}); err != nil {
		return nil, err
	}
	key := c.form.get("KmsKeyId")
	if key != "" && !encrypt {
		return nil, bad("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if copyTags && source.owner == c.account.ID {
		tags = withTags(slices.Clone(from.tagsOn(source.ID)), tags)
	}
	return func() *apiError {
		c.fillCopy(img, source, from.name, encrypt || c.region.encrypts, key)
		if token != "" {
			c.region.creations["image "+token] = created{c.form.digest(), img.ID}
		}
		c.appear(img, tags)
		return nil
	}, nil
}

// fillCopy takes over what a copy has of its source. The tags and the sharing
// it has not.
func (c *call) fillCopy(img, source *image, from string, encrypt bool, key string) {
	like := *source
	like.ID, like.Key, like.Name, like.Description, like.State = c.sim.ids.new("ami"), "", img.Name, img.Description, img.State
	like.owner, like.alias, like.Own, like.createdAt, like.source, like.sourceRegion = img.owner, "", true, img.createdAt, source.ID, from
	like.Public, like.SharedWith, like.organizations, like.Protected, like.Snapshot, like.devices = false, nil, nil, false, "", nil
	if key != "" && !ownKey(key) {
		like.reason = "Given key ID is not accessible"
	}
	for _, d := range source.devices {
		if d.snapshot != "" {
			s := &snapshot{volume: copyOfNothing, size: d.size, encrypted: encrypt || d.encrypted, key: key, message: like.reason,
				description: fmt.Sprintf("Copied for DestinationAmi %s from SourceAmi %s for SourceSnapshot %s. Task created on %d.", like.ID, source.ID, d.snapshot, c.now.UnixMilli())}
			c.begin(s)
			d.snapshot, d.encrypted = s.id, s.encrypted
		}
		like.devices = append(like.devices, d)
	}
	*img = like
}

func deregisterImage(c *call) (act, *apiError) {
	img, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	with, err := c.form.flag("DeleteAssociatedSnapshots")
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if img.Protected {
			return bad("OperationNotPermitted", "The image '%s' may not be deregistered. Disable its deregistration protection and try again.", img.ID)
		}
		img.State = "deregistered"
		c.sim.agenda.add(c.now.Add(c.sim.delays.Fade), func(at time.Time) {
			img.hidden = true
			c.sim.agenda.add(at.Add(c.sim.delays.Fade), func(time.Time) { img.unlisted = true })
		})
		c.out.flag("return", true)
		if with {
			items(&c.out, "deleteSnapshotResultSet", img.devices, c.deleteBehind)
		}
		return nil
	}, nil
}

// deleteBehind deletes a snapshot of a deregistered image, unless another uses it.
func (c *call) deleteBehind(d imageDevice) {
	result := "success"
	switch s := c.region.snapshots.byID[d.snapshot]; {
	case s == nil || s.owner != c.account.ID:
		result = "client-error"
	case c.region.imageOf(d.snapshot) != nil:
		result = "skipped"
	default:
		c.region.snapshots.remove(d.snapshot)
	}
	c.out.text("snapshotId", d.snapshot)
	c.out.text("returnCode", result)
}
