package awsops

import (
	"strings"
)

// ExportFormats are the forms in which the rows of a screen can be taken away.
func ExportFormats() []string { return []string{"csv", "json", "text"} }

// Export writes a table alone: CSV with its titles, JSON as a list of objects,
// or text between the delimiters.
func (p Print) Export(t Table) (string, error) {
	var b strings.Builder
	r := Result{Table: &t}
	if p.Format != "json" {
		err := p.Write(&b, r, 0)
		return b.String(), err
	}
	err := writeJSON(&b, *newEnvelope(r, 0).Rows)
	return b.String(), err
}

// exportInfo declares the delimiters of exported text.
func exportInfo() Info {
	var fields []FieldInfo
	for _, f := range delimiters[struct{}](`\t`) {
		fields = append(fields, FieldInfo{Name: f.Name, Default: f.Default})
	}
	return Info{Fields: fields}
}

// NewExport is the form of an export. v may hold a delimiter, a row-delimiter
// and a col-delimiter.
func NewExport(format string, v Values) Print { return NewPrint(format, exportInfo(), v) }

// CheckExport says whether the delimiters can be told apart.
func CheckExport(v Values) error { return CheckDelimiters(exportInfo(), v) }
