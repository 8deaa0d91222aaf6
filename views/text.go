package views

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"gopkg.in/yaml.v3"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Text is a text of many lines on the stack: the result of an operation, the
// console output, the help.
type Text struct {
	env         Env
	title, text string
	pager       pager
}

// NewText makes a text view. The text is sanitized here.
func NewText(env Env, title, text string) *Text {
	t := &Text{env: env, title: awsops.Clean(title), text: text}
	t.pager.set(strings.Split(awsops.CleanLines(strings.TrimRight(text, "\n")), "\n")...)
	return t
}

// NewStyledText is for text of our own that carries colours.
func NewStyledText(env Env, title string, lines []string) *Text {
	t := &Text{env: env, title: title, text: ansi.Strip(strings.Join(lines, "\n"))}
	t.pager.set(lines...)
	return t
}

// Init implements View.
func (t *Text) Init() tea.Cmd { return nil }

// Close implements View.
func (t *Text) Close() {}

// Typing implements View.
func (t *Text) Typing() bool { return false }

// Status implements View.
func (t *Text) Status() Status { return Status{} }

// Help implements View.
func (t *Text) Help() []key.Binding {
	k := t.env.Keys
	return []key.Binding{k.Up, k.Down, k.PageDown, binding(k.Copy.Help().Key, "copy all"), k.Back}
}

// Resize implements View.
func (t *Text) Resize(width, height int) { t.pager.resize(width, max(0, height-1)) }

// Update implements View.
func (t *Text) Update(msg tea.Msg) (Intent, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	if !ok || t.pager.move(press, t.env) {
		return nil, nil
	}
	switch k := t.env.Keys; {
	case key.Matches(press, k.Back), key.Matches(press, k.Quit):
		return Back{}, nil
	case key.Matches(press, k.Copy):
		return Copy{t.text, t.title}, nil
	}
	return Say{press.String() + " does nothing here; esc goes back", theme.Faint}, nil
}

// View implements View.
func (t *Text) View() string {
	title := fit(t.env.Theme.Tone(theme.Strong).Render(t.title)+t.pager.position(), t.pager.width)
	return strings.Join(append([]string{title}, t.pager.lines()...), "\n")
}

// wrapLine breaks a line, with its colours, at the width.
func wrapLine(line string, width int) []string {
	line = strings.ReplaceAll(line, "\t", "    ")
	if ansi.StringWidth(line) <= width {
		return []string{line}
	}
	return Wrap(line, width)
}

// noBreak stands for a hyphen while a text is wrapped: x/ansi breaks at every
// hyphen, and an ID that is broken in two can be neither read nor copied.
const noBreak = "\u2011"

// Wrap breaks a text, with its colours, into lines at blanks.
func Wrap(s string, width int) []string {
	wrapped := ansi.Wrap(strings.ReplaceAll(s, "-", noBreak), width, " ")
	return strings.Split(strings.ReplaceAll(wrapped, noBreak, "-"), "\n")
}

// toYAML prints an SDK object as YAML with EC2's member names, in the SDK's
// order, without members that are not set.
func toYAML(object any) string {
	data, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil { // JSON is YAML
		return err.Error()
	}
	compact(&node)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&node); err != nil {
		return err.Error()
	}
	return out.String()
}

// compact drops unset members and JSON's own style. Words that older YAML
// takes for booleans stay quoted.
func compact(n *yaml.Node) {
	n.Style = 0
	if n.Tag == "!!str" && slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(n.Value)) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, c := range n.Content {
		compact(c)
	}
	if n.Kind == yaml.MappingNode {
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if v := n.Content[i+1]; !unset(v) {
				kept = append(kept, n.Content[i], v)
			}
		}
		n.Content = kept
	}
}

func unset(n *yaml.Node) bool {
	return n.Tag == "!!null" || n.Kind == yaml.ScalarNode && n.Value == "" || n.Kind == yaml.SequenceNode && len(n.Content) == 0 || n.Kind == yaml.MappingNode && len(n.Content) == 0
}
