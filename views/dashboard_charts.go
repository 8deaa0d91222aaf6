package views

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"ec2deck/awsops"
)

// Sizes of the dashboard's table and charts.
const (
	countWidth   = 12
	mostBars     = 10
	barWidth     = 24
	launchDays   = 28
	launchHeight = 5
)

// text is the dashboard without colours: a title, a heading, one line for each
// counter, then the charts.
func (d *Dashboard) text() []string {
	scopes, titles := d.env.Session.Scopes(), d.scopeTitles()
	from := min(d.from, max(0, len(scopes)-1))
	room := d.pager.width - 27 - countWidth
	if len(scopes) < 2 {
		room = 0 // the only scope is the total
	}
	head := "  " + pad("", 25, false) + pad("Total", countWidth, true)
	to := from
	for ; to < len(scopes) && room >= len(titles[to])+2; to++ {
		room -= len(titles[to]) + 2
		head += "  " + titles[to]
	}
	title := "Dashboard"
	if len(scopes) > 1 {
		title = fmt.Sprintf("Dashboard of %d scopes, %d to %d shown", len(scopes), min(from+1, to), to)
	}
	lines := []string{title, head}
	for _, c := range d.counters {
		total, missing := d.sum(c.Part)
		value := fmt.Sprint(total.Counts[c.Name])
		switch {
		case missing == len(scopes) && missing == 1:
			value = d.parts[counted{scopes[0], c.Part}].number(c.Name)
		case missing == len(scopes):
			value = "…"
		case missing > 0:
			value = fmt.Sprintf("%s + %d?", value, missing)
		}
		line := "  " + pad(c.Title, 25, false) + pad(value, countWidth, true)
		for i := from; i < to; i++ {
			line += "  " + pad(d.parts[counted{scopes[i], c.Part}].number(c.Name), len(titles[i]), true)
		}
		lines = append(lines, line)
	}
	return append(lines, d.charts()...)
}

// charts are drawn of what has been read, in all scopes together.
func (d *Dashboard) charts() []string {
	instances, _ := d.sum("instances")
	volumes, _ := d.sum("volumes")
	left := append([]string{"Instances by type: # running, . not"}, bars(instances.Charts[awsops.ByType], instances.Charts[awsops.OnByType])...)
	right := append([]string{"Volumes by state"}, bars(volumes.Charts[awsops.ByState], volumes.Charts[awsops.ByState])...)
	right = append(append(right, ""), launches(instances.Charts[awsops.ByDay], d.env.Now())...)
	if d.pager.width < 110 {
		return slices.Concat([]string{""}, left, []string{""}, right)
	}
	lines := []string{""}
	for i := range max(len(left), len(right)) {
		var a, b string
		if i < len(left) {
			a = left[i]
		}
		if i < len(right) {
			b = right[i]
		}
		lines = append(lines, strings.TrimRight(pad(a, 58, false)+b, " "))
	}
	return lines
}

// bars draws the longest first; full is how much of each is filled.
func bars(chart, full map[string]int) []string {
	var labels []string
	for label := range chart {
		labels = append(labels, label)
	}
	sort.Slice(labels, func(i, j int) bool {
		a, b := labels[i], labels[j]
		return chart[a] > chart[b] || chart[a] == chart[b] && a < b
	})
	if len(labels) == 0 {
		return []string{"  none"}
	}
	var lines []string
	rest := 0
	for i, label := range labels {
		if i >= mostBars {
			rest += chart[label]
			continue
		}
		length := max(1, chart[label]*barWidth/chart[labels[0]])
		filled := (length*full[label] + chart[label] - 1) / chart[label]
		lines = append(lines, fmt.Sprintf("  %s %s %d", pad(awsops.Clean(label), 14, false), strings.Repeat("#", filled)+strings.Repeat(".", length-filled), chart[label]))
	}
	if rest > 0 {
		lines = append(lines, fmt.Sprintf("  %s %d", pad(fmt.Sprintf("%d others", len(labels)-mostBars), 14, false), rest))
	}
	return lines
}

// launches draws one column for each of the last days.
func launches(chart map[string]int, now time.Time) []string {
	most, sum := 0, 0
	days := make([]int, launchDays)
	for i := range days {
		days[i] = chart[now.UTC().AddDate(0, 0, i-launchDays+1).Format(time.DateOnly)]
		most, sum = max(most, days[i]), sum+days[i]
	}
	lines := []string{fmt.Sprintf("Launches of the last %d days: %d, at most %d a day", launchDays, sum, most)}
	for level := launchHeight; level > 0; level-- {
		var b strings.Builder
		b.WriteString("  ")
		for _, n := range days {
			mark := " "
			if n > 0 && (n*launchHeight+most-1)/most >= level {
				mark = "#"
			}
			b.WriteString(mark)
		}
		lines = append(lines, b.String())
	}
	first := now.UTC().AddDate(0, 0, 1-launchDays).Format("01-02")
	return append(lines, "  "+first+strings.Repeat("-", launchDays-len(first)-len("today"))+"today")
}
