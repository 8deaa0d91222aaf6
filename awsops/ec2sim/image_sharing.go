package ec2sim

import (
	"slices"
	"strings"
)

const launchPermission = "launchPermission"

func describeImageAttribute(c *call) (act, *apiError) {
	name := c.form.get("Attribute")
	if name == "blockDeviceMapping" {
		return nil, bad("AuthFailure", "Unauthorized attempt to access restricted resource")
	}
	img, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	values := map[string]string{"description": img.Description, "kernel": img.KernelID, "ramdisk": img.RAMDiskID, "bootMode": img.BootMode, "imdsSupport": img.IMDSSupport,
		"sriovNetSupport": "simple", "tpmSupport": "", "uefiData": "", "lastLaunchedTime": "", "deregistrationProtection": img.protection()}
	_, simple := values[name]
	if !simple && name != launchPermission && name != "productCodes" {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
	}
	return func() *apiError {
		d := &c.out
		d.text("imageId", img.ID)
		switch {
		case simple:
			d.value(name, values[name])
		case name == launchPermission:
			c.launchPermissions(img)
		default:
			items(d, "productCodes", img.ProductCodes, func(code string) { d.text("productCode", code); d.text("type", "marketplace") })
		}
		return nil
	}, nil
}

func (c *call) launchPermissions(img *image) {
	d := &c.out
	d.start(launchPermission)
	if img.Public {
		d.raw("<item><group>all</group></item>")
	}
	for _, u := range img.SharedWith {
		d.start("item")
		d.text("userId", u)
		d.end("item")
	}
	for _, arn := range img.organizations {
		d.start("item")
		if strings.Contains(arn, ":ou/") {
			d.text("organizationalUnitArn", arn)
		} else {
			d.text("organizationArn", arn)
		}
		d.end("item")
	}
	d.end(launchPermission)
}

// imageGrants are the changes of one ModifyImageAttribute to who may launch.
type imageGrants struct {
	users, groups, arns []string
	remove              bool
}

// parseImageGrants reads both ways of writing the changes.
func (c *call) parseImageGrants() (imageGrants, *apiError) {
	g := imageGrants{users: c.form.list("UserId"), groups: c.form.list("UserGroup"), remove: c.form.get("OperationType") == "remove"}
	g.arns = append(c.form.list("OrganizationArn"), c.form.list("OrganizationalUnitArn")...)
	ways := 0
	for _, way := range []string{"Add", "Remove"} {
		if c.form.hasPrefix("LaunchPermission." + way + ".") {
			ways, g.remove = ways+1, way == "Remove"
		}
		for i := 1; c.form.hasPrefix("LaunchPermission." + way + "." + itoa(i) + "."); i++ {
			at := "LaunchPermission." + way + "." + itoa(i) + "."
			g.add(&g.users, c.form.get(at+"UserId"))
			g.add(&g.groups, c.form.get(at+"Group"))
			g.add(&g.arns, c.form.get(at+"OrganizationArn"))
			g.add(&g.arns, c.form.get(at+"OrganizationalUnitArn"))
		}
	}
	switch {
	case ways == 2:
		return g, bad("InvalidParameterCombination", "Add and remove of launchPermission cannot be used in the same request.")
	case len(g.users)+len(g.groups)+len(g.arns) == 0:
		return g, bad("InvalidParameterCombination", "No attributes specified.")
	}
	for kind, values := range map[string][]string{"userId": g.users, "group": g.groups, "organizationArn": g.arns} {
		for _, v := range values {
			if kind == "userId" && !isAccount(v) || kind == "group" && v != "all" || kind == "organizationArn" && !strings.HasPrefix(v, "arn:aws:organizations::") {
				return g, bad("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for %s item type.", v, kind)
			}
		}
	}
	return g, nil
}

func (imageGrants) add(list *[]string, v string) {
	if v != "" {
		*list = append(*list, v)
	}
}

func modifyImageAttribute(c *call) (act, *apiError) {
	name, value := c.form.get("Attribute"), c.form.get("Value")
	description, described := c.form["Description.Value"]
	imds := c.form.get("ImdsSupport.Value")
	if described {
		name, value = "description", description[0]
	}
	if imds != "" {
		name, value = "imdsSupport", imds
	}
	if c.form.has("ProductCode") {
		name = "productCodes"
	}
	switch name {
	case "description", "imdsSupport":
		return c.modifyImageValue(name, value)
	case "productCodes":
		if _, err := c.ownImage(); err != nil {
			return nil, err
		}
		return nil, bad("UnsupportedOperation", "Product codes can no longer be assigned to an image.")
	case "", launchPermission:
	default:
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
	}
	if op := c.form.get("OperationType"); op != "" && op != "add" && op != "remove" {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter operationType is invalid.", op)
	}
	g, err := c.parseImageGrants()
	if err != nil {
		return nil, err
	}
	img, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if err := c.canShareImage(img, g); err != nil {
			return err
		}
		if len(g.groups) > 0 {
			img.Public = !g.remove
		}
		change := func(list *[]string, values []string) {
			*list = slices.DeleteFunc(*list, func(v string) bool { return slices.Contains(values, v) })
			if !g.remove {
				*list = append(*list, values...)
			}
		}
		change(&img.SharedWith, g.users)
		change(&img.organizations, g.arns)
		c.out.flag("return", true)
		return nil
	}, nil
}

func (c *call) modifyImageValue(name, value string) (act, *apiError) {
	if name == "imdsSupport" && value != "v2.0" {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter imdsSupport is invalid. The only valid value is v2.0.", value)
	}
	if len(value) > 255 {
		return nil, bad("InvalidParameterValue", "Character length of description exceeds the maximum of 255.")
	}
	img, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if name == "description" {
			img.Description = value
		} else {
			img.IMDSSupport = value
		}
		c.out.flag("return", true)
		return nil
	}, nil
}

func (c *call) canShareImage(img *image, g imageGrants) *apiError {
	if g.remove {
		return nil
	}
	for _, d := range img.devices {
		if s := c.region.snapshots.byID[d.snapshot]; s != nil && s.encrypted && !ownKey(s.key) {
			return bad("InvalidParameter", "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.")
		} else if s != nil && s.encrypted && len(g.groups) > 0 {
			return bad("InvalidParameter", "Images with encrypted snapshots can't be shared publicly.")
		}
	}
	if len(g.groups) > 0 && c.region.imageSharing != unblocked {
		return bad("OperationNotPermitted", "Public sharing of images is blocked for this account in this region (%s).", c.region.imageSharing)
	}
	return nil
}

func resetImageAttribute(c *call) (act, *apiError) {
	if name := c.form.get("Attribute"); name != launchPermission {
		return nil, bad("InvalidRequest", "The attribute %s cannot be reset.", name)
	}
	img, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		img.Public, img.SharedWith, img.organizations = false, nil, nil
		c.out.flag("return", true)
		return nil
	}, nil
}

func imageBlockPublicAccess(c *call) (act, *apiError) {
	return func() *apiError {
		c.out.text("imageBlockPublicAccessState", c.region.imageSharing)
		c.out.text("managedBy", "account")
		return nil
	}, nil
}
