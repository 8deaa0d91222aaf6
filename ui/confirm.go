package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// confirm asks before a change. It names every target with its account and
// region, what EC2 will be asked, and what will be lost. The default is no.
type confirm struct {
	base
	info     awsops.Info
	requests []awsops.Request
	targets  []views.Target
	skipped  []string
	need     awsops.Confirmation
	once     bool // the first of two steps is done
	reason   reason
	input    textinput.Model
	wrong    bool // what was typed does not match
	foreseen []string
	looking  int
	top      int
}

// foreseen tells what else a change will take.
type foreseen struct {
	dialog *confirm
	lines  []string
	err    error
}

func newConfirm(env views.Env, requests []awsops.Request, targets []views.Target, skipped []string, need awsops.Confirmation) *confirm {
	c := &confirm{base: base{env: env}, info: requests[0].Operation.Info(), requests: requests, targets: targets, skipped: skipped, need: need}
	c.reason, c.input = newReason(env), views.NewInput(env, "> ")
	if need == awsops.Typed {
		c.input.Focus()
	}
	return c
}

// Init looks ahead, in every scope at once.
func (c *confirm) Init() tea.Cmd {
	if !c.info.LooksAhead() {
		return nil
	}
	var cmds []tea.Cmd
	for _, r := range c.requests {
		client, err := c.env.Session.Client(r.Scope)
		if err != nil {
			continue
		}
		c.looking++
		ctx := c.env.Context
		cmds = append(cmds, func() tea.Msg {
			return foresee(ctx, c, func(ctx context.Context) ([]string, error) { return r.Ahead(ctx, client) })
		})
	}
	return tea.Batch(cmds...)
}

func foresee(ctx context.Context, c *confirm, look func(context.Context) ([]string, error)) tea.Msg {
	lines, err := look(ctx)
	return foreseen{c, lines, err}
}

func (c *confirm) dangerous() bool { return c.need > awsops.SaidYes }
func (c *confirm) Typing() bool    { return c.reason.asking || c.need == awsops.Typed }

// phrase is what has to be typed: the ID of one target, or the verb and count.
func (c *confirm) phrase() string {
	if len(c.requests) == 1 {
		return c.requests[0].Phrase()
	}
	return fmt.Sprintf("%s %d", c.info.Verb(), len(c.targets))
}

func (c *confirm) Help() []key.Binding {
	k := c.env.Keys
	switch {
	case c.reason.asking:
		return []key.Binding{k.Accept, k.TypedDryRun, k.Back}
	case c.need == awsops.Typed:
		return []key.Binding{k.Accept, k.TypedDryRun, k.TypedEdit, k.Back}
	case c.once:
		return []key.Binding{k.Really, k.No}
	}
	return []key.Binding{k.Yes, k.DryRun, k.Edit, k.No}
}

func (c *confirm) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case foreseen:
		if msg.dialog == c {
			c.looking--
			c.foreseen = append(c.foreseen, msg.lines...)
			if msg.err != nil {
				c.foreseen = append(c.foreseen, "What goes with it cannot be read: "+msg.err.Error())
			}
		}
	case tea.KeyMsg:
		if c.scroll(msg) {
			return nil, nil
		}
		if c.reason.asking {
			return c.onReason(msg), nil
		}
		if c.need == awsops.Typed {
			return c.onTyped(msg), nil
		}
		return c.onKey(msg), nil
	}
	return nil, nil
}

// scroll moves through a long list of targets.
func (c *confirm) scroll(msg tea.KeyMsg) bool {
	switch msg.Type {
	case tea.KeyUp:
		c.top--
	case tea.KeyDown:
		c.top++
	case tea.KeyPgUp:
		c.top -= c.height / 2
	case tea.KeyPgDown:
		c.top += c.height / 2
	default:
		return false
	}
	head, list := c.lines()
	c.top = max(0, min(c.top, len(list)-c.room()+len(head)))
	return true
}

func (c *confirm) onKey(msg tea.KeyMsg) views.Intent {
	k := c.env.Keys
	switch {
	case c.once && key.Matches(msg, k.Really), !c.once && c.need == awsops.SaidYes && key.Matches(msg, k.Yes):
		return c.yes(c.need)
	case !c.once && key.Matches(msg, k.Yes):
		c.once = true
	case !c.once && key.Matches(msg, k.DryRun):
		return c.dryRun()
	case !c.once && key.Matches(msg, k.Edit):
		return c.edit()
	case key.Matches(msg, k.No):
		return views.Back{}
	}
	return nil // a key that means nothing here must not close the question
}

func (c *confirm) onTyped(msg tea.KeyMsg) views.Intent {
	k := c.env.Keys
	switch {
	case key.Matches(msg, k.Accept):
		if strings.TrimSpace(c.input.Value()) == c.phrase() {
			return c.yes(awsops.Typed)
		}
		c.wrong = true
		return nil
	case key.Matches(msg, k.Back):
		return views.Back{}
	case key.Matches(msg, k.TypedDryRun):
		return c.dryRun()
	case key.Matches(msg, k.TypedEdit):
		return c.edit()
	}
	c.wrong = false
	c.input, _ = c.input.Update(msg) // the cursor does not blink
	return nil
}

func (c *confirm) yes(said awsops.Confirmation) views.Intent {
	requests := slices.Clone(c.requests)
	for i := range requests {
		requests[i].Confirmed, requests[i].Reason = said, c.reason.text
	}
	return confirmed{requests: requests, targets: c.targets}
}

func (c *confirm) dryRun() views.Intent {
	requests := slices.Clone(c.requests)
	for i := range requests {
		requests[i].DryRun = true
	}
	return confirmed{requests: requests, targets: c.targets}
}

func (c *confirm) edit() views.Intent {
	r := c.requests[0]
	return edit{operation: c.info.Name, values: r.Values, targets: c.targets, scope: r.Scope, save: r.Save}
}

// Resize implements views.View.
func (c *confirm) Resize(width, height int) {
	c.base.Resize(width, height)
	head, list := c.lines()
	c.top = max(0, min(c.top, len(list)-c.room()+len(head)))
}

// room is how many lines fit between the title and the question.
func (c *confirm) room() int { return max(1, c.height-4) }

func (c *confirm) View() string {
	head, list := c.lines()
	room := max(1, c.room()-len(head))
	shown := list[min(c.top, len(list)):]
	if len(shown) > room {
		more := c.env.Theme.Tone(theme.Faint).Render("… and " + plural(len(shown)-room+1, "more line") + ", ↓ scrolls")
		shown = append(slices.Clone(shown[:room-1]), more)
	}
	return strings.Join(slices.Concat([]string{c.title(), ""}, head, shown, []string{"", c.question()}), "\n")
}

func (c *confirm) title() string {
	th := c.env.Theme
	paint := th.Tone(theme.Strong)
	if c.dangerous() {
		paint = th.Danger
	}
	if c.production() {
		paint = th.Alarm
	}
	return paint.Render(cut(c.heading(), c.width))
}

// production says that some of it is about production.
func (c *confirm) production() bool {
	policy := c.env.Session.Policy()
	return slices.ContainsFunc(c.requests, func(r awsops.Request) bool { return policy.At(r.Scope).Production })
}

// heading is the title in plain text.
func (c *confirm) heading() string {
	where := ""
	if c.production() {
		where = "PRODUCTION: "
	}
	verb := c.info.Verb()
	if c.info.Makes() {
		return fmt.Sprintf("%s%s new %ss?", where, capital(verb), c.info.Noun)
	}
	var how []string
	for _, f := range c.info.Fields {
		if f.Kind == awsops.KindBool && c.requests[0].Values.Get(f.Name) == "true" {
			if strings.Contains(f.Name, "-") { // no word to put before a verb
				how = append(how, f.Name)
				continue
			}
			verb = f.Name + " " + verb
		}
	}
	what := plural(len(c.targets), c.info.Noun)
	if len(c.targets) == 0 {
		what = article(c.info.Noun)
	}
	if len(how) > 0 {
		what += ", " + strings.Join(how, ", ")
	}
	return fmt.Sprintf("%s%s %s?", where, capital(verb), what)
}

// article puts a or an before a noun.
func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// lines is everything that the operator has to know. When that is more than
// fits, what it means stays in sight, each loss in a line, above a list that
// scrolls: the targets, the losses in full, and last the rows that are left
// out, to which nothing happens.
func (c *confirm) lines() (head, list []string) {
	targets, facts, taken, skipped := c.targetLines(), c.factLines(), c.takenLines(), c.skippedLines()
	if list = slices.Concat(targets, []string{""}, facts, taken, skipped); len(list) <= c.room() {
		return nil, list
	}
	head = slices.Clone(facts)
	for _, l := range c.foreseen {
		head = append(head, c.env.Theme.Tone(theme.Bad).Render(cut(awsops.Clean(l), c.width)))
	}
	if most := max(1, c.room()*2/3); len(head) > most {
		more := len(head) - most + 1
		head = append(head[:most-1], c.env.Theme.Tone(theme.Bad).Render("… and "+plural(more, "more line")+" of what goes with it, below"))
	} else if len(head) == len(facts)+len(taken) { // they are whole
		taken = nil
	}
	if list = targets; len(taken)+len(skipped) > 0 {
		list = slices.Concat(targets, []string{""}, taken, skipped)
	}
	return append(head, ""), list
}

func (c *confirm) skippedLines() []string {
	var out []string
	for _, s := range c.skipped {
		out = append(out, c.painted(theme.Faint, "Left out: "+s)...)
	}
	return out
}

func (c *confirm) targetLines() []string {
	var out []string
	if len(c.targets) == 0 { // nothing that exists yet
		for _, r := range c.requests {
			text := fmt.Sprintf("account %s (%s)  %s", c.env.Session.Account(r.Scope.Profile), r.Scope.Profile, r.Scope.Region)
			out = append(out, wrap(awsops.Clean(text), c.width)...)
		}
	}
	for _, t := range c.targets {
		account, name := t.Account, t.Name
		if account == "" {
			account = "unknown"
		}
		if name != "" {
			name += "  "
		}
		text := fmt.Sprintf("%s%s  %s  account %s (%s)  %s", name, t.ID, t.Now, account, t.Scope.Profile, t.Scope.Region)
		out = append(out, wrap(awsops.Clean(text), c.width)...)
	}
	return out
}

// factLines tell what EC2 will be asked.
func (c *confirm) factLines() []string {
	var out []string
	add := func(tone theme.Tone, text string) { out = append(out, c.painted(tone, text)...) }
	add(theme.Faint, "EC2 will be asked: "+c.asks())
	if c.reason.text != "" {
		add(theme.Plain, "Reason: "+c.reason.text)
	}
	if tags := c.env.Session.Policy().Adds(c.info); tags != "" {
		add(theme.Plain, tags)
	}
	for _, w := range c.info.Warnings(c.requests[0].Values) {
		add(theme.Busy, w)
	}
	for _, f := range c.info.Fields {
		if f.Raises > awsops.Reads && c.requests[0].Values.Get(f.Name) == "true" {
			add(theme.Bad, f.Name+": "+f.Help+"; data can be lost.")
		}
	}
	if c.looking > 0 {
		add(theme.Faint, "Looking what goes with it…")
	}
	return out
}

// takenLines tell what the change takes with it.
func (c *confirm) takenLines() []string {
	var out []string
	for _, l := range c.foreseen {
		out = append(out, c.painted(theme.Bad, l)...)
	}
	return out
}

func (c *confirm) painted(tone theme.Tone, text string) []string {
	lines := wrap(awsops.Clean(text), c.width)
	for i, l := range lines {
		lines[i] = c.env.Theme.Tone(tone).Render(l)
	}
	return lines
}

// asks is the request in EC2's own words.
func (c *confirm) asks() string {
	target := c.info.Target()
	text := c.info.Action()
	if len(c.targets) > 0 {
		text += " with " + plural(len(c.targets), "ID")
	}
	for _, f := range c.info.Fields {
		v := f.Shown(c.requests[0].Values)
		if f.Name != target && f.Sent && len(v) > 0 {
			text += fmt.Sprintf(", %s=%s", f.Name, strings.Join(v, ","))
		}
	}
	scopes := map[awsops.Scope]bool{}
	for _, r := range c.requests {
		scopes[r.Scope] = true
	}
	if n := len(scopes); n > 1 {
		text += fmt.Sprintf(", in %d scopes", n)
	}
	return text
}

func (c *confirm) question() string {
	th, k := c.env.Theme, c.env.Keys
	switch {
	case c.reason.asking:
		return c.why()
	case c.need == awsops.Typed:
		ask := "Type " + th.Tone(theme.Strong).Render(c.phrase()) + " to confirm "
		if c.wrong {
			ask = th.Tone(theme.Bad).Render("That is not ") + th.Tone(theme.Strong).Render(c.phrase()) + " "
		}
		c.input.Width = max(1, c.width-ansi.StringWidth(ask+c.input.Prompt)-1)
		return ask + c.input.View()
	case c.once:
		return th.Danger.Render("["+k.Really.Help().Key+"] yes, really "+c.info.Verb()) + "   [esc] cancel"
	}
	return fmt.Sprintf("[%s] yes, %s   [%s] dry run   [%s] all inputs   [esc] cancel", k.Yes.Help().Key, c.info.Verb(), k.DryRun.Help().Key, k.Edit.Help().Key)
}
