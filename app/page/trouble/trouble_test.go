package trouble_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/signin"
)

// Errors that are known have words, whatever is around them; of others nothing is told but that the log has them.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		known  bool
	}{
		{trouble.Missing, 404, true}, {trouble.Bad("since is a day"), 400, true}, {signin.ErrNobody, 401, true}, {signin.ErrStart, 400, true}, {signin.ErrDenied, 403, true}, {signin.ErrUnavailable, 503, true},
		{errors.New("reading /srv/secret: no such file"), 500, false},
	} {
		p, known := trouble.Explain(fmt.Errorf("at the disk 7: %w", c.err))
		if p.Status != c.status || known != c.known || p.Title == "" || p.Word == "" || p.Error() != p.Word {
			t.Errorf("%v: %+v, %v", c.err, p, known)
		}
		if !known && (p.Word == c.err.Error() || len(p.Word) > 100) {
			t.Errorf("it tells %q", p.Word)
		}
	}
}
