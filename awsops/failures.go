package awsops

import "fmt"

// Failures is the error of a request of which nothing succeeded: what became of
// each target or scope, and the first error.
type Failures struct {
	Items []Item
	First error
}

// Error is the first error's sentence.
func (f *Failures) Error() string { return f.First.Error() }

// Unwrap returns the first error.
func (f *Failures) Unwrap() error { return f.First }

// Apart says that they failed for themselves, and not all in one call.
func (f *Failures) Apart() bool {
	for _, it := range f.Items[1:] {
		if it.Err != f.Items[0].Err {
			return true
		}
	}
	return false
}

// unknown says that the outcome of one of them is not known.
func (f *Failures) unknown() bool {
	for _, it := range f.Items {
		if it.Err.Class == Unknown {
			return true
		}
	}
	return false
}

// sentence says in few words what failed, or is "".
func sentence(failed []Item) string {
	if len(failed) == 0 {
		return ""
	}
	first := failed[0].ID + ": " + failed[0].Err.Message
	if len(failed) == 1 {
		return first
	}
	return fmt.Sprintf("%d failed; %s", len(failed), first)
}
