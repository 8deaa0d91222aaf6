package awsops

import "slices"

// All lists every operation, in the order of the catalogue.
func All() []Operation {
	return slices.Concat(
		regionOperations(),
		instanceOperations(),
		workflowOperations(),
		instanceTypeOperations(),
		securityGroupOperations(),
		addressOperations(),
		volumeOperations(),
		snapshotOperations(),
		imageOperations(),
		keyPairOperations(),
		launchTemplateOperations(),
		bundleOperations(),
		passwordOperations(),
		tagOperations(),
		eventOperations(),
		dashboardOperations(),
	)
}

// Find returns the operation of that name.
func Find(name string) (Operation, bool) {
	for _, op := range All() {
		if op.Info().Name == name {
			return op, true
		}
	}
	return nil, false
}
