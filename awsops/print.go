package awsops

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/charmbracelet/x/ansi"
)

// Formats are the values of --output.
func Formats() []string { return []string{"table", "csv", "json", "text"} }

// Print says how a result is written.
type Print struct {
	// Format is one of Formats.
	Format string
	// Delimiter joins lists inside a cell, Column the cells, Row the rows of text.
	Delimiter, Column, Row string
}

// Delimiters are the output fields of an operation that prints rows, with the
// default of its column delimiter.
func delimiters[In any](col string) []Field[In] {
	return []Field[In]{
		delimiter[In](),
		{Name: "row-delimiter", Help: "what ends a row of text; \\n and \\t are understood", Default: "\\n", Rule: NotEmpty(), To: Local[In]()},
		{Name: "col-delimiter", Help: "what stands between two cells of text", Default: col, Rule: NotEmpty(), To: Local[In]()},
	}
}

func delimiter[In any]() Field[In] {
	return Field[In]{Name: "delimiter", Help: "what stands between the members of a list in a cell", Default: ",", Rule: NotEmpty(), To: Local[In]()}
}

// CheckDelimiters keeps rows, cells and the members of lists apart, whether
// given or not. Only operations that declare all three print lists in cells.
func CheckDelimiters(info Info, v Values) error {
	p := NewPrint("text", info, v)
	f, list := info.Field("delimiter")
	list = list && !f.Splits
	_, cells := info.Field("col-delimiter")
	for _, pair := range []struct {
		same bool
		a, b string
	}{
		{p.Row == p.Column, "col-delimiter", "row-delimiter"},
		{list && cells && p.Delimiter == p.Column, "col-delimiter", "delimiter"},
		{list && cells && p.Delimiter == p.Row, "row-delimiter", "delimiter"},
	} {
		if !pair.same {
			continue
		}
		if v.Get(pair.a) == "" {
			pair.a, pair.b = pair.b, pair.a
		}
		return &InputError{Field: pair.a, Value: v.Get(pair.a), Rule: "must differ from --" + pair.b}
	}
	return nil
}

// NewPrint combines the format that was asked for with the operation's
// delimiters. Giving one of them asks for text.
func NewPrint(format string, info Info, v Values) Print {
	get := func(name, fallback string) string {
		if s := v.Get(name); s != "" {
			return unescape(s)
		}
		if f, ok := info.Field(name); ok {
			return unescape(f.Default)
		}
		return fallback
	}
	if format == "" {
		format = "table"
		for _, name := range []string{"delimiter", "row-delimiter", "col-delimiter"} {
			if f, _ := info.Field(name); v.Get(name) != "" && !f.Splits {
				format = "text"
			}
		}
	}
	return Print{Format: format, Delimiter: get("delimiter", ","), Column: get("col-delimiter", ","), Row: get("row-delimiter", "\n")}
}

func unescape(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`).Replace(s)
}

// Write prints a result. Text that came from AWS is sanitized, except in JSON,
// which escapes it.
func (p Print) Write(w io.Writer, r Result, exit int) error {
	switch p.Format {
	case "json":
		return p.json(w, r, exit)
	case "csv":
		return p.csv(w, r)
	case "text":
		return p.text(w, r)
	}
	return p.table(w, r)
}

// visible returns the columns that are not for JSON only.
func visible(t *Table) []int {
	var out []int
	for i, c := range t.Columns {
		if !c.Extra {
			out = append(out, i)
		}
	}
	return out
}

func (p Print) text(w io.Writer, r Result) error {
	if r.Table == nil {
		for _, o := range r.Outputs {
			if _, err := io.WriteString(w, CleanLines(CellText(o.Value, p.Delimiter, ""))+p.Row); err != nil {
				return err
			}
		}
		return nil
	}
	table := r.flat()
	for _, row := range table.Rows {
		var cells []string
		for _, i := range visible(table) {
			cells = append(cells, Clean(CellText(row[i], p.Delimiter, table.Null)))
		}
		if _, err := io.WriteString(w, strings.Join(cells, p.Column)+p.Row); err != nil {
			return err
		}
	}
	return nil
}

func (p Print) csv(w io.Writer, r Result) error {
	out := csv.NewWriter(w)
	table, clean := r.flat(), Clean
	if table == nil {
		table, clean = &Table{Rows: [][]any{{}}}, CleanLines
		for _, o := range r.Outputs {
			table.Columns = append(table.Columns, TableColumn{Name: o.Name})
			table.Rows[0] = append(table.Rows[0], o.Value)
		}
	}
	var head []string
	for _, i := range visible(table) {
		head = append(head, table.Columns[i].Name)
	}
	_ = out.Write(head) // errors stay in the writer
	for _, row := range table.Rows {
		var cells []string
		for _, i := range visible(table) {
			text := clean(CellText(row[i], p.Delimiter, table.Null))
			if _, number := row[i].(int); !number { // -1 is no formula
				text = harmless(text)
			}
			cells = append(cells, text)
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}

// harmless prefixes a cell that a spreadsheet would run as a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (p Print) table(w io.Writer, r Result) error {
	if r.Table == nil || r.Lead {
		for _, o := range r.Outputs {
			value, gap := CleanLines(CellText(o.Value, p.Delimiter+" ", "-")), " "
			if strings.Contains(value, "\n") {
				gap = "\n"
			}
			if _, err := fmt.Fprintf(w, "%-28s%s%s\n", o.Name, gap, value); err != nil {
				return err
			}
		}
	}
	if r.Table == nil || r.Lead && len(r.Table.Rows) == 0 {
		return p.trailer(w, r)
	}
	columns := visible(r.Table)
	lines := [][]string{make([]string, 0, len(columns))}
	for _, i := range columns {
		lines[0] = append(lines[0], strings.ToUpper(r.Table.Columns[i].Title))
	}
	for _, row := range r.Table.Rows {
		var cells []string
		for _, i := range columns {
			cells = append(cells, Clean(CellText(row[i], p.Delimiter, "-")))
		}
		lines = append(lines, cells)
	}
	widths := make([]int, len(columns))
	for _, cells := range lines {
		for i, c := range cells {
			widths[i] = max(widths[i], ansi.StringWidth(c))
		}
	}
	for _, cells := range lines {
		var b strings.Builder
		for i, c := range cells {
			b.WriteString(c)
			if i < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(c)+2))
			}
		}
		if _, err := io.WriteString(w, strings.TrimRight(b.String(), " ")+"\n"); err != nil {
			return err
		}
	}
	return p.trailer(w, r)
}

// trailer names what stands beside a table. Refused targets are errors, and
// the caller tells those on another stream.
func (p Print) trailer(w io.Writer, r Result) error {
	var b strings.Builder
	if r.Table != nil && !r.Lead { // lists that are no columns
		for _, o := range r.Outputs {
			if list, ok := o.Value.([]string); ok {
				fmt.Fprintf(&b, "%s: %s\n", o.Name, Clean(CellText(list, p.Delimiter, "-")))
			}
		}
	}
	message := r.Message
	if message == "" && r.Table != nil && len(r.Table.Rows) == 0 {
		message = r.EmptyText
	}
	if message != "" {
		fmt.Fprintln(&b, Clean(message))
	}
	if r.RequestID != "" {
		fmt.Fprintln(&b, "request "+Clean(r.RequestID))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Print) json(w io.Writer, r Result, exit int) error {
	return writeJSON(w, newEnvelope(r, exit))
}

// writeJSON escapes what could act on a terminal or cannot be seen: the
// encoder itself lets C1 controls and format characters through. They can
// stand in strings only.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		return err
	}
	text := b.String()
	if !strings.ContainsFunc(text, unseen) {
		_, err := io.WriteString(w, text)
		return err
	}
	var escaped strings.Builder
	for _, r := range text {
		if !unseen(r) {
			escaped.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&escaped, "\\u%04x", unit)
		}
	}
	_, err := io.WriteString(w, escaped.String())
	return err
}

// unseen is hidden, but for the newlines of the encoder.
func unseen(r rune) bool { return r != '\n' && r > 0x1f && hidden(r) }

// envelope is the JSON form of a result.
type envelope struct {
	Operation string          `json:"operation"`
	Success   bool            `json:"success"`
	ExitCode  int             `json:"exit-code"`
	Message   string          `json:"message"`
	RequestID string          `json:"request-id"`
	Scope     *Scope          `json:"scope,omitempty"`
	Outputs   object          `json:"outputs,omitempty"`
	Rows      *[]object       `json:"rows,omitempty"`
	Errors    []envelopeError `json:"errors,omitempty"`
}

type envelopeError struct {
	ID        string `json:"id,omitempty"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	RequestID string `json:"request-id,omitempty"`
	Status    int    `json:"http-status,omitempty"`
}

func newEnvelope(r Result, exit int) envelope {
	env := envelope{Operation: r.Operation, Success: exit == 0, ExitCode: exit, Message: r.Message, RequestID: r.RequestID}
	if env.Message == "" && exit == 0 {
		env.Message = "ok"
	}
	if env.Message == "" {
		env.Message = sentence(r.Failed())
	}
	if r.Scope != (Scope{}) {
		env.Scope = &r.Scope
	}
	for _, o := range r.Outputs {
		env.Outputs = append(env.Outputs, member(o))
	}
	if r.Table != nil {
		rows := make([]object, len(r.Table.Rows))
		for i, row := range r.Table.Rows {
			for k, c := range r.Table.Columns {
				rows[i] = append(rows[i], member{c.Name, row[k]})
			}
		}
		env.Rows = &rows
	}
	for _, it := range r.Failed() {
		env.Errors = append(env.Errors, failure(it.ID, it.Err))
	}
	return env
}

func failure(id string, e *Error) envelopeError {
	return envelopeError{ID: id, Code: e.Code, Message: e.Message, Hint: e.Hint, RequestID: e.RequestID, Status: e.Status}
}

// WriteError prints an operation's failure in the envelope of JSON.
func WriteError(w io.Writer, operation string, err error, exit int) error {
	env := envelope{Operation: operation, ExitCode: exit, Message: err.Error()}
	e, all := AsError(err), (*Failures)(nil)
	if e == nil { // nothing was sent
		e = &Error{Code: "BadInput", Message: env.Message}
	}
	env.Message, env.RequestID = e.Message, e.RequestID
	switch {
	case !errors.As(err, &all):
		env.Errors = []envelopeError{failure("", e)}
	case all.Apart():
		env.Message = sentence(all.Items)
		fallthrough
	default:
		for _, it := range all.Items {
			env.Errors = append(env.Errors, failure(it.ID, it.Err))
		}
	}
	return writeJSON(w, env)
}

// object is a JSON object that keeps the order of its members.
type object []member

type member Output

// MarshalJSON writes the members in order. Times are UTC, empty cells null.
// A member that comes twice keeps its first place.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if slices.ContainsFunc(o[:i], func(x member) bool { return x.Name == m.Name }) {
			continue
		}
		if i > 0 {
			b.WriteByte(',')
		}
		v := m.Value
		if t, ok := v.(time.Time); ok {
			v = t.UTC().Format(TimeFormat)
		}
		if err := errors.Join(encode(&b, m.Name, ":"), encode(&b, v, "")); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes a value without escaping HTML, which the outer encoder could
// not take back, and without the encoder's newline.
func encode(b *bytes.Buffer, v any, after string) error {
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	if err := out.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(after)
	return nil
}
