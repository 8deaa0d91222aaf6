package awsops

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ec2deck/awsops/journal"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The outputs of a workflow beside those of its operation.
const (
	worklog     = "worklog-text"
	assetRecord = "asset-record"
)

// workflowOperations are operations on one instance that are waited for and
// closed: a worklog in the journal, and what came of an instance in the
// inventory.
func workflowOperations() []Operation {
	power := powerOperations()
	base := func(name string) Info {
		i := slices.IndexFunc(power, func(op Operation) bool { return op.Info().Name == name })
		return power[i].Info()
	}
	start, stop, reboot, terminate := base("start-instances"), base("stop-instances"), base("reboot-instances"), base("terminate-instances")
	type startIn = ec2.StartInstancesInput
	type stopIn = ec2.StopInstancesInput
	type rebootIn = ec2.RebootInstancesInput
	type terminateIn = ec2.TerminateInstancesInput
	example := Values{"instance-id": {"i-0aa00000000000001"}}
	lift := map[string]string{"OperationNotPermitted": liftProtection}
	return []Operation{
		&Op[*startIn, *ec2.StartInstancesOutput]{
			Name: "workflow-start-instance", Help: "Start an instance, wait until it runs, and log the work", API: "StartInstances", Word: "start", Workflow: "started",
			Noun: "instance", Risk: Changes, Warning: start.Warning, Expect: start.Expect, Example: example,
			Fields: []Field[*startIn]{workTarget("state:stopped", func(in *startIn) *[]string { return &in.InstanceIds })},
			Call:   (*ec2.Client).StartInstances, Outputs: worked(stateChangeOutputs()),
			Show: func(out *ec2.StartInstancesOutput) Result { return showWork(stateChanges(out.StartingInstances)) },
		},
		&Op[*stopIn, *ec2.StopInstancesOutput]{
			Name: "workflow-stop-instance", Help: "Stop an instance, wait until it has stopped, and log the work", API: "StopInstances", Word: "stop", Workflow: "stopped",
			Noun: "instance", Risk: Changes, Warning: stop.Warning, Expect: stop.Expect, Advice: lift, Example: example,
			Fields: []Field[*stopIn]{workTarget("-state:stopped -state:terminated", func(in *stopIn) *[]string { return &in.InstanceIds })},
			Call:   (*ec2.Client).StopInstances, Outputs: worked(stateChangeOutputs()),
			Show: func(out *ec2.StopInstancesOutput) Result { return showWork(stateChanges(out.StoppingInstances)) },
		},
		provisionInstance(),
		&Op[*terminateIn, *ec2.TerminateInstancesOutput]{
			Name: "workflow-terminate-instance", Help: "Terminate an instance, wait until it is gone, and mark it inactive", API: "TerminateInstances", Word: "terminate", Workflow: "terminated",
			Noun: "instance", Risk: Destroys, Warning: terminate.Warning, Foresee: terminate.Foresee, Expect: terminate.Expect, Advice: lift, Example: example,
			Fields: []Field[*terminateIn]{workTarget("-state:terminated", func(in *terminateIn) *[]string { return &in.InstanceIds })},
			Call:   (*ec2.Client).TerminateInstances, Outputs: append(worked(stateChangeOutputs()), assetRecord),
			Show: func(out *ec2.TerminateInstancesOutput) Result {
				return showAsset(stateChanges(out.TerminatingInstances))
			},
		},
		&Op[*rebootIn, *rebooted]{
			Name: "workflow-restart-instance", Help: "Restart an instance, wait until its checks pass, and log the work", API: "RebootInstances", Word: "restart", Workflow: "restarted",
			Noun: "instance", Risk: Changes, Warning: reboot.Warning, Expect: reboot.Expect, Example: example,
			Fields: []Field[*rebootIn]{workTarget("state:running", func(in *rebootIn) *[]string { return &in.InstanceIds })},
			Call:   rebootInstances, Outputs: worked(reboot.Outputs[1:]),
			Show: func(out *rebooted) Result { return showWork(showRebooted(out)) },
		},
	}
}

// provisionInstance launches one instance. A launch template is its preset:
// what is given besides overrides it.
func provisionInstance() Operation {
	var fields []Field[*launchIn]
	all := launchFields()
	checks := to(KindBool, func(*launchIn, string) {})
	checks.local = true
	for _, name := range []string{"image-id", "instance-type", "instance-name", "tags", "client-token", "launch-template"} {
		i := slices.IndexFunc(all, func(f Field[*launchIn]) bool { return f.Name == name })
		fields = append(fields, all[i])
	}
	fields = append(fields, Field[*launchIn]{Name: "status-checks", Help: "wait until its status checks pass too", Default: "false", To: checks})
	return &Op[*launchIn, *launched]{
		Name: "workflow-provision-instance", Help: "Launch an instance, from a launch template or not, wait until it runs, and add it to the inventory",
		API: "RunInstances", Word: "provision", Workflow: "provisioned", Noun: "instance", Risk: Changes, Warning: "A running instance costs money.",
		Compare: launchAhead, Doubt: doubtOfLaunch, Advice: launchAdvice(), Expect: launchExpect(),
		Await: func(v Values) *Expect {
			e := launchExpect()
			if truth(v.Get("status-checks")) {
				e.Until, e.Never, e.States = []string{"ok"}, append(e.Never, "impaired"), readiness
			}
			return e
		},
		Fields: fields, Check: checkLaunch, Call: runInstances, Outputs: append(worked(launchOutputs()), assetRecord),
		Show: func(out *launched) Result { return showAsset(showLaunched(out)) },
		Example: Values{
			"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "instance-name": {"new-1"}, "tags": {"Env=test"},
			"client-token": {"token-1"}, "launch-template": {"web"}, "status-checks": {"true"},
		},
	}
}

// workTarget is the one instance of a workflow.
func workTarget[In any](valid string, member func(In) *[]string) Field[In] {
	return Field[In]{
		Name: "instance-id", Help: "the instance", Need: Required, Default: "selection", Rule: ID("i"), Pick: Only("instances", valid), Target: true,
		To: to(KindString, func(in In, v string) { *member(in) = []string{v} }),
	}
}

func worked(outputs []string) []string { return append(slices.Clone(outputs), worklog, finalState) }

// showWork is the answer of EC2 as far as the work has come with it.
func showWork(res Result) Result {
	var states, lines []string
	for _, it := range res.Items {
		states, lines = append(states, it.ID+"="+it.To), append(lines, it.ID+" is "+it.To)
	}
	res.Outputs = append(res.Outputs, Output{worklog, strings.Join(lines, "; ")}, Output{finalState, states})
	return res
}

// showAsset leaves room for what the inventory gets at the end.
func showAsset(res Result) Result {
	res = showWork(res)
	res.Outputs = append(res.Outputs, Output{assetRecord, ""})
	return res
}

// Conclude closes a workflow whose targets have come to their end, as the items
// of the result say: it writes the worklog and the inventory. What cannot be
// written is told, for what was done stays done.
func (s *Session) Conclude(ctx context.Context, r Request, res Result) Result {
	return s.closeWork(ctx, r, res, "")
}

// leaveLimit bounds what is read for a workflow that is left.
const leaveLimit = 3 * time.Second

// Leave closes a workflow whose end nobody will see: it was not waited for, or
// not long enough. The worklog says why, and what was seen last; how it ended
// is not known. The inventory gets what EC2 tells at this moment.
func (s *Session) Leave(ctx context.Context, r Request, res Result, why string) Result {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveLimit)
	defer cancel()
	return s.closeWork(ctx, r, res, why)
}

// closeWork writes worklog and inventory; left says why the end was not seen.
func (s *Session) closeWork(ctx context.Context, r Request, res Result, left string) Result {
	info := r.Operation.Info()
	if info.Workflow == "" || r.DryRun {
		return res
	}
	res.Outputs = slices.Clone(res.Outputs)
	var lines []string
	for _, it := range res.Items {
		rec := journal.Record{ID: res.entry}
		if s.settings.Now != nil {
			rec = s.describe(r)
			rec.ID = res.entry
			if !res.begun.IsZero() {
				rec.Took = s.settings.Now().Sub(res.begun).Milliseconds()
			}
		}
		rec.Event, rec.Targets, rec.State, rec.Result, rec.RequestID = journal.Closed, []string{it.ID}, it.To, "done", res.RequestID
		switch {
		case it.Err != nil:
			rec.Result, rec.Code, rec.Reason = "failed", it.Err.Code, it.Err.Message
		case left != "":
			rec.Result, rec.Reason = "unknown", left
		}
		if promises(info, assetRecord) && it.Err == nil {
			asset, err := s.asset(ctx, r, it.ID)
			if err != nil {
				res.Message = "the inventory lacks " + it.ID + ": " + err.Error()
			} else {
				rec.Asset = &asset
				text, _ := json.Marshal(asset) // it is made of what JSON has
				res.put(assetRecord, string(text))
			}
		}
		rec.Work = workText(info, it, rec)
		lines = append(lines, rec.Work)
		if s.settings.Journal != nil {
			if err := s.settings.Journal.Record(rec); err != nil {
				res.Message = "the worklog could not be written: " + err.Error()
			}
		}
	}
	res.put(worklog, strings.Join(lines, "\n"))
	return res
}

func promises(info Info, output string) bool { return slices.Contains(info.Outputs, output) }

// put replaces an output.
func (r *Result) put(name string, value any) {
	for i, o := range r.Outputs {
		if o.Name == name {
			r.Outputs[i].Value = value
		}
	}
}

// workText is the worklog: what was done to what, and what came of it.
func workText(info Info, it Item, rec journal.Record) string {
	var b strings.Builder
	switch rec.Result {
	case "done":
		fmt.Fprintf(&b, "%s was %s: it is %s", it.ID, info.Workflow, it.To)
	case "unknown":
		fmt.Fprintf(&b, "%s was to be %s and EC2 agreed; whether it came to that is not known: %s, it was %s when last seen", it.ID, info.Workflow, rec.Reason, it.To)
	default:
		fmt.Fprintf(&b, "%s was not %s: %s", it.ID, info.Workflow, rec.Reason)
	}
	if rec.Took > 0 {
		fmt.Fprintf(&b, ", after %s", (time.Duration(rec.Took) * time.Millisecond).Round(time.Second))
	}
	if rec.Why != "" {
		b.WriteString(". Reason: " + rec.Why)
	}
	return b.String() + "."
}

// asset reads an instance for the inventory, and puts it there.
func (s *Session) asset(ctx context.Context, r Request, id string) (journal.Asset, error) {
	client, err := s.Client(r.Scope)
	if err != nil {
		return journal.Asset{}, err
	}
	asset := journal.Asset{ID: id, State: "inactive", Profile: r.Scope.Profile, Region: r.Scope.Region, Operation: r.Operation.Info().Name}
	err = describeByFilter(ctx, client, []string{id}, func(rs []types.Reservation) {
		for _, reservation := range rs {
			for _, i := range reservation.Instances {
				asset.Owner, asset.Reservation = aws.ToString(reservation.OwnerId), aws.ToString(reservation.ReservationId)
				asset.Type, asset.Image, asset.Key = string(i.InstanceType), aws.ToString(i.ImageId), aws.ToString(i.KeyName)
				asset.DNS, asset.PublicIP, asset.PrivateIP = aws.ToString(i.PublicDnsName), aws.ToString(i.PublicIpAddress), aws.ToString(i.PrivateIpAddress)
				asset.Launched = i.LaunchTime
				for _, t := range i.Tags {
					if aws.ToString(t.Key) == "Name" {
						asset.Name = aws.ToString(t.Value)
					}
				}
				if name := stateName(i.State); name != "terminated" && name != "shutting-down" {
					asset.State = "active"
				}
			}
		}
	})
	if err != nil {
		return asset, explain(err, r.Operation.Info().Name, r.Scope.Region, false)
	}
	if s.settings.Now != nil {
		asset.At = s.settings.Now().UTC()
	}
	if s.settings.Inventory != nil {
		err = s.settings.Inventory(asset)
	}
	return asset, err
}
