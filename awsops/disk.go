package awsops

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Disk keeps what hardly changes from one run of the program to the next. It is
// a convenience: what cannot be read is read from EC2, and what cannot be
// written is not kept.
type Disk struct {
	Now func() time.Time
	// Load reads what was kept under a name, and Save keeps it, whole or not at all.
	Load func(name string) ([]byte, error)
	Save func(name string, content []byte) error
}

// Disk is where the session keeps things; nil keeps nothing.
func (s *Session) Disk() *Disk { return s.settings.Disk }

// onDisk is what the reads under a context accept.
func onDisk(ctx context.Context) Accept {
	accept, _ := ctx.Value(acceptKey{}).(Accept)
	return accept
}

// now is the clock of the disk.
func (a Accept) now() time.Time {
	if a.Disk == nil {
		return time.Time{}
	}
	return a.Disk.Now()
}

// keptTypes is a listing of instance types as it is kept.
type keptTypes struct {
	At    time.Time
	Types []*TypeInfo
}

// keptAs is the name of a listing of a region. An emulator has its own.
func keptAs(what string, client *ec2.Client) string {
	name := what + "-" + client.Options().Region
	if at := aws.ToString(client.Options().BaseEndpoint); at != "" {
		name += fmt.Sprintf("-%x", sha256.Sum256([]byte(at)))
	}
	return name + ".json"
}

// typesKept are the types of a region as they were kept, if that is not too
// long ago for who asks.
func typesKept(ctx context.Context, client *ec2.Client) []*TypeInfo {
	accept := onDisk(ctx)
	if accept.Disk == nil {
		return nil
	}
	var kept keptTypes
	content, err := accept.Disk.Load(keptAs("instance-types", client))
	if err != nil || json.Unmarshal(content, &kept) != nil {
		return nil
	}
	now := accept.now()
	if kept.At.After(now) || now.Sub(kept.At) >= accept.Age || kept.At.Before(accept.Since) {
		return nil
	}
	for _, t := range kept.Types {
		if t == nil || t.InstanceType == "" {
			return nil
		}
	}
	if len(kept.Types) > 0 {
		accept.Began.note(kept.At)
	}
	return kept.Types
}

// keepTypes keeps the types of a region as they were when they were asked for.
func keepTypes(ctx context.Context, client *ec2.Client, at time.Time, all []*TypeInfo) {
	accept := onDisk(ctx)
	if accept.Disk == nil {
		return
	}
	if content, err := json.Marshal(keptTypes{at, all}); err == nil {
		_ = accept.Disk.Save(keptAs("instance-types", client), content) // it is only a convenience
	}
}
