package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	createVolumePermission = string(types.SnapshotAttributeNameCreateVolumePermission)
	sharingAdvice          = "Encrypted snapshots cannot be public, and those under the default key of EBS cannot be shared at all: copy it with a key of your own. An account-wide block of public sharing is lifted in the EC2 settings."
	publicWarning          = "PUBLIC: every AWS account in the world can read and copy all data in it, and what was copied stays copied."
	mostSharing            = 500
)

// Everyone is rule V-GROUP: the only group that there is.
func Everyone() Rule { return OneOf(everybody) }

func sharingUsers[In any](member func(In) *[]string) Field[In] {
	return Field[In]{Name: "user-ids", Help: "accounts", Need: Conditional, Rule: Account(), Most: mostSharing, To: ToList(member)}
}

func sharingGroups[In any](member func(In) *[]string) Field[In] {
	return Field[In]{Name: "groups", Help: "all, for everybody in the world", Need: Conditional, Rule: Everyone(), To: ToList(member)}
}

// someone refuses a sharing with nobody.
func someone(users, groups []string) error {
	if len(users)+len(groups) == 0 {
		return &InputError{Field: "user-ids", Rule: "or --groups is required: give at least one account ID, or the group all"}
	}
	if len(users)+len(groups) > mostSharing {
		return &InputError{Field: "user-ids", Value: fmt.Sprintf("%d values", len(users)+len(groups)), Rule: fmt.Sprintf("takes at most %d together with --groups", mostSharing)}
	}
	return nil
}

func riskOfGroups(groups []string) Risk {
	if len(groups) > 0 {
		return Disrupts
	}
	return Reads
}

func warnOfGroups(groups []string) []string {
	if len(groups) > 0 {
		return []string{publicWarning}
	}
	return nil
}

// everybody is what EC2 calls the group of all accounts.
const everybody = "all"

// Sharing tells with whom a snapshot or an image is shared.
type Sharing struct {
	// Shared lists accounts, ARNs of organizations and units, and all for everybody.
	Shared []string
	// Unread says why Shared is not known whole, or "".
	Unread string
	// Block is the account's block of public ones, or "" if it is not known.
	Block string
}

// Public says whether it is shared with everybody.
func (s Sharing) Public() bool { return slices.Contains(s.Shared, everybody) }

// Accounts are the accounts it is shared with one by one.
func (s Sharing) Accounts() []string {
	return s.those(func(who string) bool { return who != everybody && !strings.HasPrefix(who, "arn:") })
}

// Organizations are the ARNs of whole organizations that it is shared with.
func (s Sharing) Organizations() []string {
	return s.those(func(who string) bool { return strings.HasPrefix(who, "arn:") && !ofUnit(who) })
}

// Units are the ARNs of units of organizations that it is shared with.
func (s Sharing) Units() []string { return s.those(ofUnit) }

func (s Sharing) those(kind func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(s.Shared), func(who string) bool { return !kind(who) })
}

func ofUnit(arn string) bool { return strings.Contains(arn, ":ou/") }

// sharedWith reads who may make volumes from a snapshot.
func sharedWith(ctx context.Context, client *ec2.Client, id string) ([]string, error) {
	out, err := client.DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: &id, Attribute: types.SnapshotAttributeNameCreateVolumePermission})
	if err != nil {
		return nil, explain(err, "describe-snapshot-attribute", client.Options().Region, false)
	}
	var who []string
	for _, p := range out.CreateVolumePermissions {
		if who = append(who, aws.ToString(p.UserId)); p.Group != "" {
			who[len(who)-1] = string(p.Group)
		}
	}
	slices.Sort(who)
	return who, nil
}

func sharingBlock(ctx context.Context, client *ec2.Client) (string, error) {
	out, err := client.GetSnapshotBlockPublicAccessState(ctx, &ec2.GetSnapshotBlockPublicAccessStateInput{})
	if err != nil {
		return "", explain(err, "get-snapshot-block-public-access-state", client.Options().Region, false)
	}
	return string(out.State), nil
}

// blocked says whether new snapshots cannot be made public.
func blocked(state string) bool {
	return state != "" && state != string(types.SnapshotBlockPublicAccessStateUnblocked)
}

// refuseBlocked keeps from beginning what the account's block will refuse. A
// block that may not be read is EC2's own matter.
func refuseBlocked(ctx context.Context, client *ec2.Client, groups []string) error {
	if len(groups) == 0 {
		return nil
	}
	state, err := sharingBlock(ctx, client)
	if err != nil || !blocked(state) {
		return nil
	}
	return &Error{Operation: "get-snapshot-block-public-access-state", Class: Refused, Code: "OperationNotPermitted",
		Message: "public sharing of snapshots is blocked for this account in " + client.Options().Region + " (" + state + "); nothing was changed", Hint: sharingAdvice}
}

// blockAhead shows the account's block before something becomes public.
func blockAhead(ctx context.Context, client *ec2.Client, _ Values) ([]string, error) {
	state, err := sharingBlock(ctx, client)
	if err != nil {
		return nil, err
	}
	return []string{"Block of public sharing in this account and region: " + state}, nil
}

// sharingOut is what a change of the sharing led to.
type sharingOut struct{ shared []string }

func modifySnapshotAttribute() Operation {
	type in = ec2.ModifySnapshotAttributeInput
	return &Op[*in, *sharingOut]{
		Name: "modify-snapshot-attribute", Help: "Share a snapshot, or share it no longer", Noun: "snapshot", Risk: Changes, Word: "share",
		Compare: sharingAhead,
		RiskOf: func(in *in) Risk {
			if in.OperationType == types.OperationTypeRemove {
				return Reads
			}
			return riskOfGroups(in.GroupNames)
		},
		Warn: func(in *in) []string {
			if in.OperationType == types.OperationTypeRemove {
				return []string{"Volumes and copies that others have made of it stay theirs."}
			}
			return warnOfGroups(in.GroupNames)
		},
		Advice: map[string]string{"OperationNotPermitted": sharingAdvice, "AuthFailure": "The snapshot belongs to another account: only its owner shares it."},
		Fields: []Field[*in]{
			snapshotTarget(func(in *in) **string { return &in.SnapshotId }),
			{Name: "attribute", Help: "who may make volumes from it", Need: Required, Choices: []string{createVolumePermission}, To: to(KindString, func(in *in, v string) { in.Attribute = types.SnapshotAttributeName(v) })},
			{Name: "operation-type", Help: "share, or share no longer", Need: Conditional, Default: "add", Choices: []string{"add", "remove"}, To: to(KindString, func(in *in, v string) { in.OperationType = types.OperationType(v) })},
			sharingUsers(func(in *in) *[]string { return &in.UserIds }),
			sharingGroups(func(in *in) *[]string { return &in.GroupNames }),
			splitter[*in](),
		},
		Check: func(in *in) error {
			if in.OperationType == "" {
				in.OperationType = types.OperationTypeAdd
			}
			return someone(in.UserIds, in.GroupNames)
		},
		Call: share, Outputs: []string{"result", "permissions"}, Show: showSharing,
		Example: Values{"snapshot-id": {"snap-0aa00000000000012"}, "attribute": {createVolumePermission}, "operation-type": {"remove"}, "user-ids": {"210987654321"}, "groups": {"all"}},
	}
}

func share(client *ec2.Client, ctx context.Context, in *ec2.ModifySnapshotAttributeInput, opts ...func(*ec2.Options)) (*sharingOut, error) {
	if _, err := client.ModifySnapshotAttribute(ctx, in, opts...); err != nil {
		return nil, err
	}
	shared, _ := sharedWith(ctx, client, aws.ToString(in.SnapshotId)) // the change is done, whether or not this can be read
	return &sharingOut{shared}, nil
}

func showSharing(out *sharingOut) Result {
	message := "private to this account"
	if len(out.shared) > 0 {
		message = "shared with " + strings.Join(out.shared, ", ")
	}
	return Result{Message: message, Outputs: []Output{{"result", true}, {"permissions", out.shared}}}
}

// sharingAhead shows the sharing before a change and after it.
func sharingAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	before, err := sharedWith(ctx, client, strings.ToLower(v.Get("snapshot-id")))
	if err != nil {
		return nil, err
	}
	lines, public := sharingLines(before, v)
	if public {
		block, err := blockAhead(ctx, client, v)
		return append(lines, block...), err
	}
	return lines, nil
}

// sharingLines tells with whom a thing is shared before a change and after it,
// and whether the change names everybody.
func sharingLines(before []string, v Values) (lines []string, public bool) {
	given := idList(v["organization-arns"])
	for _, s := range slices.Concat(idList(v["user-ids"]), idList(v["groups"])) {
		given = append(given, strings.ReplaceAll(s, "-", ""))
	}
	after := slices.DeleteFunc(slices.Clone(before), func(s string) bool { return slices.Contains(given, s) })
	if v.Get("operation-type") != "remove" {
		after = append(after, given...)
	}
	slices.Sort(after)
	return []string{"before: " + nobody(before), "after:  " + nobody(after)}, slices.Contains(given, everybody)
}

func nobody(who []string) string {
	if len(who) == 0 {
		return "private"
	}
	return strings.Join(who, ", ")
}

func resetSnapshotAttribute() Operation {
	type in = ec2.ResetSnapshotAttributeInput
	return &Op[*in, *ec2.ResetSnapshotAttributeOutput]{
		Name: "reset-snapshot-attribute", Help: "Make a snapshot private to its owner again", Noun: "snapshot", Risk: Changes, Word: "make private",
		Warning: "Volumes and copies that others have made of it stay theirs.", Foresee: whoLoses("these lose access", sharedWith),
		Advice: map[string]string{"AuthFailure": "The snapshot belongs to another account: only its owner changes its sharing."},
		Fields: []Field[*in]{
			snapshotTarget(func(in *in) **string { return &in.SnapshotId }),
			{Name: "attribute", Help: "who may make volumes from it", Need: Required, Choices: []string{createVolumePermission}, To: to(KindString, func(in *in, v string) { in.Attribute = types.SnapshotAttributeName(v) })},
		},
		Call: (*ec2.Client).ResetSnapshotAttribute, Outputs: []string{"result"},
		Show:    func(*ec2.ResetSnapshotAttributeOutput) Result { return Result{Outputs: []Output{{"result", true}}} },
		Example: Values{"snapshot-id": {"snap-0aa00000000000012"}, "attribute": {createVolumePermission}},
	}
}

// whoLoses tells, before a thing becomes private, who has it now.
func whoLoses(loss string, sharers func(context.Context, *ec2.Client, string) ([]string, error)) Foresight {
	return func(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
		var lines []string
		for _, id := range ids {
			who, err := sharers(ctx, client, id)
			if err != nil {
				return lines, err
			}
			if len(who) == 0 {
				lines = append(lines, id+" is private already")
				continue
			}
			lines = append(lines, id+": "+loss+": "+strings.Join(who, ", "))
		}
		return lines, nil
	}
}

func publicAccess() Operation {
	type in = ec2.GetSnapshotBlockPublicAccessStateInput
	return &Op[*in, *ec2.GetSnapshotBlockPublicAccessStateOutput]{
		Name: "get-snapshot-block-public-access-state", Help: "Show whether the account keeps snapshots from becoming public", Noun: "snapshot",
		Call: (*ec2.Client).GetSnapshotBlockPublicAccessState, Outputs: []string{"state", "managed-by"},
		Show: func(out *ec2.GetSnapshotBlockPublicAccessStateOutput) Result {
			return Result{Outputs: []Output{{"state", plain(out.State)}, {"managed-by", plain(out.ManagedBy)}}}
		},
		Example: Values{},
	}
}

// copyIn is a copy to another region, or within one.
type copyIn struct {
	ec2.CopySnapshotInput
	To *string
}

// copyOut is a copy and where it is.
type copyOut struct{ region, id, item string }

func copySnapshot() Operation {
	type in = copyIn
	return &Op[*in, *copyOut]{
		Name: "copy-snapshot", Help: "Copy a snapshot, to another region or with another key", Noun: "snapshot", Risk: Changes,
		Warning: "The copy costs money in its region, and so does the way there. A wrong key shows only later: the copy then ends in error.",
		Foresee: whatIsCopiedOf, Doubt: doubtOfSnapshot,
		Advice: map[string]string{
			"IncorrectState":        "The snapshot is not completed: wait until it is, and retry.",
			"InvalidParameterValue": "Regions are those that the account has enabled; the duration is 15 to 2880 minutes in steps of 15.",
		},
		Fields: []Field[*in]{
			{Name: "snapshot-id", Help: "the snapshot", Need: Required, Default: "selected row", Rule: ID("snap"), Target: true, Pick: Only("snapshots", "state:completed"), To: ToString(func(in *in) **string { return &in.SourceSnapshotId })},
			{Name: "destination-region", Help: "where the copy is made", Default: "the same region", Rule: Region(), Pick: Only("regions", "-opt-in:not-opted-in"), To: ToString(func(in *in) **string { return &in.To })},
			{Name: "description", Help: "what it is for", Default: "none", Rule: TagText(mostDescription), To: ToString(func(in *in) **string { return &in.Description })},
			{Name: "encrypted", Help: "encrypt it; a copy of an encrypted one always is", Default: "as the snapshot and the region say", Choices: []string{"true"}, To: ToBool(func(in *in) **bool { return &in.Encrypted })},
			{Name: "kms-key-id", Help: "the key to encrypt with", Default: "the default key", Rule: KMSKey(), To: ToString(func(in *in) **string { return &in.KmsKeyId })},
			{Name: "completion-duration", Help: "minutes that it may take, for a price", Default: "as long as it takes", Rule: quarters(), To: ToInt(func(in *in) **int32 { return &in.CompletionDurationMinutes })},
			newTags(types.ResourceTypeSnapshot, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
		},
		Check: func(in *in) error {
			if in.KmsKeyId != nil && !aws.ToBool(in.Encrypted) {
				return &InputError{Field: "kms-key-id", Rule: "needs --encrypted true"}
			}
			return nil
		},
		Call: copyTo, Outputs: []string{"snapshot-id", "region"},
		Show: func(out *copyOut) Result {
			return Result{Message: "copying to " + out.id + " in " + out.region, Outputs: []Output{{"snapshot-id", out.id}, {"region", out.region}}, Items: []Item{{ID: out.item, To: "pending"}}}
		},
		Expect: snapshotExpect(),
		Example: Values{"snapshot-id": {"snap-0aa00000000000011"}, "destination-region": {"eu-west-1"}, "description": {"far away"}, "encrypted": {"true"}, "kms-key-id": {"alias/data"},
			"completion-duration": {"30"}, "tags": {"Name=copy"}},
	}
}

// copyTo asks the region that the copy is to be in: EC2 fetches, it does not send.
func copyTo(client *ec2.Client, ctx context.Context, in *copyIn, opts ...func(*ec2.Options)) (*copyOut, error) {
	from := client.Options().Region
	to := from
	if in.To != nil {
		to = *in.To
	}
	in.SourceRegion = &from
	out, err := inRegion(client, to).CopySnapshot(ctx, &in.CopySnapshotInput, opts...)
	if err != nil {
		return nil, err
	}
	c := &copyOut{region: to, id: aws.ToString(out.SnapshotId), item: aws.ToString(out.SnapshotId)}
	if to != from {
		c.item = to + "/" + c.id
	}
	return c, nil
}

func whatIsCopiedOf(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	rows, err := SnapshotsByID(ctx, client, ids)
	var lines []string
	for _, s := range rows {
		line := fmt.Sprintf("%s, %d GiB, %s", sayWhen(*s), aws.ToInt32(s.VolumeSize), s.State)
		if aws.ToBool(s.Encrypted) {
			line += ", encrypted: the copy is too"
		}
		lines = append(lines, line)
	}
	return lines, err
}

// quarters is a duration in minutes that EC2 takes: steps of 15.
func quarters() Rule {
	between := Between(15, 2880)
	return Rule{Text: "15 to 2880 minutes in steps of 15", Check: func(s string) (string, error) {
		if _, err := between.Check(s); err != nil || minutes(s)%15 != 0 {
			return "", fmt.Errorf("write 15 to 2880 minutes in steps of 15")
		}
		return s, nil
	}}
}

func minutes(s string) int32 { return *int32Of(s) }
