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
		size, token := int32(firstPage), (*string)(nil)
		for {
			items, next, err := fetch(&size, token)
			if err != nil {
				yield(nil, explain(err, operation, client.Options().Region, false))
				return
			}
			if !yield(items, nil) || aws.ToString(next) == "" {
				return
			}
			size, token = fullPage, next
		}
	}
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
