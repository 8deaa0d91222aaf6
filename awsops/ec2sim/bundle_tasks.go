package ec2sim

import (
	"crypto/hmac"
	"crypto/sha1" // as S3's policies were signed when instances were bundled
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// bundleTask copies the instance store of a Windows instance to a bucket.
type bundleTask struct {
	id, instance, state  string
	bucket, prefix       string
	code, message        string // of a failure, which shows when it is storing
	startedAt, updatedAt time.Time
}

// BundleSeed is a bundle task. Times are ages.
type BundleSeed struct {
	ID       string `json:"id"`
	Instance string `json:"instance"`
	State    string `json:"state"` // empty means complete
	Bucket   string `json:"bucket"`
	Prefix   string `json:"prefix"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Age      Age    `json:"age"`
}

// bundleStates follow on one another.
func bundleStates() []string {
	return []string{"pending", "waiting-for-shutdown", "bundling", "storing", "complete"}
}

func bundleActions() []action {
	return []action{
		{name: "BundleInstance", mutating: true, required: []string{"InstanceId", "Storage"}, check: bundleInstance},
		{name: "CancelBundleTask", mutating: true, required: []string{"BundleId"}, check: cancelBundleTask},
		{name: "DescribeBundleTasks", check: describeBundleTasks},
	}
}

// retired is what EC2 answers today.
func (c *call) retired() *apiError {
	if c.sim.legacyBundles {
		return nil
	}
	return bad("UnsupportedOperation", "The operation %s is no longer supported.", c.action.name)
}

func errNoBundles(ids []string) *apiError {
	return bad("InvalidBundleID.NotFound", "Invalid bundle ids: %s", strings.Join(ids, ", "))
}

func (c *call) lookupBundles(ids []string) *apiError {
	return lookup(c.region.bundles, ids, "bun", func(id string) *apiError { return errNoBundles([]string{id}) }, errNoBundles)
}

func bundleInstance(c *call) (act, *apiError) {
	if err := c.retired(); err != nil {
		return nil, err
	}
	id := c.form.get("InstanceId")
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	const s3 = "Storage.S3."
	for _, name := range []string{"Bucket", "Prefix", "UploadPolicy", "UploadPolicySignature"} {
		if c.form.get(s3+name) == "" {
			return nil, missing(s3 + name)
		}
	}
	if in.Platform != "windows" || in.RootDeviceType != "instance-store" {
		return nil, bad("InvalidInstanceType", "Only Windows instances with an instance store root can be bundled; '%s' is none.", in.ID)
	}
	t := &bundleTask{instance: in.ID, state: "pending", bucket: c.form.get(s3 + "Bucket"), prefix: c.form.get(s3 + "Prefix"), startedAt: c.now, updatedAt: c.now}
	if !c.signedPolicy(s3) {
		t.code, t.message = "Client.S3Error", "Error: SignatureDoesNotMatch(403): The request signature we calculated does not match the signature you provided. Check your key and signing method."
	}
	return func() *apiError {
		for other := range c.region.bundles.all {
			if other.instance == in.ID && other.running() {
				return bad("BundlingInProgress", "Instance '%s' already has an active bundle task: '%s'.", in.ID, other.id)
			}
		}
		if in.State != Running {
			return bad("IncorrectInstanceState", "The instance '%s' is not in the 'running' state.", in.ID)
		}
		t.id = c.sim.ids.new("bun")
		c.region.bundles.add(t.id, t)
		c.sim.advance(c.region, t, c.now, "waiting-for-shutdown")
		c.bundleAnswer(t)
		return nil
	}, nil
}

// signedPolicy says whether the upload policy is signed by the key it names.
func (c *call) signedPolicy(s3 string) bool {
	owner := c.sim.accountOf(c.form.get(s3 + "AWSAccessKeyId"))
	if owner == nil {
		return false
	}
	mac := hmac.New(sha1.New, []byte(owner.SecretAccessKey))
	mac.Write([]byte(c.form.get(s3 + "UploadPolicy")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)) == c.form.get(s3+"UploadPolicySignature")
}

func (t *bundleTask) running() bool {
	return t.state != "complete" && t.state != "failed"
}

// advance puts a task into its next state after a while. The system on the
// store is shut down before it is copied, and runs again when the task has ended.
func (s *Sim) advance(r *region, t *bundleTask, now time.Time, next string) {
	from := t.state
	s.agenda.add(now.Add(s.delays.Bundle), func(at time.Time) {
		in := r.instances.byID[t.instance]
		switch {
		case t.state != from:
			return
		case next == "bundling" && in != nil && in.State == Stopping:
			s.advance(r, t, at, next)
			return
		}
		t.state, t.updatedAt = next, at
		switch {
		case in == nil || in.State == ShuttingDown || in.State == Terminated:
			if t.state = "failed"; t.code == "" {
				t.code, t.message = "Client.InstanceTerminated", "The instance was terminated."
			}
		case next == "storing" && t.code != "":
			t.state = "failed"
		case next == "waiting-for-shutdown":
			in.StateReason, in.TransitionReason = userReason(at, false)
			s.enter(r, in, Stopping, at)
		}
		if !t.running() {
			s.wake(r, in, at)
			return
		}
		states := bundleStates()
		if i := slices.Index(states, t.state); i >= 0 {
			s.advance(r, t, at, states[i+1])
		}
	})
}

// wake starts an instance that was shut down to be bundled, once it is down.
func (s *Sim) wake(r *region, in *Instance, at time.Time) {
	switch {
	case in == nil:
	case in.State == Stopped:
		s.enter(r, in, Pending, at)
	case in.State == Stopping:
		s.agenda.add(at.Add(s.delays.Stop), func(at time.Time) { s.wake(r, in, at) })
	}
}

func cancelBundleTask(c *call) (act, *apiError) {
	if err := c.retired(); err != nil {
		return nil, err
	}
	id := c.form.get("BundleId")
	if err := c.lookupBundles([]string{id}); err != nil {
		return nil, err
	}
	t := c.region.bundles.byID[id]
	return func() *apiError {
		if t.running() && t.state != "cancelling" { // a finished one stays what it is
			t.state, t.updatedAt, t.code, t.message = "cancelling", c.now, "Client.Cancelled", "The task was cancelled."
			c.sim.advance(c.region, t, c.now, "failed")
		}
		c.bundleAnswer(t)
		return nil
	}, nil
}

func describeBundleTasks(c *call) (act, *apiError) {
	return describe(c, listing[*bundleTask]{
		table: c.region.bundles, idParam: "BundleId", idSet: "bundleIdSet", lookup: c.lookupBundles,
		filters: map[string]filterOf[*bundleTask]{
			"bundle-id":     is(func(t *bundleTask) string { return t.id }),
			"error-code":    is(func(t *bundleTask) string { return t.shown(t.code) }),
			"error-message": is(func(t *bundleTask) string { return t.shown(t.message) }),
			"instance-id":   is(func(t *bundleTask) string { return t.instance }),
			"progress":      is(c.bundleProgress),
			"s3-bucket":     is(func(t *bundleTask) string { return t.bucket }),
			"s3-prefix":     is(func(t *bundleTask) string { return t.prefix }),
			"start-time":    is(func(t *bundleTask) string { return stamp(t.startedAt) }),
			"state":         is(func(t *bundleTask) string { return t.state }),
			"update-time":   is(func(t *bundleTask) string { return stamp(t.updatedAt) }),
		},
	}, "bundleInstanceTasksSet", c.bundleTask)
}

// shown is what a task tells of its failure once it has failed.
func (t *bundleTask) shown(s string) string {
	if t.state == "failed" {
		return s
	}
	return ""
}

// bundleProgress runs while the store is copied, and again while it is kept.
func (c *call) bundleProgress(t *bundleTask) string {
	switch t.state {
	case "bundling", "storing":
		return itoa(share(c.now.Sub(t.updatedAt), c.sim.delays.Bundle)) + "%"
	case "complete":
		return "100%"
	}
	return ""
}

func (c *call) bundleAnswer(t *bundleTask) {
	c.out.start("bundleInstanceTask")
	c.bundleTask(t)
	c.out.end("bundleInstanceTask")
}

func (c *call) bundleTask(t *bundleTask) {
	d := &c.out
	d.text("bundleId", t.id)
	d.text("instanceId", t.instance)
	d.text("state", t.state)
	d.at("startTime", t.startedAt)
	d.at("updateTime", t.updatedAt)
	d.some("progress", c.bundleProgress(t))
	d.start("storage")
	d.start("S3")
	d.text("bucket", t.bucket)
	d.text("prefix", t.prefix)
	d.end("S3")
	d.end("storage")
	if code := t.shown(t.code); code != "" {
		d.start("error")
		d.text("code", code)
		d.text("message", t.message)
		d.end("error")
	}
}

// seedBundles makes the tasks of a region.
func (s *Sim) seedBundles(r *region, seeds []BundleSeed, start time.Time) {
	for _, seed := range seeds {
		at := start.Add(-time.Duration(seed.Age)).Truncate(time.Second)
		t := &bundleTask{id: seed.ID, instance: seed.Instance, state: seed.State, bucket: seed.Bucket, prefix: seed.Prefix, code: seed.Code, message: seed.Message, startedAt: at, updatedAt: at.Add(10 * time.Minute)}
		if t.state == "" {
			t.state = "complete"
		}
		r.bundles.add(t.id, t)
	}
}
