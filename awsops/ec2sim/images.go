package ec2sim

import (
	"slices"
	"strings"
)

func (s ImageSeed) withDefaults() ImageSeed {
	set := func(field *string, v string) {
		if *field == "" {
			*field = v
		}
	}
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
	return s
}

// launchable checks an image for RunInstances.
func (r *region) launchable(id string) (image, *apiError) {
	if !isID(id, "ami") {
		return image{}, malformed("InvalidAMIID.Malformed", id, "ami")
	}
	img, ok := r.image(id)
	if !ok {
		return image{}, bad("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	if img.State != "available" {
		return image{}, bad("InvalidAMIID.Unavailable", "The image ID '%s' is no longer available", id)
	}
	return img, nil
}

func imageActions() []action {
	return []action{{name: "DescribeImages", check: describeImages}}
}

// ownerOf is the account that an image belongs to: one that is made from an
// own snapshot is the account's own.
func (c *call) ownerOf(img *image) string {
	if img.Snapshot != "" {
		return c.account.ID
	}
	return amazonAccount
}

func describeImages(c *call) (act, *apiError) {
	owners := c.form.list("Owner")
	all := newTable[*image](len(c.region.images))
	for i := range c.region.images {
		if img := &c.region.images[i]; img.State != "deregistered" {
			all.add(img.ID, img)
		}
	}
	cut, err := list(c, listing[*image]{
		table: all, idParam: "ImageId", idSet: "imageIdsSet", min: 1, max: 1000,
		lookup: func(ids []string) *apiError {
			return lookup(all, ids, "ami", func(id string) *apiError { return malformed("InvalidAMIID.Malformed", id, "ami") },
				func(ids []string) *apiError {
					return bad("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", strings.Join(ids, ", "))
				})
		},
		filters: map[string]filterOf[*image]{
			"architecture": is(func(i *image) string { return i.Architecture }),
			"block-device-mapping.snapshot-id": func(i *image, pass test) bool {
				id, _ := i.snapshot()
				return i.RootDeviceType == "ebs" && pass(id)
			},
			"image-id": is(func(i *image) string { return i.ID }),
			"name":     is(func(i *image) string { return i.Name }),
			"owner-id": is(c.ownerOf),
			"platform": is(func(i *image) string { return i.Platform }),
			"state":    is(func(i *image) string { return i.State }),
		},
		tags: func(i *image) []Tag { return c.region.tagsOn(i.ID) },
		keep: func(i *image) bool {
			owner := c.ownerOf(i)
			return len(owners) == 0 || slices.Contains(owners, owner) || owner == c.account.ID && slices.Contains(owners, "self") ||
				owner == amazonAccount && slices.Contains(owners, "amazon")
		},
	})
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		p := cut()
		items(&c.out, "imagesSet", p.rows, c.image)
		c.out.some("nextToken", p.next)
		return nil
	}, nil
}

func (c *call) image(i *image) {
	d, owner := &c.out, c.ownerOf(i)
	d.text("imageId", i.ID)
	d.text("imageLocation", owner+"/"+i.Name)
	d.text("imageState", i.State)
	d.text("imageOwnerId", owner)
	if owner == amazonAccount {
		d.text("imageOwnerAlias", "amazon")
	}
	d.flag("isPublic", owner == amazonAccount)
	d.text("architecture", i.Architecture)
	d.text("imageType", "machine")
	d.some("kernelId", i.KernelID)
	d.some("ramdiskId", i.RAMDiskID)
	d.some("platform", i.Platform)
	d.text("platformDetails", i.PlatformDetails)
	d.text("name", i.Name)
	d.text("rootDeviceType", i.RootDeviceType)
	d.text("rootDeviceName", i.RootDeviceName)
	d.start("blockDeviceMapping")
	if i.RootDeviceType == "ebs" {
		id, size := i.snapshot()
		d.start("item")
		d.text("deviceName", i.RootDeviceName)
		d.start("ebs")
		d.text("snapshotId", id)
		d.num("volumeSize", size)
		d.flag("deleteOnTermination", true)
		d.text("volumeType", "gp3")
		d.flag("encrypted", false)
		d.end("ebs")
		d.end("item")
	}
	d.end("blockDeviceMapping")
	d.text("virtualizationType", "hvm")
	d.text("hypervisor", "xen")
	d.tags(c.region.tagsOn(i.ID))
}
