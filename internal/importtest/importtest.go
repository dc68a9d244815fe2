// Package importtest holds the layer rules of the module as a test.
//
// It knows which package may import which. It holds no code that a program uses.
package importtest
