package fakeagent

import (
	"os"
	"os/exec"
	"strconv"
	"time"
)

// envChild makes a process the child of an agent with the habit Fork.
const envChild = "PERTASK_FAKEAGENT_CHILD"

// stay is how long a process stays that is not ended: longer than any test.
const stay = time.Hour

// fork starts a child that outlives the agent unless somebody ends it.
func fork() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), envChild+"=1")
	alone(child)
	if err := child.Start(); err != nil {
		return err
	}
	return os.WriteFile(ChildFile, []byte(strconv.Itoa(child.Process.Pid)), 0o600)
}

const mebibyte = 1 << 20

// after is what an agent does once its work is done.
func after(h Habit, amount int) error {
	switch h {
	case Deaf:
		time.Sleep(stay)
	case Eat:
		eaten := eat(amount)
		time.Sleep(stay)
		_ = eaten[len(eaten)-1]
	case Write:
		return writeMuch(amount)
	}
	return nil
}

// eat takes memory and writes to every page of it, so that it is resident. A few at a time leave whoever watches a
// chance to see it grow.
func eat(amount int) [][]byte {
	out := make([][]byte, 1, amount+1)
	for range amount {
		block := make([]byte, mebibyte)
		for i := 0; i < len(block); i += 1024 {
			block[i] = 1
		}
		out = append(out, block)
		time.Sleep(time.Millisecond)
	}
	return out
}

func writeMuch(amount int) error {
	f, err := os.Create(BigFile)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, mebibyte)
	for range amount {
		if _, err := f.Write(block); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return f.Close()
}
