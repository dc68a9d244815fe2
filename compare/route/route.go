// Package route finds out who serves an arm: its provider, and the upstream of the proxy that leads there.
//
// It knows the settings of an arm and who sells a model. It refuses to know keys and connections.
package route

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/arm/lead"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
)

// Provider returns who serves an arm's main model: the provider that the arm declares, or the only one in the
// book that lists the model. Anything else is an error that says how to declare one.
func Provider(a arm.Arm, book *price.Book) (string, error) {
	if p, ok := a.Get(arm.MainSlot, arm.Provider); ok && p != "" {
		return book.Provider(p), nil
	}
	if a.Model() == "" {
		return "", cmp.Or(lead.Missing(a), errNoModel)
	}
	switch ps := Sellers(book, a.Model()); len(ps) {
	case 1:
		return ps[0], nil
	case 0:
		return "", fmt.Errorf("the price book does not know model %q, so its provider is not known; use the model's full id, or name a selector for `provider` in the configuration", a.Model())
	default:
		return "", fmt.Errorf("model %q is served by %s; name a selector for `provider` in the configuration", a.Model(), strings.Join(ps, ", "))
	}
}

// errNoModel is said of an arm that has no model in any slot.
var errNoModel = errors.New("no model is declared; name the file that has it, and its place, under `models` in the configuration")

// clouds resell what others have made. A model that its maker sells is taken to be bought from the maker, unless the
// arm says otherwise.
var clouds = []string{"azure-openai", "bedrock", "vertex"}

// Sellers returns the providers that list a model: its makers where there are any, else the clouds that have it.
func Sellers(book *price.Book, model string) []string {
	all := book.Providers(model)
	makers := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return slices.Contains(clouds, p) })
	if len(makers) > 0 {
		return makers
	}
	return all
}

// Upstream returns the upstream that serves an arm: the first one configured whose name or provider is the
// arm's provider.
func Upstream(a arm.Arm, book *price.Book, ups []meter.Upstream) (meter.Upstream, error) {
	provider, err := Provider(a, book)
	if err != nil {
		return meter.Upstream{}, err
	}
	serves := func(u meter.Upstream) bool { return u.Name == provider || book.Provider(u.Provider) == provider }
	if i := slices.IndexFunc(ups, serves); i >= 0 {
		return ups[i], nil
	}
	var names []string
	for _, u := range ups {
		names = append(names, u.Name)
	}
	return meter.Upstream{}, fmt.Errorf("no upstream for provider %q; there are %s, and more under `upstreams` in the configuration", provider, strings.Join(names, ", "))
}
