package pricecase

import "github.com/pertask/pertask/price"

// PricePieces is Price with the bytes of streams in pieces.
func PricePieces(c Case, book *price.Book, cut func([]byte) [][]byte) Result {
	return c.price(book, cut)
}
