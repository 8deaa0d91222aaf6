package awsops

import (
	"slices"
	"strings"
)

// advice says what a code means for the exit code and for the operator.
// {region} stands for the region of the call.
type advice struct {
	codes []string
	class Class
	hint  string
}

// adviceFor looks a code up as the catalogue's 2.4 rules: exactly, then by
// prefix, then by suffix, then by HTTP status. Case does not count, because
// EC2 has spelled the same code both ways.
func adviceFor(code string, status int) advice {
	code = strings.ToLower(code)
	for _, match := range []func(known string) bool{
		func(known string) bool { return code == known },
		func(known string) bool {
			return strings.HasSuffix(known, "*") && strings.HasPrefix(code, strings.TrimSuffix(known, "*"))
		},
		func(known string) bool {
			return strings.HasPrefix(known, "*") && strings.HasSuffix(code, strings.TrimPrefix(known, "*"))
		},
	} {
		for _, a := range slices.Concat(advices(), furtherAdvices()) {
			for _, known := range a.codes {
				if match(strings.ToLower(known)) {
					return a
				}
			}
		}
	}
	switch {
	case status == 401 || status == 403:
		return advice{class: Denied, hint: "Check the credentials and the permissions of this identity."}
	case status >= 500:
		return advice{class: Refused, hint: "A fault on AWS's side; try again and quote the request ID."}
	}
	return advice{class: Refused}
}

// advices is the catalogue's section 2, by EC2's own codes.
func advices() []advice {
	return []advice{
		{[]string{"AuthFailure"}, Denied, "Check access key, secret and session token, the profile in use, and that region {region} is enabled for the account; compare the clock too. For one resource: it belongs to another account."},
		{[]string{"SignatureDoesNotMatch", "InvalidSignatureException"}, Denied, "The secret access key does not fit the key ID, or a proxy alters requests: enter the secret again and check the clock."},
		{[]string{"MissingAuthenticationToken"}, Denied, "The request carried no credentials: run `aws configure` or choose another profile."},
		{[]string{"RequestExpired", "ExpiredToken", "ExpiredTokenException", "RequestTimeTooSkewed"}, Denied, "Synchronise the clock (NTP). If it agrees with AWS, the temporary credentials ended: run `aws sso login` or start a new session."},
		{[]string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}, Denied, "Ask for the permission; `aws sts decode-authorization-message` reads the encoded part."},
		{[]string{"Blocked", "PendingVerification", "OptInRequired"}, Denied, "An account matter: accept the terms in AWS Marketplace or contact AWS support, then retry."},
		{[]string{"DryRunOperation"}, Refused, "Permitted: the request would have succeeded."},
		{[]string{"RequestLimitExceeded", "Throttling*", "EC2ThrottledException", "ThrottledException", "TooManyRequestsException"}, Throttling, "EC2 is throttling this account in {region}: ask for less at once, or try again later."},

		{[]string{"InvalidInstanceID.NotFound"}, Refused, "Not in region {region} of this account; new instances need a few seconds, terminated ones vanish after about an hour."},
		{[]string{"InvalidInstanceID.Malformed"}, Refused, "Instance IDs look like i- and 8 or 17 hex digits."},
		{[]string{"InvalidInstanceID"}, Refused, "The instance is pending or terminated, or has several interfaces: wait, or pick an interface."},
		{[]string{"IncorrectInstanceState"}, Refused, "The instance is in another state than this needs: refresh and look at its state."},
		{[]string{"IncorrectState", "InvalidState"}, Refused, "The resource is in another state: wait until it has settled and retry."},
		{[]string{"OperationNotPermitted"}, Refused, "Protected (termination or stop protection, a public sharing block, a root volume): lift the protection first."},
		{[]string{"UnsupportedOperation", "Unsupported"}, Refused, "Not possible for this root device, type, zone or purchase model; EC2's message says which."},
		{[]string{"UnsupportedHibernationConfiguration"}, Refused, "Hibernation was not enabled at launch: stop without it."},
		{[]string{"InvalidInstanceAttributeValue"}, Refused, "EC2 does not accept the value (often an unknown instance type)."},
		{[]string{"InsufficientInstanceCapacity", "InsufficientVolumeCapacity", "InsufficientAddressCapacity"}, Refused, "No capacity now: take another zone or type, or try later."},
		{[]string{"VcpuLimitExceeded", "InstanceLimitExceeded", "InsufficientFreeAddressesInSubnet"}, Refused, "Take another zone, subnet or type, or ask for a greater quota."},
		{[]string{"IdempotentParameterMismatch"}, Refused, "The same client token was used with other values: retry with a new token."},
		{[]string{"InstanceEventStartTimeCannotChange", "InvalidInstanceEventStartTime", "InvalidInstanceEventIDNotFound"}, Refused, "The new start must be at least 60 minutes ahead and before the deadline, and the event must not start within 5 minutes."},

		{[]string{"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}, Refused, "AMI IDs are per region: check {region}; the image may be deregistered, private or excluded by Allowed AMIs."},
		{[]string{"InvalidAMIID.Malformed"}, Refused, "AMI IDs look like ami- and 8 or 17 hex digits."},
		{[]string{"InvalidAMIName.Duplicate"}, Refused, "An image of that name exists: choose another."},
		{[]string{"InvalidAMIName.Malformed"}, Refused, "Names have 3 to 128 letters, digits, blanks and ()[]./-'@_"},
		{[]string{"InvalidAMIAttributeItemValue"}, Refused, "Account IDs are 12 digits without hyphens; the only group is `all`."},
		{[]string{"InvalidManifest"}, Refused, "Give bucket/path.manifest.xml; EC2 must be able to read the bucket, in region {region}."},
		{[]string{"InvalidUserID.Malformed"}, Refused, "Owner: a 12-digit account ID, or self, amazon, aws-marketplace."},

		{[]string{"InvalidGroup.NotFound"}, Refused, "No such group in this VPC of {region}; names are per VPC, prefer the sg- ID."},
		{[]string{"InvalidGroup.Duplicate"}, Refused, "The VPC already has a group of that name: choose another."},
		{[]string{"InvalidGroup.Reserved"}, Refused, "`default` is reserved: choose another name."},
		{[]string{"InvalidPermission.Duplicate"}, Refused, "The rule already exists: nothing changed."},
		{[]string{"InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound"}, Refused, "No such rule: refresh."},
		{[]string{"DependencyViolation", "InvalidGroup.InUse"}, Refused, "Something still uses it: move or revoke that first."},
		{[]string{"CannotDelete"}, Refused, "The default group cannot be deleted: edit its rules instead."},
		{[]string{"RulesPerSecurityGroupLimitExceeded", "SecurityGroupLimitExceeded"}, Refused, "The quota is reached: remove some, or ask for a greater quota."},

		{[]string{"InvalidAddress.NotFound", "InvalidAllocationID.NotFound"}, Refused, "The address is not allocated to this account in {region} (perhaps already released): refresh the list."},
		{[]string{"InvalidAddress.Malformed"}, Refused, "Write four numbers 0 to 255 separated by dots."},
		{[]string{"AddressLimitExceeded"}, Refused, "The quota of Elastic IPs is reached (5 by default): release unused ones or ask for more."},
		{[]string{"Resource.AlreadyAssociated"}, Refused, "The address is in use: confirm the move (allow-reassociation)."},
		{[]string{"InvalidIPAddress.InUse"}, Refused, "Disassociate the address before releasing it."},
		{[]string{"Gateway.NotAttached"}, Refused, "The VPC has no internet gateway."},

		{[]string{"InvalidVolume.NotFound"}, Refused, "Not in region {region}, or already deleted."},
		{[]string{"VolumeInUse"}, Refused, "The volume is attached: detach it first."},
		{[]string{"InvalidVolume.ZoneMismatch"}, Refused, "Volume and instance are in different zones: snapshot the volume and create it in the other zone."},
		{[]string{"AttachmentLimitExceeded"}, Refused, "The instance type takes no more volumes."},
		{[]string{"VolumeModificationRateExceeded", "IncorrectModificationState"}, Refused, "A modification is running or the limit is reached: wait until it has completed."},
		{[]string{"InvalidSnapshot.NotFound"}, Refused, "Not in region {region}, deleted, or not shared with you."},
		{[]string{"InvalidSnapshot.InUse"}, Refused, "The snapshot backs an image: deregister that first."},
		{[]string{"SnapshotCreationPerVolumeRateExceeded", "ConcurrentSnapshotLimitExceeded", "PendingSnapshotLimitExceeded"}, Refused, "Wait 15 seconds between snapshots of a volume, or for the pending ones."},
		{[]string{"InvalidZone.NotFound"}, Refused, "Choose a zone of region {region}; letters differ between accounts, compare the zone ID."},

		{[]string{"InvalidKeyPair.NotFound"}, Refused, "Key pairs are per region."},
		{[]string{"InvalidKeyPair.Duplicate"}, Refused, "A key pair of that name exists in {region}: choose another name or delete it first."},
		{[]string{"InvalidKey.Format", "InvalidKeyPair.Format"}, Refused, "Give an OpenSSH, RFC 4716 or base64 DER public key (RSA or ED25519)."},
		{[]string{"InvalidBundleID.NotFound"}, Refused, "No such bundle task in {region}; finished tasks disappear after a while."},
		{[]string{"BundlingInProgress"}, Refused, "Wait for the running task of this instance, or cancel it."},
		{[]string{"TagLimitExceeded", "InvalidTagKey.Malformed", "InvalidID"}, Refused, "A resource takes 50 tags; keys must not be empty or start with aws:; the ID must be of something that takes tags."},

		{[]string{"VPCIdNotSpecified", "MissingInput"}, Refused, "There is no default VPC or subnet: choose a subnet."},
		{[]string{"InvalidParameterCombination"}, Refused, "These inputs exclude each other; EC2's message names them."},
		{[]string{"MissingParameter"}, Refused, "An input is missing; EC2's message names it."},
		{[]string{"InvalidAction"}, Refused, "This endpoint does not offer the action (an old region or an emulator)."},
		{[]string{"InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable", "ServerInternal"}, Refused, "A fault on AWS's side; the request was repeated where that is safe. Try again and quote the request ID."},

		{[]string{"InvalidGroup*"}, Refused, "Groups are per VPC: check the name, the VPC and region {region}."},
		{[]string{"InvalidAMI*"}, Refused, "Check the image in region {region}."},
		{[]string{"*.NotFound"}, Refused, "The wrong region ({region}), or just created or deleted: refresh."},
		{[]string{"*.Malformed"}, Refused, "IDs are a prefix and 8 or 17 hex digits."},
		{[]string{"*LimitExceeded"}, Refused, "A quota is reached: remove some, or ask for a greater one."},
		{[]string{"*.Duplicate"}, Refused, "It is already there."},
	}
}

// furtherAdvices is for bundle tasks, and what the catalogue's section 5 adds.
func furtherAdvices() []advice {
	return []advice{
		{[]string{"InvalidBundleID.NotFound"}, Refused, "No such bundle task in {region}; tasks that have ended disappear after a while: refresh the list."},
		{[]string{"BundlingInProgress"}, Refused, "Wait for the running task of the instance, or cancel it."},
		{[]string{"InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"}, Refused, "Launch templates are per region, and the case of a name counts: look for it in {region} with describe-launch-templates."},
		{[]string{"InvalidLaunchTemplateId.VersionNotFound"}, Refused, "The version may have been deleted: describe-launch-template-versions lists those that there are."},
	}
}
