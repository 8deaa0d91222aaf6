package awsops

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Result is the outcome of an operation: the envelope around named outputs,
// a table and what became of each target.
type Result struct {
	Operation string
	Scope     Scope
	RequestID string
	Message   string
	// Outputs are single named values, in the order of Op.Outputs.
	Outputs []Output
	// Table holds the rows, if the operation has any.
	Table *Table
	// Lead says that the outputs are as much a part of the answer as the table:
	// they are printed above it, or in front of each of its rows.
	Lead bool
	// EmptyText says what a table without rows means. Where it is set, an empty
	// table counts as a failure on the command line.
	EmptyText string
	// Items tell the outcome of each target of a change.
	Items []Item
	// Then are the steps of a flow that follow, one after the other.
	Then []Step

	entry string    // the journal's ID of the request
	begun time.Time // as the journal has it
}

// Output is one named value of a result.
type Output struct {
	Name  string
	Value any
}

// Item is what became of one target.
type Item struct {
	ID, From, To string
	Err          *Error
}

// Table is rows of typed cells: string, int, bool, time.Time, []string, or nil.
type Table struct {
	Columns []TableColumn
	Rows    [][]any
	// Null is what an empty cell prints in delimited text.
	Null string
}

// TableColumn is a column of a result.
type TableColumn struct {
	Name, Title string
	// Extra columns appear in JSON only.
	Extra bool
}

// finished is the answer of a change that has nothing to show: what is to be said,
// if anything, and the ID of another request that stands for it.
type finished struct{ said, requestID string }

func showFinished(out *finished) Result {
	return Result{RequestID: out.requestID, Message: out.said, Outputs: []Output{{"result", true}}}
}

// Failed returns the items that EC2 refused.
func (r Result) Failed() []Item {
	var out []Item
	for _, it := range r.Items {
		if it.Err != nil {
			out = append(out, it)
		}
	}
	return out
}

// flat is the table with the outputs in front of each row; without rows there
// is one of the outputs alone.
func (r Result) flat() *Table {
	if !r.Lead || r.Table == nil {
		return r.Table
	}
	t := &Table{Null: r.Table.Null}
	var lead []any
	for _, o := range r.Outputs {
		t.Columns, lead = append(t.Columns, TableColumn{Name: o.Name, Title: o.Name}), append(lead, o.Value)
	}
	t.Columns = append(t.Columns, r.Table.Columns...)
	for _, row := range r.Table.Rows {
		t.Rows = append(t.Rows, append(lead[:len(lead):len(lead)], row...))
	}
	if len(r.Table.Rows) == 0 {
		t.Rows = [][]any{append(lead, make([]any, len(r.Table.Columns))...)}
	}
	return t
}

// column describes one column of a listing: its name, its title and its cell.
type column[T any] struct {
	name, title string
	extra       bool
	cell        func(T) any
}

func tableOf[T any](columns []column[T], rows []T) *Table {
	heads := make([]TableColumn, len(columns))
	for i, c := range columns {
		heads[i] = TableColumn{Name: c.name, Title: c.title, Extra: c.extra}
	}
	return newTable(heads, len(rows), func(row, col int) any { return columns[col].cell(rows[row]) })
}

// newTable asks for every cell. It is compiled once and not for every listing.
func newTable(heads []TableColumn, rows int, cell func(row, col int) any) *Table {
	t := &Table{Columns: heads}
	for row := range rows {
		cells := make([]any, len(heads))
		for col := range heads {
			cells[col] = plain(cell(row, col))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// outputsOf reads one row of a listing as named outputs.
func outputsOf[T any](columns []column[T], row T) []Output {
	out := make([]Output, len(columns))
	for i, c := range columns {
		out[i] = Output{Name: c.name, Value: plain(c.cell(row))}
	}
	return out
}

func names[T any](columns []column[T]) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}

// plain takes the pointers and the named types of the SDK away from a cell.
// Nil and "" both mean that EC2 sent nothing.
func plain(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case *string:
		if v == nil {
			return nil
		}
		return plain(*v)
	case *int32:
		if v == nil {
			return nil
		}
		return int(*v)
	case *bool:
		if v == nil {
			return nil
		}
		return *v
	case *time.Time:
		if v == nil {
			return nil
		}
		return *v
	case string:
		if v == "" {
			return nil
		}
		return v
	case []string, int, bool, time.Time, Secret:
		return v
	}
	return plain(fmt.Sprint(v)) // the SDK's enums
}

// TimeFormat is how times print in exports: UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// CellText prints a cell in one line; list joins the members of a list.
// A cell without a value is null.
func CellText(v any, list, null string) string {
	switch v := v.(type) {
	case nil:
		return null
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.UTC().Format(TimeFormat)
	case []string:
		if len(v) == 0 {
			return null
		}
		return strings.Join(v, list)
	}
	return fmt.Sprint(v)
}

// Merge joins the results of one read in several scopes. Its table has the
// account and the region of each row in front, also when only one scope
// answered; accounts are looked up by profile.
func Merge(results []Result, account func(profile string) string) Result {
	merged := Result{}
	for _, r := range results {
		merged.Operation, merged.EmptyText = r.Operation, r.EmptyText
		merged.Items = append(merged.Items, r.Items...)
		where := []any{plain(account(r.Scope.Profile)), plain(r.Scope.Region)}
		if where[1] == nil { // a profile that could not be opened
			where[0] = r.Scope.Profile
		}
		table := r.flat()
		if table == nil { // single values become a row
			table = &Table{Rows: [][]any{{}}}
			for _, o := range r.Outputs {
				table.Columns = append(table.Columns, TableColumn{Name: o.Name, Title: o.Name})
				table.Rows[0] = append(table.Rows[0], o.Value)
			}
		}
		if merged.Table == nil {
			merged.Table = &Table{Null: table.Null, Columns: append([]TableColumn{{Name: "account", Title: "Account"}, {Name: "region", Title: "Region"}}, table.Columns...)}
		}
		for _, row := range table.Rows {
			merged.Table.Rows = append(merged.Table.Rows, append(where[:2:2], row...))
		}
		if merged.RequestID != "" && r.RequestID != "" {
			merged.RequestID += ","
		}
		merged.RequestID += r.RequestID
	}
	return merged
}

// sortBy sorts rows and keeps the order of equal ones. The sorts of package
// slices are compiled anew for every type of row, 20 kB each; this is not.
func sortBy[T any](rows []T, compare func(a, b T) int) {
	sort.SliceStable(rows, func(i, j int) bool { return compare(rows[i], rows[j]) < 0 })
}
