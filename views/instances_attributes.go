package views

// attributeActions change what an instance is, one thing at a time.
func attributeActions() []Action[instance] {
	return []Action[instance]{
		{Key: "z", Operation: "resize-instance", Help: "resize", Form: true, Deny: cannotResize},
	}
}

func cannotResize(i instance) string {
	if i.RootType == "instance-store" {
		return "has an instance-store root and cannot be stopped"
	}
	return notIn("running", "pending", "stopping", "stopped")(i)
}
