package ec2sim

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Call is one request as the simulator saw it.
type Call struct {
	Time      time.Time
	RequestID string
	Action    string
	Account   string // account id, empty when the caller is unknown
	Region    string
	Form      url.Values
	Status    int    // 0 when no answer was sent
	Code      string // error code, empty on success
	Bytes     int    // size of the body
}

// keptCalls bounds the memory of Calls.
const keptCalls = 10_000

// action is one EC2 action, declared by the file of its noun.
type action struct {
	name     string
	mutating bool
	required []string
	// dryRunFirst is for the few actions that answer a dry run before they
	// look at the ids.
	dryRunFirst bool
	// resources counts what a call spends from the bucket of resource tokens.
	resources func(*call) int
	// check finds everything that is wrong with a request but for the state
	// of what it names, and returns what is left to do. A dry run ends there.
	check func(*call) (act, *apiError)
}

// act checks states, makes the changes and writes the answer.
type act func() *apiError

// allActions is where a noun joins the simulator.
func allActions() map[string]action {
	all := map[string]action{}
	for _, noun := range [][]action{
		regionActions(),
		instanceActions(),
		instanceStateActions(),
		instanceAttributeActions(),
		instanceTypeActions(),
		instanceMetadataActions(),
		eventActions(),
		launchActions(),
		launchTemplateActions(),
		passwordActions(),
		consoleActions(),
		volumeActions(),
		snapshotActions(),
		imageActions(),
		bundleActions(),
		securityGroupActions(),
		securityGroupRuleActions(),
		vpcActions(),
		networkInterfaceActions(),
		prefixListActions(),
		addressActions(),
		tagActions(),
		keyPairActions(),
	} {
		for _, a := range noun {
			all[a.name] = a
		}
	}
	return all
}

// call is a request on its way to an answer.
type call struct {
	sim     *Sim
	action  action
	account *account
	region  *region
	form    form
	now     time.Time
	out     doc
}

// reply is an answer before it becomes HTTP.
type reply struct {
	status int
	code   string
	header http.Header
	body   []byte
	cut    int // bytes after which the connection closes, -1 for never
}

const maxBody = 1 << 20

// answer does everything between reading a request and sending the reply.
func (s *Sim) answer(r *http.Request, verify bool) (reply, error) {
	if err := r.Context().Err(); err != nil {
		return reply{}, context.Cause(r.Context())
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
			return reply{}, err
		}
	}
	values, _ := url.ParseQuery(string(body)) // the part that can be read
	for k, v := range r.URL.Query() {
		if _, ok := values[k]; !ok {
			values[k] = v
		}
	}
	cred := parseCredential(r.Header.Get("Authorization"))
	return s.answerForm(r, body, form(values), cred, verify)
}

func (s *Sim) answerForm(r *http.Request, body []byte, f form, cred credential, verify bool) (reply, error) {
	name := f.get("Action")
	s.mu.Lock()
	accountID := ""
	if a := s.accountOf(cred.accessKey); a != nil {
		accountID = a.ID
	}
	record := Call{Time: s.now(), RequestID: s.requests.uuid(), Action: name,
		Account: accountID, Region: cred.region, Form: url.Values(f)}
	fault := s.strike(name, cred.region, accountID)
	s.mu.Unlock()

	rep := reply{status: http.StatusOK, header: s.header(record.RequestID), cut: -1}
	effect := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.execute(r, body, f, cred, verify, record.RequestID, &rep)
	}
	err := error(nil)
	if fault == nil {
		effect()
	} else {
		if fault.TakesEffect {
			effect()
		}
		if err = fault.wait(r.Context()); err == nil {
			if !fault.TakesEffect && !fault.replaces() {
				effect()
			}
			rep, err = fault.alter(rep, record.RequestID)
		}
	}
	if err == nil {
		record.Status, record.Code, record.Bytes = rep.status, rep.code, len(rep.body)
	}
	s.record(record)
	return rep, err
}

func (s *Sim) header(requestID string) http.Header {
	return http.Header{
		"Content-Type":     {"text/xml;charset=UTF-8"},
		"Date":             {s.wall().Format(http.TimeFormat)},
		"Server":           {"AmazonEC2"},
		"Cache-Control":    {"no-cache, no-store"},
		"X-Amzn-Requestid": {requestID},
	}
}

// execute runs the action and fills the reply. The caller holds the lock.
func (s *Sim) execute(r *http.Request, body []byte, f form, cred credential, verify bool, requestID string, rep *reply) {
	c := &call{sim: s, form: f, now: s.now()}
	s.agenda.advance(c.now)
	err := s.authenticate(c, r, body, cred, verify)
	answer, refusal := c.run, errorXML
	if cred.service == "sts" {
		answer, refusal = c.assume, stsErrorXML
	}
	if err == nil {
		err = answer(requestID)
	}
	if err != nil {
		rep.status, rep.code, rep.body = err.status, err.code, refusal(err, requestID)
		return
	}
	rep.body = c.out.b
}

// run passes the checks in the order in which EC2 makes them.
func (c *call) run(requestID string) *apiError {
	name := c.form.get("Action")
	if name == "" {
		return bad("MissingAction", "The request must contain the parameter Action")
	}
	a, ok := c.sim.actions[name]
	if !ok {
		return bad("InvalidAction", "The action %s is not valid for this web service.", name)
	}
	if v := c.form.get("Version"); v != "" && v != apiVersion {
		return bad("NoSuchVersion", "The requested version (%s) of service AmazonEC2 does not exist", v)
	}
	c.action = a
	if err := c.sim.spend(c); err != nil {
		return err
	}
	for _, p := range a.required {
		if !c.form.has(p) {
			return missing(p)
		}
	}
	dry, err := c.form.flag("DryRun")
	if err != nil {
		return err
	}
	if dry && a.dryRunFirst {
		return errDryRun()
	}
	act, err := a.check(c)
	if err != nil {
		return err
	}
	if dry {
		return errDryRun()
	}
	c.out.open(name+"Response", requestID)
	if err := act(); err != nil {
		return err
	}
	c.out.end(name + "Response")
	return nil
}

func errDryRun() *apiError {
	return &apiError{http.StatusPreconditionFailed, "DryRunOperation",
		"Request would have succeeded, but DryRun flag is set."}
}

// Calls lists the requests seen, oldest first, at most the last 10,000.
func (s *Sim) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Call, 0, len(s.calls))
	out = append(out, s.calls[s.nextCall:]...)
	return append(out, s.calls[:s.nextCall]...)
}

// ResetCalls forgets the requests seen.
func (s *Sim) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.nextCall = nil, 0
}

// record keeps a call in the ring: nextCall is where the oldest one is, once
// the ring is full.
func (s *Sim) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) < keptCalls {
		s.calls = append(s.calls, c)
		return
	}
	s.calls[s.nextCall] = c
	s.nextCall = (s.nextCall + 1) % keptCalls
}
