package graph

// Keyed cuts one page out of a list whose cursors name the element that they stand behind, as those of GitHub's sorted
// lists do: elements that are put in front of it in between do not move the next page. At returns the cursor of the element
// with an index, and behind the index of the first element behind a cursor, which may be of an element that is gone.
func Keyed(all []any, at func(int) string, behind func(cursor string) int, name string, args map[string]any) (any, *Error) {
	plain := map[string]any{}
	for k, v := range args {
		plain[k] = v
	}
	for _, side := range []string{"after", "before"} {
		if c, is := args[side].(string); is {
			i := behind(c)
			if side == "after" || i > 0 && at(i-1) == c {
				i--
			}
			plain[side] = cursor(i)
		}
	}
	got, err := Page(all, name, plain)
	if err != nil {
		return nil, err
	}
	got.(*page).key = at
	return got, nil
}

// cursor returns the cursor of an element of the whole list.
func (p *page) cursor(i int) string {
	if p.key != nil {
		return p.key(i)
	}
	return cursor(i)
}

// Broken is a value of a list that could not be made. It is null in the answer, with an error beside it.
type Broken struct{ Error Error }
