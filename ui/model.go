// Package ui is the screen: the stack of views, the dialogs over it, the
// operations under way and the lines at the top and the bottom. It knows no
// resource and no type of AWS; it routes messages and acts on intents.
package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/keymap"
	"ec2deck/theme"
	"ec2deck/views"
)

// Config is what a screen is made of beside the Env.
type Config struct {
	Env   views.Env
	Specs []views.Spec
	// Kind and Query choose the first table; empty is the first of Specs. Kind
	// may be the name of one of Saved.
	Kind, Query string
	Saved       []Saved
	// ASCII draws with nothing but ASCII.
	ASCII bool
	// Mouse says that the terminal tells of clicks.
	Mouse bool
	// Clipboard writes to the terminal's clipboard; nil has none.
	Clipboard func(string) error
}

// Model is the screen of one session.
type Model struct {
	env       views.Env
	specs     []views.Spec
	tabs      []tab
	clipboard func(string) error
	policy    awsops.Policy // as the screen shows it
	ascii     bool
	mouse     bool

	tables   map[string]views.View // the table of each tab, once opened
	open     string                // the tab at the bottom of the stack
	stack    []views.View
	overlays []views.View

	profiles map[string]*profile
	declined map[awsops.MFADevice]bool // nobody has a code now
	jobs     []*job
	nextJob  int
	notice   notice
	history  []notice
	report   *job // the last that was refused in part or whole

	width, height int
	leaving       bool // asked once to quit while changes are on their way
	danger        bool // a destroying confirmation has just opened

	calm  bool // since the last Update nothing but rows under the cursor changed
	edges edges
	lines []string // the frame

	busy *atomic.Bool // what Busy says
}

// profile is how far a profile of the session has come.
type profile struct {
	err    error
	opened bool
}

// profile is how far a profile has come. The policy may name one already that
// the screen has not heard of.
func (m *Model) profile(name string) profile {
	if p := m.profiles[name]; p != nil {
		return *p
	}
	return profile{}
}

// notice is the last thing that the operator was told.
type notice struct {
	text string
	tone theme.Tone
	at   time.Time
	seen bool // a key has been pressed since

	passing bool // it is gone with the next key
}

// New makes a screen.
func New(c Config) *Model {
	m := &Model{env: c.Env, specs: c.Specs, clipboard: c.Clipboard, policy: c.Env.Session.Policy(), busy: new(atomic.Bool), ascii: c.ASCII, mouse: c.Mouse, tables: map[string]views.View{}, profiles: map[string]*profile{}, declined: map[awsops.MFADevice]bool{}}
	for _, p := range c.Env.Session.Profiles() {
		m.profiles[p] = &profile{}
	}
	m.tabs = newTabs(c.Specs, c.Saved)
	first := m.tabs[0]
	for _, t := range m.tabs {
		if c.Kind != "" && (t.key == c.Kind || t.saved && t.title == c.Kind) {
			first = t
		}
	}
	m.open = first.key
	m.stack = []views.View{m.newTable(first.kind, strings.TrimSpace(first.query+" "+c.Query))}
	m.tables[m.open] = m.stack[0]
	return m
}

func (m *Model) newTable(kind, query string) views.View {
	for _, s := range m.specs {
		if s.Info().Kind == kind {
			return s.New(m.env, query)
		}
	}
	return m.specs[0].New(m.env, query)
}

// opened tells the scopes of a profile, or why there are none.
type opened struct {
	profile string
	scopes  []awsops.Scope
	err     error
}

// identified says that the account of a profile is known.
type identified struct{}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd { return m.connect() }

// connect opens every profile by itself, so that none waits for another.
func (m *Model) connect() tea.Cmd {
	cmds := []tea.Cmd{m.top().Init()}
	for _, name := range m.env.Session.Profiles() {
		cmds = append(cmds, m.openProfile(name))
	}
	return tea.Batch(cmds...)
}

// openTimeout bounds the search for credentials, which may end at a metadata
// service that is not there.
const openTimeout = 20 * time.Second

func (m *Model) openProfile(name string) tea.Cmd {
	ctx, session := m.env.Context, m.env.Session
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, openTimeout)
		defer cancel()
		scopes, err := session.Open(ctx, name)
		return opened{name, scopes, err}
	}
}

func (m *Model) onOpened(msg opened) tea.Cmd {
	p := m.profiles[msg.profile]
	if p == nil { // asked for under rights that are gone
		return nil
	}
	p.opened, p.err = true, msg.err
	if msg.err != nil {
		m.say(msg.err.Error(), theme.Bad)
		if m.trouble() != nil || len(m.env.Session.Devices()) > 0 {
			m.notice = notice{} // the whole screen tells it, or a question
		}
		return nil
	}
	cmds := []tea.Cmd{m.broadcast(views.Scoped{})}
	if len(msg.scopes) > 0 {
		cmds = append(cmds, m.identify(msg.scopes[0]))
	}
	return tea.Batch(cmds...)
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.calm = false
	cmd := tea.Batch(m.update(msg), m.askCode())
	m.busy.Store(m.unfinished())
	m.draw()
	return m, cmd
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.resize()
		return nil
	case tea.KeyMsg:
		return m.onKeys(msg)
	case tea.MouseMsg:
		return m.onMouse(msg)
	case Notice:
		m.say(msg.Text, theme.Bad) // as what goes wrong: it may take several lines
		m.notice.passing = true
		return nil
	case opened:
		return m.onOpened(msg)
	case codeTried:
		return m.onCodeTried(msg)
	case executed:
		return m.onExecuted(msg)
	case bookWritten:
		return m.onBookWritten(msg)
	case connectionUsed:
		return m.onConnectionUsed(msg)
	case scopeOpened:
		return m.onScopeOpened(msg)
	case identified:
		return m.broadcast(views.Scoped{})
	case exported:
		return m.onExported(msg)
	case concluded:
		m.onConcluded(msg)
		return nil
	case RightsChanged:
		return m.onRights()
	case foreseen, answered, lookDue, looked, kept:
		return m.onJob(msg)
	}
	return m.broadcast(msg)
}

// broadcast gives a message to everything that is alive, shown or not.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, v := range m.everyView() {
		intent, cmd := v.Update(msg)
		cmds = append(cmds, cmd, m.act(intent))
	}
	return tea.Batch(cmds...)
}

// everyView lists each view once: the kept tables, the stack, the dialogs.
func (m *Model) everyView() []views.View {
	var all []views.View
	for _, tab := range m.tabs {
		if t, ok := m.tables[tab.key]; ok {
			all = append(all, t)
		}
	}
	all = append(all, m.stack[1:]...)
	return append(all, m.overlays...)
}

// top is the view that has the focus.
func (m *Model) top() views.View {
	if n := len(m.overlays); n > 0 {
		return m.overlays[n-1]
	}
	return m.stack[len(m.stack)-1]
}

// onKeys takes the keys of one message one by one. A terminal, above all over
// SSH, may send several in one packet, and all of them count: except after one
// that opened a destroying confirmation.
func (m *Model) onKeys(msg tea.KeyMsg) tea.Cmd {
	if msg.Type == tea.KeyRunes { // what is typed is shown too
		msg.Runes = []rune(awsops.CleanLines(string(msg.Runes)))
	}
	if msg.Paste {
		if m.top().Typing() {
			return m.toTop(msg)
		}
		m.say("a paste was dropped: no text field has the focus", theme.Busy)
		return nil
	}
	var cmds []tea.Cmd
	if m.escaped(msg) {
		cmds, msg.Alt = append(cmds, m.onKey(tea.KeyMsg{Type: tea.KeyEsc})), false
	}
	if cmds == nil && (msg.Type != tea.KeyRunes || len(msg.Runes) < 2) {
		return m.onKey(msg)
	}
	defer func() { m.calm = false }() // whatever the last key did, those before it may have changed anything
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 {
		return tea.Batch(append(cmds, m.onKey(msg))...)
	}
	m.danger = false
	for _, r := range msg.Runes {
		cmds = append(cmds, m.onKey(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
		if m.danger {
			break
		}
	}
	return tea.Batch(cmds...)
}

// escaped says that a rune with alt was esc and that rune in one packet, which
// a terminal writes the same way. Nothing is bound to alt but a text input's
// own keys.
func (m *Model) escaped(msg tea.KeyMsg) bool {
	return msg.Type == tea.KeyRunes && msg.Alt && !(m.top().Typing() && strings.ContainsAny(string(msg.Runes), "bdf"))
}

func (m *Model) onKey(msg tea.KeyMsg) tea.Cmd {
	k, press := m.env.Keys, keymap.Press(msg)
	quiet := m.notice.seen && !m.notice.passing
	m.danger, m.notice.seen = false, true
	if m.notice.passing {
		m.notice = notice{}
	}
	if key.Matches(press, k.Interrupt) {
		return m.quit()
	}
	m.leaving = m.leaving && key.Matches(press, k.Quit)
	if m.tooSmall() {
		if key.Matches(press, k.Quit) {
			return m.quit()
		}
		return nil
	}
	if len(m.overlays) > 0 || m.top().Typing() {
		return m.toTop(msg)
	}
	if k.Moves(press) {
		intent, cmd := m.top().Update(msg)
		_, m.calm = intent.(views.Moved)
		m.calm = m.calm && quiet
		return tea.Batch(cmd, m.act(intent))
	}
	switch {
	case key.Matches(press, k.Palette):
		return m.push(newPalette(m.env, m.specs, m.tabs))
	case key.Matches(press, k.Export):
		return m.newExport()
	case key.Matches(press, k.Help):
		return m.push(m.newHelp())
	case key.Matches(press, k.Messages):
		return m.push(m.newReport())
	case screenOf(press, k) != "":
		return m.visit(screenOf(press, k))
	case key.Matches(press, k.Quit):
		if len(m.stack) > 1 {
			return m.act(views.Back{})
		}
		return m.quit()
	case key.Matches(press, k.Refresh):
		return tea.Batch(m.reconnect(), m.toTop(msg))
	}
	if n, err := strconv.Atoi(string(press)); err == nil {
		return m.onNumber(n)
	}
	return m.toTop(msg)
}

// onNumber opens a table by its place in the list.
func (m *Model) onNumber(n int) tea.Cmd {
	if n < 1 || n > len(m.specs) {
		m.say(fmt.Sprintf("there is no table %d; the top line lists them", n), theme.Faint)
		return nil
	}
	return m.switchTo(m.specs[n-1].Info().Kind)
}

// reconnect tries again the profiles that could not be opened.
func (m *Model) reconnect() tea.Cmd {
	var cmds []tea.Cmd
	clear(m.declined)
	for _, name := range m.env.Session.Profiles() {
		if m.profile(name).err != nil {
			m.profiles[name] = &profile{}
			cmds = append(cmds, m.openProfile(name))
		}
	}
	return tea.Batch(cmds...)
}

func (m *Model) toTop(msg tea.Msg) tea.Cmd {
	intent, cmd := m.top().Update(msg)
	return tea.Batch(cmd, m.act(intent))
}

// quit ends the session, after a warning when a change has no answer yet.
func (m *Model) quit() tea.Cmd {
	unanswered, half := 0, 0
	for _, j := range m.jobs {
		unanswered, half = unanswered+j.unanswered, half+len(j.next)
	}
	if half > 0 && !m.leaving {
		m.leaving = true
		m.say("a change of several steps is on its way and would end half done; quit again to leave it so", theme.Bad)
		return nil
	}
	if slices.ContainsFunc(m.overlays, holds) && !m.leaving {
		m.leaving = true
		m.say("a secret is not saved yet; quit again to throw it away", theme.Bad)
		return nil
	}
	if unanswered > 0 && !m.leaving {
		m.leaving = true
		m.say("EC2 has not answered a change yet; quit again to leave without knowing its outcome", theme.Bad)
		return nil
	}
	for _, v := range m.everyView() {
		v.Close()
	}
	var left []tea.Cmd
	for _, j := range m.jobs {
		for scope := range j.watched {
			left = append(left, m.leave(j, scope, "the screen was left"))
		}
	}
	if len(left) == 0 {
		return tea.Quit
	}
	return tea.Sequence(tea.Batch(left...), tea.Quit)
}

// say tells the operator something and keeps it for the messages.
func (m *Model) say(text string, tone theme.Tone) {
	m.notice = notice{text: awsops.Clean(text), tone: tone, at: m.env.Now()}
	if tone != theme.Faint {
		m.history = append(m.history, m.notice)
	}
	if n := len(m.history); n > mostHistory {
		m.history = m.history[n-mostHistory:]
	}
}

// mostHistory is how many notices the messages keep.
const mostHistory = 200
