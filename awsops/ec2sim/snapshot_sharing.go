package ec2sim

import (
	"slices"
	"strings"
)

// Blocks of public snapshots, account-wide.
const (
	unblocked = "unblocked"
	blockNew  = "block-new-sharing"
	blockAll  = "block-all-sharing"
)

const (
	permission         = "createVolumePermission"
	mostSharingChanges = 500
)

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

func checkPermission(name string, orCodes bool) *apiError {
	if name == permission || name == "" || orCodes && name == "productCodes" {
		return nil
	}
	return bad("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
}

func describeSnapshotAttribute(c *call) (act, *apiError) {
	name := c.form.get("Attribute")
	if err := checkPermission(name, true); err != nil {
		return nil, err
	}
	s, err := c.ownSnapshot()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		d := &c.out
		d.text("snapshotId", s.id)
		if name == "productCodes" {
			d.raw("<productCodes/>")
			return nil
		}
		d.start(permission)
		if s.public {
			d.raw("<item><group>all</group></item>")
		}
		for _, u := range s.users {
			d.start("item")
			d.text("userId", u)
			d.end("item")
		}
		d.end(permission)
		return nil
	}, nil
}

// grants are the changes of one ModifySnapshotAttribute.
type grants struct {
	users, groups []string
	remove        bool
}

// parseGrants reads both ways of writing the changes.
func (c *call) parseGrants() (grants, *apiError) {
	g := grants{users: c.form.list("UserId"), groups: c.form.list("UserGroup"), remove: c.form.get("OperationType") == "remove"}
	both := 0
	for _, way := range []string{"Add", "Remove"} {
		for i := 1; c.form.hasPrefix(grant + way + "." + itoa(i) + "."); i++ {
			at := grant + way + "." + itoa(i)
			if u := c.form.get(at + ".UserId"); u != "" {
				g.users = append(g.users, u)
			}
			if group := c.form.get(at + ".Group"); group != "" {
				g.groups = append(g.groups, group)
			}
			g.remove = way == "Remove"
		}
		if c.form.hasPrefix(grant + way + ".") {
			both++
		}
	}
	n := len(g.users) + len(g.groups)
	switch {
	case both == 2:
		return g, bad("InvalidParameterCombination", "Add and remove of createVolumePermission cannot be used in the same request.")
	case n == 0:
		return g, bad("InvalidParameterCombination", "No attributes specified.")
	case n > mostSharingChanges:
		return g, bad("InvalidParameterValue", "At most %d create volume permissions can be changed in a request.", mostSharingChanges)
	}
	for _, u := range g.users {
		if !isAccount(u) {
			return g, bad("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for userId item type.", u)
		}
	}
	for _, name := range g.groups {
		if name != "all" {
			return g, bad("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for group item type.", name)
		}
	}
	return g, nil
}

// grant is how the parameters of a change begin.
const grant = "CreateVolumePermission."

func modifySnapshotAttribute(c *call) (act, *apiError) {
	if err := checkPermission(c.form.get("Attribute"), false); err != nil {
		return nil, err
	}
	if op := c.form.get("OperationType"); op != "" && op != "add" && op != "remove" {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter operationType is invalid.", op)
	}
	g, err := c.parseGrants()
	if err != nil {
		return nil, err
	}
	s, err := c.ownSnapshot()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if err := c.canShare(s, g); err != nil {
			return err
		}
		if len(g.groups) > 0 {
			s.public = !g.remove
		}
		s.users = slices.DeleteFunc(s.users, func(u string) bool { return slices.Contains(g.users, u) })
		if !g.remove {
			s.users = append(s.users, g.users...)
		}
		c.out.flag("return", true)
		return nil
	}, nil
}

func (c *call) canShare(s *snapshot, g grants) *apiError {
	switch {
	case g.remove:
		return nil
	case s.encrypted && !ownKey(s.key):
		return bad("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")
	case s.encrypted && len(g.groups) > 0:
		return bad("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly")
	case len(g.groups) > 0 && c.region.sharing != unblocked:
		return bad("OperationNotPermitted", "Public sharing of snapshots is blocked for this account in this region (%s).", c.region.sharing)
	}
	return nil
}

func resetSnapshotAttribute(c *call) (act, *apiError) {
	if err := checkPermission(c.form.get("Attribute"), false); err != nil {
		return nil, err
	}
	s, err := c.ownSnapshot()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		s.public, s.users = false, nil
		c.out.flag("return", true)
		return nil
	}, nil
}

func blockPublicAccess(c *call) (act, *apiError) {
	return func() *apiError {
		c.out.text("state", c.region.sharing)
		c.out.text("managedBy", "account")
		return nil
	}, nil
}
