package views

import (
	"strings"
	"time"

	"ec2deck/awsops"
)

// attributeActions change what an instance is, one thing at a time.
func attributeActions() []Action[instance] {
	alive := notIn("pending", "running", "stopping", "stopped")
	from := func(what string) awsops.Values { return awsops.Values{"from": {what}} }
	return []Action[instance]{
		{Key: "z", Operation: "resize-instance", Help: "resize", Form: true, Deny: cannotResize},
		{Key: "{", Operation: "protect-instance", Help: "protect from termination", Values: from("termination"), Deny: cannotProtect},
		{Key: "}", Operation: "unprotect-instance", Help: "lift termination protection", Values: from("termination"), Deny: cannotProtect},
		{Key: "[", Operation: "protect-instance", Help: "protect from stopping", Values: from("stop"), Deny: cannotProtectFromStop},
		{Key: "]", Operation: "unprotect-instance", Help: "lift stop protection", Values: from("stop"), Deny: cannotProtectFromStop},
		{Key: "B", Operation: "set-shutdown-behavior", Help: "shutdown behavior", Form: true, Deny: cannotProtectRoot},
		{Key: "E", Operation: "modify-instance-metadata-options", Help: "metadata options", Form: true, Deny: alive},
		{Key: "J", Operation: "change-security-groups", Help: "change groups", Form: true, Deny: alive},
		{Key: "U", Operation: "get-user-data", Help: "user data"},
		{Key: "w", Operation: "modify-instance-attribute", Help: "write user data", Values: awsops.Values{"attribute": {"userData"}}, Form: true, Deny: notIn("stopped")},
		{Key: "R", Operation: "reset-instance-attribute", Help: "reset an attribute", Form: true, Deny: alive},
	}
}

func cannotResize(i instance) string {
	if i.RootType == "instance-store" {
		return "has an instance-store root and cannot be stopped"
	}
	return notIn("running", "pending", "stopping", "stopped")(i)
}

func cannotProtect(i instance) string {
	if i.Lifecycle == "spot" {
		return "is a Spot Instance, which cannot be protected"
	}
	return notIn("pending", "running", "stopping", "stopped")(i)
}

func cannotProtectFromStop(i instance) string {
	if why := cannotProtect(i); why != "" {
		return why
	}
	return cannotProtectRoot(i)
}

func cannotProtectRoot(i instance) string {
	if i.RootType == "instance-store" {
		return "has an instance-store root and cannot be stopped"
	}
	return notIn("pending", "running", "stopping", "stopped")(i)
}

// tokensShort shows only what is worth a look: metadata that needs no token.
func tokensShort(i instance, _ time.Time) string {
	if i.Tokens == "optional" {
		return i.Tokens
	}
	return ""
}

// locked is what an instance is protected from, so far as that can be read.
func locked(i instanceDetail) string {
	var from []string
	for _, p := range []struct{ attribute, word string }{{"disableApiTermination", "termination"}, {"disableApiStop", "stopping"}} {
		if i.Protection[p.attribute] == "true" {
			from = append(from, p.word)
		}
	}
	if len(from) == 0 {
		return ""
	}
	return "# against " + strings.Join(from, " and ")
}
