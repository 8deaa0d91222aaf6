package ui

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
	"ec2deck/awsops/journal"
	"ec2deck/keymap"
	"ec2deck/theme"
	"ec2deck/views"
)

var update = flag.Bool("update", false, "write the frames anew")

var requestIDs = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

func TestMain(m *testing.M) {
	time.Local = time.UTC // frames show local times
	os.Exit(m.Run())
}

// clock is turned by hand, also while calls read it.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.set(time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC))
	return c
}

func (c *clock) now() time.Time    { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) set(now time.Time) { c.ns.Store(now.UnixNano()) }

// unraced leaves what counts, compares or reads files, and runs nothing beside
// itself, to the run without the race detector.
func unraced(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("is run without the race detector")
	}
}

// driver runs a screen without a terminal: it carries commands out one after
// the other, and holds the timers in its hand.
type driver struct {
	t      testing.TB
	sim    *ec2sim.Sim
	model  *Model
	clock  *clock
	queue  []tea.Cmd
	timers []timer
	quit   bool
	copied []string
	ran    [][]string        // programs in the terminal
	files  map[string]string // what has been kept, by path
	full   map[string]bool   // where writing fails
}

type timer struct {
	at  time.Time
	msg func() tea.Msg
}

// options change what a driver starts with.
type options struct {
	fleet     string // a file of testdata/fleets; "" is the demo
	instances int
	delays    *ec2sim.Delays      // nil are the usual ones
	skew      time.Duration       // of EC2's clock
	change    func(*ec2sim.Fleet) // of a fleet from a file
	profiles  []string
	regions   []string
	policy    awsops.Policy
	rights    func() awsops.Policy // in the place of policy
	held      func() awsops.Policy // the same, of the operator's own
	timeout   time.Duration
	endpoint  string
	colours   termenv.Profile
	query     string
	kind      string // of the first table
	saved     []Saved
	setups    map[string]views.Setup
	naming    *awsops.Naming
	keymap    func(*keymap.Map)
	rebound   views.Rebound
	theme     string
	mouse     bool
	apart     awsops.Values
	keys      map[string]aws.CredentialsProvider
	files     bool // credentials are found by the SDK's chain
	known     []string
	book      *views.Book
	presets   []awsops.Preset
	ssh       views.SSH
	refresh   time.Duration
	hosted    bool // without files
	log       bool // of what is asked of AWS
	asks      awsops.Asking
	journal   journal.Sink
	ascii     bool
	sim       *ec2sim.Sim    // one that others use too
	shared    *awsops.Shared // what they share
	width     int
	height    int
}

func small() options { return options{fleet: "small.json"} }

func newDriver(t testing.TB, o options) *driver {
	t.Helper()
	d := &driver{t: t, files: map[string]string{}, full: map[string]bool{}, clock: newClock()}
	if d.sim = o.sim; d.sim == nil {
		d.sim = newSim(t, o, d.now)
	}
	s := settings(d.sim, o)
	s.AskReason, s.Journal, s.Now = o.asks, o.journal, d.now
	if o.log {
		s.Calls = awsops.NewCalls(d.now, 2000, nil)
	}
	session := awsops.NewSession(s)
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	if o.colours != 0 {
		renderer.SetColorProfile(o.colours)
	}
	renderer.SetHasDarkBackground(true)
	if o.refresh == 0 {
		o.refresh = 15 * time.Second
	}
	d.model = New(Config{
		Env: views.Env{
			Context: t.Context(), Session: session, Theme: theme.New(renderer, o.theme), Keys: mapped(o), Rebound: o.rebound,
			Now: d.now, Refresh: o.refresh, Keep: d.keep(o.hosted), Book: o.book, SSH: o.ssh, Execute: d.execute(o.hosted), Setups: o.setups, Naming: o.naming, Delimiters: o.apart,
			After: func(wait time.Duration, msg func() tea.Msg) tea.Cmd {
				d.timers = append(d.timers, timer{d.now().Add(wait), msg})
				return nil
			},
		},
		Specs: views.All(), Query: o.query, Kind: o.kind, Saved: o.saved, ASCII: o.ascii, Mouse: o.mouse,
		Clipboard: func(s string) error { d.copied = append(d.copied, s); return nil },
	})
	if o.width == 0 {
		o.width, o.height = 120, 40
	}
	d.do(d.model.Init())
	d.send(tea.WindowSizeMsg{Width: o.width, Height: o.height})
	return d
}

func mapped(o options) *keymap.Map {
	m := keymap.Default()
	if o.keymap != nil {
		o.keymap(&m)
	}
	return &m
}

func newSim(t testing.TB, o options, now func() time.Time) *ec2sim.Sim {
	t.Helper()
	cfg := ec2sim.Config{Now: now, Instances: o.instances, Seed: 1, Delays: o.delays, Skew: o.skew}
	if o.fleet != "" {
		f, err := os.Open(filepath.Join("..", "testdata", "fleets", o.fleet))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if cfg.Fleet, err = ec2sim.ReadFleet(f); err != nil {
			t.Fatal(err)
		}
		if o.change != nil {
			o.change(cfg.Fleet)
		}
	}
	sim, err := ec2sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

func settings(sim *ec2sim.Sim, o options) awsops.Settings {
	s := awsops.Settings{Profiles: o.profiles, Regions: o.regions, Policy: awsops.Fixed(o.policy), HTTPClient: sim, Timeout: o.timeout, Endpoint: o.endpoint, Keys: o.keys, Shared: o.shared, Presets: o.presets}
	s.Known = func() []string { return o.known }
	if !o.hosted {
		s.ReadFile = func(path string) ([]byte, error) { return os.ReadFile(filepath.Join("..", "testdata", "keys", path)) }
	}
	if s.Keys == nil && !o.files {
		s.Keys = map[string]aws.CredentialsProvider{}
		for _, a := range sim.Accounts() {
			s.Keys[a.Profile] = credentials.NewStaticCredentialsProvider(a.AccessKeyID, a.SecretAccessKey, "")
			if len(s.Profiles) == 0 {
				s.Profiles = []string{a.Profile}
			}
		}
	}
	if o.rights != nil {
		s.Policy, s.Profiles = o.rights, nil
	}
	if o.held != nil {
		s.Policy = o.held
	}
	if len(s.Regions) == 0 {
		s.Regions = []string{"us-east-1"}
	}
	return s
}

// keep stands for the operator's disk.
func (d *driver) keep(hosted bool) func(string) (views.Keeper, error) {
	if hosted {
		return nil
	}
	return func(path string) (views.Keeper, error) {
		if _, ok := d.files[path]; ok {
			return nil, &awsops.InputError{Field: "save", Value: path, Rule: "exists already, and nothing is overwritten"}
		}
		return &keeper{d, path}, nil
	}
}

// execute stands for the operator's terminal.
func (d *driver) execute(hosted bool) func([]string, func(error) tea.Msg) tea.Cmd {
	if hosted {
		return nil
	}
	return func(argv []string, ended func(error) tea.Msg) tea.Cmd {
		return func() tea.Msg {
			d.ran = append(d.ran, argv)
			if slices.Contains(argv, "broken") {
				return ended(errors.New("exit status 255"))
			}
			return ended(nil)
		}
	}
}

type keeper struct {
	d    *driver
	path string
}

func (k *keeper) Discard() {}

func (k *keeper) Keep(s awsops.Secret) error {
	if k.d.full[k.path] {
		return errors.New("no space left on device")
	}
	k.d.files[k.path] = s.Reveal()
	return nil
}

// start makes a driver and lets the first listing come in.
func start(t testing.TB, o options) *driver {
	t.Helper()
	d := newDriver(t, o)
	d.settle()
	return d
}

// do puts a command into the queue.
func (d *driver) do(cmd tea.Cmd) {
	if cmd != nil {
		d.queue = append(d.queue, cmd)
	}
}

// send delivers a message, and queues what it asks for without doing it.
func (d *driver) send(msg tea.Msg) {
	if v := reflect.ValueOf(msg); v.IsValid() && v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
		for i := range v.Len() { // a batch or a sequence
			d.do(v.Index(i).Interface().(tea.Cmd))
		}
		return
	}
	switch msg.(type) {
	case nil:
		return
	case tea.QuitMsg:
		d.quit = true
		return
	}
	_, cmd := d.model.Update(msg)
	d.do(cmd)
}

func (d *driver) now() time.Time { return d.clock.now() }

// step carries out one queued command.
func (d *driver) step() bool {
	if len(d.queue) == 0 {
		return false
	}
	cmd := d.queue[0]
	d.queue = d.queue[1:]
	d.send(cmd())
	return true
}

// settle carries out everything that is queued, but no timer.
func (d *driver) settle() {
	for d.step() {
	}
}

// later is a message that means nothing, but any shows what time has changed.
type later struct{}

// pass lets time go by; timers fire in their order.
func (d *driver) pass(by time.Duration) {
	end := d.now().Add(by)
	for {
		slices.SortStableFunc(d.timers, func(a, b timer) int { return a.at.Compare(b.at) })
		if len(d.timers) == 0 || d.timers[0].at.After(end) {
			break
		}
		next := d.timers[0]
		d.timers = d.timers[1:]
		if next.at.After(d.now()) {
			d.clock.set(next.at)
		}
		d.send(next.msg())
		d.settle()
	}
	d.clock.set(end)
	d.send(later{})
}

// keys types keys, without waiting for anything.
func (d *driver) keys(keys ...string) {
	for _, k := range keys {
		if kind, ok := strings.CutPrefix(k, byName); ok {
			d.keys(":")
			d.type_(kind)
			k = "enter"
		}
		d.send(keyMsg(k))
	}
}

// byName stands before the kind of a table that has no number key.
const byName = "by name: "

// number is the key of a table: tables are told apart by kind, so that a new
// one changes no test.
func number(kind string) string {
	at := slices.IndexFunc(views.All(), func(s views.Spec) bool { return s.Info().Kind == kind })
	if at < 9 {
		return fmt.Sprint(at + 1)
	}
	return byName + kind
}

// press types keys and lets everything they ask for happen.
func (d *driver) press(keys ...string) {
	d.keys(keys...)
	d.settle()
}

// type_ types a text rune by rune.
func (d *driver) type_(text string) {
	for _, r := range text {
		d.press(string(r))
	}
}

func keyMsg(k string) tea.KeyMsg {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
		"ctrl+a": tea.KeyCtrlA, "ctrl+b": tea.KeyCtrlB, "ctrl+c": tea.KeyCtrlC, "ctrl+d": tea.KeyCtrlD, "ctrl+e": tea.KeyCtrlE, "ctrl+f": tea.KeyCtrlF,
		"ctrl+k": tea.KeyCtrlK, "ctrl+r": tea.KeyCtrlR, "ctrl+s": tea.KeyCtrlS, "ctrl+t": tea.KeyCtrlT, "ctrl+u": tea.KeyCtrlU, "ctrl+w": tea.KeyCtrlW, "ctrl+y": tea.KeyCtrlY, "ctrl+z": tea.KeyCtrlZ,
	}
	if t, ok := named[k]; ok {
		return tea.KeyMsg{Type: t}
	}
	if k == " " {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
}

// screen is the frame without colours and without blanks at line ends.
func (d *driver) screen() string {
	lines := strings.Split(ansi.Strip(d.model.View()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// shows fails unless the screen has every text.
func (d *driver) shows(texts ...string) {
	d.t.Helper()
	for _, s := range texts {
		if !strings.Contains(d.screen(), s) {
			d.t.Errorf("the screen does not show %q:\n%s", s, d.screen())
		}
	}
}

// hides fails if the screen has one of the texts.
func (d *driver) hides(texts ...string) {
	d.t.Helper()
	for _, s := range texts {
		if strings.Contains(d.screen(), s) {
			d.t.Errorf("the screen shows %q:\n%s", s, d.screen())
		}
	}
}

// line is the first line of the screen with a text.
func (d *driver) line(text string) string {
	for l := range strings.Lines(d.screen()) {
		if strings.Contains(l, text) {
			return strings.TrimRight(l, "\n")
		}
	}
	return ""
}

// tabOpen is the open table in the top line, with the number of its key.
var (
	tabOpen   = regexp.MustCompile(`\[[^]]+\]`)
	tabNumber = regexp.MustCompile(`^\[\d `)
)

// frame compares the screen with a golden file, and checks that it fills the
// terminal and no more.
func (d *driver) frame(name string) {
	d.t.Helper()
	raw := strings.Split(d.model.View(), "\n")
	if len(raw) != d.model.height && !d.model.tooSmall() {
		d.t.Errorf("%s: %d lines on a terminal of %d", name, len(raw), d.model.height)
	}
	for i, l := range raw {
		if n := ansi.StringWidth(l); n > d.model.width {
			d.t.Errorf("%s: line %d is %d wide on a terminal of %d", name, i, n, d.model.width)
		}
	}
	path := filepath.Join("..", "testdata", "frames", name+".txt")
	// Pages are read ahead, so the order of requests is not quite fixed.
	got := requestIDs.ReplaceAllString(d.screen(), "00000000-0000-4000-8000-000000000000") + "\n"
	// A table more changes the one test of the top line, and no other.
	top, rest, _ := strings.Cut(got, "\n")
	if open := tabOpen.FindString(top); open != "" {
		got = "ec2deck  " + tabNumber.ReplaceAllString(open, "[") + top[strings.LastIndex(top, "   ")+2:] + "\n" + rest
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		d.t.Errorf("frame %s (-want +got):\n%s", name, diff)
	}
}

// calls counts the requests that the simulator has seen, by action.
func (d *driver) calls(action string) int {
	n := 0
	for _, c := range d.sim.Calls() {
		if c.Action == action {
			n++
		}
	}
	return n
}
