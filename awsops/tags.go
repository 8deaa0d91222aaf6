package awsops

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Limits of tags, as EC2 has them.
const (
	mostTags     = 50
	tagKeyLength = 128
	tagLength    = 256
)

// TagText is the value of a tag: up to so many characters, none of them control
// characters.
func TagText(most int) Rule {
	text := fmt.Sprintf("at most %d characters", most)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if utf8.RuneCountInString(s) > most || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' }) {
			return "", errors.New("write " + text + ", without control characters")
		}
		return s, nil
	}}
}

// TagKey is rule V-TAG for the key of a tag that is written.
func TagKey() Rule {
	length := TagText(tagKeyLength)
	return Rule{Text: "1 to 128 characters, not starting with aws:", Check: func(s string) (string, error) {
		if s == "" {
			return "", errors.New("must not be empty")
		}
		if strings.HasPrefix(strings.ToLower(s), "aws:") {
			return "", errors.New("aws: is reserved for AWS itself")
		}
		return length.Check(s)
	}}
}

// TagPair is rule V-TAG for name=value; the first = splits.
func TagPair() Rule {
	key, value := TagKey(), TagText(tagLength)
	return Rule{Text: "name=value; names up to 128, values up to 256 characters", Check: func(s string) (string, error) {
		k, v, _ := strings.Cut(s, "=")
		if _, err := key.Check(k); err != nil {
			return "", fmt.Errorf("the name: %w", err)
		}
		if _, err := value.Check(v); err != nil {
			return "", fmt.Errorf("the value: %w", err)
		}
		return s, nil
	}}
}

// TagsOf reads the tags of an SDK object, in the order of their keys.
func TagsOf(tags []types.Tag) []Tag { return tagsOf(tags) }

// newTags is the field of the tags that a new resource gets.
func newTags[In any](kind types.ResourceType, member func(In) *[]types.TagSpecification) Field[In] {
	return Field[In]{Name: "tags", Help: "tags of the new " + strings.ReplaceAll(string(kind), "-", " "), Default: "none", Most: mostTags, Rule: TagPair(),
		To: toEach(KindMap, func(in In, pair string) {
			specs := member(in)
			if len(*specs) == 0 {
				*specs = []types.TagSpecification{{ResourceType: kind}}
			}
			k, v, _ := strings.Cut(pair, "=")
			(*specs)[0].Tags = append((*specs)[0].Tags, types.Tag{Key: aws.String(k), Value: aws.String(v)})
		})}
}
