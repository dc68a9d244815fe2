package page

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/paste"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
)

// maxSender is how long a sender's name can be, in characters.
const maxSender = 60

// Sender is what can be seen of who may send what agents consumed: everything but the token.
type Sender struct {
	Name string
	By   string // login of who made it
	Made time.Time
	Used time.Time // about when it sent last; zero for never
}

// Senders keeps who may send into the ledger of an installation. Implementations are safe for concurrent use.
type Senders interface {
	// Senders lists those of an installation in the order of their names.
	Senders(ctx context.Context, installation int64) ([]Sender, error)
	// MakeSender makes one and returns its token, which paste.Token takes and which cannot be read again. The error wraps
	// ErrTaken where the name is another one's, and ErrFull where there are too many.
	MakeSender(ctx context.Context, installation int64, name, by string) (token string, err error)
	// RemoveSender removes one: what it sends from then on is refused. One that is not there is no error.
	RemoveSender(ctx context.Context, installation int64, name string) error
}

// Errors of Senders.
var (
	ErrTaken = errors.New("there is a sender of this name")
	ErrFull  = errors.New("there are as many senders as an installation can have")
)

// maySend lets those in who administer the installation.
func (v *visit) maySend() error {
	return v.administer("Senders are made by people who administer every repository that pertask is installed in here: what they send is counted for all of them.")
}

func senders(v *visit) (*layout.View, error) {
	if err := v.maySend(); err != nil {
		return nil, err
	}
	p, err := v.sending(paste.Placeholder)
	if err == nil && v.q.Get("done") == "removed" {
		p.Done = "The sender is removed. What it sends is refused."
	}
	return p, err
}

// sending is the page of senders, with lines to paste that have a token.
func (v *visit) sending(token string) (*layout.View, error) {
	all, err := v.Senders.Senders(v.ctx, v.grant.Installation)
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/senders")
	l := &sheet.Sheet{Name: "senders", Cards: true, Caption: "Senders", Export: path, Empty: "Nobody can send yet.", Columns: []sheet.Column{{Key: "name", Title: "Name"}, {Title: "Do"},
		{Key: "by", Title: "Made by"}, {Key: "made", Title: "Made (UTC)"}, {Key: "used", Title: "Used last, about (UTC)"}}}
	for _, x := range all {
		remove := &layout.Form{Post: true, Action: path + "/remove", Submit: "Remove", Class: "inline", Fields: []layout.Field{{Name: "name", Type: "hidden", Value: x.Name}}}
		used := sheet.When(x.Used)
		if x.Used.IsZero() {
			used.Show = "never"
		}
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Text(x.Name), {Do: remove}, sheet.Text(x.By), sheet.When(x.Made), used})
	}
	make := &layout.Form{Post: true, Action: path + "/make", Submit: "Make a sender", Fields: []layout.Field{{Name: "name", Label: "Name, such as a team or a machine", Type: "text"}}}
	p := &layout.View{Title: "Senders", Tab: "senders", Blocks: []layout.Block{{Text: words("Coding agents can send here what they consumed, as OpenTelemetry. A sender has a token with which it adds numbers to this installation's ledger. It can read nothing and change nothing."), List: l},
		{Title: "Make a sender", Text: words("The token is shown once. Make one for each team or machine, so that one that leaks can be removed alone."), Form: make}, v.pasted(token)}}
	return p, nil
}

// pasted are the lines to paste.
func (v *visit) pasted(token string) layout.Block {
	b := layout.Block{Title: "What to paste", Text: []string{"An agent sends how many tokens of which model a session consumed, in which repository and on which branch: no prompts, no answers and no names of files are kept. " +
		"The last line tells repository and branch; say it again after you change the branch."}}
	if token == paste.Placeholder {
		b.Text = append(b.Text, "Put the token of a sender where "+paste.Placeholder+" stands.")
	}
	for _, x := range paste.All(strings.TrimSuffix(v.URL, "/")+v.SendPath, token) {
		b.Pieces = append(b.Pieces, layout.Piece{Title: x.Agent + ", " + x.Where, Text: x.Text})
	}
	return b
}

// makeSender answers with the page itself: the token is on it and nowhere else.
func makeSender(v *visit) error {
	if err := v.maySend(); err != nil {
		return err
	}
	name := strings.TrimSpace(v.r.PostFormValue("name"))
	if name == "" || len([]rune(name)) > maxSender || name != sheet.Show(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return trouble.Bad("A sender has a name of 1 to %d characters on one line.", maxSender)
	}
	all, err := v.Senders.Senders(v.ctx, v.grant.Installation)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(x Sender) bool { return x.Name == name }) {
		return taken(ErrTaken)
	}
	if err := v.note(0, "sender-made", name); err != nil {
		return err
	}
	token, err := v.Senders.MakeSender(v.ctx, v.grant.Installation, name, v.viewer.Login)
	if err != nil {
		return taken(err)
	}
	if !paste.Token(token) {
		return errors.New("making a sender: its token has signs that mean something to a shell")
	}
	p, err := v.sending(token)
	if err != nil {
		return err
	}
	p.Done = "The sender " + sheet.Show(name) + " is made. This is its token; it is not shown again:"
	p.Once = token
	return v.show(p)
}

// taken is an error of making a sender as a person is told it.
func taken(err error) error {
	switch {
	case errors.Is(err, ErrTaken):
		return trouble.Bad("There is a sender of this name. A token is shown once: remove the sender, and make another one, if it was lost.")
	case errors.Is(err, ErrFull):
		return trouble.Bad("There are as many senders as an installation can have. Remove one that is not used any more.")
	}
	return err
}

func removeSender(v *visit) error {
	if err := v.maySend(); err != nil {
		return err
	}
	name := v.r.PostFormValue("name")
	all, err := v.Senders.Senders(v.ctx, v.grant.Installation)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(x Sender) bool { return x.Name == name }) {
		return trouble.Missing
	}
	if err := v.note(0, "sender-removed", name); err != nil {
		return err
	}
	if err := v.Senders.RemoveSender(v.ctx, v.grant.Installation, name); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, at(v.grant.Installation, "/senders?done=removed"), http.StatusSeeOther)
	return nil
}
