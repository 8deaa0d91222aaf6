package views

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
)

var imageIDs = regexp.MustCompile(`\bami-([0-9a-f]{17}|[0-9a-f]{8})\b`)

// searched are the columns that EC2 is asked about by a filter of its own.
func searched() []struct{ column, filter string } {
	return []struct{ column, filter string }{{"Name", "name"}, {"Description", "description"}, {"Architecture", "architecture"}, {"Root", "root-device-type"}}
}

// othersImages are the images of others that a filter asks for: those it names
// by their IDs, those of an owner, and public ones with a name.
func othersImages(query string) (string, lister[image]) {
	if ids := imageIDs.FindAllString(strings.ToLower(query), -1); len(ids) > 0 {
		return strings.Join(ids, " "), func(ctx context.Context, c *ec2.Client) iter.Seq2[[]image, error] {
			return func(yield func([]image, error) bool) { yield(awsops.ImagesByID(ctx, c, ids)) }
		}
	}
	asks := columnWords(query, imageColumns())
	search := awsops.ImageSearch{Texts: map[string][]string{}, Public: len(asks["Visibility"]) == 1 && asks["Visibility"][0] == "public"}
	for _, owner := range asks["Owner"] {
		if !awsops.ImageOwner(owner) { // the beginning of a number, say: it narrows what is here
			search.Owners = nil
			break
		}
		search.Owners = append(search.Owners, owner)
	}
	if !search.Public && len(search.Owners) == 0 {
		return "", nil
	}
	var missing []string
	for _, s := range searched() {
		if texts := asks[s.column]; len(texts) > 0 {
			search.Texts[s.filter] = texts
			continue
		}
		missing = append(missing, slug(s.column)+":…")
	}
	if len(search.Owners) == 0 {
		missing = append([]string{"owner:amazon"}, missing...)
	}
	search.Narrow = "add " + strings.Join(missing, " or ")
	if len(missing) == 0 {
		search.Narrow = "make the name longer"
	}
	return fmt.Sprint(search), refs(func(ctx context.Context, c *ec2.Client) iter.Seq2[[]types.Image, error] {
		return awsops.SearchImages(ctx, c, search)
	})
}
