package awsops

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // S3's policies were signed so when instances were bundled
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	bundleFilters = "bundle-id, instance-id, state, s3-bucket, s3-prefix, progress, error-code"
	// bundlingRetired is the word on what is left of bundling.
	bundlingRetired = "LEGACY: AWS has retired bundling, and EC2 refuses this today. create-image makes an image of an instance, of Windows too."
	s3Secret        = "s3-access-key"
	retiredAdvice   = "AWS has retired bundling: make an image of the instance with create-image."
)

// BundleTasks lists the bundle tasks of a scope.
func BundleTasks(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.BundleTask, error] {
	return func(yield func([]types.BundleTask, error) bool) {
		out, err := client.DescribeBundleTasks(ctx, &ec2.DescribeBundleTasksInput{})
		if err != nil {
			yield(nil, explain(err, "describe-bundle-tasks", client.Options().Region, false))
			return
		}
		yield(out.BundleTasks, nil)
	}
}

// BundleTasksByID reads single bundle tasks; those that are gone are left out.
func BundleTasksByID(ctx context.Context, client *ec2.Client, ids []string) ([]*types.BundleTask, error) {
	out, err := client.DescribeBundleTasks(ctx, &ec2.DescribeBundleTasksInput{Filters: filtersOn("bundle-id", ids...)})
	if err != nil {
		return nil, explain(err, "describe-bundle-tasks", client.Options().Region, false)
	}
	rows := make([]*types.BundleTask, len(out.BundleTasks))
	for i := range out.BundleTasks {
		rows[i] = &out.BundleTasks[i]
	}
	return rows, nil
}

// BundlePercent is how far a bundle task has come, by EC2's own number.
func BundlePercent(t *types.BundleTask) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(aws.ToString(t.Progress), "%"))
	return max(0, min(100, n))
}

func bundleStandings(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
	rows, err := BundleTasksByID(ctx, client, ids)
	out := map[string]Standing{}
	for _, t := range rows {
		out[aws.ToString(t.BundleId)] = Standing{State: string(t.State), Percent: BundlePercent(t)}
	}
	return out, err
}

func bundleOperations() []Operation {
	return []Operation{bundleInstance(), cancelBundleTask(), describeBundleTasks(), bundleTaskDetails()}
}

// bundleIn is an instance to be bundled. The secret signs and is never sent.
type bundleIn struct {
	ec2.BundleInstanceInput
	Bucket, Prefix, KeyID *string
	Key                   Secret
}

func bundleInstance() Operation {
	type in = bundleIn
	return &Op[*in, *ec2.BundleInstanceOutput]{
		Name: "bundle-instance", Help: "Legacy: bundle a Windows instance with an instance store into S3", Noun: "bundle task", Risk: Changes, Word: "bundle",
		Warning: bundlingRetired, Foresee: whatIsBundled, Doubt: "A lost answer may have left a task: list the bundle tasks.",
		Warn: func(in *in) []string {
			return []string{"THE INSTANCE IS SHUT DOWN while it is bundled, and started again.", fmt.Sprintf("The bucket must be yours. %s/%s.manifest.xml and its parts are written over if they exist; register-image follows.", aws.ToString(in.Bucket), aws.ToString(in.Prefix))}
		},
		Advice: map[string]string{
			"UnsupportedOperation":  retiredAdvice,
			"InvalidInstanceType":   "Only Windows instances whose root is an instance store were ever bundled: use create-image for the others.",
			"BundlingInProgress":    "Wait for the running task of the instance, or cancel it: describe-bundle-tasks names it.",
			"InvalidParameterValue": "Use a bucket owned by the account whose S3 keys you gave.",
			"AuthFailure":           "Use a bucket owned by the account whose S3 keys you gave.",
		},
		Fields: []Field[*in]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, Pick: Only("instances", "platform:windows root:instance-store"), To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "storage-bucket", Help: "your bucket", Need: Required, Rule: Bucket(), To: ToString(func(in *in) **string { return &in.Bucket })},
			{Name: "storage-prefix", Help: "how the names of the bundle's objects begin", Need: Required, Rule: BucketPrefix(), To: ToString(func(in *in) **string { return &in.Prefix })},
			{Name: "s3-access-key-id", Help: "the access key that may write to the bucket", Need: Conditional, Default: "the one in use", Rule: NotEmpty(), To: ToString(func(in *in) **string { return &in.KeyID })},
			{Name: s3Secret, Help: "its secret; it signs here and is never sent", Need: Conditional, Default: "the one in use", Rule: NotEmpty(), Secret: func(Values) bool { return true }, To: to(KindString, func(in *in, v string) { in.Key = NewSecret(v) })},
		},
		Check: func(in *in) error {
			if (in.KeyID == nil) != (in.Key.Reveal() == "") {
				return &InputError{Field: s3Secret, Rule: "and --s3-access-key-id belong together: enter both S3 keys, or leave both empty"}
			}
			return nil
		},
		Call: bundle, Outputs: []string{"bundle-id", "status", "start-time"},
		Show: func(out *ec2.BundleInstanceOutput) Result {
			t := orEmpty(out.BundleTask)
			return Result{Outputs: []Output{{"bundle-id", plain(t.BundleId)}, {"status", plain(t.State)}, {"start-time", plain(t.StartTime)}}, Items: []Item{{ID: aws.ToString(t.BundleId), To: string(t.State)}}}
		},
		Expect:  &Expect{New: true, Until: []string{"complete"}, Never: []string{"failed"}, Measure: bundleStandings},
		Example: Values{"instance-id": {"i-0aa00000000000006"}, "storage-bucket": {"my-bundles"}, "storage-prefix": {"win/2026"}, "s3-access-key-id": {"AKIASIMULATORTEST001"}, "s3-access-key": {"test/secret/key/not/real/0000000000000001"}},
	}
}

// policyLife is how long EC2 may write to the bucket.
const policyLife = 24 * time.Hour

// bundle signs the upload policy by EC2's own clock, which it asks for first.
func bundle(client *ec2.Client, ctx context.Context, in *bundleIn, opts ...func(*ec2.Options)) (*ec2.BundleInstanceOutput, error) {
	tasks, err := client.DescribeBundleTasks(ctx, &ec2.DescribeBundleTasksInput{}, opts...)
	if err != nil {
		return nil, err
	}
	id, secret := aws.ToString(in.KeyID), in.Key.Reveal()
	if in.KeyID == nil {
		own, err := client.Options().Credentials.Retrieve(ctx)
		if err != nil {
			return nil, err
		}
		id, secret = own.AccessKeyID, own.SecretAccessKey
	}
	now, _ := awsmiddleware.GetServerTime(tasks.ResultMetadata)
	policy, err := json.Marshal(map[string]any{
		"expiration": now.Add(policyLife).UTC().Format(TimeFormat),
		"conditions": []any{map[string]string{"bucket": *in.Bucket}, map[string]string{"acl": "ec2-bundle-read"}, []string{"starts-with", "$key", *in.Prefix}},
	})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(base64.StdEncoding.EncodeToString(policy)))
	in.Storage = &types.Storage{S3: &types.S3Storage{Bucket: in.Bucket, Prefix: in.Prefix, AWSAccessKeyId: &id, UploadPolicy: policy, UploadPolicySignature: aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))}}
	return client.BundleInstance(ctx, &in.BundleInstanceInput, opts...)
}

// whatIsBundled tells what stands against bundling an instance.
func whatIsBundled(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lines []string
	for _, id := range ids {
		i, err := instanceNamed(ctx, client, id)
		if err != nil {
			return lines, err
		}
		line := fmt.Sprintf("%s (%s): %s, root on %s", id, TagValue(tagsOf(i.Tags), "Name"), PlatformOf(i), i.RootDeviceType)
		if i.Platform != types.PlatformValuesWindows || i.RootDeviceType != types.DeviceTypeInstanceStore {
			line += ": it cannot be bundled, only Windows on an instance store could"
		}
		lines = append(lines, line)
	}
	out, err := client.DescribeBundleTasks(ctx, &ec2.DescribeBundleTasksInput{Filters: filtersOn("instance-id", ids...)})
	if err != nil {
		return lines, explain(err, "describe-bundle-tasks", client.Options().Region, false)
	}
	for _, t := range out.BundleTasks {
		if BundleRuns(&t) {
			lines = append(lines, fmt.Sprintf("%s is %s for %s: only one task at a time", aws.ToString(t.BundleId), t.State, aws.ToString(t.InstanceId)))
		}
	}
	return lines, nil
}

// BundleRuns says whether a task has not ended.
func BundleRuns(t *types.BundleTask) bool {
	return t.State != types.BundleTaskStateComplete && t.State != types.BundleTaskStateFailed
}

func bundleTarget[In any](to Binding[In]) Field[In] {
	return Field[In]{Name: "bundle-id", Help: "the bundle task", Need: Required, Default: "selected row", Rule: ID("bun"), Target: true, To: to}
}

func cancelBundleTask() Operation {
	type in = ec2.CancelBundleTaskInput
	return &Op[*in, *ec2.CancelBundleTaskOutput]{
		Name: "cancel-bundle-task", Help: "Legacy: cancel a bundle task", Noun: "bundle task", Risk: Changes,
		Warning: bundlingRetired + " A task that has ended stays as it is.",
		Advice:  map[string]string{"UnsupportedOperation": retiredAdvice},
		Fields:  []Field[*in]{bundleTarget(ToString(func(in *in) **string { return &in.BundleId }))},
		Call:    (*ec2.Client).CancelBundleTask, Outputs: names(bundleDetails()[:7]),
		Show: func(out *ec2.CancelBundleTaskOutput) Result {
			return Result{Outputs: outputsOf(bundleDetails()[:7], *orEmpty(out.BundleTask))}
		},
		Expect:  &Expect{Passing: "cancelling", Until: []string{"failed", "complete"}, Measure: bundleStandings},
		Example: Values{"bundle-id": {"bun-0aa00001"}},
	}
}

// describedBundles are bundle tasks.
type describedBundles struct{ tasks []types.BundleTask }

func readBundles(client *ec2.Client, ctx context.Context, in *ec2.DescribeBundleTasksInput, opts ...func(*ec2.Options)) (*describedBundles, error) {
	out, err := client.DescribeBundleTasks(ctx, in, opts...)
	if err != nil {
		return nil, err
	}
	if missing := slices.DeleteFunc(slices.Clone(in.BundleIds), func(id string) bool {
		return slices.ContainsFunc(out.BundleTasks, func(t types.BundleTask) bool { return aws.ToString(t.BundleId) == id })
	}); len(missing) > 0 { // tasks that have ended disappear without a word
		return nil, notFound("describe-bundle-tasks", "InvalidBundleID.NotFound", "Invalid bundle ids: "+strings.Join(missing, ", "), client.Options().Region)
	}
	sortBy(out.BundleTasks, func(a, b types.BundleTask) int {
		return strings.Compare(aws.ToString(a.BundleId), aws.ToString(b.BundleId))
	})
	return &describedBundles{out.BundleTasks}, nil
}

func describeBundleTasks() Operation {
	type in = ec2.DescribeBundleTasksInput
	return &Op[*in, *describedBundles]{
		Name: "describe-bundle-tasks", Help: "Legacy: list the bundle tasks; there are none today", Noun: "bundle task",
		Fields: append([]Field[*in]{
			{Name: "bundle-ids", Help: "only these tasks", Default: "all", Rule: ID("bun"), To: ToList(func(in *in) *[]string { return &in.BundleIds })},
			{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames(bundleFilters), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
		}, delimiters[*in](",")[1:]...),
		Call: readBundles, Outputs: names(bundleColumns()),
		Show: func(out *describedBundles) Result {
			res := Result{Table: tableOf(bundleColumns(), out.tasks)}
			if len(out.tasks) == 0 {
				res.Message = "There is no bundle task: AWS has retired bundling. create-image makes images."
			}
			return res
		},
		Example: Values{"filters": {"state=failed", "s3-bucket=my-*"}},
	}
}

func bundleTaskDetails() Operation {
	type in = ec2.DescribeBundleTasksInput
	return &Op[*in, *describedBundles]{
		Name: "get-bundle-task-details", Help: "Legacy: show all fields of one bundle task", Noun: "bundle task",
		Fields: []Field[*in]{bundleTarget(ToOneOf(func(in *in) *[]string { return &in.BundleIds }))},
		Call:   readBundles, Outputs: names(bundleDetails()),
		Show:    func(out *describedBundles) Result { return Result{Outputs: outputsOf(bundleDetails(), out.tasks[0])} },
		Example: Values{"bundle-id": {"bun-0aa00001"}},
	}
}

func bundleColumns() []column[types.BundleTask] {
	type task = types.BundleTask
	return []column[task]{
		{"bundle-id", "Bundle ID", false, func(t task) any { return t.BundleId }},
		{"instance-id", "Instance ID", false, func(t task) any { return t.InstanceId }},
		{"status", "Status", false, func(t task) any { return t.State }},
		{"start-time", "Started", false, func(t task) any { return t.StartTime }},
		{"progress", "Progress", false, func(t task) any { return t.Progress }},
	}
}

// bundleDetails are the fields of one task; the last two tell of a failure.
func bundleDetails() []column[types.BundleTask] {
	type task = types.BundleTask
	s3 := func(t task) *types.S3Storage { return orEmpty(orEmpty(t.Storage).S3) }
	return []column[task]{
		{"instance-id", "", false, func(t task) any { return t.InstanceId }},
		{"start-time", "", false, func(t task) any { return t.StartTime }},
		{"update-time", "", false, func(t task) any { return t.UpdateTime }},
		{"status", "", false, func(t task) any { return t.State }},
		{"progress", "", false, func(t task) any { return t.Progress }},
		{"bucket", "", false, func(t task) any { return s3(t).Bucket }},
		{"prefix", "", false, func(t task) any { return s3(t).Prefix }},
		{"error", "", false, func(t task) any { return orEmpty(t.BundleTaskError).Code }},
		{"error-message", "", false, func(t task) any { return BundleFailure(&t) }},
	}
}

// BundleFailure is why a task has failed, and what helps.
func BundleFailure(t *types.BundleTask) string {
	message := aws.ToString(orEmpty(t.BundleTaskError).Message)
	if strings.Contains(message, "SignatureDoesNotMatch") {
		message += " The S3 secret does not match the key ID: start the bundle again with correct S3 keys."
	}
	return message
}

// Bucket is rule V-BUCKET.
func Bucket() Rule {
	const text = "3 to 63 of a-z, 0-9, dots and hyphens, beginning and ending with a letter or digit, and no IP address"
	shape, address := regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`), regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if !shape.MatchString(s) || address.MatchString(s) {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

// BucketPrefix is rule V-PREFIX.
func BucketPrefix() Rule {
	const text = "1 to 1000 printable characters, not beginning with /"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if s == "" || len(s) > 1000 || s[0] == '/' || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}
