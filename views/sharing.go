package views

import (
	"maps"

	"ec2deck/awsops"
)

// noLonger turns the inputs of sharing around.
func noLonger(v awsops.Values) awsops.Values {
	v = maps.Clone(v)
	v["operation-type"] = []string{"remove"}
	return v
}

// sharing is the section that tells with whom a thing is shared, by kind. EC2
// shares images with organizations, and snapshots with accounts only.
func sharing[D any](organizations bool, of func(D) awsops.Sharing) []field[D] {
	read := func(say func(awsops.Sharing) []string) func(D) any {
		return func(d D) any {
			s := of(d)
			if who := say(s); len(who) > 0 || s.Unread == "" {
				return who
			}
			return "cannot be read: " + s.Unread
		}
	}
	fields := []field[D]{
		{"Sharing", "Public", read(func(s awsops.Sharing) []string {
			switch {
			case s.Public():
				return []string{"PUBLIC: every AWS account"}
			case s.Unread == "":
				return []string{"no"}
			}
			return nil
		})},
		{"Sharing", "Accounts", read(awsops.Sharing.Accounts)},
	}
	if organizations {
		fields = append(fields, field[D]{"Sharing", "Organizations", read(awsops.Sharing.Organizations)}, field[D]{"Sharing", "Their units", read(awsops.Sharing.Units)})
	}
	return append(fields, field[D]{"Sharing", "Public block", func(d D) any { return of(d).Block }})
}
