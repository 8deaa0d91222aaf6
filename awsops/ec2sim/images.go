package ec2sim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// image is an image with the id it has in its region.
type image struct {
	ImageSeed
	owner, alias     string // account; alias of AWS's own
	location         string
	virtualization   string
	devices          []imageDevice
	createdAt        time.Time
	source           string // instance or image
	sourceRegion     string
	reason           string // of a failure
	noENA            bool
	organizations    []string // ARNs of organizations and their units
	hidden, unlisted bool     // a deregistered one: no longer in lists; no longer known by its id
}

// imageDevice is a block device that instances of an image get.
type imageDevice struct {
	name, snapshot, kind, virtual string
	size                          int
	keep, encrypted               bool
}

// snapshot is the snapshot that the root volume of an image is made from, and
// its size.
func (i *image) snapshot() (id string, size int) {
	for _, d := range i.devices {
		if d.name == i.RootDeviceName {
			return d.snapshot, d.size
		}
	}
	return "", 0
}

func (i *image) uses(snapshot string) bool {
	return slices.ContainsFunc(i.devices, func(d imageDevice) bool { return d.snapshot == snapshot })
}

// sharedWith says whether an account other than the owner may use an image.
func (i *image) sharedWith(account string) bool {
	return i.Public || slices.Contains(i.SharedWith, account)
}

func imageActions() []action {
	id := []string{"ImageId"}
	attribute := []string{"ImageId", "Attribute"}
	return []action{
		{name: "DescribeImages", check: describeImages},
		{name: "CreateImage", mutating: true, required: []string{"InstanceId", "Name"}, check: createImage},
		{name: "RegisterImage", mutating: true, required: []string{"Name"}, check: registerImage},
		{name: "CopyImage", mutating: true, required: []string{"Name", "SourceImageId", "SourceRegion"}, check: copyImage},
		{name: "DeregisterImage", mutating: true, required: id, check: deregisterImage},
		{name: "DescribeImageAttribute", required: attribute, check: describeImageAttribute},
		{name: "ModifyImageAttribute", mutating: true, required: id, check: modifyImageAttribute},
		{name: "ResetImageAttribute", mutating: true, required: attribute, check: resetImageAttribute},
		{name: "GetImageBlockPublicAccessState", check: imageBlockPublicAccess},
	}
}

func errNoImage(ids ...string) *apiError {
	return bad("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", strings.Join(ids, ", "))
}

func errImageGone(id string) *apiError {
	return bad("InvalidAMIID.Unavailable", "The image ID '%s' is no longer available", id)
}

// checkImageID takes kernels and RAM disks too, which are described as images.
func checkImageID(id string) *apiError {
	if isID(id, "ami") || isID(id, "aki") || isID(id, "ari") {
		return nil
	}
	return malformed("InvalidAMIID.Malformed", id, "ami")
}

// imageTable is all that the caller can see.
func (c *call) imageTable() *table[*image] {
	t := newTable[*image](len(c.region.images.rows))
	for k, a := range c.sim.accounts {
		r := a.region(c.region.name)
		if r == nil {
			continue
		}
		for _, row := range r.images.rows {
			if a == c.account || row.row.owner == a.ID && row.row.sharedWith(c.account.ID) {
				t.rows = append(t.rows, numbered[*image]{uint64(k+1)<<48 | row.n, row.id, row.row})
				t.byID[row.id] = row.row
			}
		}
	}
	return t
}

// visibleImage finds an image that the caller may use.
func (c *call) visibleImage(id string) (*image, *apiError) {
	if err := checkImageID(id); err != nil {
		return nil, err
	}
	img := c.region.images.byID[id]
	if img == nil {
		img = c.imageTable().byID[id]
	}
	if img == nil {
		return nil, errNoImage(id)
	}
	return img, nil
}

// launchable checks an image for RunInstances.
func (c *call) launchable(id string) (*image, *apiError) {
	if !isID(id, "ami") {
		return nil, malformed("InvalidAMIID.Malformed", id, "ami")
	}
	img, err := c.visibleImage(id)
	if err != nil {
		return nil, err
	}
	if img.State != "available" {
		return nil, errImageGone(id)
	}
	return img, nil
}

// ownImage is the image that a change is about; others' are refused.
func (c *call) ownImage() (*image, *apiError) {
	img, err := c.visibleImage(c.form.get("ImageId"))
	switch {
	case err != nil:
		return nil, err
	case img.owner != c.account.ID:
		return nil, bad("AuthFailure", "Not authorized for image:%s", img.ID)
	case img.State == "deregistered":
		return nil, errImageGone(img.ID)
	}
	return img, nil
}

func describeImages(c *call) (act, *apiError) {
	owners, users := c.form.list("Owner"), c.form.list("ExecutableBy")
	for _, o := range owners {
		if !isAccount(o) && !slices.Contains([]string{"self", "amazon", "aws-marketplace", "aws-backup-vault"}, o) {
			return nil, bad("InvalidUserID.Malformed", "Invalid user id: \"%s\"", o)
		}
	}
	for _, u := range users {
		if !isAccount(u) && u != "self" && u != "all" {
			return nil, bad("InvalidUserID.Malformed", "Invalid user id: \"%s\"", u)
		}
	}
	if err := c.flags(map[string]*bool{"IncludeDeprecated": nil, "IncludeDisabled": nil}); err != nil {
		return nil, err
	}
	deprecated, _ := c.form.flag("IncludeDeprecated")
	disabled, _ := c.form.flag("IncludeDisabled")
	named := len(c.form.list("ImageId")) > 0
	all := c.imageTable()
	return describe(c, listing[*image]{
		bytes: 1100, table: all, idParam: "ImageId", idSet: "imageIdsSet", min: 1, max: 1000,
		lookup: func(ids []string) *apiError {
			for _, id := range ids {
				if err := checkImageID(id); err != nil {
					return err
				}
			}
			gone := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { i := all.byID[id]; return i != nil && !i.unlisted })
			if len(gone) > 0 {
				return errNoImage(gone...)
			}
			return nil
		},
		filters: imageFilters(),
		tags:    c.imageTags,
		keep: func(i *image) bool {
			own := i.owner == c.account.ID
			return !i.hidden && (named || disabled || i.State != "disabled") && (named || own || deprecated || !i.deprecatedAt(c.now)) &&
				(len(owners) == 0 || slices.ContainsFunc(owners, func(o string) bool { return o == i.owner || o == i.alias || o == "self" && own })) &&
				(len(users) == 0 || slices.ContainsFunc(users, func(u string) bool { return c.executable(i, u) }))
		},
	}, "imagesSet", c.image)
}

// deprecatedAt: others' images that are deprecated are left out of lists.
func (i *image) deprecatedAt(now time.Time) bool {
	return i.DeprecateIn != 0 && !i.deprecation().After(now)
}

func (i *image) deprecation() time.Time { return i.createdAt.Add(time.Duration(i.DeprecateIn)) }

// executable says whether a user has an explicit permission to launch.
func (c *call) executable(i *image, user string) bool {
	if user == "self" {
		user = c.account.ID
	}
	return user == "all" && i.Public || slices.Contains(i.SharedWith, user)
}

// imageTags are seen by the account that gave them.
func (c *call) imageTags(i *image) []Tag {
	if i.owner != c.account.ID && i.alias == "" {
		return nil
	}
	return c.region.tagsOn(i.ID)
}

func imageFilters() map[string]filterOf[*image] {
	return map[string]filterOf[*image]{
		"architecture": is(func(i *image) string { return i.Architecture }),
		"block-device-mapping.snapshot-id": func(i *image, pass test) bool {
			return slices.ContainsFunc(i.devices, func(d imageDevice) bool { return d.snapshot != "" && pass(d.snapshot) })
		},
		"creation-date":       is(func(i *image) string { return stamp(i.createdAt) }),
		"description":         is(func(i *image) string { return i.Description }),
		"hypervisor":          is(func(*image) string { return "xen" }),
		"image-id":            is(func(i *image) string { return i.ID }),
		"image-type":          is((*image).kind),
		"is-public":           is(func(i *image) string { return yesno(i.Public) }),
		"kernel-id":           is(func(i *image) string { return i.KernelID }),
		"manifest-location":   is(func(i *image) string { return i.location }),
		"name":                is(func(i *image) string { return i.Name }),
		"owner-alias":         is(func(i *image) string { return i.alias }),
		"owner-id":            is(func(i *image) string { return i.owner }),
		"platform":            is(func(i *image) string { return i.Platform }),
		"ramdisk-id":          is(func(i *image) string { return i.RAMDiskID }),
		"root-device-name":    is(func(i *image) string { return i.RootDeviceName }),
		"root-device-type":    is(func(i *image) string { return i.RootDeviceType }),
		"source-image-id":     is(func(i *image) string { return i.sourceOf("ami") }),
		"source-instance-id":  is(func(i *image) string { return i.sourceOf("i") }),
		"state":               is(func(i *image) string { return i.State }),
		"virtualization-type": is(func(i *image) string { return i.virtualization }),
	}
}

// kind is read off the id: kernels and RAM disks are listed as images.
func (i *image) kind() string {
	switch i.ID[:3] {
	case "aki":
		return "kernel"
	case "ari":
		return "ramdisk"
	}
	return "machine"
}

func (i *image) sourceOf(prefix string) string {
	if isID(i.source, prefix) {
		return i.source
	}
	return ""
}

func (c *call) image(i *image) {
	d := &c.out
	d.text("imageId", i.ID)
	d.text("imageLocation", cmp.Or(i.location, i.owner+"/"+i.Name))
	d.text("imageState", i.State)
	d.text("imageOwnerId", i.owner)
	d.some("imageOwnerAlias", i.alias)
	d.flag("isPublic", i.Public)
	d.text("architecture", i.Architecture)
	d.text("imageType", i.kind())
	d.some("kernelId", i.KernelID)
	d.some("ramdiskId", i.RAMDiskID)
	d.some("platform", i.Platform)
	d.text("platformDetails", i.PlatformDetails)
	d.text("usageOperation", i.UsageOperation)
	d.text("name", i.Name)
	d.some("description", i.Description)
	d.text("rootDeviceType", i.RootDeviceType)
	d.text("rootDeviceName", i.RootDeviceName)
	items(d, "blockDeviceMapping", i.devices, c.imageDevice)
	d.text("virtualizationType", i.virtualization)
	d.text("hypervisor", "xen")
	d.flag("enaSupport", !i.noENA)
	d.some("bootMode", i.BootMode)
	d.some("imdsSupport", i.IMDSSupport)
	d.at("creationDate", i.createdAt)
	if i.DeprecateIn != 0 {
		d.at("deprecationTime", i.deprecation())
	}
	d.some("deregistrationProtection", i.protection())
	d.some("sourceInstanceId", i.sourceOf("i"))
	d.some("sourceImageId", i.sourceOf("ami"))
	d.some("sourceImageRegion", i.sourceRegion)
	if len(i.ProductCodes) > 0 {
		items(d, "productCodes", i.ProductCodes, func(code string) { d.text("productCode", code); d.text("type", "marketplace") })
	}
	if i.reason != "" {
		d.start("stateReason")
		d.text("code", "Client.InvalidParameterValue")
		d.text("message", i.reason)
		d.end("stateReason")
	}
	d.tags(c.imageTags(i))
}

func (i *image) protection() string {
	if i.Protected {
		return "enabled-without-cooldown"
	}
	return "disabled"
}

func (c *call) imageDevice(dev imageDevice) {
	d := &c.out
	d.text("deviceName", dev.name)
	if dev.virtual != "" {
		d.text("virtualName", dev.virtual)
		return
	}
	d.start("ebs")
	d.some("snapshotId", dev.snapshot)
	d.num("volumeSize", dev.size)
	d.flag("deleteOnTermination", !dev.keep)
	d.text("volumeType", cmp.Or(dev.kind, "gp3"))
	d.flag("encrypted", dev.encrypted)
	d.end("ebs")
}
