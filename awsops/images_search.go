package awsops

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// How much of others' images is read for one search, of more than 100,000.
const (
	mostFound   = 1000 // images
	mostAnswers = 12   // which may hold fewer images than were asked for, or none
	foundPage   = 200
)

// Cut says that a listing was ended before its end, and what narrows it.
type Cut struct {
	Read   int
	Narrow string
}

// Error says what is there, and what to do for the rest.
func (c *Cut) Error() string {
	if c.Read == 0 {
		return "not all public images are read, there are more than 100,000: " + c.Narrow
	}
	return fmt.Sprintf("only the first %d images of others are here: %s", c.Read, c.Narrow)
}

// ImageSearch is what is asked for of the images of others.
type ImageSearch struct {
	Owners []string            // accounts, and the names that AWS goes by
	Texts  map[string][]string // what EC2's filters are to have in them, in any case
	Public bool
	Narrow string // what to do when too much is found
}

// ImageOwner says whether EC2 finds images by an owner of that name.
func ImageOwner(name string) bool {
	_, err := Owner("amazon", "aws-marketplace", "aws-backup-vault").Check(name)
	return err == nil
}

// anyCase is a filter for values that have a text in them, in which * stands
// for anything. EC2 minds the case: this finds a text as it is and in small
// letters, both with any first letters of words, and in capitals.
func anyCase(name string, texts []string) types.Filter {
	var values []string
	for _, text := range texts {
		text = strings.NewReplacer(`\`, `\\`, `?`, `\?`).Replace(text)
		for _, v := range []string{anyFirst(text), anyFirst(strings.ToLower(text)), strings.ToUpper(text)} {
			if v = "*" + v + "*"; !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	return filterOn(name, values...)
}

// anyFirst puts a wildcard for the first letter of each word.
func anyFirst(text string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		first := unicode.IsLetter(r) && !unicode.IsLetter(before)
		if before = r; first {
			return '?'
		}
		return r
	}, text)
}

// SearchImages lists images of others page by page, and no more than can be
// looked at: what is left out ends it with a Cut. All the public images are
// never asked for.
func SearchImages(ctx context.Context, client *ec2.Client, s ImageSearch) iter.Seq2[[]types.Image, error] {
	in := &ec2.DescribeImagesInput{Owners: s.Owners}
	for _, name := range slices.Sorted(maps.Keys(s.Texts)) {
		in.Filters = append(in.Filters, anyCase(name, s.Texts[name]))
	}
	if s.Public {
		in.Filters = append(in.Filters, filterOn("is-public", "true"))
	}
	return func(yield func([]types.Image, error) bool) {
		if len(s.Owners)+len(s.Texts) == 0 {
			yield(nil, &Cut{Narrow: s.Narrow})
			return
		}
		read, answers := 0, 0
		err := everyPage(func(token *string) (*string, error) {
			in.NextToken, in.MaxResults = token, aws.Int32(int32(min(foundPage, mostFound-read)))
			out, err := client.DescribeImages(ctx, in)
			if err != nil {
				return nil, err
			}
			read, answers = read+len(out.Images), answers+1
			switch {
			case !yield(out.Images, nil):
				return nil, nil
			case aws.ToString(out.NextToken) != "" && (read >= mostFound || answers == mostAnswers):
				yield(nil, &Cut{read, s.Narrow})
				return nil, nil
			}
			return out.NextToken, nil
		})
		if err != nil {
			yield(nil, explain(err, "describe-images", client.Options().Region, false))
		}
	}
}
