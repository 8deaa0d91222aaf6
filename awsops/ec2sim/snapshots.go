package ec2sim

import (
	"slices"
	"strings"
	"time"
)

// snapshot is a snapshot of a volume. Progress is a matter of the clock.
type snapshot struct {
	id, volume, description string
	owner, alias            string // account; alias of AWS's own
	state, message          string
	size, stuckAt           int
	encrypted               bool
	key                     string // "" is the default key of EBS
	tier                    string
	startedAt, completedAt  time.Time
	public                  bool
	users                   []string // accounts that it is shared with
	tags                    []Tag
}

func snapshotActions() []action {
	id := []string{"SnapshotId"}
	attribute := []string{"SnapshotId", "Attribute"}
	return []action{
		{name: "DescribeSnapshots", check: describeSnapshots},
		{name: "CreateSnapshot", mutating: true, required: []string{"VolumeId"}, check: createSnapshot},
		{name: "CopySnapshot", mutating: true, required: []string{"SourceRegion", "SourceSnapshotId"}, check: copySnapshot},
		{name: "DeleteSnapshot", mutating: true, required: id, check: deleteSnapshot},
		{name: "DescribeSnapshotAttribute", required: attribute, check: describeSnapshotAttribute},
		{name: "ModifySnapshotAttribute", mutating: true, required: id, check: modifySnapshotAttribute},
		{name: "ResetSnapshotAttribute", mutating: true, required: attribute, check: resetSnapshotAttribute},
		{name: "GetSnapshotBlockPublicAccessState", check: blockPublicAccess},
	}
}

func errNoSnapshot(id string) *apiError {
	return bad("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id)
}

func checkSnapshotID(id string) *apiError {
	switch {
	case isID(id, "snap"):
		return nil
	case !strings.HasPrefix(id, "snap-"):
		return bad("InvalidParameterValue", "Value (%s) for parameter snapshotId is invalid. Expected: 'snap-...'.", id)
	}
	return malformed("InvalidSnapshotID.Malformed", id, "snap")
}

// Keys of every account and region: the one that EBS takes by default, and
// one of the customer's own.
const (
	defaultKey    = "11111111-2222-4333-8444-555555555555"
	customerKey   = "99999999-8888-4777-8666-555555555555"
	customerAlias = "alias/data"
)

// ownKey says whether a key is there and may be used.
func ownKey(key string) bool {
	return key == customerAlias || strings.HasSuffix(key, customerKey) || strings.HasSuffix(key, customerAlias)
}

func (c *call) keyARN(key string) string {
	switch {
	case key == "" || key == "alias/aws/ebs":
		key = defaultKey
	case ownKey(key):
		key = customerKey
	case strings.HasPrefix(key, "arn:"):
		return key
	}
	return "arn:aws:kms:" + c.region.name + ":" + c.account.ID + ":key/" + key
}

// sharedWith says whether an account other than the owner may use a snapshot.
func (s *snapshot) sharedWith(account, sharing string) bool {
	return s.public && sharing != blockAll || slices.Contains(s.users, account)
}

// visibleSnapshot finds a snapshot that the caller may use: his own, or
// another's that is public or shared with him.
func (c *call) visibleSnapshot(id string) *snapshot {
	for _, a := range c.sim.accounts {
		r := a.region(c.region.name)
		if r == nil {
			continue
		}
		if s := r.snapshots.byID[id]; s != nil && (a == c.account || s.sharedWith(c.account.ID, r.sharing)) {
			return s
		}
	}
	return nil
}

// snapshotTable is all that the caller can see, or his own alone.
func (c *call) snapshotTable(own bool) *table[*snapshot] {
	if own {
		return c.region.snapshots
	}
	t := newTable[*snapshot](len(c.region.snapshots.rows))
	for k, a := range c.sim.accounts {
		r := a.region(c.region.name)
		if r == nil {
			continue
		}
		for _, row := range r.snapshots.rows {
			if a == c.account || row.row.alias == "" && row.row.sharedWith(c.account.ID, r.sharing) {
				t.rows = append(t.rows, numbered[*snapshot]{uint64(k+1)<<48 | row.n, row.id, row.row})
				t.byID[row.id] = row.row
			}
		}
	}
	return t
}

// exists says whether anybody has a snapshot of this id.
func (c *call) snapshotExists(id string) bool {
	return slices.ContainsFunc(c.sim.accounts, func(a *account) bool {
		r := a.region(c.region.name)
		return r != nil && r.snapshots.byID[id] != nil
	})
}

func describeSnapshots(c *call) (act, *apiError) {
	owners, users := c.form.list("Owner"), c.form.list("RestorableBy")
	for _, o := range slices.Concat(owners, users) {
		if !isAccount(o) && !slices.Contains([]string{"self", "amazon", "all"}, o) {
			return nil, bad("InvalidUserID.Malformed", "Invalid user id: \"%s\"", o)
		}
	}
	own := len(owners) == 1 && (owners[0] == "self" || owners[0] == c.account.ID)
	return describe(c, listing[*snapshot]{
		table: c.snapshotTable(own), idParam: "SnapshotId", idSet: "snapshotIdsSet", min: 5, max: 1000,
		lookup: func(ids []string) *apiError {
			for _, id := range ids {
				if err := checkSnapshotID(id); err != nil {
					return err
				}
			}
			for _, id := range ids { // what belongs to others is left out in silence
				if !c.snapshotExists(id) {
					return errNoSnapshot(id)
				}
			}
			return nil
		},
		filters: snapshotFilters(c),
		tags:    c.snapshotTags,
		keep: func(s *snapshot) bool {
			return (len(owners) == 0 || slices.ContainsFunc(owners, func(o string) bool { return c.owns(s, o) })) &&
				(len(users) == 0 || slices.ContainsFunc(users, func(u string) bool { return c.restorable(s, u) }))
		},
		bytes: 600,
	}, "snapshotSet", c.snapshot)
}

func (c *call) owns(s *snapshot, owner string) bool {
	return owner == s.owner || owner == s.alias && owner != "" || owner == "self" && s.owner == c.account.ID
}

func (c *call) restorable(s *snapshot, user string) bool {
	if user == "self" {
		user = c.account.ID
	}
	return user == "all" && s.public || user == s.owner || slices.Contains(s.users, user)
}

// snapshotTags are seen by the owner only.
func (c *call) snapshotTags(s *snapshot) []Tag {
	if s.owner != c.account.ID {
		return nil
	}
	return s.tags
}

// progress is empty at first, as EC2's may be.
func (c *call) progress(s *snapshot) string {
	switch {
	case s.state == "completed":
		return "100%"
	case s.stuckAt > 0:
		return itoa(s.stuckAt) + "%"
	case s.state == "error" || c.now.Equal(s.startedAt):
		return ""
	}
	return itoa(share(c.now.Sub(s.startedAt), c.sim.delays.Snapshot)) + "%"
}

func (c *call) snapshot(s *snapshot) {
	d := &c.out
	d.text("snapshotId", s.id)
	d.text("volumeId", s.volume)
	d.text("status", s.state)
	d.some("statusMessage", s.message)
	d.at("startTime", s.startedAt)
	d.text("progress", c.progress(s))
	d.text("ownerId", s.owner)
	d.some("ownerAlias", s.alias)
	d.num("volumeSize", s.size)
	d.text("description", s.description)
	d.tags(c.snapshotTags(s))
	d.flag("encrypted", s.encrypted)
	if s.encrypted {
		d.text("kmsKeyId", c.keyARN(s.key))
	}
	d.text("storageTier", s.tier)
	d.at("completionTime", s.completedAt)
	if s.state == "completed" { // about a third of a volume is written
		d.start("fullSnapshotSizeInBytes")
		d.raw(itoa(s.size * (1 << 30 / 3)))
		d.end("fullSnapshotSizeInBytes")
	}
}

func snapshotFilters(c *call) map[string]filterOf[*snapshot] {
	return map[string]filterOf[*snapshot]{
		"description":  is(func(s *snapshot) string { return s.description }),
		"encrypted":    is(func(s *snapshot) string { return yesno(s.encrypted) }),
		"owner-alias":  is(func(s *snapshot) string { return s.alias }),
		"owner-id":     is(func(s *snapshot) string { return s.owner }),
		"progress":     is(c.progress),
		"snapshot-id":  is(func(s *snapshot) string { return s.id }),
		"start-time":   is(func(s *snapshot) string { return stamp(s.startedAt) }),
		"status":       is(func(s *snapshot) string { return s.state }),
		"storage-tier": is(func(s *snapshot) string { return s.tier }),
		"volume-id":    is(func(s *snapshot) string { return s.volume }),
		"volume-size":  is(func(s *snapshot) string { return itoa(s.size) }),
	}
}
