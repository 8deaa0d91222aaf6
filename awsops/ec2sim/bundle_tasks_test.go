package ec2sim_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const bundled = "i-0aa000000000000b1"

func legacyBench(t *testing.T) *bench {
	return newBench(t, "small", func(c *ec2sim.Config) { bundling(c.Fleet) })
}

// bundle is a request whose policy is signed with a secret.
func bundle(b *bench, instance, secret string) *ec2.BundleInstanceInput {
	policy := []byte(`{"conditions":[]}`)
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(base64.StdEncoding.EncodeToString(policy)))
	return &ec2.BundleInstanceInput{InstanceId: &instance, Storage: &types.Storage{S3: &types.S3Storage{Bucket: aws.String("mine"), Prefix: aws.String("win"), AWSAccessKeyId: aws.String(b.sim.Accounts()[0].AccessKeyID),
		UploadPolicy: policy, UploadPolicySignature: aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))}}}
}

func TestTheLifeOfABundleTask(t *testing.T) {
	b := legacyBench(t)
	secret := b.sim.Accounts()[0].SecretAccessKey
	made := must[*ec2.BundleInstanceOutput](t)(b.ec2.BundleInstance(b.ctx, bundle(b, bundled, secret)))
	id := *made.BundleTask.BundleId
	_, err := b.ec2.BundleInstance(b.ctx, bundle(b, bundled, secret))
	wantCode(t, err, "BundlingInProgress")
	var states []string
	for range 6 {
		out := must[*ec2.DescribeBundleTasksOutput](t)(b.ec2.DescribeBundleTasks(b.ctx, &ec2.DescribeBundleTasksInput{BundleIds: []string{id}}))
		states = append(states, string(out.BundleTasks[0].State)+aws.ToString(out.BundleTasks[0].Progress)+" "+string(b.instance(bundled).State.Name))
		b.clock.pass(2 * time.Second)
	}
	if want := []string{"pending running", "waiting-for-shutdown stopping", "bundling0% stopped", "storing0% stopped", "complete100% pending", "complete100% running"}; !slices.Equal(states, want) {
		t.Errorf("%v", states)
	}
	ended := must[*ec2.CancelBundleTaskOutput](t)(b.ec2.CancelBundleTask(b.ctx, &ec2.CancelBundleTaskInput{BundleId: &id}))
	if ended.BundleTask.State != "complete" {
		t.Errorf("%+v", ended.BundleTask)
	}
	bad := must[*ec2.BundleInstanceOutput](t)(b.ec2.BundleInstance(b.ctx, bundle(b, bundled, "wrong")))
	b.clock.pass(6 * time.Second)
	out := must[*ec2.DescribeBundleTasksOutput](t)(b.ec2.DescribeBundleTasks(b.ctx, &ec2.DescribeBundleTasksInput{Filters: []types.Filter{{Name: aws.String("error-code"), Values: []string{"Client.S3Error"}}}}))
	if len(out.BundleTasks) != 1 || *out.BundleTasks[0].BundleId != *bad.BundleTask.BundleId || out.BundleTasks[0].State != "failed" {
		t.Errorf("%+v", out.BundleTasks)
	}
	_, err = b.ec2.BundleInstance(b.ctx, bundle(b, bundled, secret))
	wantError(t, err, 400, "IncorrectInstanceState", "The instance '"+bundled+"' is not in the 'running' state.")
	b.clock.pass(2 * time.Second)
	third := must[*ec2.BundleInstanceOutput](t)(b.ec2.BundleInstance(b.ctx, bundle(b, bundled, secret)))
	stopping := must[*ec2.CancelBundleTaskOutput](t)(b.ec2.CancelBundleTask(b.ctx, &ec2.CancelBundleTaskInput{BundleId: third.BundleTask.BundleId}))
	if stopping.BundleTask.State != "cancelling" {
		t.Errorf("%+v", stopping.BundleTask)
	}
	_, err = b.ec2.BundleInstance(b.ctx, bundle(b, windows, secret))
	wantCode(t, err, "InvalidInstanceType")
	_, err = b.ec2.CancelBundleTask(b.ctx, &ec2.CancelBundleTaskInput{BundleId: aws.String("bun-0fffffff")})
	wantError(t, err, 400, "InvalidBundleID.NotFound", "Invalid bundle ids: bun-0fffffff")
}

func TestABundleTaskThatIsCancelledLetsTheInstanceRunAgain(t *testing.T) {
	b := legacyBench(t)
	made := must[*ec2.BundleInstanceOutput](t)(b.ec2.BundleInstance(b.ctx, bundle(b, bundled, b.sim.Accounts()[0].SecretAccessKey)))
	b.clock.pass(5 * time.Second)
	b.wantState(bundled, "stopped")
	must[*ec2.CancelBundleTaskOutput](t)(b.ec2.CancelBundleTask(b.ctx, &ec2.CancelBundleTaskInput{BundleId: made.BundleTask.BundleId}))
	b.clock.pass(5 * time.Second)
	b.wantState(bundled, "running")
	out := must[*ec2.DescribeBundleTasksOutput](t)(b.ec2.DescribeBundleTasks(b.ctx, &ec2.DescribeBundleTasksInput{BundleIds: []string{*made.BundleTask.BundleId}}))
	if task := out.BundleTasks[0]; task.State != "failed" || aws.ToString(task.BundleTaskError.Code) != "Client.Cancelled" {
		t.Errorf("%+v", task)
	}
}

func TestATerminatedInstanceIsNotBundled(t *testing.T) {
	b := legacyBench(t)
	made := must[*ec2.BundleInstanceOutput](t)(b.ec2.BundleInstance(b.ctx, bundle(b, bundled, b.sim.Accounts()[0].SecretAccessKey)))
	must[*ec2.TerminateInstancesOutput](t)(b.ec2.TerminateInstances(b.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{bundled}}))
	b.clock.pass(10 * time.Second)
	out := must[*ec2.DescribeBundleTasksOutput](t)(b.ec2.DescribeBundleTasks(b.ctx, &ec2.DescribeBundleTasksInput{BundleIds: []string{*made.BundleTask.BundleId}}))
	if task := out.BundleTasks[0]; task.State != "failed" || aws.ToString(task.BundleTaskError.Code) != "Client.InstanceTerminated" {
		t.Errorf("%+v", task)
	}
	b.wantState(bundled, "terminated")
}

func TestBundlingIsRetired(t *testing.T) {
	b := newBench(t, "small")
	_, err := b.ec2.BundleInstance(b.ctx, bundle(b, windows, "secret"))
	wantError(t, err, 400, "UnsupportedOperation", "The operation BundleInstance is no longer supported.")
	_, err = b.ec2.CancelBundleTask(b.ctx, &ec2.CancelBundleTaskInput{BundleId: aws.String("bun-0fffffff")})
	wantError(t, err, 400, "UnsupportedOperation", "The operation CancelBundleTask is no longer supported.")
	if out := must[*ec2.DescribeBundleTasksOutput](t)(b.ec2.DescribeBundleTasks(b.ctx, &ec2.DescribeBundleTasksInput{})); len(out.BundleTasks) != 0 {
		t.Errorf("%+v", out.BundleTasks)
	}
}
