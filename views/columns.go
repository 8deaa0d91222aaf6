package views

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// age is a column of how long ago something began; it sorts the youngest first.
func age[T any](began func(T) time.Time) Column[T] {
	return Column[T]{
		Title: "Age", Width: 4, Right: true,
		Value:  func(row T) string { return began(row).UTC().Format(awsops.TimeFormat) },
		Show:   func(row T, now time.Time) string { return since(began(row), now) },
		Number: func(row T) int64 { return -began(row).Unix() },
	}
}

// state is the column of a row's state; a state without a tone is on its way.
func state[T any](width int, of func(T) string, tones map[string]theme.Tone) Column[T] {
	return Column[T]{Title: "State", Width: width, Value: of, Tone: func(row T) theme.Tone {
		if tone, ok := tones[of(row)]; ok {
			return tone
		}
		return theme.Busy
	}}
}

// pretending makes a row as it is in another state.
func pretending[T any, S ~string](state func(*T) *S) func(*T, string) *T {
	return func(row *T, to string) *T {
		shown := *row
		*state(&shown) = S(to)
		return &shown
	}
}

// size is a column of GiB.
func size[T any](of func(T) *int32) Column[T] {
	return Column[T]{
		Title: "Size", Width: 9, Right: true,
		Value:  func(row T) string { return gib(of(row)) },
		Number: func(row T) int64 { return int64(aws.ToInt32(of(row))) },
	}
}

// extra is a column that is off until it is chosen.
func extra[T any](c Column[T]) Column[T] {
	c.Extra = true
	return c
}

func gib(n *int32) string { return text(n) + " GiB" }

// nameTag is the name that people gave.
func nameTag(tags []types.Tag) string { return awsops.TagValue(awsops.TagsOf(tags), "Name") }
