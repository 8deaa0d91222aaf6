package ec2sim

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of tags. Tags of AWS itself do not count.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// tagsOf makes the tags of a seed, in the order of their keys.
func tagsOf(name string, tags map[string]string) []Tag {
	var out []Tag
	if name != "" {
		out = append(out, Tag{"Name", name})
	}
	for k, v := range tags {
		out = append(out, Tag{k, v})
	}
	slices.SortStableFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out
}

func reserved(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

func checkTag(t Tag) *apiError {
	switch {
	case t.Key == "":
		return bad("InvalidTagKey.Malformed", "Tag keys cannot be empty or null.")
	case reserved(t.Key):
		return bad("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
	case utf8.RuneCountInString(t.Key) > maxTagKey:
		return bad("InvalidParameterValue", "Tag key exceeds the maximum length of %d characters", maxTagKey)
	case utf8.RuneCountInString(t.Value) > maxTagValue:
		return bad("InvalidParameterValue", "Tag value exceeds the maximum length of %d characters", maxTagValue)
	}
	return nil
}

// newTags reads the tags that a new resource of a kind gets.
func (c *call) newTags(kind string) ([]Tag, *apiError) {
	tags := c.form.tagsFor(kind)
	for i, t := range tags {
		if err := checkTag(t); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(tags[:i], func(o Tag) bool { return o.Key == t.Key }) {
			return nil, bad("InvalidParameterValue", "Duplicate tag key '%s' specified.", t.Key)
		}
	}
	if len(tags) > maxTags {
		return nil, errTooManyTags()
	}
	return tags, nil
}

func errTooManyTags() *apiError {
	return bad("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
}
