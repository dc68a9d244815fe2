//go:build !unix

package trial

// openFlag would keep an open from waiting; there are no named pipes in folders here.
const openFlag = 0
