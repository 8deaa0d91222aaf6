package views

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type bundleTask = *types.BundleTask

// bundleTasks is the table of bundle tasks. AWS has retired them.
func bundleTasks() *Resource[bundleTask] {
	return &Resource[bundleTask]{
		Kind: "bundle-tasks", Title: "Bundle tasks", Tab: "Bundles", Noun: "bundle task",
		Empty:   "There is no bundle task: AWS has retired bundling. W on an instance makes an image of it.",
		Pages:   refs(awsops.BundleTasks),
		ByID:    awsops.BundleTasksByID,
		ID:      func(t bundleTask) string { return aws.ToString(t.BundleId) },
		Name:    func(bundleTask) string { return "" },
		State:   bundleState,
		Busy:    func(t bundleTask) bool { return awsops.BundleRuns(t) },
		Pretend: pretending(func(t bundleTask) *types.BundleTaskState { return &t.State }),
		Columns: []Column[bundleTask]{
			{Title: "ID", Width: 21, Value: func(t bundleTask) string { return aws.ToString(t.BundleId) }},
			{Title: "Instance", Width: 19, Value: func(t bundleTask) string { return aws.ToString(t.InstanceId) }},
			state(20, bundleState, map[string]theme.Tone{"complete": theme.Good, "failed": theme.Bad}),
			age(func(t bundleTask) time.Time { return aws.ToTime(t.StartTime) }),
			gauge("Progress", func(t bundleTask) (int, bool) { return awsops.BundlePercent(t), awsops.BundleRuns(t) }),
			{Title: "Bucket", Width: 20, Grow: true, Value: func(t bundleTask) string { return aws.ToString(bundleStore(t).Bucket) }},
			{Title: "Prefix", Width: 20, Value: func(t bundleTask) string { return aws.ToString(bundleStore(t).Prefix) }},
			{Title: "Error", Width: 40, Extra: true, Value: awsops.BundleFailure, Tone: func(bundleTask) theme.Tone { return theme.Bad }},
		},
		Actions: []Action[bundleTask]{
			{Key: "n", Operation: "bundle-instance", Help: "bundle (legacy)", Whole: true, Form: true},
			{Key: "K", Operation: "cancel-bundle-task", Help: "cancel (legacy)", Deny: hasEnded},
			{Key: "I", Operation: "get-bundle-task-details", Help: "fields"},
			{Key: "D", Operation: "describe-bundle-tasks", Help: "all columns", Whole: true},
		},
		Links: []Link[bundleTask]{{Key: "i", Help: "its instance", Kind: "instances", Query: func(t bundleTask) string { return column("id", aws.ToString(t.InstanceId)) }}},
		Inspect: func(_ context.Context, _ *ec2.Client, t bundleTask) (Detail, error) {
			return Detail{Object: t, Sections: sections(t, bundleFields(), nil)}, nil
		},
	}
}

func bundleState(t bundleTask) string { return string(t.State) }

func bundleStore(t bundleTask) types.S3Storage { return orNil(orNil(t.Storage).S3) }

func hasEnded(t bundleTask) string {
	return unless(awsops.BundleRuns(t), "is "+string(t.State)+", and has ended")
}

func bundleFields() []field[bundleTask] {
	type t = bundleTask
	return []field[t]{
		{"Bundle task", "ID", func(t t) any { return t.BundleId }},
		{"Bundle task", "Instance", func(t t) any { return t.InstanceId }},
		{"Bundle task", "State", func(t t) any { return t.State }},
		{"Bundle task", "Started", func(t t) any { return t.StartTime }},
		{"Bundle task", "Updated", func(t t) any { return t.UpdateTime }},
		{"Bundle task", "Progress", func(t t) any { return t.Progress }},
		{"Bundle task", "Bucket", func(t t) any { return bundleStore(t).Bucket }},
		{"Bundle task", "Prefix", func(t t) any { return bundleStore(t).Prefix }},
		{"Bundle task", "Error", func(t t) any { return orNil(t.BundleTaskError).Code }},
		{"Bundle task", "Message", func(t t) any { return awsops.BundleFailure(t) }},
	}
}
