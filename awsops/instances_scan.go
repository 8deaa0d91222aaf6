package awsops

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
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
	words map[string]string        // texts that many rows have
	kinds map[string]*InstanceKind // by all that is in them
	known map[Checks]*Checks
	body  bytes.Buffer
	most  int // rows of an answer so far

	// The checks of the instance under way.
	system, inside types.InstanceStatusSummary
	volumes        types.EbsStatusSummary

	// What the kind of the row under way has, and how it is found.
	kind InstanceKind
	key  []byte

	// Texts that only one row has are kept in one string of the row.
	own    []byte
	marks  []mark
	called *string // its name
}

// mark is a text of a row's own.
type mark struct {
	field    *string
	from, to int
}

// mostWords bounds what is kept of texts and kinds that turn out not to be common.
const mostWords = 20_000

func newInstanceScan() *instanceScan {
	return &instanceScan{words: map[string]string{}, kinds: map[string]*InstanceKind{}, known: map[Checks]*Checks{}}
}

// instanceScans are the scans of one listing, each with room for one answer: so
// many are read at once, however many have been asked for. A full one is 5 MB.
type instanceScans chan *instanceScan

// readAtOnce is how many answers of a listing are in memory.
const readAtOnce = 2

// mostGrown bounds the room that is made for an answer before it is there.
const mostGrown = 16 << 20

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
			if n := response.ContentLength; n > 0 && n < mostGrown {
				s.body.Grow(int(n) + bytes.MinRead)
			}
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
	s.most = max(s.most, len(rows))
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
				if rows == nil {
					rows = make([]Instance, 0, s.most)
				}
				rows = append(rows, Instance{})
				s.instance(&rows[len(rows)-1], owner)
			}
		default:
			s.skip()
		}
	}
	for i := first; i < len(rows); i++ {
		rows[i].Reservation = reservation
		if rows[i].Owner != owner { // which EC2 tells first
			other := *rows[i].InstanceKind
			other.Owner = owner
			rows[i].InstanceKind = &other
		}
	}
	return rows
}

// instance reads one row; see instanceRow, which does the same with what the
// SDK has decoded.
func (s *instanceScan) instance(row *Instance, owner string) {
	s.own, s.marks, s.called = s.own[:0], s.marks[:0], &row.Name
	kind := &s.kind
	*kind = InstanceKind{Owner: owner, Groups: kind.Groups[:0], Others: kind.Others[:0]}
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
			kind.Image = s.word()
		case "keyname":
			kind.Key = s.word()
		case "instancetype":
			kind.Type = s.word()
		case "vpcid":
			kind.VPC = s.word()
		case "subnetid":
			kind.Subnet = s.word()
		case "architecture":
			kind.Arch = s.word()
		case "instancelifecycle":
			kind.Lifecycle = s.word()
		case "rootdevicetype":
			kind.RootType = s.word()
		case "platform":
			platform = s.word()
		case "platformdetails":
			details = s.word()
		case "launchtime":
			row.Launched = s.time()
		case "instancestate":
			s.member("name", &row.State)
		case "placement":
			s.member("availabilityzone", &kind.Zone)
		case "monitoring":
			s.member("state", &kind.Monitoring)
		case "metadataoptions":
			s.member("httptokens", &kind.Tokens)
		case "iaminstanceprofile":
			s.member("arn", &profile)
		case "hibernationoptions":
			said := ""
			s.member("configured", &said)
			kind.Hibernates = s.truth(said, kind.Hibernates)
		case "groupset":
			kind.Groups = s.groups(kind.Groups)
		case "tagset":
			s.tags()
		default:
			s.skip()
		}
	}
	_, kind.Profile, _ = strings.Cut(profile, "/")
	kind.Platform = details
	if details == "" {
		if kind.Platform = platform; strings.EqualFold(platform, "windows") {
			kind.Platform = "Windows"
		}
	}
	s.settle(row)
}

// settle gives the row its own texts, in one string, and its kind.
func (s *instanceScan) settle(row *Instance) {
	kind := &s.kind
	all := string(s.own)
	for _, m := range s.marks {
		*m.field = all[m.from:m.to]
	}
	for i := range kind.Others {
		for k := i; k > 0 && kind.Others[k].Key < kind.Others[k-1].Key; k-- { // sort allocates, and there are few
			kind.Others[k], kind.Others[k-1] = kind.Others[k-1], kind.Others[k]
		}
	}
	row.InstanceKind = s.shared(kind)
}

// shared finds the kind among those of rows before, or makes it.
func (s *instanceScan) shared(kind *InstanceKind) *InstanceKind {
	key := s.key[:0]
	text := func(texts ...string) {
		for _, t := range texts {
			key = append(append(key, t...), 0) // which XML cannot have
		}
	}
	text(kind.Type, kind.Zone, kind.Image, kind.Key, kind.VPC, kind.Subnet, kind.Owner, kind.Platform, kind.Arch,
		kind.Lifecycle, kind.RootType, kind.Monitoring, kind.Profile, kind.Tokens)
	key = strconv.AppendBool(strconv.AppendBool(key, kind.Hibernates), kind.Named)
	for _, g := range kind.Groups {
		text(g.ID, g.Name)
	}
	text("")
	for _, t := range kind.Others {
		text(t.Key, t.Value)
	}
	s.key = key
	if known := s.kinds[string(key)]; known != nil {
		return known
	}
	made := *kind
	made.Groups, made.Others = append([]Group(nil), kind.Groups...), append([]Tag(nil), kind.Others...)
	if len(s.kinds) < mostWords {
		s.kinds[string(key)] = &made
	}
	return &made
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

func (s *instanceScan) tags() {
	for s.item() {
		t, at, keys, values := Tag{}, -1, 0, 0
		for name, ok := s.child(); ok; name, ok = s.child() {
			switch string(name) {
			case "key":
				keys++
				t.Key = s.word()
			case "value":
				values++
				if t.Key == nameTag && !s.kind.Named { // hardly two rows have the same
					at = len(s.own)
					s.own = append(s.own, s.value()...)
					continue
				}
				t.Value = s.word()
			default:
				s.skip()
			}
		}
		s.failed = s.failed || keys > 1 || values > 1 // the name would be wrong
		if t.Key != nameTag || s.kind.Named {
			s.kind.Others = append(s.kind.Others, t)
			continue
		}
		if at < 0 {
			at = len(s.own)
			s.own = append(s.own, t.Value...)
		}
		s.kind.Named = true
		s.marks = append(s.marks, mark{s.called, at, len(s.own)})
	}
}
