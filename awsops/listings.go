package awsops

import (
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Sizes of the pages of a listing: a small first one shows rows at once.
const (
	firstPage = 50
	fullPage  = 1000
)

// filterValues is the most values that EC2 takes in one filter.
const filterValues = 200

// pagesOf lists page by page: a small one first, so that rows show soon, then
// full ones. It ends with the last page, or with an error.
func pagesOf[T any](client *ec2.Client, operation string, fetch func(size *int32, token *string) ([]T, *string, error)) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		size := int32(firstPage)
		err := everyPage(func(token *string) (*string, error) {
			items, next, err := fetch(&size, token)
			size = fullPage
			if err == nil && !yield(items, nil) {
				next = nil
			}
			return next, err
		})
		if err != nil {
			yield(nil, explain(err, operation, client.Options().Region, false))
		}
	}
}

// everyPage asks for one page after the other, each by the token that the one
// before has answered, until there is none.
func everyPage(ask func(token *string) (next *string, err error)) error {
	token, err := ask(nil)
	for err == nil && aws.ToString(token) != "" {
		token, err = ask(token)
	}
	return err
}

// onePage is a listing that EC2 answers whole.
func onePage[T any](fetch func() ([]T, error)) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) { yield(fetch()) }
}

func filterOn(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}

func filtersOn(name string, values ...string) []types.Filter {
	return []types.Filter{filterOn(name, values...)}
}

// exactly keeps a filter from reading * and ? as wildcards; a name may well have them.
func exactly(value string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(value)
}
