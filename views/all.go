package views

// unlisted are the tables that only forms show, to pick from.
func unlisted() []Spec {
	return []Spec{vpcs(), subnets(), interfaces(), privateAddresses()}
}

// All lists the tables. The first nine have number keys, in this order.
func All() []Spec {
	return []Spec{
		instances(),
		volumes(),
		snapshots(),
		images(),
		securityGroups(),
		securityGroupRules(),
		addresses(),
		keyPairs(),
		tags(),
		events(),
		launchTemplates(),
		instanceTypes(),
		regions(),
		zones(),
		bundleTasks(),
	}
}
