package ec2sim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// launchTemplate is a launch template with its versions, oldest first.
type launchTemplate struct {
	id, name       string
	createdAt      time.Time
	createdBy      string
	defaultVersion int
	versions       []*templateVersion
	tags           []Tag
}

// templateVersion is a version of a launch template. Its data are the
// parameters of a launch, in the way RunInstances takes them.
type templateVersion struct {
	of          *launchTemplate
	number      int
	description string
	createdAt   time.Time
	data        form
	// subnet belongs to an interface, which then has the groups: a template
	// has no subnet of its own.
	subnet string
}

func (t *launchTemplate) latest() int { return t.versions[len(t.versions)-1].number }

func launchTemplateActions() []action {
	return []action{
		{name: "DescribeLaunchTemplates", check: describeLaunchTemplates},
		{name: "DescribeLaunchTemplateVersions", check: describeLaunchTemplateVersions},
	}
}

func errNoTemplateID(id string) *apiError {
	return bad("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", id)
}

func errNoTemplateName(name string) *apiError {
	return bad("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", name)
}

func (r *region) templateNamed(name string) *launchTemplate {
	for t := range r.templates.all {
		if t.name == name {
			return t
		}
	}
	return nil
}

// template finds the template that parameters name, by ID or by name; none
// means that they name none.
func (c *call) template(prefix string) (*launchTemplate, *apiError) {
	id, name := c.form.get(prefix+"LaunchTemplateId"), c.form.get(prefix+"LaunchTemplateName")
	switch {
	case id != "" && name != "":
		return nil, bad("InvalidParameterCombination", "The parameter launchTemplateId cannot be used with the parameter launchTemplateName")
	case id == "" && name == "":
		return nil, nil
	case id != "" && !isID(id, "lt"):
		return nil, malformed("InvalidLaunchTemplateId.Malformed", id, "lt")
	}
	if t := c.region.templates.byID[id]; t != nil {
		return t, nil
	}
	if t := c.region.templateNamed(name); t != nil {
		return t, nil
	}
	if id != "" {
		return nil, errNoTemplateID(id)
	}
	return nil, errNoTemplateName(name)
}

// version finds a version by its number or its alias.
func (t *launchTemplate) version(said string) (*templateVersion, *apiError) {
	number := 0
	switch said {
	case "", "$Default":
		number = t.defaultVersion
	case "$Latest":
		number = t.latest()
	default:
		var err error
		if number, err = strconv.Atoi(said); err != nil {
			return nil, errTemplateVersion()
		}
	}
	i := slices.IndexFunc(t.versions, func(v *templateVersion) bool { return v.number == number })
	if i < 0 {
		return nil, bad("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version %s for the launch template with ID %s.", said, t.id)
	}
	return t.versions[i], nil
}

func errTemplateVersion() *apiError {
	return bad("InvalidParameterValue", "Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed.")
}

func describeLaunchTemplates(c *call) (act, *apiError) {
	names := c.form.list("LaunchTemplateName")
	do, err := describe(c, listing[*launchTemplate]{
		table: c.region.templates, idParam: "LaunchTemplateId", idSet: "launchTemplateIdSet", min: 1, max: 200,
		lookup: func(ids []string) *apiError {
			return lookupOne(c.region.templates, ids, "lt", "InvalidLaunchTemplateId.Malformed", errNoTemplateID)
		},
		filters: map[string]filterOf[*launchTemplate]{
			"create-time":          is(func(t *launchTemplate) string { return stamp(t.createdAt) }),
			"launch-template-name": is(func(t *launchTemplate) string { return t.name }),
		},
		tags: func(t *launchTemplate) []Tag { return t.tags },
		keep: func(t *launchTemplate) bool { return len(names) == 0 || slices.Contains(names, t.name) },
	}, "launchTemplates", func(t *launchTemplate) {
		c.out.text("launchTemplateId", t.id)
		c.out.text("launchTemplateName", t.name)
		c.out.at("createTime", t.createdAt)
		c.out.text("createdBy", t.createdBy)
		c.out.num("defaultVersionNumber", t.defaultVersion)
		c.out.num("latestVersionNumber", t.latest())
		c.out.tags(t.tags)
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if c.region.templateNamed(name) == nil {
			return nil, errNoTemplateName(name)
		}
	}
	return do, nil
}

func describeLaunchTemplateVersions(c *call) (act, *apiError) {
	chosen, err := c.templateVersions()
	if err != nil {
		return nil, err
	}
	rows := newTable[*templateVersion](len(chosen))
	for _, v := range chosen {
		rows.add(v.of.id+itoa(v.number), v)
	}
	return describe(c, listing[*templateVersion]{table: rows, min: 1, max: 200, filters: versionFilters(c)}, "launchTemplateVersionSet", c.templateVersion)
}

// templateVersions are the versions that a request is about, newest first: of
// one template, or the latest and the default ones of all.
func (c *call) templateVersions() ([]*templateVersion, *apiError) {
	said := c.form.list("LaunchTemplateVersion")
	t, err := c.template("")
	if err != nil {
		return nil, err
	}
	templates := []*launchTemplate{t}
	if t == nil {
		if len(said) == 0 {
			return nil, missing("LaunchTemplateId")
		}
		if slices.ContainsFunc(said, func(v string) bool { return v != "$Latest" && v != "$Default" }) {
			return nil, errTemplateVersion()
		}
		templates = slices.Collect(c.region.templates.all)
	}
	least, _, err := c.form.number("MinVersion")
	if err != nil {
		return nil, err
	}
	most, bounded, err := c.form.number("MaxVersion")
	if err != nil {
		return nil, err
	}
	var out []*templateVersion
	for _, t := range templates {
		wanted := map[*templateVersion]bool{}
		for _, v := range said {
			found, err := t.version(v)
			if err != nil {
				return nil, err
			}
			wanted[found] = true
		}
		for _, v := range slices.Backward(t.versions) {
			if (len(said) == 0 || wanted[v]) && v.number >= least && (!bounded || v.number <= most) {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

func versionFilters(c *call) map[string]filterOf[*templateVersion] {
	member := func(name string) filterOf[*templateVersion] {
		return is(func(v *templateVersion) string { return v.data.get(name) })
	}
	return map[string]filterOf[*templateVersion]{
		"create-time":          is(func(v *templateVersion) string { return stamp(v.createdAt) }),
		"ebs-optimized":        member("EbsOptimized"),
		"http-tokens":          member("MetadataOptions.HttpTokens"),
		"iam-instance-profile": is(func(v *templateVersion) string { return c.profileARN(v.data.get("IamInstanceProfile.Name")) }),
		"image-id":             member("ImageId"),
		"instance-type":        member("InstanceType"),
		"is-default-version":   is(func(v *templateVersion) string { return yesno(v.number == v.of.defaultVersion) }),
		"kernel-id":            member("KernelId"),
		"ram-disk-id":          member("RamdiskId"),
	}
}

func (c *call) profileARN(name string) string {
	if name == "" {
		return ""
	}
	return "arn:aws:iam::" + c.account.ID + ":instance-profile/" + name
}

func (c *call) templateVersion(v *templateVersion) {
	d := &c.out
	d.text("launchTemplateId", v.of.id)
	d.text("launchTemplateName", v.of.name)
	d.num("versionNumber", v.number)
	d.some("versionDescription", v.description)
	d.at("createTime", v.createdAt)
	d.text("createdBy", v.of.createdBy)
	d.flag("defaultVersion", v.number == v.of.defaultVersion)
	d.start("launchTemplateData")
	c.templateData(v)
	d.end("launchTemplateData")
}

// templateData writes what a version says. What it leaves to the launch has no
// element at all.
func (c *call) templateData(v *templateVersion) {
	d, f := &c.out, v.data
	d.some("ebsOptimized", f.get("EbsOptimized"))
	if name := f.get("IamInstanceProfile.Name"); name != "" {
		d.start("iamInstanceProfile")
		d.text("name", name)
		d.end("iamInstanceProfile")
	}
	if devices := f.structures("BlockDeviceMapping"); len(devices) > 0 {
		items(d, "blockDeviceMappingSet", devices, func(at string) { templateDevice(d, f, at) })
	}
	groups := f.list("SecurityGroupId")
	if v.subnet != "" {
		d.raw("<networkInterfaceSet><item><deviceIndex>0</deviceIndex>")
		d.text("subnetId", v.subnet)
		d.start("groupSet") // which has no items here
		for _, id := range groups {
			d.text("groupId", id)
		}
		d.raw("</groupSet></item></networkInterfaceSet>")
	}
	d.some("imageId", f.get("ImageId"))
	d.some("instanceType", f.get("InstanceType"))
	d.some("keyName", f.get("KeyName"))
	wrapped(d, "monitoring", "enabled", f.get("Monitoring.Enabled"))
	wrapped(d, "placement", "availabilityZone", f.get("Placement.AvailabilityZone"))
	d.some("disableApiTermination", f.get("DisableApiTermination"))
	d.some("disableApiStop", f.get("DisableApiStop"))
	d.some("instanceInitiatedShutdownBehavior", f.get("InstanceInitiatedShutdownBehavior"))
	d.some("userData", f.get("UserData"))
	if specs := f.structures("TagSpecification"); len(specs) > 0 {
		items(d, "tagSpecificationSet", specs, func(at string) {
			d.text("resourceType", f.get(at+"ResourceType"))
			d.tags(f.tagsFor(f.get(at + "ResourceType")))
		})
	}
	if len(groups) > 0 && v.subnet == "" {
		items(d, "securityGroupIdSet", groups, d.escape)
	}
	wrapped(d, "hibernationOptions", "configured", f.get("HibernationOptions.Configured"))
	wrapped(d, "metadataOptions", "httpTokens", f.get("MetadataOptions.HttpTokens"))
}

func wrapped(d *doc, name, member, value string) {
	if value != "" {
		d.start(name)
		d.text(member, value)
		d.end(name)
	}
}

func templateDevice(d *doc, f form, at string) {
	d.text("deviceName", f.get(at+"DeviceName"))
	d.start("ebs")
	for _, m := range []string{"Encrypted", "DeleteOnTermination", "VolumeSize", "VolumeType"} {
		d.some(strings.ToLower(m[:1])+m[1:], f.get(at+"Ebs."+m))
	}
	d.end("ebs")
}

// structures are the prefixes of a list of structures: Name.1. and so on.
func (f form) structures(name string) []string {
	var out []string
	for i := 1; f.hasPrefix(fmt.Sprintf("%s.%d.", name, i)); i++ {
		out = append(out, fmt.Sprintf("%s.%d.", name, i))
	}
	return out
}

// withTemplate fills the parameters of a launch in with those of the template
// that it names. What the request says itself overrides the template.
func (c *call) withTemplate() *apiError {
	if !c.form.has("LaunchTemplate") {
		return nil
	}
	t, err := c.template("LaunchTemplate.")
	if err != nil {
		return err
	}
	if t == nil {
		return missing("LaunchTemplate.LaunchTemplateId")
	}
	v, err := t.version(c.form.get("LaunchTemplate.Version"))
	if err != nil {
		return err
	}
	if v.subnet != "" {
		const not = "Network interfaces and an instance-level %s may not be specified on the same request"
		switch {
		case c.form.has("SubnetId"):
			return bad("InvalidParameterCombination", not, "subnet ID")
		case c.form.has("SecurityGroupId"), c.form.has("SecurityGroup"):
			return bad("InvalidParameterCombination", not, "security groups")
		}
	}
	c.form = v.under(c.form)
	return nil
}

// under is a request with what it leaves open filled in. Of tags and of block
// devices, each counts by itself.
func (v *templateVersion) under(request form) form {
	out := form{}
	for k, values := range request {
		out[k] = values
	}
	for k, values := range v.data {
		name, _, _ := strings.Cut(k, ".")
		switch {
		case name == "BlockDeviceMapping", name == "TagSpecification":
		case name == "SecurityGroupId" && request.has("SecurityGroup"):
		case !request.has(name):
			out[k] = values
		}
	}
	if v.subnet != "" {
		out["SubnetId"] = []string{v.subnet}
	}
	var named []string
	for _, at := range request.structures("BlockDeviceMapping") {
		named = append(named, request.get(at+"DeviceName"))
	}
	for _, at := range v.data.structures("BlockDeviceMapping") {
		if !slices.Contains(named, v.data.get(at+"DeviceName")) {
			out.adopt("BlockDeviceMapping", v.data, at)
		}
	}
	for _, at := range v.data.structures("TagSpecification") {
		kind := v.data.get(at + "ResourceType")
		given := request.tagsFor(kind)
		var more []Tag
		for _, t := range v.data.tagsFor(kind) {
			if !slices.ContainsFunc(given, func(g Tag) bool { return g.Key == t.Key }) {
				more = append(more, t)
			}
		}
		out.addTags(kind, more)
	}
	return out
}

// adopt appends a structure of other parameters to a list.
func (f form) adopt(name string, from form, at string) {
	to := fmt.Sprintf("%s.%d.", name, len(f.structures(name))+1)
	for k, values := range from {
		if member, ok := strings.CutPrefix(k, at); ok {
			f[to+member] = values
		}
	}
}

// addTags appends a specification of tags.
func (f form) addTags(kind string, tags []Tag) {
	if len(tags) == 0 {
		return
	}
	at := fmt.Sprintf("TagSpecification.%d.", len(f.structures("TagSpecification"))+1)
	f[at+"ResourceType"] = []string{kind}
	for i, t := range tags {
		f[fmt.Sprintf("%sTag.%d.Key", at, i+1)] = []string{t.Key}
		f[fmt.Sprintf("%sTag.%d.Value", at, i+1)] = []string{t.Value}
	}
}

// templateTags are the tags by which EC2 marks what came from a template.
func (c *call) templateTags() []Tag {
	t, err := c.template("LaunchTemplate.")
	if err != nil || t == nil {
		return nil
	}
	v, err := t.version(c.form.get("LaunchTemplate.Version"))
	if err != nil {
		return nil
	}
	return []Tag{{"aws:ec2launchtemplate:id", t.id}, {"aws:ec2launchtemplate:version", itoa(v.number)}}
}

// seedTemplates makes the launch templates of a fleet.
func (s *Sim) seedTemplates(r *region, seeds []TemplateSeed, ids *idSource) error {
	start := s.now().Truncate(time.Second)
	for _, seed := range seeds {
		t := &launchTemplate{id: seed.ID, name: seed.Name, createdBy: "arn:aws:iam::" + r.account.ID + ":user/ops", defaultVersion: max(1, seed.Default), tags: tagsOf("", seed.Tags)}
		if t.id == "" {
			t.id = ids.new("lt")
		}
		for i := range seed.Versions {
			v := &templateVersion{of: t, number: i + 1, description: seed.Versions[i].Description, createdAt: start.Add(-time.Duration(seed.Versions[i].Age))}
			if err := v.seed(r, &seed.Versions[i]); err != nil {
				return fmt.Errorf("launch template %s: version %d: %w", t.name, v.number, err)
			}
			t.versions = append(t.versions, v)
		}
		t.createdAt = t.versions[0].createdAt
		r.templates.add(t.id, t)
	}
	return nil
}

// seed turns names into the IDs of the region.
func (v *templateVersion) seed(r *region, seed *TemplateVersionSeed) error {
	v.data = form{}
	set := func(name, value string) {
		if value != "" && value != "false" {
			v.data[name] = []string{value}
		}
	}
	if img, ok := r.image(seed.Image); ok {
		set("ImageId", img.ID)
	}
	network := r.vpcNamed(seed.VPC)
	for i, name := range seed.Groups {
		g := r.groupNamed(network.id, name)
		if g == nil {
			return fmt.Errorf("no group %q", name)
		}
		set(fmt.Sprintf("SecurityGroupId.%d", i+1), g.id)
	}
	if seed.VPC != "" {
		v.subnet = network.subnets[0].id
	}
	set("InstanceType", seed.Type)
	set("KeyName", seed.KeyName)
	set("IamInstanceProfile.Name", seed.Profile)
	set("UserData", base64.StdEncoding.EncodeToString([]byte(seed.UserData)))
	set("MetadataOptions.HttpTokens", seed.HTTPTokens)
	set("InstanceInitiatedShutdownBehavior", seed.ShutdownBehavior)
	set("Placement.AvailabilityZone", seed.Zone)
	set("Monitoring.Enabled", yesno(seed.Monitoring))
	set("EbsOptimized", yesno(seed.EBSOptimized))
	set("DisableApiTermination", yesno(seed.ProtectTermination))
	set("DisableApiStop", yesno(seed.ProtectStop))
	for i, e := range seed.Volumes {
		at := fmt.Sprintf("BlockDeviceMapping.%d.", i+1)
		set(at+"DeviceName", e.Device)
		set(at+"Ebs.VolumeSize", itoa(e.Size))
		set(at+"Ebs.VolumeType", e.Type)
		set(at+"Ebs.Encrypted", yesno(e.Encrypted))
		v.data[at+"Ebs.DeleteOnTermination"] = []string{yesno(!e.Keep)}
	}
	v.data.addTags("instance", tagsOf("", seed.InstanceTags))
	return nil
}
