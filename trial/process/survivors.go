package process

import (
	"crypto/sha256"
	"encoding/hex"
)

// RunMark is the variable that tells whose work a program does, and for which process: one that has outlived that
// process is nobody's. Its value is no secret.
const RunMark = "PERTASK_RUN_MARK"

// RunEnv returns the entry "PERTASK_RUN_MARK=..." for the environment of programs that this process starts for a piece of
// work. The name of the work is the same in every process that goes on with it, such as an evidence key.
func RunEnv(work string) string { return RunMark + "=" + runOf(work) + "." + owner() }

// runOf is the first part of a mark: it is short, of one length and has no dot.
func runOf(work string) string {
	sum := sha256.Sum256([]byte(work))
	return hex.EncodeToString(sum[:8])
}

// SweepRun kills the survivors of earlier processes that worked on the same: every process of this user with the mark
// of that work whose owner has ended, with everything below it and in its session. It returns how many it killed and
// how many are left nonetheless. What a process that is still there has started is not touched.
//
// It finds nothing elsewhere than on Linux. Nor does it find what has cleared its environment and left both its session and its parents;
// such a program lives on until the machine ends it, without an address or a token that works.
func SweepRun(work string) (killed, left int) { return sweepRun(runOf(work)) }
