package views

// unlisted are the tables that only forms show, to pick from.
func unlisted() []Spec {
	return []Spec{vpcs(), subnets(), interfaces()}
}

// All lists the tables, in the order of their number keys.
func All() []Spec {
	return []Spec{
		instances(),
		securityGroups(),
		securityGroupRules(),
		addresses(),
		volumes(),
		snapshots(),
		keyPairs(),
		tags(),
		regions(),
		launchTemplates(),
		zones(),
		instanceTypes(),
	}
}
