package ec2sim

import (
	"strings"
)

func instanceAttributeActions() []action {
	return []action{
		{name: "DescribeInstanceAttribute", required: []string{"InstanceId", "Attribute"}, check: describeInstanceAttribute},
		{name: "ModifyInstanceAttribute", mutating: true, required: []string{"InstanceId"}, check: modifyInstanceAttribute},
	}
}

// instanceAttribute is an attribute that can be read, and perhaps changed.
type instanceAttribute struct {
	name  string
	write func(*call, *Instance)
	// set takes a value that is known to be right; nil is for attributes
	// that cannot be changed.
	set func(in *Instance, value bool)
}

func instanceAttributes() []instanceAttribute {
	text := func(name string, get func(*Instance) string) instanceAttribute {
		return instanceAttribute{name: name, write: func(c *call, in *Instance) { c.out.value(name, get(in)) }}
	}
	flag := func(name string, get func(*Instance) *bool) instanceAttribute {
		return instanceAttribute{name: name, write: func(c *call, in *Instance) { c.out.value(name, yesno(*get(in))) }}
	}
	settable := func(name string, get func(*Instance) *bool) instanceAttribute {
		a := flag(name, get)
		a.set = func(in *Instance, v bool) { *get(in) = v }
		return a
	}
	yes, no := true, false
	return []instanceAttribute{
		text("instanceType", func(in *Instance) string { return in.Type }),
		text("kernel", func(in *Instance) string { return in.KernelID }),
		text("ramdisk", func(in *Instance) string { return in.RAMDiskID }),
		text("userData", func(in *Instance) string { return in.UserData }),
		settable("disableApiTermination", func(in *Instance) *bool { return &in.DisableAPITermination }),
		settable("disableApiStop", func(in *Instance) *bool { return &in.DisableAPIStop }),
		text("instanceInitiatedShutdownBehavior", func(in *Instance) string { return in.ShutdownBehavior }),
		text("rootDeviceName", func(in *Instance) string { return in.RootDeviceName }),
		{name: "blockDeviceMapping", write: func(c *call, in *Instance) { c.out.devices(in.Devices) }},
		{name: "productCodes", write: func(c *call, _ *Instance) { c.out.raw("<productCodes/>") }},
		flag("sourceDestCheck", func(in *Instance) *bool { return &in.SourceDestCheck }),
		{name: "groupSet", write: func(c *call, in *Instance) { c.groupSet(in.Groups) }},
		flag("ebsOptimized", func(in *Instance) *bool { return &in.EBSOptimized }),
		text("sriovNetSupport", func(*Instance) string { return "" }),
		flag("enaSupport", func(*Instance) *bool { return &yes }),
		{name: "enclaveOptions", write: func(c *call, _ *Instance) {
			c.out.start("enclaveOptions")
			c.out.flag("enabled", no)
			c.out.end("enclaveOptions")
		}},
	}
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
	value, err := c.form.flag(param)
	if err != nil {
		return nil, err
	}
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		if in.State == Terminated {
			return bad("IncorrectInstanceState", "The instance '%s' is not in a valid state for this operation.", id)
		}
		attr.set(in, value)
		c.out.flag("return", true)
		return nil
	}, nil
}

func (c *call) attributeToChange() (instanceAttribute, string, *apiError) {
	var found []instanceAttribute
	param := ""
	name := c.form.get("Attribute")
	known := name == ""
	for _, a := range instanceAttributes() {
		wire := strings.ToUpper(a.name[:1]) + a.name[1:]
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
	if found[0].set == nil {
		return instanceAttribute{}, "", bad("UnsupportedOperation", "The attribute '%s' cannot be modified.", found[0].name)
	}
	return found[0], param, nil
}
