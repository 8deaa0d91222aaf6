package ec2sim

import "time"

// snapshotPause is how long EC2 wants between two snapshots of a volume.
const snapshotPause = 15 * time.Second

// copyOfNothing is what EC2 writes as the volume of a copy.
const copyOfNothing = "vol-ffffffff"

func createSnapshot(c *call) (act, *apiError) {
	v, err := c.volumeOfRequest()
	if err != nil {
		return nil, err
	}
	tags, err := c.newTags("snapshot")
	if err != nil {
		return nil, err
	}
	if len(c.form.get("Description")) > 255 {
		return nil, bad("InvalidParameterValue", "Character length of description exceeds the maximum of 255.")
	}
	return func() *apiError {
		if v.status != "available" && v.status != "in-use" {
			return bad("IncorrectState", "The volume '%s' is in the '%s' state.", v.id, v.status)
		}
		if !v.snapped.IsZero() && c.now.Sub(v.snapped) < snapshotPause {
			return bad("SnapshotCreationPerVolumeRateExceeded", "The maximum per volume CreateSnapshot request rate has been exceeded. "+
				"Use an increasing or variable sleep interval between requests.")
		}
		v.snapped = c.now
		s := &snapshot{volume: v.id, description: c.form.get("Description"), size: v.size, encrypted: v.encrypted, key: v.key, tags: tags}
		c.begin(s)
		c.snapshot(s)
		return nil
	}, nil
}

// begin starts a snapshot; its end comes by the clock.
func (c *call) begin(s *snapshot) {
	s.id, s.owner, s.state, s.tier, s.startedAt = c.sim.ids.new("snap"), c.account.ID, "pending", "standard", c.now.Truncate(time.Millisecond)
	c.region.snapshots.add(s.id, s)
	c.sim.agenda.add(c.now.Add(c.sim.delays.Snapshot), func(at time.Time) {
		if s.state != "pending" {
			return
		}
		if s.message != "" { // a key that cannot be used shows only now
			s.state = "error"
			return
		}
		s.state, s.completedAt = "completed", at
	})
}

func copySnapshot(c *call) (act, *apiError) {
	id := c.form.get("SourceSnapshotId")
	if err := checkSnapshotID(id); err != nil {
		return nil, err
	}
	from := c.account.region(c.form.get("SourceRegion"))
	if from == nil || !from.enabled() {
		return nil, bad("InvalidParameterValue", "Invalid source region '%s'.", c.form.get("SourceRegion"))
	}
	minutes, timed, err := c.form.number("CompletionDurationMinutes")
	if err != nil {
		return nil, err
	}
	if timed && (minutes < 15 || minutes > 2880 || minutes%15 != 0) {
		return nil, bad("InvalidParameterValue", "Value (%d) for parameter CompletionDurationMinutes is invalid. Specify 15 to 2880 minutes, in steps of 15.", minutes)
	}
	there := *c
	there.region = from
	source := there.visibleSnapshot(id)
	if source == nil {
		return nil, errNoSnapshot(id)
	}
	s := &snapshot{volume: copyOfNothing, size: source.size, description: c.form.get("Description"), key: c.form.get("KmsKeyId")}
	if err := c.flags(map[string]*bool{"Encrypted": &s.encrypted}); err != nil {
		return nil, err
	}
	if s.key != "" && !s.encrypted {
		return nil, bad("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if s.tags, err = c.newTags("snapshot"); err != nil {
		return nil, err
	}
	s.encrypted = s.encrypted || source.encrypted || c.region.encrypts
	if s.key != "" && !ownKey(s.key) {
		s.message = "Given key ID is not accessible"
	}
	return func() *apiError {
		if source.state != "completed" {
			return bad("IncorrectState", "Snapshot is in invalid state - %s", source.state)
		}
		c.begin(s)
		c.out.text("snapshotId", s.id)
		c.out.tags(s.tags)
		return nil
	}, nil
}

// ownSnapshot is the snapshot that a change is about; others' are refused.
func (c *call) ownSnapshot() (*snapshot, *apiError) {
	id := c.form.get("SnapshotId")
	if err := checkSnapshotID(id); err != nil {
		return nil, err
	}
	if s := c.region.snapshots.byID[id]; s != nil && s.owner == c.account.ID {
		return s, nil
	}
	if c.visibleSnapshot(id) != nil {
		return nil, errNotOwner()
	}
	return nil, errNoSnapshot(id)
}

func deleteSnapshot(c *call) (act, *apiError) {
	s, err := c.ownSnapshot()
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		if img := c.region.imageOf(s.id); img != nil {
			return bad("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", s.id, img.ID)
		}
		c.region.snapshots.remove(s.id)
		c.out.flag("return", true)
		return nil
	}, nil
}
