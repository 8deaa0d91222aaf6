//go:build external

package ec2sim_test

import (
	"testing"
	"time"
)

func TestCLIVolumes(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[["`+vol("11")+`",20,"available","gp3",3000,125,"`+snap("11")+`"]]`, "describe-volumes", "--volume-ids", vol("11"),
		"--query", "Volumes[].[VolumeId,Size,State,VolumeType,Iops,Throughput,SnapshotId]")
	c.want("22", "describe-volumes", "--page-size", "5", "--query", "length(Volumes)")
	id := c.value("VolumeId", "create-volume", "--availability-zone", "us-east-1a", "--size", "10", "--volume-type", "gp3", "--iops", "4000",
		"--tag-specifications", "ResourceType=volume,Tags=[{Key=Name,Value=cli}]")
	c.clock.pass(time.Second)
	c.want(`"attaching"`, "attach-volume", "--volume-id", id, "--instance-id", web, "--device", "/dev/sdf", "--query", "State")
	c.refused("AttachVolume", "VolumeInUse", id+" is already attached to an instance", "attach-volume", "--volume-id", id, "--instance-id", web, "--device", "/dev/sdg")
	c.refused("DeleteVolume", "VolumeInUse", "Volume "+id+" is currently attached to "+web, "delete-volume", "--volume-id", id)
	c.clock.pass(time.Second)
	c.want(`["attached","/dev/sdf"]`, "describe-volumes", "--filters", "Name=tag:Name,Values=cli", "--query", "Volumes[0].Attachments[0].[State,Device]")
	c.want("", "wait", "volume-in-use", "--volume-ids", id)
	c.want(`["modifying",10,12]`, "modify-volume", "--volume-id", id, "--size", "12", "--query", "VolumeModification.[ModificationState,OriginalSize,TargetSize]")
	c.refused("ModifyVolume", "IncorrectModificationState", "The volume '"+id+"' cannot be modified in the modification state 'modifying'.", "modify-volume", "--volume-id", id, "--size", "13")
	c.clock.pass(6 * time.Second)
	c.want(`[["optimizing",50]]`, "describe-volumes-modifications", "--volume-ids", id, "--query", "VolumesModifications[].[ModificationState,Progress]")
	c.want(`"detaching"`, "detach-volume", "--volume-id", id, "--query", "State")
	c.clock.pass(time.Second)
	c.refused("DetachVolume", "IncorrectState", "Volume '"+id+"' is in the 'available' state.", "detach-volume", "--volume-id", id)
	c.want("", "delete-volume", "--volume-id", id)
	c.clock.pass(time.Second)
	c.refused("DescribeVolumes", "InvalidVolume.NotFound", "The volume '"+id+"' does not exist.", "describe-volumes", "--volume-ids", id)
	c.refused("DescribeVolumes", "InvalidParameterValue", "Value (vol-x) for parameter volumes is invalid. Expected: 'vol-...'.", "describe-volumes", "--volume-ids", "vol-x")
	c.refused("CreateVolume", "MissingParameter", "The request must contain the parameter size/snapshot", "create-volume", "--availability-zone", "us-east-1a")
	c.refused("AttachVolume", "InvalidVolume.ZoneMismatch", "The volume '"+vol("12")+"' is not in the same availability zone as instance '"+web+"'",
		"attach-volume", "--volume-id", vol("12"), "--instance-id", web, "--device", "/dev/sdf")
	c.want(`[["impaired","enable-volume-io","potential-data-inconsistency"]]`, "describe-volume-status", "--volume-ids", vol("16"),
		"--query", "VolumeStatuses[].[VolumeStatus.Status,Actions[0].Code,Events[0].EventType]")
	c.want("", "enable-volume-io", "--volume-id", vol("16"))
	c.want(`["ok"]`, "describe-volume-status", "--volume-ids", vol("16"), "--query", "VolumeStatuses[].VolumeStatus.Status")
	c.want("false", "get-ebs-encryption-by-default", "--query", "EbsEncryptionByDefault")
}

func TestCLISnapshots(t *testing.T) {
	c := newCLI(t, "small")
	const permission = "createVolumePermission"
	c.want("8", "describe-snapshots", "--owner-ids", "self", "--page-size", "5", "--query", "length(Snapshots)")
	c.want(`["app-2026-10","broken-1","golden-web-1","kept-1"]`, "describe-images", "--owners", "self", "--filters", "Name=block-device-mapping.snapshot-id,Values="+snap("0a"), "--query", "sort(Images[].Name)")
	id := c.value("SnapshotId", "create-snapshot", "--volume-id", vol("11"), "--description", "cli", "--tag-specifications", "ResourceType=snapshot,Tags=[{Key=Name,Value=cli}]")
	c.refused("CreateSnapshot", "SnapshotCreationPerVolumeRateExceeded", "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.",
		"create-snapshot", "--volume-id", vol("11"))
	c.clock.pass(1500 * time.Millisecond)
	c.want(`[["pending","50%","cli"]]`, "describe-snapshots", "--snapshot-ids", id, "--query", "Snapshots[].[State,Progress,Description]")
	c.clock.pass(2 * time.Second)
	c.want("", "wait", "snapshot-completed", "--snapshot-ids", id)
	c.want("", "modify-snapshot-attribute", "--snapshot-id", id, "--attribute", permission, "--operation-type", "add", "--user-ids", "210987654321")
	c.want("", "modify-snapshot-attribute", "--snapshot-id", id, "--create-volume-permission", "Add=[{Group=all}]")
	c.want(`[[null,"all"],["210987654321",null]]`, "describe-snapshot-attribute", "--snapshot-id", id, "--attribute", permission, "--query", "CreateVolumePermissions[].[UserId,Group]")
	c.want("", "reset-snapshot-attribute", "--snapshot-id", id, "--attribute", permission)
	c.want("[]", "describe-snapshot-attribute", "--snapshot-id", id, "--attribute", permission, "--query", "CreateVolumePermissions")
	c.refused("ModifySnapshotAttribute", "OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared",
		"modify-snapshot-attribute", "--snapshot-id", snap("13"), "--attribute", permission, "--operation-type", "add", "--user-ids", "210987654321")
	c.refused("ModifySnapshotAttribute", "InvalidAMIAttributeItemValue", `Invalid attribute item value "12" for userId item type.`,
		"modify-snapshot-attribute", "--snapshot-id", id, "--attribute", permission, "--operation-type", "add", "--user-ids", "12")
	copied := c.value("SnapshotId", "copy-snapshot", "--source-region", west, "--source-snapshot-id", snap("21"), "--description", "here")
	c.clock.pass(3 * time.Second)
	c.want(`[["completed","vol-ffffffff",10,"here"]]`, "describe-snapshots", "--snapshot-ids", copied, "--query", "Snapshots[].[State,VolumeId,VolumeSize,Description]")
	c.refused("DeleteSnapshot", "InvalidSnapshot.InUse", "The snapshot "+snap("0a")+" is currently in use by ami-0aa00000000000006", "delete-snapshot", "--snapshot-id", snap("0a"))
	c.refused("DeleteSnapshot", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "delete-snapshot", "--dry-run", "--snapshot-id", id)
	c.want("", "delete-snapshot", "--snapshot-id", id)
	c.refused("DescribeSnapshots", "InvalidSnapshot.NotFound", "The snapshot '"+id+"' does not exist.", "describe-snapshots", "--snapshot-ids", id)
	c.refused("DescribeSnapshots", "InvalidParameterValue", "Value (vol-0aa00000) for parameter snapshotId is invalid. Expected: 'snap-...'.", "describe-snapshots", "--snapshot-ids", "vol-0aa00000")
}
