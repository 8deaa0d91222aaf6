package awsops

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// checked is what the status checks of an instance come to.
type checked struct {
	id string
	*Checks
}

func checkedRows(statuses []types.InstanceStatus) []checked {
	var rows []checked
	for _, s := range statuses {
		c := checksOf(s)
		rows = append(rows, checked{aws.ToString(s.InstanceId), &c})
	}
	return rows
}

// statuses reads an answer of DescribeInstanceStatus.
func (s *instanceScan) statuses(body []byte) (rows []checked, token *string, err error) {
	token, err = s.listing(body, "instancestatusset", func() { rows = append(rows, s.status()) })
	if err != nil {
		return nil, nil, err
	}
	return rows, token, nil
}

// status reads what checksOf looks at.
func (s *instanceScan) status() checked {
	var (
		id  string
		one types.InstanceStatus
	)
	s.system, s.inside, s.volumes = types.InstanceStatusSummary{}, types.InstanceStatusSummary{}, types.EbsStatusSummary{}
	for name, ok := s.child(); ok; name, ok = s.child() {
		switch string(name) {
		case "instanceid":
			id = string(s.value())
		case "systemstatus":
			s.summary(&s.system)
			one.SystemStatus = &s.system
		case "instancestatus":
			s.summary(&s.inside)
			one.InstanceStatus = &s.inside
		case "attachedebsstatus":
			status, since := s.check()
			if status != "" {
				s.volumes.Status = types.SummaryStatus(status)
			}
			for _, at := range since {
				s.volumes.Details = append(s.volumes.Details, types.EbsStatusDetails{ImpairedSince: at})
			}
			one.AttachedEbsStatus = &s.volumes
		case "eventsset":
			for s.item() {
				one.Events = append(one.Events, s.event())
			}
		default:
			s.skip()
		}
	}
	c := checksOf(one)
	known := s.known[c]
	if known == nil {
		first := c
		known = &first
		s.known[c] = known
	}
	return checked{id, known}
}

func (s *instanceScan) summary(into *types.InstanceStatusSummary) {
	status, since := s.check()
	if status != "" {
		into.Status = types.SummaryStatus(status)
	}
	for _, at := range since {
		into.Details = append(into.Details, types.InstanceStatusDetails{ImpairedSince: at})
	}
}

// check reads one check, and since when its details have failed.
func (s *instanceScan) check() (status string, since []*time.Time) {
	for name, ok := s.child(); ok; name, ok = s.child() {
		switch string(name) {
		case "status":
			status = s.word()
		case "details":
			for s.item() {
				for name, ok := s.child(); ok; name, ok = s.child() {
					if string(name) != "impairedsince" {
						s.skip()
						continue
					}
					since = append(since, aws.Time(s.time()))
				}
			}
		default:
			s.skip()
		}
	}
	return status, since
}

func (s *instanceScan) event() types.InstanceStatusEvent {
	var e types.InstanceStatusEvent
	for name, ok := s.child(); ok; name, ok = s.child() {
		switch string(name) {
		case "code":
			e.Code = types.EventCode(s.word())
		case "description":
			e.Description = aws.String(string(s.value()))
		case "notbefore":
			e.NotBefore = aws.Time(s.time())
		default:
			s.skip()
		}
	}
	return e
}
