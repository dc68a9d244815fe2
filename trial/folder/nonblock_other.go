//go:build !unix

package folder

// openFlag would keep an open from waiting; there are no named pipes in folders here.
const openFlag = 0
