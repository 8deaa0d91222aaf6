package ec2sim

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

func launchActions() []action {
	return []action{{
		name: "RunInstances", mutating: true, required: []string{"MinCount", "MaxCount"},
		resources: func(c *call) int { n, _, _ := c.form.number("MaxCount"); return max(0, n) },
		check:     runInstances,
	}}
}

// maxUserData is the limit of user data before it is encoded.
const maxUserData = 16384

// launched remembers a launch by its client token.
type launched struct {
	parameters [sha256.Size]byte
	ids        []string
}

// runRequest is a RunInstances that has passed the checks.
type runRequest struct {
	launch
	least      int
	count      int
	profile    string
	token      string
	monitoring bool
	keyName    string
	userData   string
	behavior   string
	tokens     string
	protectEnd, protectStop, hibernation,
	ebsOptimized bool
}

func runInstances(c *call) (act, *apiError) {
	token := c.form.get("ClientToken")
	if before, ok := c.region.launches[token]; ok && token != "" {
		return c.repeatLaunch(before)
	}
	asked := c.form.digest()
	if err := c.withTemplate(); err != nil {
		return nil, err
	}
	if !c.form.has("ImageId") {
		return nil, missing("ImageId")
	}
	req, err := c.parseRun()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		rows, err := c.launch(req)
		if err != nil {
			return err
		}
		if token != "" {
			done := launched{parameters: asked}
			for _, in := range rows {
				done.ids = append(done.ids, in.ID)
			}
			c.region.launches[token] = done
		}
		c.reservation(rows[0].ReservationID, rows)
		return nil
	}, nil
}

// digest stands for the parameters of a launch, whatever their order.
func (f form) digest() [sha256.Size]byte {
	var all []string
	for k, v := range f {
		if k != "DryRun" {
			all = append(all, k+"="+strings.Join(v, "\x00"))
		}
	}
	slices.Sort(all)
	return sha256.Sum256([]byte(strings.Join(all, "\x01")))
}

// repeatLaunch answers a client token that was used before: with the same
// instances in their present state, if the request is the same.
func (c *call) repeatLaunch(before launched) (act, *apiError) {
	if c.form.digest() != before.parameters {
		return nil, bad("IdempotentParameterMismatch",
			"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	}
	var rows []*Instance
	for _, id := range before.ids {
		in := c.region.instances.byID[id]
		if in == nil || in.State == Terminated || in.State == ShuttingDown {
			return nil, bad("IdempotentInstanceTerminated",
				"The instance of a previous request with the same client token has been terminated.")
		}
		rows = append(rows, in)
	}
	return func() *apiError {
		c.reservation(rows[0].ReservationID, rows)
		return nil
	}, nil
}

// parseRun makes the checks in the order syntax, values, existence.
func (c *call) parseRun() (*runRequest, *apiError) {
	req := &runRequest{token: c.form.get("ClientToken"), keyName: c.form.get("KeyName"),
		behavior: c.form.get("InstanceInitiatedShutdownBehavior"), tokens: c.form.get("MetadataOptions.HttpTokens")}
	req.profile = c.form.get("IamInstanceProfile.Name")
	if _, name, ok := strings.Cut(c.form.get("IamInstanceProfile.Arn"), ":instance-profile/"); ok {
		req.profile = name
	}
	req.typ = c.form.get("InstanceType")
	if req.typ == "" {
		req.typ = "m1.small" // still EC2's default
	}
	if err := c.parseCounts(req); err != nil {
		return nil, err
	}
	if err := c.flags(map[string]*bool{
		"Monitoring.Enabled": &req.monitoring, "DisableApiTermination": &req.protectEnd,
		"DisableApiStop": &req.protectStop, "HibernationOptions.Configured": &req.hibernation,
		"EbsOptimized": &req.ebsOptimized,
	}); err != nil {
		return nil, err
	}
	req.userData = c.form.get("UserData")
	if err := checkUserData(c, req.userData); err != nil {
		return nil, err
	}
	var err *apiError
	if req.image, err = c.launchable(c.form.get("ImageId")); err != nil {
		return nil, err
	}
	like := *req.image // which a launch may give another kernel
	req.image = &like
	if _, ok := typeOf(req.typ); !ok {
		return nil, bad("InvalidParameterValue", "Invalid value '%s' for InstanceType.", req.typ)
	}
	if err := c.parsePlace(req); err != nil {
		return nil, err
	}
	if req.keyName != "" && c.region.keyPairNamed(req.keyName) == nil {
		return nil, errNoKeyPair(req.keyName)
	}
	if req.groups, err = c.resolveGroups(req.subnet.vpc); err != nil {
		return nil, err
	}
	if err := c.parseDevices(req); err != nil {
		return nil, err
	}
	if id := c.form.get("KernelId"); id != "" {
		req.image.KernelID = id
	}
	if id := c.form.get("RamdiskId"); id != "" {
		req.image.RAMDiskID = id
	}
	req.tags, req.volumeTags = append(c.form.tagsFor("instance"), c.templateTags()...), c.form.tagsFor("volume")
	return req, c.shortage(req)
}

func (c *call) parseCounts(req *runRequest) *apiError {
	least, _, err := c.form.number("MinCount")
	if err != nil {
		return err
	}
	most, _, err := c.form.number("MaxCount")
	if err != nil {
		return err
	}
	switch {
	case least < 1:
		return bad("InvalidParameterValue", "Value (%d) for parameter minCount is invalid. Expecting a value greater than 0.", least)
	case most < least:
		return bad("InvalidParameterValue", "Value (%d) for parameter maxCount is invalid. Must be greater than or equal to minCount.", most)
	}
	req.least, req.count = least, most
	return nil
}

func checkUserData(_ *call, encoded string) *apiError {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return bad("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(raw) > maxUserData {
		return bad("InvalidParameterValue", "User data is limited to %d bytes", maxUserData)
	}
	return nil
}

// parsePlace finds the subnet: the one named, or that of the default VPC in
// the zone named, or in the first zone.
func (c *call) parsePlace(req *runRequest) *apiError {
	id, zoneName := c.form.get("SubnetId"), c.form.get("Placement.AvailabilityZone")
	if id != "" {
		if len(c.form.list("SecurityGroup")) > 0 {
			return bad("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")
		}
		if req.subnet = c.region.subnet(id); req.subnet == nil {
			return errNoSubnet(id)
		}
		if zoneName != "" && zoneName != req.subnet.zone {
			return bad("InvalidParameterValue", "Invalid availability zone: [%s]. The subnet '%s' is in %s", zoneName, id, req.subnet.zone)
		}
		req.public = req.subnet.vpc.isDefault
		return nil
	}
	if z, ok := c.region.zone(zoneName); zoneName != "" && (!ok || !z.open()) {
		return bad("InvalidParameterValue", "Invalid availability zone: [%s]", zoneName)
	}
	v := c.region.defaultVPC()
	if v == nil {
		return bad("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
	}
	req.subnet, req.public = v.subnets[0], true
	for _, n := range v.subnets {
		if n.zone == zoneName {
			req.subnet = n
		}
	}
	return nil
}

// shortage refuses what the fleet says a zone has too little of.
func (c *call) shortage(req *runRequest) *apiError {
	for _, s := range c.region.shortages {
		if s.Zone != req.subnet.zone || s.Type != req.typ {
			continue
		}
		var others []string
		for _, z := range c.region.zones {
			if z.Name != s.Zone && z.open() {
				others = append(others, z.Name)
			}
		}
		choice := strings.Join(others, ", ")
		if s.Code == "Unsupported" {
			return bad("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). "+
				"Please retry your request by not specifying an Availability Zone or choosing %s.", s.Type, s.Zone, choice)
		}
		e := bad("InsufficientInstanceCapacity", "We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). "+
			"Our system will be working on provisioning additional capacity. You can currently get %s capacity by not specifying "+
			"an Availability Zone in your request or choosing %s.", s.Type, s.Zone, s.Type, choice)
		e.status = 500 // a server error to EC2, which makes SDKs retry
		return e
	}
	return nil
}

// launch makes the instances, all in one reservation.
func (c *call) launch(req *runRequest) ([]*Instance, *apiError) {
	room := req.subnet.size - req.subnet.taken - 5
	if room < req.least {
		return nil, bad("InsufficientFreeAddressesInSubnet",
			"Not enough free addresses in subnet '%s' to satisfy the requested number of instances.", req.subnet.id)
	}
	req.at = c.now.Truncate(time.Second)
	req.reservation = c.sim.ids.new("r")
	var rows []*Instance
	for n := range min(req.count, room) {
		l := req.launch
		l.tags = slices.Clone(req.tags)
		in, err := c.sim.newInstance(c.region, &l)
		if err != nil {
			return nil, bad("InsufficientFreeAddressesInSubnet", "%s", err)
		}
		in.LaunchIndex, in.ClientToken, in.KeyName = n, req.token, req.keyName
		in.UserData, in.DisableAPITermination, in.DisableAPIStop = req.userData, req.protectEnd, req.protectStop
		in.HibernationConfigured, in.EBSOptimized = req.hibernation, req.ebsOptimized
		if req.profile != "" {
			in.ProfileName, in.ProfileID = req.profile, "AIPA"+strings.ToUpper(c.sim.ids.hex(17))
		}
		if req.behavior != "" {
			in.ShutdownBehavior = req.behavior
		}
		if req.tokens != "" {
			in.HTTPTokens = req.tokens
		}
		if n, set, _ := c.form.number("MetadataOptions.HttpPutResponseHopLimit"); set {
			in.HopLimit = n
		}
		if req.monitoring {
			in.Monitoring = "pending"
		}
		in.StateReason = StateReason{"pending", "pending"}
		c.region.instances.add(in.ID, in)
		c.sim.enter(c.region, in, Pending, c.now)
		rows = append(rows, in)
	}
	return rows, nil
}
