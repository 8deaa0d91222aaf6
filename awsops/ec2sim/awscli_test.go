//go:build external

package ec2sim_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"ec2deck/awsops/ec2sim"
)

// cli is Debian's AWS CLI in front of a simulator that listens. It signs,
// parses and pages on its own, so it would not share our mistakes.
type cli struct {
	*testing.T
	sim    *ec2sim.Sim
	server *httptest.Server
	clock  *clock

	service string   // "" is ec2
	access  []string // credentials in the environment; nil is the first account's
}

func newCLI(t *testing.T, fleetName string, change ...func(*ec2sim.Fleet)) *cli {
	t.Helper()
	t.Parallel()
	c := newClock()
	cfg := ec2sim.Config{Now: c.now, Seed: 1}
	if fleetName != "" {
		cfg.Fleet = fleet(t, fleetName)
		for _, c := range change {
			c(cfg.Fleet)
		}
	}
	sim, err := ec2sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &cli{T: t, sim: sim, server: server, clock: c}
}

// run gives standard output and standard error of "aws ec2 …".
func (c *cli) run(args ...string) (string, string) {
	c.Helper()
	a := c.sim.Accounts()[0]
	access := c.access
	if access == nil {
		access = []string{"AWS_ACCESS_KEY_ID=" + a.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + a.SecretAccessKey}
	}
	out, errs, err := forked(append([]string{
		cmp.Or(c.service, "ec2"), "--endpoint-url", c.server.URL, "--region", east, "--output", "json", "--no-cli-pager"}, args...),
		append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.TempDir(), "AWS_EC2_METADATA_DISABLED=true"}, access...))
	if err != nil {
		c.Fatal(err)
	}
	return strings.TrimSpace(out), strings.TrimSpace(errs)
}

// ok runs a command that must succeed and gives its output.
func (c *cli) ok(args ...string) string {
	c.Helper()
	out, errs := c.run(args...)
	if errs != "" {
		c.Errorf("aws ec2 %s: %s", strings.Join(args, " "), errs)
	}
	return out
}

// want compares what the CLI prints with --query, white space aside.
func (c *cli) want(want string, args ...string) {
	c.Helper()
	out := c.ok(args...)
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(out)); err == nil {
		out = compact.String()
	}
	if out != want {
		c.Errorf("aws ec2 %s\ngot  %s\nwant %s", strings.Join(args, " "), out, want)
	}
}

// refused compares the error text of the CLI.
func (c *cli) refused(operation, code, message string, args ...string) {
	c.Helper()
	want := "An error occurred (" + code + ") when calling the " + operation + " operation: " + message
	if _, errs := c.run(args...); errs != want {
		c.Errorf("aws ec2 %s\ngot  %s\nwant %s", strings.Join(args, " "), errs, want)
	}
}

func TestCLIDescribesInstances(t *testing.T) {
	c := newCLI(t, "small")
	const idsOf = "Reservations[].Instances[].InstanceId"
	c.want(`["`+web+`"]`, "describe-instances", "--filters", "Name=tag:Name,Values=web-*", "--query", idsOf)
	c.want(`["`+stopped+`","`+stopping+`"]`, "describe-instances", "--query", idsOf,
		"--filters", "Name=instance-state-name,Values=stopped,stopping", "Name=tenancy,Values=default")
	c.want(`["t3.micro","running",16,"198.51.100.1","ec2-198-51-100-1.compute-1.amazonaws.com","10.0.0.11","ip-10-0-0-11.ec2.internal",`+
		`"us-east-1a","2026-03-01T09:00:00+00:00","vpc-0aa00000000000001","web",1,2,"disabled",true,"arn:aws:iam::123456789012:instance-profile/web"]`,
		"describe-instances", "--instance-ids", web, "--query", "Reservations[0].Instances[0].[InstanceType,State.Name,State.Code,PublicIpAddress,"+
			"PublicDnsName,PrivateIpAddress,PrivateDnsName,Placement.AvailabilityZone,LaunchTime,VpcId,SecurityGroups[0].GroupName,"+
			"CpuOptions.CoreCount,CpuOptions.ThreadsPerCore,Monitoring.State,EnaSupport,IamInstanceProfile.Arn]")
	c.want(`["User initiated (2026-03-01 11:00:00 GMT)","Client.UserInitiatedShutdown","Client.UserInitiatedShutdown: User initiated shutdown"]`,
		"describe-instances", "--instance-ids", stopped, "--query",
		"Reservations[0].Instances[0].[StateTransitionReason,StateReason.Code,StateReason.Message]")
}

func TestCLIPages(t *testing.T) {
	c := newCLI(t, "")
	for _, size := range []string{"5", "100", "1000"} {
		c.want("110", "describe-instances", "--page-size", size, "--query", "length(Reservations[].Instances[])")
	}
	c.want("61", "describe-instances", "--page-size", "7", "--query", "length(Reservations[].Instances[])",
		"--filters", "Name=tag:Role,Values=web,api,worker")
	out := c.ok("describe-instances", "--max-items", "12", "--page-size", "5")
	var first struct {
		NextToken    string
		Reservations []any
	}
	if err := json.Unmarshal([]byte(out), &first); err != nil || first.NextToken == "" || len(first.Reservations) != 12 {
		t.Fatalf("%v, %d reservations, token %q", err, len(first.Reservations), first.NextToken)
	}
	c.refused("DescribeInstances", "InvalidParameterValue", "Unable to parse pagination token",
		"describe-instances", "--no-paginate", "--next-token", "nonsense")
	c.refused("DescribeInstances", "InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults",
		"describe-instances", "--max-results", "5", "--instance-ids", web)
	c.refused("DescribeInstances", "InvalidParameterValue", "The filter 'colour' is invalid",
		"describe-instances", "--filters", "Name=colour,Values=red")
}

func TestCLIChangesStates(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[{"CurrentState":{"Code":64,"Name":"stopping"},"InstanceId":"`+web+`","PreviousState":{"Code":16,"Name":"running"}}]`,
		"stop-instances", "--instance-ids", web, "--query", "StoppingInstances")
	c.want(`[{"CurrentState":{"Code":0,"Name":"pending"},"InstanceId":"`+stopped+`","PreviousState":{"Code":80,"Name":"stopped"}}]`,
		"start-instances", "--instance-ids", stopped, "--query", "StartingInstances")
	c.refused("StartInstances", "IncorrectInstanceState", "The instance '"+web+"' is not in a state from which it can be started.",
		"start-instances", "--instance-ids", web)
	c.want("", "reboot-instances", "--instance-ids", windows)
	c.refused("RebootInstances", "IncorrectState", "Cannot reboot instance "+web+" that is currently in stopping state.",
		"reboot-instances", "--instance-ids", web)
	c.want(`[{"InstanceId":"`+windows+`","Monitoring":{"State":"disabling"}}]`,
		"unmonitor-instances", "--instance-ids", windows, "--query", "InstanceMonitorings")
	c.want(`[{"InstanceId":"`+spot+`","Monitoring":{"State":"pending"}}]`,
		"monitor-instances", "--instance-ids", spot, "--query", "InstanceMonitorings")
	c.want(`[{"CurrentState":{"Code":32,"Name":"shutting-down"},"InstanceId":"`+spot+`","PreviousState":{"Code":16,"Name":"running"}}]`,
		"terminate-instances", "--instance-ids", spot, "--query", "TerminatingInstances")
	c.refused("TerminateInstances", "OperationNotPermitted", "The instance '"+protected+
		"' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", "terminate-instances", "--instance-ids", protected)
	c.clock.pass(ec2sim.DefaultDelays().Stop)
	c.want(`["stopped","running","terminated"]`, "describe-instances", "--instance-ids", web, stopped, spot,
		"--query", "Reservations[].Instances[].State.Name")
	c.want("", "wait", "instance-stopped", "--instance-ids", web)
}

func TestCLIErrors(t *testing.T) {
	c := newCLI(t, "small")
	c.refused("DescribeInstances", "InvalidInstanceID.NotFound", "The instance ID '"+unknown+"' does not exist",
		"describe-instances", "--instance-ids", web, unknown)
	c.refused("StopInstances", "InvalidInstanceID.NotFound", "The instance IDs '"+unknown+", "+unknown2+"' do not exist",
		"stop-instances", "--instance-ids", unknown, unknown2)
	c.refused("DescribeInstances", "InvalidInstanceID.Malformed", `Invalid id: "i-xyz" (expecting "i-...")`,
		"describe-instances", "--instance-ids", "i-xyz")
	const dry = "Request would have succeeded, but DryRun flag is set."
	c.refused("StopInstances", "DryRunOperation", dry, "stop-instances", "--dry-run", "--instance-ids", web)
	c.refused("TerminateInstances", "DryRunOperation", dry, "terminate-instances", "--dry-run", "--instance-ids", web)
	c.want(`["running"]`, "describe-instances", "--instance-ids", web, "--query", "Reservations[].Instances[].State.Name")
	c.refused("DescribeVpnGateways", "InvalidAction", "The action DescribeVpnGateways is not valid for this web service.", "describe-vpn-gateways")
	c.refused("RunInstances", "MissingParameter", "The request must contain the parameter ImageId", "run-instances")
}

func TestCLIReadsTheRest(t *testing.T) {
	c := newCLI(t, "edge")
	c.want(`[["us-east-1","ec2.us-east-1.amazonaws.com","opt-in-not-required"],["eu-west-1","ec2.eu-west-1.amazonaws.com","opt-in-not-required"]]`,
		"describe-regions", "--query", "Regions[].[RegionName,Endpoint,OptInStatus]")
	c.want("3", "describe-regions", "--all-regions", "--query", "length(Regions)")
	c.want(`[["us-east-1a","use1-az1","available","availability-zone"],["us-east-1b","use1-az2","impaired","availability-zone"],["us-east-1c","use1-az3","available","availability-zone"]]`,
		"describe-availability-zones", "--query", "AvailabilityZones[].[ZoneName,ZoneId,State,ZoneType]")
	c.want(`[["`+impaired+`","impaired","failed","2026-03-01T11:25:00+00:00","ok"]]`, "describe-instance-status", "--filters",
		"Name=system-status.status,Values=impaired", "--query",
		"InstanceStatuses[].[InstanceId,SystemStatus.Status,SystemStatus.Details[0].Status,SystemStatus.Details[0].ImpairedSince,InstanceStatus.Status]")
	c.want(`["system-reboot","2026-03-04T12:00:00+00:00","2026-03-15T12:00:00+00:00"]`, "describe-instance-status", "--instance-ids", event,
		"--query", "InstanceStatuses[0].Events[0].[Code,NotBefore,NotBeforeDeadline]")
	c.want("28", "describe-instance-status", "--include-all-instances", "--page-size", "5", "--query", "length(InstanceStatuses)")
	out := c.ok("get-console-output", "--instance-id", hostile, "--latest", "--query", "Output", "--output", "text")
	raw, err := base64.StdEncoding.DecodeString(out)
	if err == nil { // some versions of the CLI leave the output encoded
		out = string(raw)
	}
	if !strings.Contains(out, "\x1b[0;32m") || !strings.Contains(out, "login:") {
		t.Errorf("console output %q", out)
	}
	c.want(`["vol-0aa00000000000003",100,"gp3","in-use","`+protected+`","/dev/sdf",false]`, "describe-volumes", "--volume-ids", "vol-0aa00000000000003",
		"--query", "Volumes[0].[VolumeId,Size,VolumeType,State,Attachments[0].InstanceId,Attachments[0].Device,Attachments[0].DeleteOnTermination]")
	c.want(`["sg-0aa00000000000011","HTTP from everywhere",80,"0.0.0.0/0"]`, "describe-security-groups", "--group-ids", "sg-0aa00000000000011",
		"--query", "SecurityGroups[0].[GroupId,Description,IpPermissions[0].FromPort,IpPermissions[0].IpRanges[0].CidrIp]")
	c.want(`true`, "describe-instance-attribute", "--instance-id", protected, "--attribute", "disableApiStop", "--query", "DisableApiStop.Value")
	c.want("", "modify-instance-attribute", "--instance-id", protected, "--no-disable-api-stop")
	c.want(`[["pending",0],["pending",1]]`, "run-instances", "--image-id", "ami-0aa00000000000001", "--count", "2", "--instance-type", "t3.micro",
		"--subnet-id", "subnet-0aa00000000000011", "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=cli}]",
		"--query", "Instances[].[State.Name,AmiLaunchIndex]")
	c.want("2", "describe-instances", "--filters", "Name=tag:Name,Values=cli", "--query", "length(Reservations[0].Instances)")
}
