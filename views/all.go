package views

// All lists the tables, in the order of their number keys.
func All() []Spec {
	return []Spec{
		instances(),
		securityGroups(),
		securityGroupRules(),
		addresses(),
		keyPairs(),
		launchTemplates(),
		tags(),
		regions(),
		zones(),
	}
}
