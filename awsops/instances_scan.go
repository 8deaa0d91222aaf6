package awsops

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
	smithytime "github.com/aws/smithy-go/time"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// instanceScan reads the rows of instances out of answers, in the place of the
// SDK's decoding, which costs fifteen times as much: a table of instances is
// the one that reaches tens of thousands of rows. Signing, repetition and errors
// stay the SDK's. What it cannot read the SDK decodes.
type instanceScan struct {
	xmlScan
	words map[string]string // texts that many rows have
	body  bytes.Buffer

	// Texts that only one row has are kept in one string of the row.
	own   []byte
	marks []mark
	named *mark // the value of its tag Name
}

// mark is a text of a row's own.
type mark struct {
	field    *string
	from, to int
}

// mostWords bounds what is kept of texts that turn out not to be common.
const mostWords = 20_000

func newInstanceScan() *instanceScan { return &instanceScan{words: map[string]string{}} }

// instanceScans are the scans of one listing, each with room for one answer: so
// many are read at once, however many have been asked for. A full one is 5 MB.
type instanceScans chan *instanceScan

// readAtOnce is how many answers of a listing are in memory.
const readAtOnce = 2

func newInstanceScans() instanceScans {
	scans := make(instanceScans, readAtOnce)
	for range readAtOnce {
		scans <- newInstanceScan()
	}
	return scans
}

// scannedRows finds the rows of an answer in its metadata.
type scannedRows struct{}

// scanKey marks a call whose answer is scanned: its output has no rows.
type scanKey struct{}

// describe asks for a page of instances.
func (scans instanceScans) describe(ctx context.Context, client *ec2.Client, in *ec2.DescribeInstancesInput) ([]Instance, *string, error) {
	out, err := client.DescribeInstances(ctx, in, scans.instead(func(s *instanceScan) (output, rows any, err error) {
		found, token, err := s.rows(s.body.Bytes())
		return &ec2.DescribeInstancesOutput{NextToken: token}, found, err
	}))
	if err != nil {
		return nil, nil, explain(err, "describe-instances", client.Options().Region, false)
	}
	if rows, ok := out.ResultMetadata.Get(scannedRows{}).([]Instance); ok {
		return rows, out.NextToken, nil
	}
	return instanceRows(out.Reservations), out.NextToken, nil
}

// checks asks for a page of status checks.
func (scans instanceScans) checks(ctx context.Context, client *ec2.Client, in *ec2.DescribeInstanceStatusInput) ([]checked, *string, error) {
	out, err := client.DescribeInstanceStatus(ctx, in, scans.instead(func(s *instanceScan) (output, rows any, err error) {
		found, token, err := s.statuses(s.body.Bytes())
		return &ec2.DescribeInstanceStatusOutput{NextToken: token}, found, err
	}))
	if err != nil {
		return nil, nil, explain(err, "describe-instance-status", client.Options().Region, false)
	}
	if rows, ok := out.ResultMetadata.Get(scannedRows{}).([]checked); ok {
		return rows, out.NextToken, nil
	}
	return checkedRows(out.InstanceStatuses), out.NextToken, nil
}

// scanned reads the body that a scan holds.
type scanned func(*instanceScan) (output, rows any, err error)

// instead puts a scan into the place of the SDK's decoder.
func (scans instanceScans) instead(read scanned) func(*ec2.Options) {
	return func(o *ec2.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return scans.attach(stack, read) })
	}
}

func (scans instanceScans) attach(stack *middleware.Stack, read scanned) error {
	if err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ec2deck.Scanned",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(middleware.WithStackValue(ctx, scanKey{}, true), in)
		}), middleware.Before); err != nil {
		return err
	}
	const decoder = "OperationDeserializer"
	theirs, ok := stack.Deserialize.Get(decoder)
	if !ok {
		return nil
	}
	_, err := stack.Deserialize.Swap(decoder, middleware.DeserializeMiddlewareFunc(decoder,
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleDeserialize(ctx, in)
			answered := middleware.DeserializeHandlerFunc(func(context.Context, middleware.DeserializeInput) (middleware.DeserializeOutput, middleware.Metadata, error) {
				return out, meta, err
			})
			response, ok := out.RawResponse.(*smithyhttp.Response)
			if err != nil || !ok || response.StatusCode < 200 || response.StatusCode > 299 {
				return theirs.HandleDeserialize(ctx, in, answered)
			}
			s := <-scans
			defer func() { scans <- s }()
			s.body.Reset()
			_, broke := s.body.ReadFrom(response.Body)
			if output, rows, bad := read(s); broke == nil && bad == nil {
				_ = response.Body.Close()
				out.Result = output
				meta.Set(scannedRows{}, rows)
				return out, meta, nil
			}
			response.Body = again(s.body.Bytes(), broke, response.Body)
			return theirs.HandleDeserialize(ctx, in, answered)
		}))
	return err
}

// again is a body that has been read: its bytes, and then the error that ended it.
func again(read []byte, broke error, body io.Closer) io.ReadCloser {
	if broke == nil {
		broke = io.EOF
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(read), ended{broke}), body}
}

type ended struct{ err error }

// Read implements io.Reader.
func (e ended) Read([]byte) (int, error) { return 0, e.err }

// rows reads an answer of DescribeInstances.
func (s *instanceScan) rows(body []byte) (rows []Instance, token *string, err error) {
	token, err = s.listing(body, "reservationset", func() { rows = s.reservation(rows) })
	if err != nil {
		return nil, nil, err
	}
	return rows, token, nil
}

func (s *instanceScan) reservation(rows []Instance) []Instance {
	first, owner, reservation := len(rows), "", ""
	for name, ok := s.child(); ok; name, ok = s.child() {
		switch string(name) {
		case "ownerid":
			owner = s.word()
		case "reservationid":
			reservation = string(s.value())
		case "instancesset":
			for s.item() {
				rows = append(rows, Instance{})
				s.instance(&rows[len(rows)-1])
			}
		default:
			s.skip()
		}
	}
	for i := first; i < len(rows); i++ {
		rows[i].Owner, rows[i].Reservation = owner, reservation
	}
	return rows
}

// instance reads one row; see instanceRow, which does the same with what the
// SDK has decoded.
func (s *instanceScan) instance(row *Instance) {
	s.own, s.marks, s.named = s.own[:0], s.marks[:0], nil
	platform, details, profile := "", "", ""
	for name, ok := s.child(); ok; name, ok = s.child() {
		switch string(name) {
		case "instanceid":
			s.mark(&row.ID)
		case "privateipaddress":
			s.mark(&row.PrivateIP)
		case "ipaddress":
			s.mark(&row.PublicIP)
		case "privatednsname":
			s.mark(&row.PrivateDNS)
		case "dnsname":
			s.mark(&row.PublicDNS)
		case "reason":
			s.mark(&row.Reason)
		case "imageid":
			row.Image = s.word()
		case "keyname":
			row.Key = s.word()
		case "instancetype":
			row.Type = s.word()
		case "vpcid":
			row.VPC = s.word()
		case "subnetid":
			row.Subnet = s.word()
		case "architecture":
			row.Arch = s.word()
		case "instancelifecycle":
			row.Lifecycle = s.word()
		case "rootdevicetype":
			row.RootType = s.word()
		case "platform":
			platform = s.word()
		case "platformdetails":
			details = s.word()
		case "launchtime":
			row.Launched = s.time()
		case "instancestate":
			s.member("name", &row.State)
		case "placement":
			s.member("availabilityzone", &row.Zone)
		case "monitoring":
			s.member("state", &row.Monitoring)
		case "metadataoptions":
			s.member("httptokens", &row.Tokens)
		case "iaminstanceprofile":
			s.member("arn", &profile)
		case "hibernationoptions":
			said := ""
			s.member("configured", &said)
			row.Hibernates = s.truth(said, row.Hibernates)
		case "groupset":
			row.Groups = s.groups(row.Groups)
		case "tagset":
			row.Tags = s.tags(row.Tags)
		default:
			s.skip()
		}
	}
	_, row.Profile, _ = strings.Cut(profile, "/")
	row.Platform = details
	if details == "" {
		if row.Platform = platform; strings.EqualFold(platform, "windows") {
			row.Platform = "Windows"
		}
	}
	s.settle(row)
}

// settle gives the row its own texts, in one string.
func (s *instanceScan) settle(row *Instance) {
	all := string(s.own)
	for _, m := range s.marks {
		*m.field = all[m.from:m.to]
	}
	if row.Tags == nil {
		row.Tags = []Tag{}
	}
	for i := range row.Tags {
		if s.named != nil && row.Tags[i].Key == "Name" {
			row.Tags[i].Value, s.named = all[s.named.from:s.named.to], nil
		}
		for k := i; k > 0 && row.Tags[k].Key < row.Tags[k-1].Key; k-- { // sort allocates, and there are few
			row.Tags[k], row.Tags[k-1] = row.Tags[k-1], row.Tags[k]
		}
	}
	row.Name = TagValue(row.Tags, "Name")
}

// mark keeps a text that only this row has.
func (s *instanceScan) mark(field *string) {
	from := len(s.own)
	s.own = append(s.own, s.value()...)
	s.marks = append(s.marks, mark{field, from, len(s.own)})
}

// word is a text that many rows have.
func (s *instanceScan) word() string {
	text := s.value()
	if known, ok := s.words[string(text)]; ok {
		return known
	}
	known := string(text)
	if len(s.words) < mostWords {
		s.words[known] = known
	}
	return known
}

// member reads one member of a structure.
func (s *instanceScan) member(name string, into *string) {
	for got, ok := s.child(); ok; got, ok = s.child() {
		if string(got) == name {
			*into = s.word()
		} else {
			s.skip()
		}
	}
}

func (s *instanceScan) truth(said string, otherwise bool) bool {
	if said == "" {
		return otherwise
	}
	b, err := strconv.ParseBool(said)
	s.failed = s.failed || err != nil
	return b
}

func (s *instanceScan) time() time.Time {
	t, err := smithytime.ParseDateTime(string(s.value()))
	s.failed = s.failed || err != nil
	return t
}

func (s *instanceScan) groups(groups []Group) []Group {
	for s.item() {
		g := Group{}
		for name, ok := s.child(); ok; name, ok = s.child() {
			switch string(name) {
			case "groupid":
				g.ID = s.word()
			case "groupname":
				g.Name = s.word()
			default:
				s.skip()
			}
		}
		groups = append(groups, g)
	}
	return groups
}

func (s *instanceScan) tags(tags []Tag) []Tag {
	if tags == nil {
		tags = make([]Tag, 0, 8)
	}
	for s.item() {
		t, keys, values := Tag{}, 0, 0
		for name, ok := s.child(); ok; name, ok = s.child() {
			switch string(name) {
			case "key":
				keys++
				t.Key = s.word()
			case "value":
				values++
				if t.Key == "Name" && s.named == nil {
					from := len(s.own)
					s.own = append(s.own, s.value()...)
					s.named = &mark{nil, from, len(s.own)}
					continue
				}
				t.Value = s.word()
			default:
				s.skip()
			}
		}
		s.failed = s.failed || keys > 1 || values > 1 // the place of the name would be wrong
		tags = append(tags, t)
	}
	return tags
}
