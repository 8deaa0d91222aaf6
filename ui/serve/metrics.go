package serve

import (
	"io"
	"slices"
	"strconv"
	"strings"
)

// The kinds of metrics.
const (
	Counter = "counter" // only grows
	Gauge   = "gauge"
)

// Metric is a number that a monitoring system reads, in Prometheus' terms.
type Metric struct {
	Name, Help, Kind string
	Samples          []Sample
}

// Sample is a value of a metric under some labels.
type Sample struct {
	Labels []Label
	Value  float64
}

// Label is a name and any text.
type Label struct{ Name, Value string }

// writeMetrics writes the text format of Prometheus. Its client library would
// add a megabyte to the program.
func writeMetrics(w io.Writer, metrics []Metric) error {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	for _, m := range metrics {
		help := strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(m.Help)
		b.WriteString("# HELP " + m.Name + " " + help + "\n# TYPE " + m.Name + " " + m.Kind + "\n")
		lines := make([]string, len(m.Samples))
		for i, s := range m.Samples {
			lines[i] = m.Name + s.labels(escape) + " " + strconv.FormatFloat(s.Value, 'g', -1, 64) + "\n"
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Sample) labels(escape *strings.Replacer) string {
	if len(s.Labels) == 0 {
		return ""
	}
	var parts []string
	for _, l := range s.Labels {
		parts = append(parts, l.Name+`="`+escape.Replace(strings.ToValidUTF8(l.Value, "?"))+`"`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
