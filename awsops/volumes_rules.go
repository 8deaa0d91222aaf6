package awsops

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// volumeKind is what a type of volume takes: rules V-SIZE and V-IOPS.
type volumeKind struct {
	name                string
	least, most         int32 // GiB
	leastIOPS, mostIOPS int32 // it takes none when both are 0
	perGiB, free        int32 // IOPS for each GiB, and those that every size has
	must                bool  // IOPS have to be given
}

func volumeKinds() []volumeKind {
	return []volumeKind{
		{name: "gp2", least: 1, most: 16384},
		{name: "gp3", least: 1, most: 65536, leastIOPS: 3000, mostIOPS: 80000, perGiB: 500, free: 3000},
		{name: "io1", least: 4, most: 16384, leastIOPS: 100, mostIOPS: 64000, perGiB: 50, must: true},
		{name: "io2", least: 4, most: 65536, leastIOPS: 100, mostIOPS: 256000, perGiB: 1000, must: true},
		{name: "st1", least: 125, most: 16384},
		{name: "sc1", least: 125, most: 16384},
		{name: "standard", least: 1, most: 1024},
	}
}

// volumeTypes is rule V-TYPEVOL.
func volumeTypes() []string {
	var out []string
	for _, k := range volumeKinds() {
		out = append(out, k.name)
	}
	return out
}

// Throughput in MiB/s, and how many IOPS each MiB/s takes: rule V-TPUT.
const leastThroughput, mostThroughput, iopsPerThroughput = 125, 2000, 4

// shape is what a volume is to be; nil and "" are not given.
type shape struct {
	kind                   string
	size, iops, throughput *int32
	multi                  *bool
}

// check holds a shape against the rules of its type. least is the size that
// the volume or its snapshot has, and why says whose.
func (s shape) check(least int32, why string) error {
	i := slices.IndexFunc(volumeKinds(), func(k volumeKind) bool { return k.name == s.kind })
	if i < 0 {
		return nil // EC2 may know more types
	}
	k := volumeKinds()[i]
	if s.size != nil && (*s.size < max(k.least, least) || *s.size > k.most) {
		rule := fmt.Sprintf("size for type %s: %d to %d GiB", k.name, k.least, k.most)
		if least > k.least {
			rule += fmt.Sprintf(" (and at least the %s's %d GiB)", why, least)
		}
		return &InputError{Field: "size", Value: fmt.Sprint(*s.size), Rule: rule}
	}
	if err := s.checkIOPS(k); err != nil {
		return err
	}
	if aws.ToBool(s.multi) && k.name != "io1" && k.name != "io2" {
		return &InputError{Field: "multi-attach", Rule: "is for the types io1 and io2 only, not " + k.name}
	}
	return s.checkThroughput()
}

func (s shape) checkIOPS(k volumeKind) error {
	switch {
	case s.iops == nil && k.must:
		return &InputError{Field: "iops", Rule: fmt.Sprintf("is required for type %s: %d to %d", k.name, k.leastIOPS, k.mostIOPS)}
	case s.iops == nil:
		return nil
	case k.mostIOPS == 0:
		return &InputError{Field: "iops", Rule: "is for the types gp3, io1 and io2 only, not " + k.name}
	case *s.iops < k.leastIOPS || *s.iops > k.mostIOPS:
		return &InputError{Field: "iops", Value: fmt.Sprint(*s.iops), Rule: fmt.Sprintf("IOPS for type %s: %d to %d", k.name, k.leastIOPS, k.mostIOPS)}
	case s.size != nil && int64(*s.iops) > max(int64(k.free), int64(k.perGiB)*int64(*s.size)):
		return &InputError{Field: "iops", Value: fmt.Sprint(*s.iops), Rule: fmt.Sprintf("type %s takes %d IOPS for each GiB: at most %d for %d GiB", k.name, k.perGiB, max(k.free, k.perGiB**s.size), *s.size)}
	}
	return nil
}

func (s shape) checkThroughput() error {
	iops := int32(3000)
	if s.iops != nil {
		iops = *s.iops
	}
	switch {
	case s.throughput == nil:
		return nil
	case s.kind != "gp3":
		return &InputError{Field: "throughput", Rule: "is for the type gp3 only, not " + s.kind}
	case *s.throughput < leastThroughput || *s.throughput > mostThroughput:
		return &InputError{Field: "throughput", Value: fmt.Sprint(*s.throughput), Rule: fmt.Sprintf("throughput: %d to %d MiB/s", leastThroughput, mostThroughput)}
	case *s.throughput*iopsPerThroughput > iops:
		return &InputError{Field: "throughput", Value: fmt.Sprint(*s.throughput), Rule: fmt.Sprintf("%d MiB/s take %d IOPS, and it has %d", *s.throughput, *s.throughput*iopsPerThroughput, iops)}
	}
	return nil
}

// GiB is the size of a volume before its type is known.
func GiB() Rule { return Between(1, 65536) }

// ZoneRef is rule V-ZONE, or the ID of a zone, which is the same in every account.
func ZoneRef() Rule {
	return Shaped(`^([a-z]{2}(-[a-z0-9]+)+-\d[a-z]|[a-z]{2,4}\d-([a-z0-9]+-)?az\d+)$`, "a zone such as eu-west-1a, or a zone's ID such as euw1-az1")
}

// isZoneID tells a zone's ID from its name.
func isZoneID(s string) bool { return strings.Contains(s, "-az") }

// KMSKey names a key: its ID, an alias, or the ARN of either.
func KMSKey() Rule {
	return Rule{Text: "a key's ID, alias/NAME, or an ARN", Check: func(s string) (string, error) {
		if s == "" || len(s) > 2048 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", errors.New("write a key's ID, alias/NAME, or an ARN")
		}
		return s, nil
	}}
}

// mostDescription is the most characters of a description.
const mostDescription = 255

// deviceWarning says why a device name that EC2 takes may not work.
func deviceWarning(device string) []string {
	const store = "is reserved: an instance store may be there, which hides the volume."
	switch device {
	case "/dev/sda1", "/dev/sda2", "/dev/sda", "/dev/xvda":
		return []string{device + " is reserved for the root of the system."}
	case "/dev/sdb", "/dev/sdc", "/dev/sdd", "/dev/sde", "/dev/xvdb", "/dev/xvdc", "/dev/xvdd", "/dev/xvde":
		return []string{device + " " + store + " /dev/sdf to /dev/sdp are free for volumes."}
	case "xvda", "xvdb":
		return []string{device + " belongs to Windows itself. xvdf to xvdp are free for volumes."}
	case "xvdc":
		return []string{"xvdc is drive C: of Windows. xvdf to xvdp are free for volumes."}
	case "xvdd", "xvde":
		return []string{device + " " + store + " xvdf to xvdp are free for volumes."}
	}
	return nil
}

// devicePlace is the part of a device's name that counts: sdf and xvdf are the
// same place.
func devicePlace(name string) string {
	name = strings.TrimPrefix(name, "/dev/")
	for _, p := range []string{"xvd", "sd", "hd"} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			return rest
		}
	}
	return name
}

// freeDevice is the first device name of the platform that is meant for
// volumes and not in use; "" when there is none.
func freeDevice(i types.Instance) string {
	prefix := "/dev/sd"
	if strings.HasPrefix(PlatformOf(i), "Windows") {
		prefix = "xvd"
	}
	for letter := 'f'; letter <= 'p'; letter++ {
		name := prefix + string(letter)
		if !deviceUsed(i, name) {
			return name
		}
	}
	return ""
}

func deviceUsed(i types.Instance, name string) bool {
	return slices.ContainsFunc(i.BlockDeviceMappings, func(m types.InstanceBlockDeviceMapping) bool {
		return devicePlace(aws.ToString(m.DeviceName)) == devicePlace(name)
	})
}
