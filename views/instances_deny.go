package views

import (
	"slices"
	"strings"
)

// notIn refuses rows that are in none of the states.
func notIn(states ...string) func(instance) string {
	return func(i instance) string {
		if slices.Contains(states, i.State) {
			return ""
		}
		return "is " + i.State + ", not " + strings.Join(states, " or ")
	}
}

func cannotStop(i instance) string {
	if i.RootType == "instance-store" {
		return "has an instance-store root and cannot be stopped"
	}
	return notIn("running", "pending")(i)
}

func cannotForce(i instance) string {
	if i.RootType == "instance-store" {
		return "has an instance-store root and cannot be stopped"
	}
	return notIn("running", "stopping")(i)
}

// isWindows also knows the platforms that name what is charged for besides.
func isWindows(i instance) bool { return strings.HasPrefix(strings.ToLower(i.Platform), "windows") }

func cannotHavePassword(i instance) string {
	switch {
	case !isWindows(i):
		return "is no Windows instance"
	case i.Key == "":
		return "was launched without a key pair, so EC2 has no password of it"
	}
	return ""
}

func cannotHibernate(i instance) string {
	if !i.Hibernates {
		return "was not configured at launch for hibernation"
	}
	return notIn("running")(i)
}
