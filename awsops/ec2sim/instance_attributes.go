package ec2sim

import (
	"fmt"
	"slices"
	"strings"
)

func instanceAttributeActions() []action {
	return []action{
		{name: "DescribeInstanceAttribute", required: []string{"InstanceId", "Attribute"}, check: describeInstanceAttribute},
		{name: "ModifyInstanceAttribute", mutating: true, required: []string{"InstanceId"}, check: modifyInstanceAttribute},
		{name: "ResetInstanceAttribute", mutating: true, required: []string{"InstanceId", "Attribute"}, check: resetInstanceAttribute},
	}
}

// instanceAttribute is an attribute that can be read, and perhaps changed.
type instanceAttribute struct {
	name  string
	write func(*call, *Instance)
	// parse checks a new value, which stands in this parameter, and returns how
	// to set it; nil is for attributes that cannot be changed.
	parse func(c *call, param string) (func(*Instance), *apiError)
	// wire is the parameter, where it is not the attribute's own name.
	wire string
	// halted says that the instance has to be stopped.
	halted bool
}

func textAttribute(name string, get func(*Instance) *string, check func(*call, string) *apiError) instanceAttribute {
	a := instanceAttribute{name: name, write: func(c *call, in *Instance) { c.out.value(name, *get(in)) }}
	if check == nil {
		return a
	}
	a.parse = func(c *call, param string) (func(*Instance), *apiError) {
		v := c.form.get(param)
		if err := check(c, v); err != nil {
			return nil, err
		}
		return func(in *Instance) { *get(in) = v }, nil
	}
	return a
}

func flagAttribute(name string, get func(*Instance) *bool) instanceAttribute {
	return instanceAttribute{
		name:  name,
		write: func(c *call, in *Instance) { c.out.value(name, yesno(*get(in))) },
		parse: func(c *call, param string) (func(*Instance), *apiError) {
			v, err := c.form.flag(param)
			return func(in *Instance) { *get(in) = v }, err
		},
	}
}

func whileStopped(a instanceAttribute) instanceAttribute {
	a.halted = true
	return a
}

func instanceAttributes() []instanceAttribute {
	free := func(*call, string) *apiError { return nil }
	ena := flagAttribute("enaSupport", nil)
	ena.write = func(c *call, in *Instance) { c.out.value("enaSupport", yesno(!in.NoENA)) }
	ena.parse = func(c *call, param string) (func(*Instance), *apiError) {
		v, err := c.form.flag(param)
		return func(in *Instance) { in.NoENA = !v }, err
	}
	return []instanceAttribute{
		whileStopped(textAttribute("instanceType", func(in *Instance) *string { return &in.Type }, checkNewType)),
		whileStopped(textAttribute("kernel", func(in *Instance) *string { return &in.KernelID }, free)),
		whileStopped(textAttribute("ramdisk", func(in *Instance) *string { return &in.RAMDiskID }, free)),
		whileStopped(textAttribute("userData", func(in *Instance) *string { return &in.UserData }, checkUserData)),
		flagAttribute("disableApiTermination", func(in *Instance) *bool { return &in.DisableAPITermination }),
		flagAttribute("disableApiStop", func(in *Instance) *bool { return &in.DisableAPIStop }),
		textAttribute("instanceInitiatedShutdownBehavior", func(in *Instance) *string { return &in.ShutdownBehavior }, checkBehavior),
		textAttribute("rootDeviceName", func(in *Instance) *string { return &in.RootDeviceName }, nil),
		{name: "blockDeviceMapping", write: func(c *call, in *Instance) { c.out.devices(in.Devices) }, parse: parseDeviceEnds},
		{name: "productCodes", write: func(c *call, _ *Instance) { c.out.raw("<productCodes/>") }},
		flagAttribute("sourceDestCheck", func(in *Instance) *bool { return &in.SourceDestCheck }),
		{name: "groupSet", wire: "GroupId", write: func(c *call, in *Instance) { c.groupSet(in.Groups) }, parse: parseNewGroups},
		whileStopped(flagAttribute("ebsOptimized", func(in *Instance) *bool { return &in.EBSOptimized })),
		whileStopped(textAttribute("sriovNetSupport", func(in *Instance) *string { return &in.SriovNet }, free)),
		whileStopped(ena),
		{name: "enclaveOptions", halted: true, write: (*call).enclaves, parse: func(c *call, _ string) (func(*Instance), *apiError) {
			v, err := c.form.flag("EnclaveOptions.Enabled")
			return func(in *Instance) { in.Enclaves = v }, err
		}},
	}
}

func checkNewType(_ *call, v string) *apiError {
	if _, ok := typeOf(v); !ok {
		return bad("InvalidInstanceAttributeValue", "Invalid value '%s' for InstanceType.", v)
	}
	return nil
}

func checkBehavior(_ *call, v string) *apiError {
	if v != "stop" && v != "terminate" {
		return bad("InvalidParameterValue", "Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid.", v)
	}
	return nil
}

// parseDeviceEnds sets whether volumes go with their instance.
func parseDeviceEnds(c *call, _ string) (func(*Instance), *apiError) {
	ends := map[string]bool{}
	for i := 1; c.form.hasPrefix(fmt.Sprintf("BlockDeviceMapping.%d.", i)); i++ {
		at := fmt.Sprintf("BlockDeviceMapping.%d.", i)
		v, err := c.form.flag(at + "Ebs.DeleteOnTermination")
		if err != nil {
			return nil, err
		}
		ends[c.form.get(at+"DeviceName")] = v
	}
	if in := c.region.instances.byID[c.form.get("InstanceId")]; in != nil {
		for name := range ends {
			if !slices.ContainsFunc(in.Devices, func(d Device) bool { return d.Name == name }) {
				return nil, bad("InvalidInstanceAttributeValue", "No device is currently mapped at %s", name)
			}
		}
	}
	return func(in *Instance) {
		for i, d := range in.Devices {
			if v, ok := ends[d.Name]; ok {
				in.Devices[i].DeleteOnTermination = v
			}
		}
	}, nil
}

// parseNewGroups replaces the groups of an instance with a single interface.
func parseNewGroups(c *call, _ string) (func(*Instance), *apiError) {
	ids := c.form.list("GroupId")
	in := c.region.instances.byID[c.form.get("InstanceId")]
	if in == nil {
		return nil, nil // the lookup that follows says so
	}
	if err := c.groupsIn(ids, in.VPCID); err != nil {
		return nil, err
	}
	return func(in *Instance) { in.Interfaces[0].Groups, in.Groups = ids, ids }, nil
}

// resetInstanceAttribute sets an attribute back to what the image says.
func resetInstanceAttribute(c *call) (act, *apiError) {
	id, name := c.form.get("InstanceId"), c.form.get("Attribute")
	if !isID(id, "i") {
		return nil, malformed("InvalidInstanceID.Malformed", id, "i")
	}
	var reset func(*Instance, *image)
	switch name {
	case "kernel":
		reset = func(in *Instance, img *image) { in.KernelID = img.KernelID }
	case "ramdisk":
		reset = func(in *Instance, img *image) { in.RAMDiskID = img.RAMDiskID }
	case "sourceDestCheck":
		reset = func(in *Instance, _ *image) { in.SourceDestCheck = true }
	default:
		return nil, errUnknownAttribute(name)
	}
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		if err := (instanceAttribute{name: name, halted: name != "sourceDestCheck"}).refuses(in); err != nil {
			return err
		}
		img, _ := c.region.image(in.ImageID)
		reset(in, img)
		c.out.flag("return", true)
		return nil
	}, nil
}

func errUnknownAttribute(name string) *apiError {
	return bad("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
}

func describeInstanceAttribute(c *call) (act, *apiError) {
	name := c.form.get("Attribute")
	var found instanceAttribute
	for _, a := range instanceAttributes() {
		if a.name == name {
			found = a
		}
	}
	id := c.form.get("InstanceId")
	if !isID(id, "i") {
		return nil, malformed("InvalidInstanceID.Malformed", id, "i")
	}
	if found.write == nil {
		return nil, errUnknownAttribute(name)
	}
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		c.out.text("instanceId", id)
		found.write(c, in)
		return nil
	}, nil
}

// modifyInstanceAttribute takes an attribute in either of two spellings:
// DisableApiStop.Value=true, or Attribute=disableApiStop and Value=true.
func modifyInstanceAttribute(c *call) (act, *apiError) {
	id := c.form.get("InstanceId")
	if !isID(id, "i") {
		return nil, malformed("InvalidInstanceID.Malformed", id, "i")
	}
	attr, param, err := c.attributeToChange()
	if err != nil {
		return nil, err
	}
	set, err := attr.parse(c, param)
	if err != nil {
		return nil, err
	}
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		if err := attr.refuses(in); err != nil {
			return err
		}
		set(in)
		c.out.flag("return", true)
		return nil
	}, nil
}

// refuses looks at the state of an instance before a change.
func (a instanceAttribute) refuses(in *Instance) *apiError {
	perInterface := a.name == "groupSet" || a.name == "sourceDestCheck"
	protects := a.name == "disableApiTermination" || a.name == "disableApiStop"
	store := in.RootDeviceType != "ebs" && (a.name == "disableApiStop" || a.name == "instanceInitiatedShutdownBehavior")
	switch {
	case protects && in.Lifecycle == "spot":
		return bad("UnsupportedOperation", "The attribute '%s' cannot be modified for the Spot Instance '%s'.", a.name, in.ID)
	case store:
		return bad("UnsupportedOperation", "The attribute '%s' cannot be modified for the instance '%s', which does not have an 'ebs' root device type.", a.name, in.ID)
	case in.State == Terminated:
		return bad("IncorrectInstanceState", "The instance '%s' is not in a valid state for this operation.", in.ID)
	case a.halted && in.State != Stopped:
		return bad("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", in.ID)
	case perInterface && len(in.Interfaces) > 1:
		return bad("InvalidInstanceID", "There are multiple interfaces attached to instance '%s'. "+
			"Please specify an interface ID for the operation instead.", in.ID)
	}
	return nil
}

func (c *call) attributeToChange() (instanceAttribute, string, *apiError) {
	var found []instanceAttribute
	param := ""
	name := c.form.get("Attribute")
	known := name == ""
	for _, a := range instanceAttributes() {
		wire := a.wire
		if wire == "" {
			wire = strings.ToUpper(a.name[:1]) + a.name[1:]
		}
		switch {
		case c.form.hasPrefix(wire + "."):
			found, param = append(found, a), wire+".Value"
		case a.name == name:
			found, param, known = append(found, a), "Value", true
		}
	}
	if !known {
		return instanceAttribute{}, "", errUnknownAttribute(name)
	}
	if len(found) != 1 {
		return instanceAttribute{}, "", bad("InvalidParameterCombination", "No attributes specified.")
	}
	if found[0].parse == nil {
		return instanceAttribute{}, "", bad("UnsupportedOperation", "The attribute '%s' cannot be modified.", found[0].name)
	}
	return found[0], param, nil
}
