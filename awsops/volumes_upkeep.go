package awsops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// volumeUpkeep is what the catalogue's section 5 adds.
func volumeUpkeep() []Operation {
	return []Operation{modifyVolume(), listModifications(), volumeStatus(), enableVolumeIO(), encryptionDefault()}
}

func modifyVolume() Operation {
	type in = ec2.ModifyVolumeInput
	return &Op[*in, *ec2.ModifyVolumeOutput]{
		Name: "modify-volume", Help: "Change size, type or performance of a volume", Noun: "volume", Risk: Changes,
		Warning: "A size only grows; grow partition and file system afterwards. A volume can be modified four times in 24 hours, each time after the one before has completed; optimizing takes hours for a large volume, and the volume can be used meanwhile.",
		Compare: modifyAhead,
		Advice: map[string]string{
			"VolumeModificationRateExceeded": "Four modifications in 24 hours are the most: wait until the first of them is 24 hours ago.",
			"IncorrectModificationState":     "The modification before has not completed: wait until describe-volumes-modifications says completed.",
			"IncorrectState":                 "A volume is modified while it is available or in use: refresh and look at its state.",
			"InvalidParameterValue":          "A size only grows; sizes, IOPS and throughput depend on the type.",
		},
		Fields: []Field[*in]{
			volumeTarget("", func(in *in) **string { return &in.VolumeId }),
			{Name: "size", Help: "GiB, not less than now", Need: Conditional, Default: "as it is", Rule: GiB(), To: ToInt(func(in *in) **int32 { return &in.Size })},
			{Name: "volume-type", Help: "another type", Need: Conditional, Default: "as it is", Choices: volumeTypes(), To: to(KindString, func(in *in, v string) { in.VolumeType = types.VolumeType(v) })},
			{Name: "iops", Help: "for gp3, io1 and io2", Need: Conditional, Default: "as it is", To: ToInt(func(in *in) **int32 { return &in.Iops })},
			{Name: "throughput", Help: "MiB/s, for gp3", Need: Conditional, Default: "as it is", To: ToInt(func(in *in) **int32 { return &in.Throughput })},
			{Name: "multi-attach", Help: "several instances can have it at once (io1, io2)", Need: Conditional, Default: "as it is", To: ToBool(func(in *in) **bool { return &in.MultiAttachEnabled })},
		},
		Check: func(in *in) error {
			if in.Size == nil && in.VolumeType == "" && in.Iops == nil && in.Throughput == nil && in.MultiAttachEnabled == nil {
				return &InputError{Field: "size", Rule: "or another change is required: --volume-type, --iops, --throughput or --multi-attach"}
			}
			return nil
		},
		Call: modify, Outputs: names(modificationColumns()),
		Show: func(out *ec2.ModifyVolumeOutput) Result {
			m := *orEmpty(out.VolumeModification)
			return Result{Outputs: outputsOf(modificationColumns(), m), Message: fmt.Sprintf("%s: %s", m.ModificationState, sayChange(m))}
		},
		Expect: &Expect{Passing: "modifying", Until: []string{"completed"}, Never: []string{"failed"}, Measure: changeStates,
			Patience: 10 * time.Minute, Late: "Optimizing can take hours and the volume can be used meanwhile; describe-volumes-modifications tells how far it is."},
		Example: Values{"volume-id": {"vol-0aa00000000000011"}, "size": {"40"}, "volume-type": {"io2"}, "iops": {"5000"}, "multi-attach": {"true"}},
	}
}

// modify holds the change against what the volume is, before EC2 is asked.
func modify(client *ec2.Client, ctx context.Context, in *ec2.ModifyVolumeInput, opts ...func(*ec2.Options)) (*ec2.ModifyVolumeOutput, error) {
	v, err := oneVolume(ctx, client, aws.ToString(in.VolumeId))
	if err != nil {
		return nil, err
	}
	if err := asModified(v, in).check(aws.ToInt32(v.Size), "volume"); err != nil {
		return nil, err
	}
	return client.ModifyVolume(ctx, in, opts...)
}

// asModified is what a volume would be. Another type begins with its own
// performance.
func asModified(v types.Volume, in *ec2.ModifyVolumeInput) shape {
	s := shape{string(v.VolumeType), v.Size, in.Iops, in.Throughput, in.MultiAttachEnabled}
	if in.Size != nil {
		s.size = in.Size
	}
	if in.VolumeType != "" {
		s.kind = string(in.VolumeType)
	}
	if s.kind == string(v.VolumeType) && s.kind != "gp2" {
		if s.iops == nil {
			s.iops = v.Iops
		}
		if s.throughput == nil {
			s.throughput = v.Throughput
		}
	}
	return s
}

// modifyAhead tells what a volume is now and when it was last modified.
func modifyAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	id := strings.ToLower(v.Get("volume-id"))
	volume, err := oneVolume(ctx, client, id)
	if err != nil {
		return nil, err
	}
	lines := []string{"now: " + sayShape(aws.ToInt32(volume.Size), string(volume.VolumeType), volume.Iops, volume.Throughput)}
	changes, err := changesOf(ctx, client, []string{id})
	if err != nil {
		return lines, err
	}
	for _, m := range changes {
		line := fmt.Sprintf("last modified %s UTC: %s", aws.ToTime(m.StartTime).UTC().Format("2006-01-02 15:04"), m.ModificationState)
		switch m.ModificationState {
		case types.VolumeModificationStateModifying, types.VolumeModificationStateOptimizing:
			line += fmt.Sprintf(" (%d %%): EC2 refuses another one until it has completed", aws.ToInt64(m.Progress))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func sayShape(size int32, kind string, iops, throughput *int32) string {
	s := fmt.Sprintf("%d GiB %s", size, kind)
	if iops != nil {
		s += fmt.Sprintf(", %d IOPS", *iops)
	}
	if throughput != nil {
		s += fmt.Sprintf(", %d MiB/s", *throughput)
	}
	return s
}

// sayChange tells a modification: what the volume was and what it becomes.
func sayChange(m types.VolumeModification) string {
	return sayShape(aws.ToInt32(m.OriginalSize), string(m.OriginalVolumeType), m.OriginalIops, m.OriginalThroughput) + " -> " +
		sayShape(aws.ToInt32(m.TargetSize), string(m.TargetVolumeType), m.TargetIops, m.TargetThroughput)
}

// SayChange tells the last modification of a volume, or "".
func (v *Volume) SayChange() string {
	if v.Change == nil {
		return ""
	}
	return sayChange(*v.Change)
}

func modificationColumns() []column[types.VolumeModification] {
	type change = types.VolumeModification
	return []column[change]{
		{"volume-id", "Volume ID", false, func(m change) any { return m.VolumeId }},
		{"modification-state", "State", false, func(m change) any { return m.ModificationState }},
		{"progress", "Progress %", false, func(m change) any { return int(aws.ToInt64(m.Progress)) }},
		{"original", "Was", false, func(m change) any {
			return sayShape(aws.ToInt32(m.OriginalSize), string(m.OriginalVolumeType), m.OriginalIops, m.OriginalThroughput)
		}},
		{"target", "Becomes", false, func(m change) any {
			return sayShape(aws.ToInt32(m.TargetSize), string(m.TargetVolumeType), m.TargetIops, m.TargetThroughput)
		}},
		{"start-time", "Started", false, func(m change) any { return m.StartTime }},
		{"end-time", "Ended", false, func(m change) any { return m.EndTime }},
		{"status-message", "Message", false, func(m change) any { return m.StatusMessage }},
	}
}

// modifications are those of some volumes, or all.
type modifications struct{ changes []types.VolumeModification }

func listModifications() Operation {
	type in = ec2.DescribeVolumesModificationsInput
	return &Op[*in, *modifications]{
		Name: "describe-volumes-modifications", Help: "List the modifications of volumes, running and lately completed", Noun: "volume",
		Fields: append([]Field[*in]{
			{Name: "volume-ids", Help: "only these volumes", Default: "all", Rule: ID("vol"), Most: filterValues, Target: true, To: ToFilter(KindList, "volume-id", func(in *in) *[]types.Filter { return &in.Filters })},
		}, delimiters[*in](",")[1:]...),
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*modifications, error) {
			out := &modifications{}
			for {
				page, err := client.DescribeVolumesModifications(ctx, in, opts...)
				if err != nil {
					return nil, err
				}
				out.changes = append(out.changes, page.VolumesModifications...)
				if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
					return out, nil
				}
			}
		},
		Outputs: names(modificationColumns()),
		Show: func(out *modifications) Result {
			res := Result{Table: tableOf(modificationColumns(), out.changes)}
			res.Table.Null = "null"
			if len(out.changes) == 0 {
				res.Message = "no modification lately"
			}
			return res
		},
		Example: Values{"volume-ids": {"vol-0aa00000000000011", "vol-0aa00000000000012"}},
	}
}

// statuses are those of some volumes, or all.
type statuses struct{ items []types.VolumeStatusItem }

func volumeStatus() Operation {
	type in = ec2.DescribeVolumeStatusInput
	type item = types.VolumeStatusItem
	columns := []column[item]{
		{"volume-id", "Volume ID", false, func(s item) any { return s.VolumeId }},
		{"availability-zone", "Zone", false, func(s item) any { return s.AvailabilityZone }},
		{"status", "Status", false, func(s item) any { return orEmpty(s.VolumeStatus).Status }},
		{"details", "Details", false, func(s item) any { return statusDetails(s) }},
		{"events", "Events", false, func(s item) any { return statusEvents(s) }},
		{"actions", "Actions", false, func(s item) any { return statusActions(s) }},
	}
	return &Op[*in, *statuses]{
		Name: "describe-volume-status", Help: "Show the status checks of volumes, with events and what to do", Noun: "volume",
		Fields: append([]Field[*in]{
			{Name: "volume-ids", Help: "only these volumes", Default: "all", Rule: ID("vol"), Target: true, To: ToList(func(in *in) *[]string { return &in.VolumeIds })},
			{Name: "status", Help: "only volumes of this status", Default: "any", Choices: []string{"ok", "warning", "impaired", "insufficient-data"}, To: ToFilter(KindString, "volume-status.status", func(in *in) *[]types.Filter { return &in.Filters })},
		}, delimiters[*in](";")...),
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*statuses, error) {
			out := &statuses{}
			if len(in.VolumeIds) == 0 {
				in.MaxResults = aws.Int32(fullPage)
			}
			for {
				page, err := client.DescribeVolumeStatus(ctx, in, opts...)
				if err != nil {
					return nil, err
				}
				out.items = append(out.items, page.VolumeStatuses...)
				if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
					return out, nil
				}
			}
		},
		Outputs: names(columns),
		Show: func(out *statuses) Result {
			table := tableOf(columns, out.items)
			table.Null = "null"
			return Result{Table: table}
		},
		Example: Values{"volume-ids": {"vol-0aa00000000000016"}, "status": {"impaired"}},
	}
}

func statusDetails(s types.VolumeStatusItem) []string {
	var out []string
	for _, d := range orEmpty(s.VolumeStatus).Details {
		out = append(out, string(d.Name)+" "+aws.ToString(d.Status))
	}
	return out
}

func statusEvents(s types.VolumeStatusItem) []string {
	var out []string
	for _, e := range s.Events {
		out = append(out, aws.ToString(e.EventType)+": "+aws.ToString(e.Description))
	}
	return out
}

func statusActions(s types.VolumeStatusItem) []string {
	var out []string
	for _, a := range s.Actions {
		out = append(out, aws.ToString(a.Code))
	}
	return out
}

func enableVolumeIO() Operation {
	type in = ec2.EnableVolumeIOInput
	return &Op[*in, *ec2.EnableVolumeIOOutput]{
		Name: "enable-volume-io", Help: "Let an impaired volume be read and written again", Noun: "volume", Risk: Changes, API: "EnableVolumeIO",
		Warning: "Its data may be inconsistent: EC2 stopped it for that. Check the file system before using it.",
		Fields:  []Field[*in]{volumeTarget("health:impaired", func(in *in) **string { return &in.VolumeId })},
		Call:    (*ec2.Client).EnableVolumeIO, Outputs: []string{"result"},
		Show:    func(*ec2.EnableVolumeIOOutput) Result { return Result{Outputs: []Output{{"result", true}}} },
		Example: Values{"volume-id": {"vol-0aa00000000000016"}},
	}
}

func encryptionDefault() Operation {
	type in = ec2.GetEbsEncryptionByDefaultInput
	return &Op[*in, *ec2.GetEbsEncryptionByDefaultOutput]{
		Name: "get-ebs-encryption-by-default", Help: "Show whether the region encrypts every new volume", Noun: "volume",
		Call: (*ec2.Client).GetEbsEncryptionByDefault, Outputs: []string{"encrypted-by-default", "sse-type"},
		Show: func(out *ec2.GetEbsEncryptionByDefaultOutput) Result {
			return Result{Outputs: []Output{{"encrypted-by-default", plain(out.EbsEncryptionByDefault)}, {"sse-type", plain(out.SseType)}}}
		},
		Example: Values{},
	}
}
